// Check 2: the bag is complete and fixed (RFC 8493), and the exporter vouches for it (`comity.evidence.checks.bag`).

import { broken } from "./broken.js";
import { hex, latin1, same, utf8 } from "./bytes.js";
import {
  actPath, BASE, CHECKPOINT, derivedPath, directoryFolder, ENTRIES, EXPORT_ACT, HEADER, INDEX, itemsPath, PAGES, PAYLOAD, PROVENANCE,
  rotationPath, sealPath, VERIFIER,
} from "./dossier.js";
import { isoDate } from "./instants.js";
import { readSealed, SEALED_LIMIT } from "./seals.js";
import { Sha256 } from "./sha256.js";
import { STAMP } from "./stamps.js";
import { grouped } from "./verdicts.js";

const DECLARATION = "bagit.txt";
const INFORMATION = "bag-info.txt";
const MANIFEST = "manifest-sha256.txt";
const TAG_MANIFEST = "tagmanifest-sha256.txt";
const DECLARATION_TEXT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const MANIFEST_LIMIT = 512 << 20;
const ASK = "the dossier was changed after its export: ask the exporter for the original";

const CONTENT = /^data\/exhibits\/([0-9a-f]{32})\/items\/[0-9]{8}\.bin$/;
const RECEIPT = /^data\/receipts\/([0-9a-f]{64})-([a-z][a-z0-9.-]{0,62})\.json$/;

/** The export act if there is one, and the check. Steps as in Python. */
export async function checkBag(dossier, examination) {
  // 1.
  for (const name of dossier.archive.files.keys()) {
    if (!name.startsWith(BASE)) {
      examination.fault("a file lies outside the bag", { file: name, expected: `everything in ${BASE}` });
    }
  }
  // 2.
  const count = await checkTags(dossier, examination);
  // 3.
  checkFiles(dossier, examination);
  // 4.
  const exported = await checkExport(dossier, examination);
  const holds = "Every file is listed with its hash, and the exporter's sealed act names exactly this list";
  return { exported, check: examination.close(`${holds} (${grouped(count)} files).`) };
}

async function checkTags(dossier, examination) {
  const files = dossier.files();
  const payload = files.filter(([path]) => path.startsWith(PAYLOAD));
  const tags = files.filter(([path]) => !path.startsWith(PAYLOAD) && path !== TAG_MANIFEST);
  const size = payload.reduce((sum, [, file]) => sum + file.size, 0);
  await checkText(dossier, examination, DECLARATION, () => [DECLARATION_TEXT]);
  await checkText(dossier, examination, INFORMATION, () => [information(dossier.header, size, payload.length)]);
  await checkText(dossier, examination, MANIFEST, () => payload.map(manifestLine));
  await checkText(dossier, examination, TAG_MANIFEST, () => tags.map(manifestLine));
  return payload.length;
}

function information({ authority, case: name, exported_at: at }, size, count) {
  return (
    `Source-Organization: ${authority}\nExternal-Identifier: ${name}\nBagging-Date: ${isoDate(at)}\n` +
    `Payload-Oxum: ${size}.${count}\nBag-Software-Agent: comity\n`
  );
}

function manifestLine([path, file]) {
  return `${hex(file.digest)}  ${path}\n`;
}

/** The file says exactly this; where it does not, the first line that differs names the file that it is about. */
async function checkText(dossier, examination, path, expected) {
  const file = dossier.file(path);
  if (!file) {
    examination.fault("a file that every bag has is missing", { file: path });
    return;
  }
  const hash = new Sha256();
  for (const line of expected()) hash.update(utf8(line));
  if (same(hash.digest(), file.digest)) return;
  if (file.size > MANIFEST_LIMIT) {
    examination.fault("a file of the bag is larger than it can be", { file: path, found: `${file.size} bytes` });
    return;
  }
  const found = linesOf(latin1(await dossier.read(path, MANIFEST_LIMIT)));
  const due = linesOf(expected().join(""));
  const [first = ""] = [...found].filter((line) => !due.has(line)).concat([...due].filter((line) => !found.has(line))).sort();
  const differing = first.replace(/[\u0080-\u00ff]/g, "\ufffd");
  const about = path === MANIFEST || path === TAG_MANIFEST ? differing.slice(66) : "";
  const what = about ? `${path} does not list the files as they are` : `${path} is not what it has to be`;
  examination.fault(what, { file: about || path, found: differing.slice(0, 200), advice: ASK });
}

function linesOf(text) {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return new Set(lines);
}

function checkFiles(dossier, examination) {
  const { header } = dossier;
  const required = new Set([HEADER, PAGES, INDEX, PROVENANCE, CHECKPOINT, ENTRIES]);
  for (const { act } of header.acts) required.add(actPath(act));
  for (const act of header.rotations) required.add(rotationPath(act));
  for (const exhibit of header.exhibits) required.add(sealPath(exhibit)).add(itemsPath(exhibit));
  for (const derived of header.derived) required.add(derivedPath(derived));
  if (header.verifier !== null) required.add(VERIFIER);
  for (const path of [...required].sort()) {
    if (!dossier.file(path)) examination.fault("a file that the header speaks of is missing", { file: path });
  }
  const own = new Set([DECLARATION, INFORMATION, MANIFEST, TAG_MANIFEST, EXPORT_ACT]);
  const foreseen = isForeseen(header);
  for (const path of dossier.paths()) {
    if (!required.has(path) && !own.has(path) && !foreseen(path)) {
      examination.fault("there is a file that the header does not speak of", { file: path });
    }
  }
  const page = dossier.file(VERIFIER);
  if (page && header.verifier !== null && hex(page.digest) !== header.verifier) {
    const what = "the page that verifies in a browser is another than the exporter put there";
    examination.fault(what, { file: VERIFIER, found: hex(page.digest), expected: header.verifier, advice: PAGE_ADVICE });
  }
}

const PAGE_ADVICE = "do not open it: take the page from someone you trust, or make it with `comity verify --html`";

function isForeseen(header) {
  const acts = new Set(header.acts.map((line) => line.act));
  const exhibits = new Set(header.exhibits);
  const folders = header.directories.map(directoryFolder);
  return (path) => {
    if (STAMP.test(path)) return true;
    const receipt = RECEIPT.exec(path);
    if (receipt) return acts.has(receipt[1]);
    const content = CONTENT.exec(path);
    if (content) return exhibits.has(content[1]);
    return folders.some((folder) => path.startsWith(folder) && /^(?:metadata|targets)\/./.test(path.slice(folder.length)));
  };
}

async function checkExport(dossier, examination) {
  if (!dossier.file(EXPORT_ACT)) {
    const what = "nobody vouches for the selection: the exporter's sealed act over the payload manifest is missing";
    examination.doubt(what, { file: EXPORT_ACT, advice: "ask the exporter for the dossier as it was exported" });
    return null;
  }
  let exported;
  try {
    exported = readSealed(await dossier.read(EXPORT_ACT, SEALED_LIMIT));
  } catch (error) {
    const { what, found } = broken(error);
    examination.fault(`the export act cannot be read: ${what}`, { file: EXPORT_ACT, found });
    return null;
  }
  const manifest = dossier.file(MANIFEST);
  const { body, act } = exported.payload;
  const named = body.type === "dossier-exported" ? body.digest : `a ${act.type} act`;
  const actual = manifest ? hex(manifest.digest) : "no manifest";
  if (named !== actual) {
    const what = "the exporter vouched for another payload than this one";
    examination.fault(what, { file: EXPORT_ACT, found: actual, expected: named, advice: ASK });
  }
  return exported;
}
