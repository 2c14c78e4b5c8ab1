// The worker's side: it is handed a file and an anchor, tells how far it is, and answers with a report. The page stays free.

import { BrokenInput } from "./broken.js";
import { readAnchor, rootDigest, verifyDossier } from "./verify.js";

const PAUSE = 60; // milliseconds between two messages about progress

self.onmessage = async ({ data: { dossier, anchor, at } }) => {
  const size = dossier.size;
  const source = { size, read: async (offset, count) => new Uint8Array(await dossier.slice(offset, offset + count).arrayBuffer()) };
  try {
    const trusted = anchor === null ? null : anchorIn(anchor);
    const { report, custody } = await verifyDossier(source, trusted, BigInt(at) * 1000n, progressOf(size));
    self.postMessage({ kind: "report", report, custody, anchor: trusted && { ...trusted, digest: rootDigest(trusted) } });
  } catch (error) {
    self.postMessage({ kind: "broken", ...reasonOf(error) });
  }
};

function anchorIn(bytes) {
  try {
    return readAnchor(bytes);
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    throw new BrokenInput(error.code, `the trust anchor is none: ${error.what}`, {
      found: error.found,
      expected: "a trust.json with a directory root and a witness policy",
      advice: "check that you did not swap it with another file; get it again from someone you trust",
    });
  }
}

function reasonOf(error) {
  if (error instanceof BrokenInput) {
    const { what, found, expected, advice } = error;
    return { what, found, expected, advice };
  }
  if (error instanceof DOMException) {
    const advice = "choose it again: it may have changed since, or lie on a medium that is gone";
    return { what: `the dossier could not be read: ${error.name}`, found: "", expected: "a file that you may read", advice };
  }
  const advice = "use the command `comity verify`, and tell the maintainers";
  return { what: `this page failed: ${error}`, found: "", expected: "", advice };
}

function progressOf(size) {
  let last = 0;
  let step = 1;
  const tell = (offset) => {
    const now = Date.now();
    if (now - last < PAUSE) return;
    last = now;
    self.postMessage({ kind: "progress", step, offset, size });
  };
  return {
    bytes: tell,
    advance: async () => tell(size),
    step: (number) => {
      step = number;
      last = 0;
      tell(number === 1 ? 0 : size);
    },
  };
}
