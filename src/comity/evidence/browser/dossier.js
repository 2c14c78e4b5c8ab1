// What stands in a dossier and where (`comity.evidence.dossier.format`), and an opened one (`comity.evidence.dossier.read`).

import { notCanonical } from "./archive_format.js";
import { broken, BrokenInput } from "./broken.js";
import { concat } from "./bytes.js";
import { decode } from "./values.js";

export const BASE = "dossier/";
export const PAYLOAD = "data/";
export const EXPORT_ACT = "export-act.json";
export const VERIFIER = "verify.html";
export const HEADER = "data/dossier.json";
export const PAGES = "data/dossier.pdf";
export const INDEX = "data/index.txt";
export const PROVENANCE = "data/provenance.jsonld";
export const CHECKPOINT = "data/ledger/checkpoint.txt";
export const ENTRIES = "data/ledger/entries.json";
export const DIRECTORIES = "data/directory/";

const HEADER_LIMIT = 64 << 20;
export const ENTRIES_LIMIT = 256 << 20;
export const SEAL_LIMIT = 256 << 20;
export const ITEM_LINE_LIMIT = 2 * 131072;

const NEWLINE = 10;

export const actPath = (act) => `data/acts/${act}.json`;
export const receiptPath = (act, peer) => `data/receipts/${act}-${peer}.json`;
export const rotationPath = (act) => `data/rotations/${act}.json`;
export const directoryFolder = (version) => `${DIRECTORIES}v${version}/`;
export const derivedPath = (derived) => `data/derived/${derived}.bin`;
export const sealPath = (exhibit) => `data/exhibits/${exhibit}/seal.json`;
export const itemsPath = (exhibit) => `data/exhibits/${exhibit}/items.jsonl`;
export const contentPath = (exhibit, number) => `data/exhibits/${exhibit}/items/${String(number).padStart(8, "0")}.bin`;

/** A path relative to the bag, from a name in the archive. */
export function relative(name) {
  return name.startsWith(BASE) ? name.slice(BASE.length) : name;
}

/** Files by their paths relative to the bag. Nothing in it is believed yet. */
export class Dossier {
  static async open(archive) {
    const dossier = new Dossier();
    dossier.archive = archive;
    dossier.header = decode(await dossier.read(HEADER, HEADER_LIMIT), "DossierHeader", HEADER_LIMIT);
    return dossier;
  }

  /** Every path, ascending; a file outside the bag keeps its whole name. */
  paths() {
    return [...this.archive.files.keys()].map(relative);
  }

  /** Every file of the bag: [path, file], ascending. */
  files() {
    return [...this.archive.files].filter(([name]) => name.startsWith(BASE)).map(([name, file]) => [relative(name), file]);
  }

  file(path) {
    return this.archive.files.get(BASE + path);
  }

  async read(path, limit) {
    try {
      return await this.archive.read(BASE + path, limit);
    } catch (error) {
      broken(error).file = relative(error.file);
      throw error;
    }
  }

  /** The file's text lines as bytes, without their newlines; a last one without is refused. */
  async *lines(path) {
    if (!this.file(path)) throw notCanonical(path, "a file is missing");
    let rest = new Uint8Array();
    for await (const piece of this.archive.pieces(BASE + path)) {
      const bytes = rest.length ? concat(rest, piece) : piece;
      let at = 0;
      for (let end = bytes.indexOf(NEWLINE, at); end !== -1; end = bytes.indexOf(NEWLINE, at)) {
        yield bytes.subarray(at, end);
        at = end + 1;
      }
      rest = bytes.slice(at);
      if (rest.length > ITEM_LINE_LIMIT) {
        throw notCanonical(path, "a line is longer than it can be", { expected: `at most ${ITEM_LINE_LIMIT}` });
      }
    }
    if (rest.length) throw notCanonical(path, "the last line is cut off");
  }
}

/** The JSON value in a file of the dossier, or null after `blame` was told why not. */
export async function readValue(dossier, path, shape, limit, blame) {
  try {
    return decode(await dossier.read(path, limit), shape, limit);
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    blame(error);
    return null;
  }
}
