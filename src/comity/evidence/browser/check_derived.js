// Redacted copies, a part of check 9: each is the one that an act made, of an item that was held
// (`comity.evidence.checks.derived`).

import { broken, leavesOpen } from "./broken.js";
import { hex } from "./bytes.js";
import { actPath, derivedPath } from "./dossier.js";
import { readPictures } from "./pictures.js";
import { count } from "./verdicts.js";

const SHORT = 8;
const PICTURES = new Set(["application/pdf", "image/jpeg", "image/png"]);
const OF_PICTURES = new Set(["region", "unseen"]);
const LARGEST = 80 << 20;

/** What the exporter redacted: acts in the order of its ledger; items are named by the hashes of their leaves. */
export function redactionsOf(acts, authority) {
  const own = acts.filter(({ issuer }) => issuer === authority);
  const lifted = own.filter(({ body }) => body.type === "redaction-lifted");
  const noMore = new Set(lifted.map(({ body }) => body.derived));
  const made = own.filter(({ body }) => body.type === "item-redacted");
  const standing = made.filter(({ body }) => body.provisional && !noMore.has(body.derived));
  return {
    made,
    items: new Set(made.map(({ body }) => body.item)),
    standing: new Set(standing.map(({ body }) => body.item)),
    lifted,
    decided: new Map(
      acts
        .filter(({ issuer, body }) => issuer !== authority && body.type === "lifting-decided")
        .map((act) => [act.id, act]),
    ),
  };
}

/** `originals` maps redacted items that are proven to their contents' SHA-256, null where not shown. Steps as in Python. */
export async function checkDerived(dossier, { made, lifted, decided }, originals, examination) {
  // 1.
  const byAct = new Set(made.map(({ body }) => body.derived));
  for (const derived of dossier.header.derived) {
    if (byAct.has(derived)) continue;
    examination.fault("no act of the exporter made this redacted copy", {
      file: derivedPath(derived),
      expected: "an item-redacted act that names it",
      advice: "treat it as a paper of unknown origin",
    });
  }
  const there = new Set(dossier.header.derived);
  for (const { id, body } of made) {
    if (there.has(body.derived)) {
      if (checkCopy(dossier, body, examination)) await checkPictures(dossier, body, examination); // 2., 3.
      checkOriginal(id, body, originals, examination); // 4.
    } else {
      const what = "a redacted copy that an act speaks of is not in the dossier";
      examination.remark(what, { file: actPath(id), found: body.derived });
    }
  }
  for (const act of lifted) checkLifting(act, decided, examination); // 5.
}

function checkLifting({ id, body }, decided, examination) {
  let by = "by the judge who approved that";
  if (body.decided_by) {
    const cited = decided.get(body.decided_by);
    if (cited?.body.derived !== body.derived) {
      const what = "a redaction was lifted by a decision that is not among the acts";
      const expected = "an act of another authority by which its court decided on this redaction";
      examination.fault(what, { file: actPath(id), found: body.decided_by, expected });
      return;
    }
    by = `by a court of ${cited.issuer}, whose act is here`;
  } else if (body.on_paper) {
    by = `by a court's decision on paper, as the exporter itself recorded: SHA-256 ${body.on_paper.file}`;
  }
  const what = `redacted copy ${body.derived.slice(0, SHORT)}: the redaction was lifted ${by}`;
  examination.remark(what, { file: actPath(id) });
}

function checkCopy(dossier, body, examination) {
  const path = derivedPath(body.derived);
  const file = dossier.file(path);
  const found = file ? `${file.size} bytes, SHA-256 ${hex(file.digest)}` : "no file";
  const expected = `${body.size} bytes, SHA-256 ${body.digest}`;
  if (found !== expected) {
    const what = "a redacted copy is not the one that its act made";
    examination.fault(what, { file: path, found, expected, advice: "treat the copy as altered" });
  }
  return found === expected;
}

async function checkPictures(dossier, { derived, media_type: mediaType, removed }, examination) {
  if (!PICTURES.has(mediaType) && !removed.some(({ kind }) => OF_PICTURES.has(kind))) return;
  const path = derivedPath(derived);
  try {
    await readPictures(await dossier.read(path, LARGEST));
  } catch (error) {
    const { what, advice } = broken(error);
    if (leavesOpen(error)) {
      examination.doubt(what, { file: path, advice });
      return;
    }
    examination.fault("a redacted copy holds more than the pictures that are seen in it", {
      file: path,
      found: what,
      expected: "pixels alone, in a PNG, a JPEG or a PDF of such",
      advice: "do not pass it on: what was to be removed may still be in it",
    });
  }
}

function checkOriginal(act, body, originals, examination) {
  const path = derivedPath(body.derived);
  if (!originals.has(body.item)) {
    const what = "the original of a redacted copy is no item of the exhibits here";
    examination.fault(what, { file: path, found: body.item, expected: "an item that is listed, or kept out and proven" });
    return;
  }
  const shown = originals.get(body.item);
  if (shown && hex(shown) !== body.original) {
    const what = "a redacted copy was made of another content than that of its original";
    examination.fault(what, { file: path, found: body.original, expected: hex(shown) });
  }
  const places = body.removed.reduce((sum, { places }) => sum + places, 0n);
  const gone = body.removed.length > 0 ? [`something is missing in ${count(places, "place")}`] : [];
  const named = body.persons > 0n ? [`${count(body.persons, "person")} under another name`] : [];
  const changed = [...gone, ...named].join(", ");
  const where = shown ? "its original lies beside it" : "its original is kept out and proves itself all the same";
  const what = `redacted copy ${body.derived.slice(0, SHORT)}: ${changed}; ${where}`;
  examination.remark(what, { file: actPath(act) });
}
