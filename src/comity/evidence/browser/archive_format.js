// The bytes of a canonical archive (`comity.evidence.archive.format`): a ZIP file that can be written in one way only, so
// that the names, sizes and checksums of the files determine every other byte.

import { concat, utf8 } from "./bytes.js";
import { malformed } from "./broken.js";

export const NAME_LIMIT = 240;
export const ENTRY_LIMIT = 1 << 20;
export const SIZE_LIMIT = 2 ** 44;
export const LOCAL_SIZE = 30;
export const ZIP64_EXTRA_SIZE = 20;

const MAX16 = 0xffff;
const MAX32 = 0xffffffff;
const NEEDS_PLAIN = 10;
const NEEDS_ZIP64 = 45;
const MADE_BY = (3 << 8) | 45;
const DATE = (1 << 5) | 1;
const ATTRIBUTES = 0o100644 * 65536;

const SEGMENT = "[a-z0-9_-](?:[a-z0-9._-]{0,158}[a-z0-9_-])?";
const NAME = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`);
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/** Whether the name is one that an archive may hold: what no file system can take for another. */
export function isName(name) {
  if (name.length > NAME_LIMIT || !NAME.test(name)) return false;
  return !name.split("/").some((part) => RESERVED.test(part.split(".", 1)[0]));
}

/** An error about one file of the archive. */
export function notCanonical(file, what, more = {}) {
  return malformed(what, { ...more, file });
}

/** Little-endian numbers, one after the other: [bytes, value] each; the value a number or a BigInt. */
function pack(...numbers) {
  const bytes = new Uint8Array(numbers.reduce((size, [width]) => size + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of numbers) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

/** The header before an entry's content (APPNOTE 4.3.7). */
export function localHeader(name, size, crc) {
  const large = size >= MAX32;
  const extra = large ? pack([2, 1], [2, 16], [8, size], [8, size]) : new Uint8Array();
  const stated = large ? MAX32 : Number(size);
  const fixed = pack(
    [4, 0x04034b50], [2, large ? NEEDS_ZIP64 : NEEDS_PLAIN], [2, 0], [2, 0], [2, 0], [2, DATE],
    [4, crc], [4, stated], [4, stated], [2, name.length], [2, extra.length],
  );
  return concat(fixed, utf8(name), extra);
}

/** What a local header's fixed part says; nothing in it is believed until the header was made again and compared. */
export function readLocal(fixed) {
  const view = new DataView(fixed.buffer, fixed.byteOffset, LOCAL_SIZE);
  return {
    crc: view.getUint32(14, true),
    stated: view.getUint32(22, true),
    nameLength: view.getUint16(26, true),
    extraLength: view.getUint16(28, true),
  };
}

export function beginsEntry(bytes) {
  return bytes.length >= 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** The size a local header states: in its own field, or in the ZIP64 field where its own is full. */
export function statedSize(stated, extra) {
  if (stated !== MAX32 || extra.length !== ZIP64_EXTRA_SIZE) return stated;
  const size = new DataView(extra.buffer, extra.byteOffset).getBigUint64(4, true);
  return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : size;
}

/** An entry's record in the central directory (APPNOTE 4.3.12). */
export function directoryRecord({ name, size, crc, offset }) {
  const values = [size, size, offset].filter((value) => value >= MAX32);
  const extra = values.length ? pack([2, 1], [2, 8 * values.length], ...values.map((value) => [8, value])) : new Uint8Array();
  const stated = Math.min(size, MAX32);
  const fixed = pack(
    [4, 0x02014b50], [2, MADE_BY], [2, values.length ? NEEDS_ZIP64 : NEEDS_PLAIN], [2, 0], [2, 0], [2, 0], [2, DATE],
    [4, crc], [4, stated], [4, stated], [2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0],
    [4, ATTRIBUTES], [4, Math.min(offset, MAX32)],
  );
  return concat(fixed, utf8(name), extra);
}

/** What ends an archive (APPNOTE 4.3.14 to 4.3.16). */
export function closingRecords(count, offset, size) {
  const entries = Math.min(count, MAX16);
  const end = pack(
    [4, 0x06054b50], [2, 0], [2, 0], [2, entries], [2, entries], [4, Math.min(size, MAX32)], [4, Math.min(offset, MAX32)], [2, 0],
  );
  if (count < MAX16 && offset < MAX32 && size < MAX32) return end;
  const end64 = pack(
    [4, 0x06064b50], [8, 44], [2, MADE_BY], [2, NEEDS_ZIP64], [4, 0], [4, 0], [8, count], [8, count], [8, size], [8, offset],
  );
  return concat(end64, pack([4, 0x07064b50], [4, 0], [8, offset + size], [4, 1]), end);
}
