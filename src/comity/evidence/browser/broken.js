// What goes wrong with input, as data: the same stable codes as `comity.vocabulary.errors`.

/** Input that is not what it claims to be. */
export class BrokenInput extends Error {
  constructor(code, what, { found = "", expected = "", advice = "", file = "" } = {}) {
    super(`${code}: ${what}`);
    this.code = code;
    this.what = what;
    this.found = found;
    this.expected = expected;
    this.advice = advice;
    this.file = file;
  }
}

/** The code of what this browser, or this page, cannot judge. It never makes a check valid, nor invalid: only open. */
export const CANNOT_JUDGE = "cannot-judge";

const OPEN = new Set([CANNOT_JUDGE, "directory-unknown"]);

export function malformed(what, more) {
  return new BrokenInput("malformed", what, more);
}

/** What this page cannot do, by name: `comity verify` can. */
export function cannotJudge(what) {
  return new BrokenInput(CANNOT_JUDGE, `this page cannot check ${what}`, {
    advice: "use a current version of your browser, or the command `comity verify`",
  });
}

/** Whether the error leaves a check open instead of failing it. */
export function leavesOpen(error) {
  return OPEN.has(error.code);
}

/** The error itself where it is about input; anything else is a mistake of this page and goes on. */
export function broken(error) {
  if (error instanceof BrokenInput) return error;
  throw error;
}
