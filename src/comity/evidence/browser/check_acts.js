// Checks 4 and 5: every act is the one its name says, sealed by its issuer, and approved by a second person where it has
// to be (`comity.evidence.checks.acts`).

import { verifyApprovals } from "./approvals.js";
import { broken } from "./broken.js";
import { actPath, EXPORT_ACT } from "./dossier.js";
import { gradeApproval, gradeSeal } from "./grades.js";
import { told } from "./instants.js";
import { readSealed, SEALED_LIMIT, verifySeals } from "./seals.js";
import { count, Examination, grouped } from "./verdicts.js";

const APPROVING = ["approve", "validate"];

/** The acts that could be read, in the order of the ledger, with check 4 begun. */
export async function loadActs(dossier, advance) {
  const examination = new Examination(4, "seals");
  const acts = [];
  for (const line of dossier.header.acts) {
    const file = actPath(line.act);
    let opened;
    try {
      opened = readSealed(await dossier.read(file, SEALED_LIMIT));
    } catch (error) {
      examination.blame(broken(error), `an act cannot be read: ${error.what}`, file);
      continue;
    }
    if (opened.id !== line.act) {
      const what = "an act's content is not the one its name says";
      examination.fault(what, { file, found: opened.id, expected: line.act });
      continue;
    }
    checkPlace(line, opened.payload, dossier.header, examination);
    acts.push(onFile(opened, line.direction, line.filed_at));
    await advance();
  }
  return { acts, examination };
}

/** An act with what is known around it: `sealedAt` is the sealer's word, `filedAt` the exporter's. */
function onFile(opened, direction, filedAt) {
  const { payload, id, sealedAt } = opened;
  return { id, opened, payload, direction, filedAt, sealedAt, body: payload.body, issuer: payload.issuer };
}

/** An act that is the exporter's own, or was sent to it, is of this case and cannot pass for an enclosure. */
function checkPlace({ act, direction }, payload, header, examination) {
  const me = header.authority;
  const own = payload.issuer === me;
  const file = actPath(act);
  const fits = { issued: own, received: !own && payload.to.includes(me), enclosed: !own };
  if (!fits[direction]) {
    examination.fault(`an act is listed as ${direction}, which it cannot be`, {
      file,
      found: `from ${payload.issuer} to ${payload.to.join(", ") || "nobody"}`,
      expected: `${direction} by or to ${me}`,
    });
  }
  if (payload.case !== header.case && direction !== "enclosed") {
    examination.fault("an act belongs to another case", { file, found: payload.case, expected: header.case });
  }
}

/** Counts of equal things, told in ascending order of what they are. */
class Tally {
  constructor() {
    this.counts = new Map();
  }

  add(...parts) {
    const key = JSON.stringify(parts);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  each(tell) {
    for (const key of [...this.counts.keys()].sort()) tell(...JSON.parse(key), this.counts.get(key));
  }
}

/** Check 4. Steps as in Python. */
export async function checkSeals({ acts, examination }, exported, header, registers, advance) {
  const grades = new Tally();
  for (const act of acts) {
    const path = actPath(act.id);
    // 2.
    for (const finding of await seals(act, registers, path, examination)) {
      // 3.
      checkEnd(finding, act, path, examination);
      await checkHindsight(finding, registers, path, examination);
      // 5.
      const graded = await gradeSeal(finding, registers.of(act.payload.directory));
      grades.add(finding.authority, graded.grade, graded.words);
    }
    await advance();
  }
  // 4.
  if (exported) await checkExport(exported, header, registers, examination);
  grades.each((authority, grade, words, number) => {
    examination.remark(`${authority}: ${count(number, "seal")} of ${grade} grade (${words})`);
  });
  const holds = "Every act is unaltered and carries the seal of the authority that issued it";
  return examination.close(`${holds} (${grouped(acts.length)} of them).`);
}

async function seals(act, registers, path, examination) {
  try {
    return await verifySeals(act.opened, registers.of(act.payload.directory), act.filedAt);
  } catch (error) {
    examination.blame(broken(error), `the seal of ${act.issuer} cannot be relied on: ${error.what}`, path);
    return [];
  }
}

function checkEnd(finding, act, file, examination) {
  if (finding.stillValid) return;
  const what = "an act was filed after its seal key had ended: whether it was sealed before, only its issuer says";
  examination.doubt(what, { file, found: `sealed at ${told(finding.sealedAt)}, filed at ${told(act.filedAt)}` });
}

/** A key that was found to be stolen is ended in a later version, for a time before acts that named an earlier one. */
async function checkHindsight(finding, registers, file, examination) {
  try {
    await registers.newest?.sealCertificate(finding.authority, finding.x5t, finding.sealedAt);
  } catch (error) {
    const { what, found, expected } = broken(error);
    const said = `a later version of the directory says that the seal's key was not valid then: ${what}`;
    examination.doubt(said, { file, found, expected });
  }
}

async function checkExport(exported, header, registers, examination) {
  const { issuer, case: name, body } = exported.payload;
  if (issuer !== header.authority || name !== header.case) {
    examination.fault("the export act is another authority's or about another case", {
      file: EXPORT_ACT,
      found: `${issuer}, case ${name}`,
      expected: `${header.authority}, case ${header.case}`,
    });
  }
  for (const { exhibit, reason } of body.type === "dossier-exported" ? body.left_out : []) {
    examination.remark(`nothing of exhibit ${exhibit.slice(0, 8)} is shown: ${LEFT_OUT[reason]}`, { file: EXPORT_ACT });
  }
  await seals(onFile(exported, "issued", exported.sealedAt), registers, EXPORT_ACT, examination);
}

const LEFT_OUT = {
  "order-withdrawn": "the order under which it came was taken back",
  "use-restricted": "its use is restricted",
  standstill: "a limit of the law kept it closed when the dossier was made",
};

/** Check 5. Steps as in Python. */
export async function checkApprovals({ acts }, registers, advance) {
  const examination = new Examination(5, "approvals");
  const kinds = new Tally();
  const lifting = acts.filter(({ body }) => body.type === "redaction-lifted" && body.on_paper === null);
  const judged = new Set(lifting.map(({ id, body }) => body.decided_by ?? id));
  let needed = 0;
  for (const act of acts) {
    const file = actPath(act.id);
    let findings;
    // 1.
    try {
      findings = await verifyApprovals(act.opened, registers.of(act.payload.directory));
    } catch (error) {
      examination.blame(broken(error), `an approval does not hold: ${error.what}`, file);
      continue;
    }
    // 2.
    if (FACTS.approved.includes(act.payload.act.type)) {
      needed += 1;
      requireSecondOfficer(act, findings, file, examination);
    }
    // 3.
    if (judged.has(act.id)) requireJudge(act, findings, file, examination);
    // 4.
    for (const finding of findings) kinds.add(finding.authority, gradeApproval(finding).words);
    await advance();
  }
  kinds.each((authority, words, number) => examination.remark(`${authority}: ${count(number, "approval")} by ${words}`));
  const holds = "Every act that demands or decides something was approved in person by an officer who did not write it";
  return examination.close(`${holds} (${grouped(needed)} of them).`);
}

function requireSecondOfficer(act, findings, file, examination) {
  const { author, act: kind } = act.payload;
  const approvers = findings.filter(({ purpose }) => APPROVING.includes(purpose)).map(({ officer }) => officer);
  const expected = "an approval by another officer";
  if (author === null) {
    examination.fault(`a ${kind.type} act names no author, so nobody can be another officer`, { file });
  } else if (!approvers.length) {
    const found = `author ${author.officer}, no approval`;
    examination.fault(`a ${kind.type} act carries no approval`, { file, found, expected });
  } else if (approvers.every((officer) => officer === author.officer)) {
    const what = `a ${kind.type} act was approved only by the officer who wrote it`;
    examination.fault(what, { file, found: author.officer, expected });
  }
}

function requireJudge({ payload }, findings, file, examination) {
  const offices = findings.filter(({ purpose }) => APPROVING.includes(purpose)).map(({ officeKind }) => officeKind);
  if (offices.includes("judge")) return;
  examination.fault(`a ${payload.act.type} act lifts a redaction, and no judge approved it`, {
    file,
    found: `approved as ${offices.join(", ") || "nobody"}`,
    expected: "an approval by an officer in a judge's office",
  });
}
