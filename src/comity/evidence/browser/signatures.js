// Signature checks by the browser's own cryptography (WebCrypto). What it cannot do is said by name, never passed over.

import { BrokenInput, cannotJudge } from "./broken.js";
import { concat, hex } from "./bytes.js";
import { readIntegers } from "./der.js";

const KEYS = new Map();
const P256_PART = 32;

/** A public key: `kind` is Ed25519, P-256, P-384 or RSA; `raw` a point or key, `spki` its DER. */
async function imported(kind, form, bytes, algorithm) {
  const name = `${JSON.stringify(algorithm)} ${hex(bytes)}`;
  let key = KEYS.get(name);
  if (!key) {
    if (!globalThis.crypto?.subtle) throw cannotJudge("signatures, because this browser offers no cryptography here");
    key = crypto.subtle.importKey(form, bytes, algorithm, false, ["verify"]).catch((error) => {
      throw error.name === "NotSupportedError" ? cannotJudge(`${kind} signatures`) : error;
    });
    KEYS.set(name, key);
  }
  return key;
}

/** Whether the bytes are a public key of that kind; throws only where the browser knows no such kind. */
export async function isKey(kind, form, bytes, algorithm) {
  try {
    await imported(kind, form, bytes, algorithm);
    return true;
  } catch (error) {
    if (error instanceof BrokenInput) throw error;
    return false;
  }
}

async function verified(kind, form, key, algorithm, signature, data, how = algorithm) {
  if (!(await isKey(kind, form, key, algorithm))) return false;
  return crypto.subtle.verify(how, await imported(kind, form, key, algorithm), signature, data);
}

/** Ed25519 (RFC 8032) by a raw key of 32 bytes. */
export async function verifiesEd25519(key, signature, data) {
  return signature.length === 64 && verified("Ed25519", "raw", key, { name: "Ed25519" }, signature, data);
}

const P256 = { name: "ECDSA", namedCurve: "P-256" };

/** Whether 65 bytes are a point on P-256. */
export function isPoint(point) {
  return isKey("P-256", "raw", point, P256);
}

/** ECDSA on P-256 with SHA-256: the two integers, 32 bytes each (RFC 7518 section 3.4). */
export async function verifiesP256(point, signature, data) {
  if (signature.length !== 2 * P256_PART) return false;
  return verified("P-256", "raw", point, P256, signature, data, { name: "ECDSA", hash: "SHA-256" });
}

/** The same with the integers in ASN.1, as authenticators give them. */
export async function verifiesP256Der(point, signature, data) {
  const parts = readIntegers(signature, P256_PART);
  return parts !== null && verifiesP256(point, concat(...parts), data);
}

/** RSA-PSS with SHA-256 and a salt of 32 bytes (RFC 7518 section 3.5), by a SubjectPublicKeyInfo. */
export function verifiesPs256(spki, signature, data) {
  const algorithm = { name: "RSA-PSS", hash: "SHA-256" };
  return verified("RSA-PSS", "spki", spki, algorithm, signature, data, { name: "RSA-PSS", saltLength: 32 });
}

/** A certificate's own signature, by its issuer's SubjectPublicKeyInfo; null for an algorithm that this page lacks. */
export async function verifiesCertificate(algorithm, spki, signature, data) {
  const how = CERTIFICATE_ALGORITHMS[algorithm];
  if (!how) return null;
  if (how.curve) {
    const parts = readIntegers(signature, how.part);
    const key = { name: "ECDSA", namedCurve: how.curve };
    const scheme = { name: "ECDSA", hash: how.hash };
    return parts !== null && verified(how.curve, "spki", spki, key, concat(...parts), data, scheme);
  }
  return verified(how.name, "spki", spki, how, signature, data);
}

const RSA = "RSASSA-PKCS1-v1_5";
const CERTIFICATE_ALGORITHMS = {
  "1.3.101.112": { name: "Ed25519" },
  "1.2.840.10045.4.3.2": { curve: "P-256", part: 32, hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { curve: "P-384", part: 48, hash: "SHA-384" },
  "1.2.840.113549.1.1.11": { name: RSA, hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { name: RSA, hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { name: RSA, hash: "SHA-512" },
};
