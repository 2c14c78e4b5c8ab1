// CBOR (RFC 8949), only as far as to find where one item ends: what authenticators append is counted, not read.

const DEEPEST = 16;
const SIZES = { 24: 1, 25: 2, 26: 4, 27: 8 };

/** Where the item that begins at `at` ends; -1 when none of definite length does. */
export function skipCbor(bytes, at, depth = 0) {
  if (at >= bytes.length || depth > DEEPEST) return -1;
  const kind = bytes[at] >> 5;
  const head = argument(bytes, at);
  if (head === null) return -1;
  let { value, end } = head;
  if (kind === 2 || kind === 3) return end + value <= bytes.length ? end + value : -1;
  if (kind < 2 || kind === 7) return end;
  const inside = kind === 4 ? value : kind === 5 ? 2 * value : 1;
  for (let each = 0; each < inside && end !== -1; each++) end = skipCbor(bytes, end, depth + 1);
  return end;
}

function argument(bytes, at) {
  const small = bytes[at] & 0x1f;
  if (small < 24) return { value: small, end: at + 1 };
  const size = SIZES[small];
  if (!size || at + 1 + size > bytes.length) return null;
  let value = 0;
  for (let each = 0; each < size; each++) value = value * 256 + bytes[at + 1 + each];
  return { value, end: at + 1 + size };
}
