// What a verified seal or approval is worth in law, with its reason: `comity.trust.grades`. No outcome depends on it.

import { BrokenInput } from "./broken.js";
import { fromBase64url, same } from "./bytes.js";
import { loadX509 } from "./certificates.js";
import { dotted, elements, OBJECT, only, SEQUENCE } from "./der.js";
import { verifiesCertificate } from "./signatures.js";

const QC_STATEMENTS = "1.3.6.1.5.5.7.1.3";
const QC_COMPLIANCE = "0.4.0.1862.1.1";
const QC_SSCD = "0.4.0.1862.1.4";
const QC_TYPE = "0.4.0.1862.1.6";
const QC_TYPE_ESEAL = "0.4.0.1862.1.6.2";
const BASIC_CONSTRAINTS = "2.5.29.19";
const BOOLEAN = 0x01;

const QUALIFIED = "a qualified certificate for seals, its key in a qualified device, from a listed provider";
const LISTED = "a certificate from a listed provider, without claims to be qualified";
const NOT_COMPLIANT = "from a listed provider, but the certificate does not state that it is qualified (QcCompliance)";
const NO_DEVICE = "qualified certificate, but its key is not stated to be in a qualified device (QcSSCD)";
const NOT_FOR_SEALS = "qualified certificate, but not one for seals (QcType eseal)";
const NOT_QUALIFIED = "the certificate says it is qualified, but its provider is listed for advanced only";
const NOT_LISTED = "no provider on the authority's trust list issued the certificate";
const UNKNOWN = "this page cannot check how a listed provider signed the certificate";
const PASSKEY = "a passkey in the officer's device; no certificate";
const SOFTWARE = "a software authenticator, allowed by policy; no person's device was involved";

export function gradeApproval(approval) {
  return { grade: "technical", words: approval.software ? SOFTWARE : PASSKEY };
}

/** The grade of a seal by the trust list of its authority at the time of sealing. */
export async function gradeSeal(seal, directory) {
  const certificate = loadX509(seal.certificate);
  const grades = [];
  let unknown = false;
  for (const listed of directory.trustedIssuers(seal.authority, seal.sealedAt)) {
    const issued = await wasIssued(certificate, listed, seal.sealedAt);
    if (issued) grades.push(listed.grade);
    unknown ||= issued === null;
  }
  if (!grades.length) return { grade: "technical", words: unknown ? UNKNOWN : NOT_LISTED };
  const statements = qcStatements(certificate);
  if (!statements.has(QC_COMPLIANCE)) return { grade: "advanced", words: statements.size ? NOT_COMPLIANT : LISTED };
  if (!statements.has(QC_SSCD)) return { grade: "advanced", words: NO_DEVICE };
  if (!(statements.get(QC_TYPE) ?? []).includes(QC_TYPE_ESEAL)) return { grade: "advanced", words: NOT_FOR_SEALS };
  if (!grades.includes("qualified")) return { grade: "advanced", words: NOT_QUALIFIED };
  return { grade: "qualified", words: QUALIFIED };
}

/** Whether the listed provider issued it; null where that can't be told here. */
async function wasIssued(certificate, listed, at) {
  try {
    const issuer = loadX509(fromBase64url(listed.der));
    const constraints = issuer.extensions.get(BASIC_CONSTRAINTS);
    const ca = constraints && elements(only(constraints, SEQUENCE))[0];
    if (ca?.tag !== BOOLEAN || ca.content[0] !== 0xff) return false;
    if (at < issuer.notBefore || at > issuer.notAfter || !same(certificate.issuer, issuer.subject)) return false;
    return await verifiesCertificate(certificate.algorithm, issuer.spki, certificate.signature, certificate.body);
  } catch (error) {
    if (error instanceof BrokenInput) return error.code === "cannot-judge" ? null : false;
    throw error;
  }
}

/** The statements of RFC 3739 section 3.2.6 by identifier; for QcType, the types. Empty when absent or broken. */
function qcStatements(certificate) {
  const found = new Map();
  const extension = certificate.extensions.get(QC_STATEMENTS);
  try {
    for (const { content } of extension ? elements(only(extension, SEQUENCE)) : []) {
      const [name, information] = elements(content);
      const inside = information ? elements(information.content) : [];
      const types = inside.filter(({ tag }) => tag === OBJECT).map((type) => dotted(type.content));
      found.set(dotted(name.content), types);
    }
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    return new Map();
  }
  return found;
}
