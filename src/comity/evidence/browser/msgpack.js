// MessagePack, as far as an item's descriptor uses it. Values come out as JSON's do: BigInt, Map, array, text.

import { fromUtf8, readBigEndian } from "./bytes.js";
import { malformed } from "./broken.js";

const DEEPEST = 64;
const TIMESTAMP = -1;

/** A point in time: microseconds since 1970, UTC. */
export class Stamp {
  constructor(at) {
    this.at = at;
  }
}

/** The one value that fills these bytes; throws `malformed`. */
export function readMsgpack(bytes) {
  const reader = new Unpacker(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw unreadable();
  return value;
}

class Unpacker {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take(size) {
    if (size > this.bytes.length - this.at) throw unreadable();
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  size(bytes) {
    return Number(readBigEndian(this.take(bytes)));
  }

  value(depth) {
    if (depth > DEEPEST) throw unreadable();
    const tag = this.take(1)[0];
    if (tag < 0x80) return BigInt(tag);
    if (tag < 0x90) return this.map(tag & 0x0f, depth);
    if (tag < 0xa0) return this.array(tag & 0x0f, depth);
    if (tag < 0xc0) return this.text(tag & 0x1f);
    if (tag >= 0xe0) return BigInt(tag - 0x100);
    return this.marked(tag, depth);
  }

  marked(tag, depth) {
    if (tag === 0xc0) return null;
    if (tag === 0xc2 || tag === 0xc3) return tag === 0xc3;
    if (tag >= 0xc4 && tag <= 0xc6) return this.take(this.size(1 << (tag - 0xc4)));
    if (tag >= 0xc7 && tag <= 0xc9) return this.extension(this.size(1 << (tag - 0xc7)));
    if (tag >= 0xcc && tag <= 0xcf) return readBigEndian(this.take(1 << (tag - 0xcc)));
    if (tag >= 0xd0 && tag <= 0xd3) {
      const size = 1 << (tag - 0xd0);
      return BigInt.asIntN(8 * size, readBigEndian(this.take(size)));
    }
    if (tag >= 0xd4 && tag <= 0xd8) return this.extension(1 << (tag - 0xd4));
    if (tag >= 0xd9 && tag <= 0xdb) return this.text(this.size(1 << (tag - 0xd9)));
    if (tag === 0xdc || tag === 0xdd) return this.array(this.size(tag === 0xdc ? 2 : 4), depth);
    if (tag === 0xde || tag === 0xdf) return this.map(this.size(tag === 0xde ? 2 : 4), depth);
    throw unreadable(); // numbers with a fraction: no descriptor has one
  }

  array(count, depth) {
    const found = [];
    while (count--) found.push(this.value(depth + 1));
    return found;
  }

  map(count, depth) {
    const found = new Map();
    while (count--) {
      const key = this.value(depth + 1);
      found.set(key, this.value(depth + 1));
    }
    return found;
  }

  text(size) {
    const text = fromUtf8(this.take(size));
    if (text === null) throw unreadable();
    return text;
  }

  /** Only the timestamp: seconds in 4 or 12 bytes, or 34 bits of seconds behind 30 of nanoseconds. */
  extension(size) {
    const kind = (this.take(1)[0] << 24) >> 24;
    const content = this.take(size);
    if (kind !== TIMESTAMP) throw unreadable();
    let seconds, nanos;
    if (size === 4) {
      [seconds, nanos] = [readBigEndian(content), 0n];
    } else if (size === 8) {
      const both = readBigEndian(content);
      [seconds, nanos] = [both & 0x3ffffffffn, both >> 34n];
    } else if (size === 12) {
      nanos = readBigEndian(content.subarray(0, 4));
      seconds = BigInt.asIntN(64, readBigEndian(content.subarray(4)));
    } else {
      throw unreadable();
    }
    if (nanos >= 1000000000n || seconds < -62135596800n || seconds >= 253402300800n) throw unreadable();
    return new Stamp(seconds * 1000000n + nanos / 1000n);
  }
}

function unreadable() {
  return malformed("a descriptor cannot be read");
}
