// DER (X.690), as far as certificates and ECDSA signatures need it: definite lengths in their shortest form, nothing left over.

import { latin1 } from "./bytes.js";
import { malformed } from "./broken.js";
import { SECOND } from "./instants.js";

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT = 0x06;
export const SEQUENCE = 0x30;
const UTC_TIME = 0x17;
const LONG_TIME = 0x18;

/** The elements that follow each other in these bytes: {tag, content, whole} each. Throws `malformed`. */
export function elements(bytes) {
  const found = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 2 || (bytes[at] & 0x1f) === 0x1f) throw bad();
    let length = bytes[at + 1];
    let start = at + 2;
    if (length & 0x80) {
      const extra = length & 0x7f;
      if (extra < 1 || extra > 3 || bytes[start] === 0) throw bad();
      length = 0;
      for (let each = 0; each < extra; each++) length = length * 256 + (bytes[start + each] ?? 0);
      start += extra;
      if (length < 0x80 || (extra > 1 && length < 2 ** (8 * (extra - 1)))) throw bad();
    }
    if (start + length > bytes.length) throw bad();
    found.push({ tag: bytes[at], content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) });
    at = start + length;
  }
  return found;
}

/** The parts of the one element of that tag which these bytes are. */
export function only(bytes, tag) {
  const found = elements(bytes);
  if (found.length !== 1 || found[0].tag !== tag) throw bad();
  return found[0].content;
}

/** The dotted form of an object identifier's content (section 8.19). */
export function dotted(content) {
  const arcs = [];
  let value = 0n;
  for (const byte of content) {
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (!(byte & 0x80)) {
      arcs.push(value);
      value = 0n;
    }
  }
  if (!arcs.length) throw bad();
  const first = arcs[0] < 80n ? arcs[0] / 40n : 2n;
  return [first, arcs[0] - 40n * first, ...arcs.slice(1)].join(".");
}

/** The instant of a UTCTime or GeneralizedTime as certificates write it (RFC 5280 section 4.1.2.5). */
export function instantOf({ tag, content }) {
  const pattern = { [UTC_TIME]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, [LONG_TIME]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ }[tag];
  const found = pattern?.exec(latin1(content));
  if (!found) throw bad();
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number);
  const full = tag === LONG_TIME ? year : year + (year < 50 ? 2000 : 1900);
  const date = new Date(0);
  date.setUTCFullYear(full, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const text = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  if (text.join() !== [month, day, hour, minute, second].join()) throw bad();
  return BigInt(date.getTime()) * (SECOND / 1000n);
}

/** The two positive integers of an ECDSA signature (RFC 3279), each in `size` bytes; null when it is none. */
export function readIntegers(signature, size) {
  try {
    const parts = elements(only(signature, SEQUENCE));
    if (parts.length !== 2 || parts.some((part) => part.tag !== INTEGER)) return null;
    return parts.map(({ content }) => fixed(content, size));
  } catch {
    return null;
  }
}

function fixed(content, size) {
  const padded = content[0] === 0 && content.length > 1;
  if (!content.length || content[0] & 0x80 || (padded && !(content[1] & 0x80))) throw bad();
  const digits = padded ? content.subarray(1) : content;
  if (digits.length > size) throw bad();
  const bytes = new Uint8Array(size);
  bytes.set(digits, size - digits.length);
  return bytes;
}

function bad() {
  return malformed("not a certificate");
}
