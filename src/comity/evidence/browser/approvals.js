// Personal approvals: WebAuthn assertions bound to the exact bytes of one draft, for one purpose (`comity.trust.approvals`).

import { BrokenInput, broken, leavesOpen } from "./broken.js";
import { b64url, concat, fromBase64url, fromHex, hex, same, utf8 } from "./bytes.js";
import { skipCbor } from "./cbor.js";
import { readCoseKey } from "./certificates.js";
import { sha256, taggedHash } from "./sha256.js";
import { decode } from "./values.js";

const APPROVAL_TAG = "comity-approval-v1";
const CLIENT_DATA_LIMIT = 4 << 10;
const AUTHENTICATOR_DATA_LIMIT = 4 << 10;
const SHORTEST = 37;
const FLAGS = 32;
const PRESENT = 0x01;
const VERIFIED = 0x04;
const ATTESTED = 0x40;
const EXTENDED = 0x80;

function bad(what, found = "", expected = "") {
  return new BrokenInput("bad-approval", what, { found: String(found).slice(0, 120), expected });
}

/** One finding for each approval in a sealed act, judged at the time of sealing. */
export async function verifyApprovals(opened, directory) {
  const findings = [];
  for (const approval of opened.approvals) {
    findings.push(await verifyApproval(approval, opened, directory));
  }
  if (new Set(findings.map(({ officer, purpose }) => `${officer} ${purpose}`)).size !== findings.length) {
    throw bad("an officer approved twice for the same purpose", "", "each officer once");
  }
  return findings;
}

/** Steps as in `verify_approval` (WebAuthn level 3 section 7.2, and what this use adds). */
async function verifyApproval(approval, opened, directory) {
  const authority = opened.payload.issuer;
  // 1.
  const { kind: officeKind } = directory.officeHeld(authority, approval.officer, approval.office);
  // 2.
  const credential = directory.credential(authority, approval.officer, approval.credential, opened.sealedAt);
  const challenge = taggedHash(APPROVAL_TAG, utf8(approval.purpose), fromHex(opened.id));
  // 3. to 5.
  const clientData = fromBase64url(approval.client_data);
  checkClientData(clientData, challenge, credential);
  // 6. and 7.
  const data = fromBase64url(approval.authenticator_data);
  checkAuthenticatorData(data, credential);
  // 8.
  const signature = fromBase64url(approval.signature);
  const key = await readCoseKey(fromBase64url(credential.public_key));
  if (!(await key.verifies(signature, concat(data, sha256(clientData))))) {
    throw bad("an approval does not verify", "Could not verify authentication signature", "an assertion of this draft");
  }
  const { officer, purpose } = approval;
  return { authority, officer, officeKind, purpose, software: credential.software };
}

function checkClientData(bytes, challenge, credential) {
  let client;
  // 3.
  try {
    client = decode(bytes, "ClientData", CLIENT_DATA_LIMIT);
  } catch (error) {
    if (leavesOpen(broken(error))) throw error;
    throw bad(`the client data are broken: ${error.what}`, error.found, "client data of an assertion");
  }
  if (client.type !== "webauthn.get") throw bad("the client data are of another type", client.type, "webauthn.get");
  if (client.crossOrigin || client.topOrigin !== null) {
    throw bad("the approval was given in an embedded page", client.origin, "a page of its own");
  }
  // 4.
  if (client.challenge !== b64url(challenge)) {
    throw bad("the approval is of another draft or purpose", client.challenge, b64url(challenge));
  }
  // 5.
  if (client.origin !== credential.origin) {
    throw bad("the approval was given on another page", client.origin, credential.origin);
  }
}

function checkAuthenticatorData(data, credential) {
  if (data.length < SHORTEST || data.length > AUTHENTICATOR_DATA_LIMIT) {
    throw bad("the authenticator data have another length", data.length, `at least ${SHORTEST} bytes`);
  }
  // 6.
  if (!same(data.subarray(0, FLAGS), sha256(utf8(credential.rp_id)))) {
    throw bad("the approval was signed for another relying party", hex(data.subarray(0, FLAGS)), credential.rp_id);
  }
  // 7.
  const flags = data[FLAGS];
  if (!(flags & PRESENT) || !(flags & VERIFIED)) {
    throw bad("the user was not present and verified", `flags 0x${flags.toString(16)}`, "flags UP and UV");
  }
  if (flags & ATTESTED) throw bad("an assertion carries a new credential", `flags 0x${flags.toString(16)}`);
  const end = flags & EXTENDED ? skipCbor(data, SHORTEST) : SHORTEST;
  if (end !== data.length) throw bad("an approval does not verify", "authenticatorData was malformed");
}
