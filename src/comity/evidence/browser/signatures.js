// Signature checks by the browser's own cryptography (WebCrypto). What it cannot do is said by name, never passed over.

import { BrokenInput, cannotJudge } from "./broken.js";
import { concat, hex } from "./bytes.js";
import { dotted, elements, OBJECT, only, readIntegers, SEQUENCE } from "./der.js";

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
  if (algorithm === ED25519) return verified("Ed25519", "spki", spki, { name: "Ed25519" }, signature, data);
  if (Object.hasOwn(RSA_HASHES, algorithm)) {
    const how = { name: "RSASSA-PKCS1-v1_5", hash: RSA_HASHES[algorithm] };
    return verified("RSA", "spki", spki, how, signature, data);
  }
  const curve = CURVES[curveOf(spki)];
  if (!Object.hasOwn(EC_HASHES, algorithm) || !curve) return null;
  const parts = readIntegers(signature, curve.part);
  const how = { name: "ECDSA", hash: EC_HASHES[algorithm] };
  const key = { name: "ECDSA", namedCurve: curve.name };
  return parts !== null && verified(curve.name, "spki", spki, key, concat(...parts), data, how);
}

/** The named curve of a public key, by its identifier; empty for another kind of key. */
function curveOf(spki) {
  const [algorithm] = elements(only(spki, SEQUENCE));
  const named = elements(algorithm.content)[1];
  return named?.tag === OBJECT ? dotted(named.content) : "";
}

const ED25519 = "1.3.101.112";
const CURVES = {
  "1.2.840.10045.3.1.7": { name: "P-256", part: 32 },
  "1.3.132.0.34": { name: "P-384", part: 48 },
  "1.3.132.0.35": { name: "P-521", part: 66 },
};
const EC_HASHES = {
  "1.2.840.10045.4.3.2": "SHA-256",
  "1.2.840.10045.4.3.3": "SHA-384",
  "1.2.840.10045.4.3.4": "SHA-512",
};
const RSA_HASHES = {
  "1.2.840.113549.1.1.11": "SHA-256",
  "1.2.840.113549.1.1.12": "SHA-384",
  "1.2.840.113549.1.1.13": "SHA-512",
};
