// Reading a canonical archive in one pass, as `comity.evidence.archive.read` does: every byte is derived again and compared,
// and the SHA-256 of every file is kept. No offset is ever taken from the file.

import {
  beginsEntry, closingRecords, directoryRecord, ENTRY_LIMIT, isName, LOCAL_SIZE, localHeader, NAME_LIMIT, notCanonical,
  readLocal, SIZE_LIMIT, statedSize, ZIP64_EXTRA_SIZE,
} from "./archive_format.js";
import { concat, latin1, same } from "./bytes.js";
import { crc32 } from "./crc32.js";
import { Sha256, sha256 } from "./sha256.js";

const WINDOW = 4 << 20;
const WHOLE = 64 << 20; // up to here a file is hashed at once by the browser's own code, which is faster than ours
const SMALL = 8 << 10; // below that, calling it costs more than it saves
const MOST_BYTES = 64 << 20; // that wait to be hashed by the browser while the pass goes on
const MOST_FILES = 64;
const ASK_AGAIN = "ask for the file as it was exported; one that was unpacked and packed again is another file";

/** Bytes of a source in order, a window at a time. `source.read(offset, size)` gives a promise of a Uint8Array. */
class Forward {
  constructor(source, told) {
    this.source = source;
    this.told = told;
    this.window = new Uint8Array();
    this.at = 0; // within the window
    this.offset = 0; // of the window's end in the source
  }

  get position() {
    return this.offset - (this.window.length - this.at);
  }

  /** Up to `size` bytes, at least one unless the source has ended. */
  async some(size) {
    if (this.at === this.window.length) {
      this.window = await this.source.read(this.offset, Math.min(WINDOW, this.source.size - this.offset));
      this.at = 0;
      this.offset += this.window.length;
      this.told(this.offset);
    }
    const piece = this.window.subarray(this.at, this.at + size);
    this.at += piece.length;
    return piece;
  }

  /** `size` bytes, or fewer at the end. */
  async take(size) {
    const first = await this.some(size);
    if (first.length === size || !first.length) return first;
    const pieces = [first];
    for (let left = size - first.length; left > 0; ) {
      const piece = await this.some(left);
      if (!piece.length) break;
      pieces.push(piece);
      left -= piece.length;
    }
    return concat(...pieces);
  }
}

/** The archive in a source, read to its end; throws `malformed` naming the file. `told(offset)` hears how far it is. */
export async function readArchive(source, told = () => {}) {
  const pass = new Pass(new Forward(source, told));
  while (await pass.entry());
  await pass.requireEnd();
  await pass.digests.all();
  return new Archive(source, pass.files);
}

/** Files that the browser hashes by itself while the pass goes on, in bounded number and size. */
class Digests {
  constructor() {
    this.running = [];
    this.bytes = 0;
  }

  async add(file, bytes) {
    this.bytes += bytes.length;
    const done = crypto.subtle.digest("SHA-256", bytes).then((digest) => {
      file.digest = new Uint8Array(digest);
      this.bytes -= bytes.length;
    });
    this.running.push(done);
    while (this.bytes > MOST_BYTES || this.running.length > MOST_FILES) await this.running.shift();
  }

  async all() {
    await Promise.all(this.running);
  }
}

class Pass {
  constructor(input) {
    this.input = input;
    this.files = new Map();
    this.entries = [];
    this.ahead = new Uint8Array();
    this.digests = new Digests();
  }

  get previous() {
    return this.entries.length ? this.entries.at(-1).name : "";
  }

  /** Reads the next entry; false when none begins here. */
  async entry() {
    const offset = this.input.position;
    const fixed = (await this.input.take(LOCAL_SIZE)).slice();
    if (!beginsEntry(fixed) || fixed.length < LOCAL_SIZE) {
      this.ahead = fixed;
      return false;
    }
    const { name, size, crc } = await this.header(fixed);
    this.requireOrder(name, size);
    const file = { size, start: this.input.position, digest: null };
    const found = await this.content(name, file);
    if (found !== crc) {
      const [was, is] = [crc, found].map((value) => value.toString(16).padStart(8, "0"));
      const what = "the content is not the one that was packed";
      throw notCanonical(name, what, { found: `CRC-32 ${is}`, expected: was, advice: ASK_AGAIN });
    }
    this.entries.push({ name, size, crc, offset });
    this.files.set(name, file);
    return true;
  }

  async header(fixed) {
    const { crc, stated, nameLength, extraLength } = readLocal(fixed);
    if (nameLength > NAME_LIMIT || (extraLength !== 0 && extraLength !== ZIP64_EXTRA_SIZE)) {
      throw notCanonical(this.previous, "the header after this file is not a dossier's");
    }
    const encoded = (await this.input.take(nameLength)).slice();
    const extra = (await this.input.take(extraLength)).slice();
    const name = latin1(encoded);
    if (!isName(name)) {
      const what = "the file after this one has a name that no dossier has";
      throw notCanonical(this.previous, what, { found: `'${shown(name)}'`, advice: ASK_AGAIN });
    }
    const size = statedSize(stated, extra);
    if (!same(concat(fixed, encoded, extra), localHeader(name, size, crc))) {
      throw notCanonical(name, "the header is not the one a dossier would have for this file", { advice: ASK_AGAIN });
    }
    return { name, size, crc };
  }

  requireOrder(name, size) {
    if (this.entries.length && name <= this.previous) {
      throw notCanonical(name, "files are not in the order of their names, or one stands twice");
    }
    for (let cut = name.lastIndexOf("/"); cut > 0; cut = name.lastIndexOf("/", cut - 1)) {
      if (this.files.has(name.slice(0, cut))) {
        throw notCanonical(name, "a name is used both for a file and for a folder", { found: name.slice(0, cut) });
      }
    }
    if (size > SIZE_LIMIT || this.entries.length >= ENTRY_LIMIT) {
      throw notCanonical(name, "there are too many files, or one is too large", { found: `${size} bytes` });
    }
  }

  /** Reads a file's content, sets or orders its digest, and gives the checksum found. */
  async content(name, file) {
    const { size } = file;
    const whole = size <= WHOLE && size >= SMALL && size <= this.input.source.size ? new Uint8Array(size) : null;
    const hash = whole ? null : new Sha256();
    let crc = 0;
    for (let done = 0; done < size; ) {
      const piece = await this.input.some(size - done);
      if (!piece.length) {
        throw notCanonical(name, "the archive ends inside this file", { found: `${size - done} bytes missing` });
      }
      crc = crc32(piece, crc);
      if (whole) whole.set(piece, done);
      else hash.update(piece);
      done += piece.length;
    }
    if (whole) await this.digests.add(file, whole);
    else file.digest = hash.digest();
    return crc;
  }

  /** The rest is the central directory of these entries and the closing records, to the last byte. */
  async requireEnd() {
    const start = this.input.position - this.ahead.length;
    let end = start;
    for (const entry of this.entries) {
      const record = directoryRecord(entry);
      await this.require(record, entry.name);
      end += record.length;
    }
    await this.require(closingRecords(this.entries.length, start, end - start), "");
    if (this.ahead.length || (await this.input.take(1)).length) {
      throw notCanonical("", "there are bytes after the end of the archive", { advice: ASK_AGAIN });
    }
  }

  async require(expected, name) {
    const early = this.ahead.subarray(0, expected.length);
    this.ahead = this.ahead.subarray(expected.length);
    const found = concat(early, await this.input.take(expected.length - early.length));
    if (same(found, expected)) return;
    const what = this.entries.length
      ? "the archive's directory is not the one its files determine"
      : "this is not a dossier: the file does not begin with an archive entry";
    throw notCanonical(this.entries.length ? name : "", what, { advice: ASK_AGAIN });
  }
}

function shown(name) {
  return name.replace(/[^ -~]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** An archive that was read to its end: `files` by name, in its order. */
export class Archive {
  constructor(source, files) {
    this.source = source;
    this.files = files;
  }

  /** The whole content of a file of at most `limit` bytes, the same that was hashed in the pass. */
  async read(name, limit) {
    const file = this.files.get(name);
    if (!file) throw notCanonical(name, "a file is missing");
    if (file.size > limit) {
      const what = "a file is larger than it can be";
      throw notCanonical(name, what, { found: `${file.size} bytes`, expected: `at most ${limit}` });
    }
    const bytes = await this.source.read(file.start, file.size);
    if (!same(sha256(bytes), file.digest)) throw changed(name);
    return bytes;
  }

  /** The content of a file again, in pieces: act on it only after the last, when the whole has been compared. */
  async *pieces(name) {
    const { start, size, digest } = this.files.get(name);
    const hash = new Sha256();
    for (let done = 0; done < size; ) {
      const piece = await this.source.read(start + done, Math.min(WINDOW, size - done));
      if (!piece.length) break;
      hash.update(piece);
      done += piece.length;
      yield piece;
    }
    if (!same(hash.digest(), digest)) throw changed(name);
  }
}

function changed(name) {
  return notCanonical(name, "the file changed while it was being read", { advice: "read it from a copy" });
}
