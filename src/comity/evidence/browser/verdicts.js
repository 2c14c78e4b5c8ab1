// Numbered checks, each with an outcome, and one verdict that the worst of them decides: `comity.evidence.checks.verdicts`.

import { leavesOpen } from "./broken.js";

export const VALID = "valid";
export const INDETERMINATE = "indeterminate";
export const INVALID = "invalid";

const SEVERITY = { [VALID]: 0, [INDETERMINATE]: 1, [INVALID]: 2 };
const FINDINGS_SHOWN = 20;

/** Collects the findings of one check while it runs and closes into its outcome. */
export class Examination {
  constructor(number, name) {
    this.number = number;
    this.name = name;
    this.findings = { [INVALID]: [], [INDETERMINATE]: [], [VALID]: [] };
    this.beyond = 0;
  }

  /** Something a reader should know that changes no outcome. */
  remark(what, about) {
    this.add(VALID, what, about);
  }

  /** Something that would be needed is not there, or can't be judged here. */
  doubt(what, about) {
    this.add(INDETERMINATE, what, about);
  }

  /** Something is there and wrong. */
  fault(what, about) {
    this.add(INVALID, what, about);
  }

  /** What an error says: a fault, unless it is about something that is missing or that this page cannot judge. */
  blame(error, what, file) {
    const { found, expected, advice } = error;
    this.add(leavesOpen(error) ? INDETERMINATE : INVALID, what, { file, found, expected, advice });
  }

  add(outcome, what, { file = "", found = "", expected = "", advice = "" } = {}) {
    const same = this.findings[outcome];
    if (same.length < FINDINGS_SHOWN) same.push({ outcome, what, file, found, expected, do: advice });
    else this.beyond += 1;
  }

  get holds() {
    return !this.findings[INVALID].length && !this.findings[INDETERMINATE].length;
  }

  /** The check; `holds` is its sentence when nothing is missing or wrong. */
  close(holds) {
    const detail = [INVALID, INDETERMINATE, VALID].flatMap((outcome) => this.findings[outcome]);
    const first = detail[0];
    if (this.beyond) {
      const what = `and ${grouped(this.beyond)} findings more like these`;
      detail.push({ outcome: VALID, what, file: "", found: "", expected: "", do: "" });
    }
    const decided = this.holds ? { outcome: VALID, what: holds, file: "" } : first;
    const { outcome, what, file } = decided;
    return { number: this.number, name: this.name, outcome, what, file, detail };
  }
}

/** The report: any invalid makes it invalid, else any indeterminate makes it indeterminate. */
export function reportOn(checks, subject = null) {
  const ordered = [...checks].sort((one, other) => one.number - other.number);
  const verdict = ordered.reduce((worst, { outcome }) => (SEVERITY[outcome] > SEVERITY[worst] ? outcome : worst), VALID);
  const deciding = verdict === VALID ? undefined : ordered.find((check) => check.outcome === verdict);
  return { checks: ordered, verdict, decided_by: deciding ? deciding.number : null, subject };
}

/** A number with commas between its thousands. */
export function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number with its noun. */
export function count(number, one) {
  return `${grouped(number)} ${BigInt(number) === 1n ? one : `${one}s`}`;
}
