// Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature), and the names of
// ledgers: `comity.ledger.notes`, `checkpoints`, `cosignatures` and `origins`.

import { BrokenInput, malformed } from "./broken.js";
import { fromBase64, readBigEndian, same, utf8 } from "./bytes.js";
import { EMPTY_ROOT } from "./merkle.js";
import { HASH_SIZE, sha256 } from "./sha256.js";
import { verifiesEd25519 } from "./signatures.js";

export const NOTE_LIMIT = 128 << 10;
export const NOTE = 0x01;
export const COSIGNATURE = 0x04;

const MAX_SIGNATURES = 32;
const MAX_EXTENSIONS = 16;
const MAX_SIZE = (1n << 63n) - 1n;
const ID_SIZE = 4;
const TIME_SIZE = 8;
const LATEST = 253402300799n;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const BLANK = /[^\S\ufeff]|\u0085/;

function badCheckpoint(what, found = "", expected = "") {
  return new BrokenInput("bad-checkpoint", what, { found, expected });
}

function requirePlain(text) {
  if (text.length > NOTE_LIMIT && [...text].length > NOTE_LIMIT) throw new BrokenInput("oversized", "the note is too large");
  if (CONTROL.test(text)) throw malformed("a note has control characters or is not Unicode text");
}

function requireName(name) {
  if (!name || name.includes("+") || CONTROL.test(name) || BLANK.test(name)) {
    throw malformed("a key's name is empty or has a space, a plus or a control character");
  }
}

/** The checkpoint in a signed note, with its signature lines; none of them is verified yet. */
export function readSignedCheckpoint(note) {
  requirePlain(note);
  const cut = note.lastIndexOf("\n\n");
  if (cut < 1) throw malformed("a note has a text, a blank line and signatures");
  const text = note.slice(0, cut + 1);
  const signatures = readSignatureLines(note.slice(cut + 2));
  return { ...readCheckpoint(text), text, signatures };
}

function readSignatureLines(lines) {
  const count = lines.split("\n").length - 1;
  if (!lines.endsWith("\n") || count > MAX_SIGNATURES) throw malformed("signature lines are missing, cut or too many");
  return lines.slice(0, -1).split("\n").map(readLine);
}

function readLine(line) {
  const parts = line.split(" ");
  if (parts.length !== 3 || parts[0] !== "\u2014") throw malformed("a line after the blank line is no signature line");
  const material = fromBase64(parts[2]);
  requireName(parts[1]);
  if (material.length <= ID_SIZE) throw malformed("a signature line has no identifier or no signature");
  return { name: parts[1], id: material.subarray(0, ID_SIZE), signature: material.subarray(ID_SIZE) };
}

function readCheckpoint(text) {
  const lines = text.split("\n");
  if (lines.length <= 3 || lines.pop()) throw malformed("a checkpoint has at least three whole lines");
  const [origin, written, hash, ...extensions] = lines;
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(written) || BigInt(written) > MAX_SIZE) {
    throw malformed("a number of leaves is not written as one", { expected: "decimal, < 2**63" });
  }
  const [size, root] = [BigInt(written), fromBase64(hash)];
  if ([origin, ...extensions].includes("")) throw malformed("a line of a checkpoint is empty or is two lines");
  if (extensions.length > MAX_EXTENSIONS || root.length !== HASH_SIZE) {
    throw malformed("a checkpoint's size, root or extension lines are out of bounds");
  }
  if (size === 0n && !same(root, EMPTY_ROOT)) {
    throw malformed("a checkpoint of no leaves has another root than the empty tree");
  }
  return { origin, size, root };
}

/** A name and an Ed25519 public key whose signatures count. */
export function verifierKey(name, kind, key) {
  const id = sha256(utf8(`${name}\n`), new Uint8Array([kind]), key).subarray(0, ID_SIZE);
  return { name, kind, key, id };
}

export function ledgerKey(origin, key) {
  return verifierKey(origin, NOTE, key);
}

export function witnessKey(authority, key) {
  return verifierKey(`comity/${authority}/witness`, COSIGNATURE, key);
}

/** What the lines with this key's name and identifier carry. */
export function signaturesBy(head, key) {
  return head.signatures.filter((line) => line.name === key.name && same(line.id, key.id)).map((line) => line.signature);
}

/** The log itself signed the checkpoint; throws `bad-checkpoint`. */
export async function verifyCheckpoint(head, key) {
  const signatures = signaturesBy(head, key);
  if (!signatures.length) throw badCheckpoint("step 2: the note has no signature by the key", key.name);
  for (const signature of signatures) {
    if (!(await verifiesEd25519(key.key, signature, utf8(head.text)))) {
      throw badCheckpoint("step 3: the signature on the note does not verify", key.name);
    }
  }
}

/** When the witness cosigned the checkpoint: the earliest of its lines, in seconds. Each has to verify. */
export async function verifyCosignature(head, key) {
  let earliest = null;
  for (const line of signaturesBy(head, key)) {
    const at = await timeOf(head, key, line);
    if (earliest === null || at < earliest) earliest = at;
  }
  return earliest;
}

async function timeOf(head, key, line) {
  if (line.length !== TIME_SIZE + 64) {
    throw badCheckpoint("step 3: a cosignature is no time and signature", `${line.length} bytes`);
  }
  const at = readBigEndian(line.subarray(0, TIME_SIZE));
  if (at > LATEST) throw badCheckpoint("step 3: a cosignature is from the future", `${at}`, `up to ${LATEST}`);
  const message = utf8(`cosignature/v1\ntime ${at}\n${head.text}`);
  if (!(await verifiesEd25519(key.key, line.subarray(TIME_SIZE), message))) {
    throw badCheckpoint("step 4: the cosignature does not verify", key.name);
  }
  return at;
}

/** Whose ledger the origin names; throws `bad-checkpoint` for a name that is no origin of a node. */
export function authorityOf(origin) {
  const found = /^comity\/([a-z][a-z0-9.-]{0,62})\/ledger(?:\/([1-9][0-9]{0,8}))?$/.exec(origin);
  if (!found || found[2] === "1") throw badCheckpoint("the checkpoint is of no ledger of this kind", origin);
  return found[1];
}

