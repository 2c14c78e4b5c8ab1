// Sealed acts and sealed receipts: JWS with the headers of `comity.acts.seal_format`, opened strictly and judged by the
// same steps as `comity.trust.seals`, `jws` and `receipts`.

import { BrokenInput, malformed } from "./broken.js";
import { fromBase64url, hex, same, utf8 } from "./bytes.js";
import { SEAL_ALGORITHMS } from "./certificates.js";
import { iso } from "./instants.js";
import { sha256 } from "./sha256.js";
import { decode } from "./values.js";

const PAYLOAD_LIMIT = 1 << 20;
export const SEALED_LIMIT = 2 * PAYLOAD_LIMIT;
const HEADER_LIMIT = 64 << 10;
const RECEIPT_LIMIT = 4 << 20;
export const SEALED_RECEIPT_LIMIT = 2 * RECEIPT_LIMIT;
const MOST_SEALS = 4;
const MOST_APPROVALS = 16;

/** The sealed act in these bytes; nothing in it is believed yet. Steps as in `read_sealed`. */
export function readSealed(bytes) {
  // 1.
  const sealed = decode(bytes, "SealedAct", SEALED_LIMIT);
  // 2.
  const { payload: text, signatures: listed } = sealed;
  const written = { payload: text, signatures: listed.map(({ protected: header, signature }) => ({ protected: header, signature })) };
  if (!same(utf8(JSON.stringify(written)), bytes)) throw malformed("a sealed act was written anew, in another encoding");
  // 3.
  const payloadBytes = fromBase64url(text);
  const payload = readPayload(payloadBytes);
  // 4.
  if (!(listed.length >= 1 && listed.length <= MOST_SEALS)) {
    throw new BrokenInput("seal-set-differs", "an act has no seal or too many", { found: `${listed.length}` });
  }
  const signatures = listed.map(openSignature);
  // 5.
  const [first, ...others] = signatures;
  if (first.header.apprs.length > MOST_APPROVALS || others.some(({ header }) => header.apprs.length)) {
    throw malformed("approvals stand in the first seal, and not too many");
  }
  const id = hex(sha256(payloadBytes));
  return { id, text, payload, signatures, approvals: first.header.apprs, sealedAt: first.header.sigT };
}

function readPayload(bytes) {
  const payload = decode(bytes, "Payload", PAYLOAD_LIMIT);
  if (payload.to.includes(payload.issuer) || new Set(payload.to).size !== payload.to.length) {
    throw malformed("an act's addressees are others than its issuer, each once");
  }
  return payload;
}

function openSignature({ protected: header, signature }) {
  const opened = decode(fromBase64url(header), "SealHeader", HEADER_LIMIT);
  return { header: opened, protected: header, signature: fromBase64url(signature) };
}

/** One finding for each seal of the act, when every one verifies; `at` is when it is known to have existed. */
export async function verifySeals(opened, directory, at) {
  const { payload } = opened;
  // 1.
  const found = opened.signatures.map(({ header }) => header.alg);
  const differs = found.join("\n") !== payload.seals.join("\n") || new Set(payload.seals).size !== payload.seals.length;
  if (differs || !payload.seals.length) {
    const more = { found: found.join(", ").slice(0, 80), expected: payload.seals.join(", ").slice(0, 80) };
    throw new BrokenInput("seal-set-differs", "the seals are others than the act names", more);
  }
  // 2.
  requireKnown(directory, payload.issuer, "issuer");
  // 3.
  const findings = [];
  for (const one of opened.signatures) {
    findings.push(await judgeSignature(one, opened.text, directory, payload.issuer, payload.at, at));
  }
  return findings;
}

function requireKnown(directory, authority, what) {
  if (!directory.knows(authority)) {
    throw new BrokenInput("unknown-sender", `the directory lists no such ${what}`, { found: authority });
  }
}

/** The receipt in a sealed one, when its receiver sealed it. Steps as in `open_receipt`. */
export async function openReceipt(bytes, directory, at) {
  const sealed = decode(bytes, "SealedReceipt", SEALED_RECEIPT_LIMIT);
  // 1.
  const receipt = decode(fromBase64url(sealed.payload), "Receipt", RECEIPT_LIMIT);
  // 2.
  const opened = openSignature(sealed);
  if (opened.header.apprs.length) throw malformed("a receipt carries approvals");
  // 3.
  requireKnown(directory, receipt.receiver, "receiver");
  // 4.
  await judgeSignature(opened, sealed.payload, directory, receipt.receiver, receipt.received_at, at);
  return receipt;
}

function badSeal(what, found, expected) {
  return new BrokenInput("bad-seal", what, { found: String(found).slice(0, 80), expected });
}

/** One signature by `authority` over a payload that says it was written at `statedAt`: six steps as in Python. */
async function judgeSignature(opened, payload, directory, authority, statedAt, at) {
  const { header } = opened;
  // 1.
  if (!SEAL_ALGORITHMS.includes(header.alg)) {
    throw badSeal("the algorithm of a seal is none that seals", header.alg, [...SEAL_ALGORITHMS].sort().join(", "));
  }
  // 2.
  if (header.crit.length !== 1 || header.crit[0] !== "sigT") {
    throw badSeal("a critical header of a seal is not understood", header.crit.join(", "), "sigT");
  }
  // 3.
  const certificate = await directory.sealCertificate(authority, header["x5t#S256"], header.sigT);
  // 4.
  if (header.alg !== certificate.seals) {
    throw badSeal("the algorithm of a seal is not its key's", header.alg, certificate.seals);
  }
  // 5.
  if (!(await certificate.verifies(opened.signature, utf8(`${opened.protected}.${payload}`)))) {
    throw badSeal("a seal does not verify", `${header.alg} by ${authority}`, "a signature over these bytes");
  }
  // 6.
  if (header.sigT < statedAt) throw badSeal("a seal is older than what it seals", iso(header.sigT), iso(statedAt));
  return {
    authority,
    x5t: header["x5t#S256"],
    certificate: certificate.der,
    sealedAt: header.sigT,
    stillValid: await stillValid(directory, authority, certificate.x5t, at),
  };
}

async function stillValid(directory, authority, x5t, at) {
  try {
    await directory.sealCertificate(authority, x5t, at);
    return true;
  } catch (error) {
    if (error instanceof BrokenInput) return false;
    throw error;
  }
}
