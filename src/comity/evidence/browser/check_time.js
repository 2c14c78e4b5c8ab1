// Check 12: nothing happened before what it answers, and nothing is dated after others had seen it
// (`comity.evidence.checks.time`).

import { SKEW } from "./custody.js";
import { actPath, EXPORT_ACT, HEADER } from "./dossier.js";
import { told } from "./instants.js";
import { checkStamps } from "./stamps.js";
import { Examination } from "./verdicts.js";

/** Steps as in Python; `at` is the reader's present, `since` when witnesses saw the ledger, or null. */
export async function checkTime({ dossier, head, anchor, acts, exported, indexes, since, at }) {
  const { header } = dossier;
  const examination = new Examination(12, "time");
  const known = new Map(acts.map((act) => [act.id, act]));
  for (const act of acts) {
    // 1.
    for (const name of act.payload.re) {
      if (known.has(name)) checkAnswer(act, known.get(name), indexes, examination);
    }
    // 3. and 4.
    checkInstants(act, since, examination);
  }
  // 2.
  acts.slice(1).forEach((after, place) => {
    const before = acts[place];
    if (before.filedAt - after.filedAt > SKEW) {
      const what = "the exporter filed an act earlier than the one before it in its own ledger";
      const expected = `not before ${told(before.filedAt)}`;
      examination.fault(what, { file: actPath(after.id), found: told(after.filedAt), expected });
    }
  });
  // 5.
  checkExport(header, acts, exported, at, examination);
  // 6.
  await checkStamps(dossier, head, anchor, acts, examination);
  return examination.close("Every step follows the one it answers, and no date contradicts a witness.");
}

function checkAnswer(act, answered, indexes, examination) {
  const file = actPath(act.id);
  const [own, other] = [indexes.get(act.id), indexes.get(answered.id)];
  const together = act.direction !== "enclosed" && answered.direction !== "enclosed";
  if (together && own !== undefined && other !== undefined && own < other) {
    const what = "an act stands in the ledger before the act it answers";
    examination.fault(what, { file, found: `leaf ${own}`, expected: `after leaf ${other}` });
  }
  if (answered.sealedAt - act.sealedAt > SKEW) {
    const what = `the clocks of ${act.issuer} and ${answered.issuer} differ: an answer is dated before what it answers`;
    examination.remark(what, { file, found: told(act.sealedAt), expected: `not before ${told(answered.sealedAt)}` });
  }
}

function checkInstants(act, since, examination) {
  const file = actPath(act.id);
  if (act.sealedAt - act.filedAt > SKEW) {
    const own = act.direction === "issued";
    const what = own
      ? "an act was filed before it was sealed"
      : `the clock of ${act.issuer} was ahead of the exporter's: an act was filed before it was sealed`;
    const expected = `not before ${told(act.sealedAt)}`;
    examination.add(own ? "invalid" : "valid", what, { file, found: `filed at ${told(act.filedAt)}`, expected });
  }
  const latest = act.sealedAt > act.filedAt ? act.sealedAt : act.filedAt;
  if (since !== null && latest - since > SKEW) {
    const found = `sealed at ${told(act.sealedAt)}, filed at ${told(act.filedAt)}`;
    const what = "an act is dated after witnesses had seen it in the ledger";
    examination.fault(what, { file, found, expected: `by ${told(since)}` });
  }
}

function checkExport(header, acts, exported, at, examination) {
  const stated = header.exported_at;
  const last = acts.reduce((latest, { filedAt }) => (latest === null || filedAt > latest ? filedAt : latest), null) ?? stated;
  if (last - stated > SKEW) {
    const what = "the dossier says it was exported before its last act was filed";
    examination.fault(what, { file: HEADER, found: told(stated), expected: `not before ${told(last)}` });
  }
  if (exported) {
    const gap = exported.sealedAt - stated;
    if (gap > SKEW || -gap > SKEW) {
      const what = "the export act was sealed at another time than the header states";
      examination.remark(what, { file: EXPORT_ACT, found: told(exported.sealedAt), expected: told(stated) });
    }
  }
  if (stated - at > SKEW) {
    const what = "by the clock of this machine the dossier was exported in the future: one of the two clocks is wrong";
    examination.remark(what, { file: HEADER, found: told(stated), expected: `by ${told(at)}` });
  }
}
