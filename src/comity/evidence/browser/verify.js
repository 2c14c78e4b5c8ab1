// Verifying a dossier: the twelve numbered checks of `comity.evidence.checks.verify`, and one verdict.

import { readArchive } from "./archive_read.js";
import { broken, malformed } from "./broken.js";
import { fromBase64url, hex } from "./bytes.js";
import { checkApprovals, checkSeals, loadActs } from "./check_acts.js";
import { checkBag } from "./check_bag.js";
import { checkCounts, checkCustody } from "./check_custody.js";
import { checkDirectory } from "./check_directory.js";
import { checkItems } from "./check_items.js";
import { checkLedger, checkWitnesses, readHead } from "./check_ledger.js";
import { checkReceipts } from "./check_receipts.js";
import { checkTime } from "./check_time.js";
import { Dossier, HEADER, relative } from "./dossier.js";
import { rfc3339 } from "./instants.js";
import { sha256 } from "./sha256.js";
import { decode } from "./values.js";
import { Examination, grouped, reportOn } from "./verdicts.js";

const ANCHOR_LIMIT = 1 << 20;

export const CHECKS = [
  "archive", "bag", "directory", "seals", "approvals", "receipts", "ledger", "witnesses", "items", "custody", "counts", "time",
];

/** The trust anchor in a file's bytes; throws `BrokenInput`. */
export function readAnchor(bytes) {
  const anchor = decode(bytes, "TrustAnchor", ANCHOR_LIMIT);
  if (!fromBase64url(anchor.root).length) throw malformed("the trust anchor pins no directory root");
  return anchor;
}

/** SHA-256 of the directory root that an anchor pins. */
export function rootDigest(anchor) {
  return hex(sha256(fromBase64url(anchor.root)));
}

/**
 * The report on the dossier in a source, judged against the reader's anchor (or null), and the custody its acts tell.
 * `at` is the reader's present. `progress.bytes(offset)` and `progress.step(number)` hear how far it is.
 */
export async function verifyDossier(source, anchor, at, progress) {
  const opening = new Examination(1, CHECKS[0]);
  progress.step(1);
  let archive;
  try {
    archive = await readArchive(source, progress.bytes);
  } catch (error) {
    opening.blame(broken(error), error.what, relative(error.file));
    const why = "the archive is not as it was written";
    return { report: reportOn([opening.close(""), ...notExamined(2, why)]), custody: null };
  }
  const first = opening.close(
    `Every byte of the archive is the one its files determine (${grouped(archive.files.size)} files).`,
  );
  const bagging = new Examination(2, CHECKS[1]);
  let dossier;
  try {
    dossier = await Dossier.open(archive);
  } catch (error) {
    bagging.blame(broken(error), `the dossier's header cannot be read: ${error.what}`, HEADER);
    const why = "the dossier's header cannot be read";
    return { report: reportOn([first, bagging.close(""), ...notExamined(3, why)]), custody: null };
  }
  const { checks, custody } = await examine(dossier, bagging, anchor, at, progress);
  return { report: reportOn([first, ...checks], subjectOf(dossier)), custody };
}

function subjectOf({ header, archive }) {
  return {
    case: header.case,
    authority: header.authority,
    exported_at: rfc3339(header.exported_at),
    acts: header.acts.length,
    exhibits: header.exhibits.length,
    files: archive.files.size,
  };
}

/** Checks 2 to 12, in an order in which each has what it needs. */
async function examine(dossier, bagging, anchor, at, { step, advance }) {
  const { header } = dossier;
  step(2);
  const { exported, check: bag } = await checkBag(dossier, bagging);
  step(4);
  const loaded = await loadActs(dossier, advance);
  step(3);
  const { registers, check: directory } = await checkDirectory(dossier, anchor, loaded.acts);
  step(4);
  const seals = await checkSeals(loaded, exported, header, registers, advance);
  step(5);
  const approvals = await checkApprovals(loaded, registers, advance);
  step(6);
  const receipts = await checkReceipts(dossier, loaded, registers, advance);
  step(7);
  const head = await readHead(dossier);
  const { indexes, check: ledger } = await checkLedger(dossier, head);
  step(8);
  const { since, check: witnesses } = await checkWitnesses(dossier, head, registers, anchor);
  step(9);
  const { contained, check: items } = await checkItems(dossier, loaded, advance);
  step(10);
  const { custody, check: chain } = checkCustody(header, loaded);
  const counts = checkCounts(header, loaded, contained, custody);
  const time = await checkTime({ dossier, head, anchor, acts: loaded.acts, exported, indexes, since, at });
  return {
    checks: [bag, directory, seals, approvals, receipts, ledger, witnesses, items, chain, counts, time],
    custody,
  };
}

function notExamined(first, why) {
  return CHECKS.slice(first - 1).map((name, place) => {
    const examination = new Examination(first + place, name);
    examination.doubt(`not examined: ${why}`);
    return examination.close("");
  });
}
