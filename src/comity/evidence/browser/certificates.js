// Seal certificates and passkeys' public keys: `comity.trust.certificates` and `comity.trust.cose_keys`.

import { BrokenInput, cannotJudge, malformed } from "./broken.js";
import { b64url, concat, fromHex, hex, same, startsWith } from "./bytes.js";
import { BIT_STRING, dotted, elements, instantOf, INTEGER, OBJECT, only, SEQUENCE } from "./der.js";
import { sha256 } from "./sha256.js";
import { isKey, isPoint, verifiesEd25519, verifiesP256, verifiesP256Der, verifiesPs256 } from "./signatures.js";

const CERTIFICATE_LIMIT = 16 << 10;
const SMALLEST_RSA = 2048;
const LARGEST_RSA = 8192;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;

const ED25519 = "1.3.101.112";
const EC = "1.2.840.10045.2.1";
const P256 = "1.2.840.10045.3.1.7";
const RSA = "1.2.840.113549.1.1.1";

export const SEAL_ALGORITHMS = ["EdDSA", "ES256", "PS256"];

const READ = new Map();

export function thumbprint(der) {
  return b64url(sha256(der));
}

/** The parts of an X.509 certificate in exactly these bytes (RFC 5280 section 4.1), whatever its key. */
export function loadX509(der) {
  if (der.length > CERTIFICATE_LIMIT) {
    throw new BrokenInput("oversized", "a certificate is too large", { found: `${der.length} bytes` });
  }
  const [body, algorithm, signature, ...rest] = elements(only(der, SEQUENCE));
  if (rest.length || body?.tag !== SEQUENCE || algorithm?.tag !== SEQUENCE || signature?.tag !== BIT_STRING) throw none();
  const fields = elements(body.content);
  if (fields[0]?.tag === VERSION) fields.shift();
  const [serial, inner, issuer, validity, subject, spki, ...more] = fields;
  if (!spki || serial.tag !== INTEGER || !same(inner.whole, algorithm.whole) || spki.tag !== SEQUENCE) throw none();
  const [from, until, ...surplus] = elements(validity.content);
  if (!until || surplus.length) throw none();
  return {
    der,
    body: body.whole,
    algorithm: dotted(elements(algorithm.content)[0].content),
    signature: signature.content.subarray(1),
    issuer: issuer.whole,
    subject: subject.whole,
    spki: spki.whole,
    notBefore: instantOf(from),
    notAfter: instantOf(until),
    extensions: extensionsOf(more),
  };
}

/** Each extension's value by its identifier; one that stands twice makes them unusable. */
function extensionsOf(fields) {
  const found = new Map();
  const wrapped = fields.find((field) => field.tag === EXTENSIONS);
  for (const extension of wrapped ? elements(only(wrapped.content, SEQUENCE)) : []) {
    const parts = elements(extension.content);
    const name = dotted(parts[0].content);
    if (found.has(name)) throw none();
    found.set(name, parts.at(-1).content);
  }
  return found;
}

/** The certificate with the one algorithm its key may be used with; throws when its key is none that a seal may have. */
export async function readCertificate(der) {
  const name = hex(sha256(der));
  let read = READ.get(name);
  if (!read) READ.set(name, (read = sealCertificate(der)));
  return read;
}

async function sealCertificate(der) {
  const certificate = loadX509(der);
  const key = await sealKey(certificate.spki);
  return { ...certificate, ...key, x5t: thumbprint(der) };
}

async function sealKey(spki) {
  const [algorithm, bits] = elements(only(spki, SEQUENCE));
  const [kind, parameters] = elements(algorithm.content).map(({ tag, content }) => (tag === OBJECT ? dotted(content) : null));
  const key = bits.content.subarray(1);
  if (kind === ED25519 && key.length === 32) {
    await isKey("Ed25519", "raw", key, { name: "Ed25519" });
    return { seals: "EdDSA", publicBytes: key, verifies: (signature, data) => verifiesEd25519(key, signature, data) };
  }
  if (kind === EC && parameters === P256 && key[0] === 4 && (await isPoint(key))) {
    return { seals: "ES256", publicBytes: spki, verifies: (signature, data) => verifiesP256(key, signature, data) };
  }
  if (kind === RSA && fits(rsaSize(key))) {
    return { seals: "PS256", publicBytes: spki, verifies: (signature, data) => verifiesPs256(spki, signature, data) };
  }
  if (kind === EC && parameters === P256 && (key[0] === 2 || key[0] === 3)) throw cannotJudge("a P-256 key in compressed form");
  throw malformed("not a seal certificate", { found: `a key of the kind ${kind}` });
}

function rsaSize(key) {
  const modulus = elements(only(key, SEQUENCE))[0].content;
  const digits = modulus[0] === 0 ? modulus.subarray(1) : modulus;
  return 8 * (digits.length - 1) + (digits.length ? 32 - Math.clz32(digits[0]) : 0);
}

function fits(bits) {
  return bits >= SMALLEST_RSA && bits <= LARGEST_RSA;
}

function none() {
  return malformed("not a certificate");
}

// Passkeys: COSE in the one canonical form there is for each of the two kinds (RFC 9052, CTAP2).

const ES256_START = fromHex("a5010203262001215820");
const ES256_MIDDLE = fromHex("225820");
const EDDSA_START = fromHex("a4010103272006215820");
const PART = 32;

/** The key of an approval credential, with the check of an assertion's signature. */
export async function readCoseKey(bytes) {
  if (startsWith(bytes, EDDSA_START) && bytes.length === EDDSA_START.length + PART) {
    const key = bytes.subarray(EDDSA_START.length);
    return { algorithm: -8, verifies: (signature, data) => verifiesEd25519(key, signature, data) };
  }
  const rest = bytes.subarray(ES256_START.length);
  const middle = rest.subarray(PART, PART + ES256_MIDDLE.length);
  if (startsWith(bytes, ES256_START) && rest.length === 2 * PART + ES256_MIDDLE.length && same(middle, ES256_MIDDLE)) {
    const point = concat(new Uint8Array([4]), rest.subarray(0, PART), rest.subarray(-PART));
    if (await isPoint(point)) {
      return { algorithm: -7, verifies: (signature, data) => verifiesP256Der(point, signature, data) };
    }
  }
  throw malformed("not a COSE key of an approval credential");
}
