// One verified version of the directory: who is who, with which keys, since when and until when (`comity.trust.directory`),
// and keys that were replaced by act (`comity.trust.rotation`).

import { BrokenInput, malformed } from "./broken.js";
import { fromBase64url, same } from "./bytes.js";
import { loadX509, readCertificate, readCoseKey, thumbprint } from "./certificates.js";
import { iso } from "./instants.js";

const LISTS = { ledger: ["ledger_keys", 32], witness: ["witness_keys", 32], agreement: ["agreement_keys", 1184 + 32] };

export function covers(dated, at) {
  return dated.valid_from <= at && (dated.valid_until === null || at < dated.valid_until);
}

/** An authority's entry with its look-up tables; throws `malformed` for a key or certificate that is none. */
export async function indexed(entry) {
  const credentials = new Map();
  for (const officer of entry.officers) {
    for (const credential of officer.credentials) {
      await readCoseKey(fromBase64url(credential.public_key));
      credentials.set(`${officer.id} ${credential.id}`, credential);
    }
  }
  const certificates = new Map();
  for (const listed of entry.seal_certificates) {
    const der = fromBase64url(listed.der);
    await readCertificate(der);
    certificates.set(thumbprint(der), { listed, der });
  }
  for (const issuer of entry.trusted_issuers) loadX509(fromBase64url(issuer.der));
  for (const [name] of Object.values(LISTS)) entry[name].forEach((key) => fromBase64url(key.public));
  return {
    entry,
    credentials,
    certificates,
    ledgers: newestFirst(entry.ledger_keys),
    witnesses: newestFirst(entry.witness_keys),
  };
}

function newestFirst(keys) {
  const listed = keys.map((dated) => ({ dated, raw: fromBase64url(dated.public) }));
  return listed.sort(({ dated: one }, { dated: other }) => {
    return one.valid_from > other.valid_from ? -1 : one.valid_from < other.valid_from ? 1 : 0;
  });
}

function notValid(what, found = "", expected = "") {
  return new BrokenInput("key-not-valid", what, { found, expected });
}

export class Directory {
  constructor(version, authorities, rotations = new Set()) {
    this.version = version;
    this.authorities = authorities;
    this.rotations = rotations;
  }

  knows(authority) {
    return this.authorities.has(authority);
  }

  indexed(authority) {
    const found = this.authorities.get(authority);
    if (!found) throw new BrokenInput("not-found", "the directory lists no such authority", { found: authority });
    return found;
  }

  /** The office, when that officer of that authority holds it. */
  officeHeld(authority, officer, office) {
    const entry = this.authorities.get(authority)?.entry;
    const person = entry?.officers.find((each) => each.id === officer);
    const found = entry?.offices.find((each) => each.id === office);
    const what = !entry
      ? "the directory lists no such authority"
      : !person
        ? "the authority has no such officer"
        : !found
          ? "the authority has no such office"
          : "the officer does not hold that office";
    if (!found || !person.offices.includes(office)) {
      throw new BrokenInput("not-competent", what, { found: `${officer} as ${office}`, expected: person?.offices.join(", ") });
    }
    return found;
  }

  credential(authority, officer, credential, at) {
    const found = this.indexed(authority).credentials.get(`${officer} ${credential}`);
    return valid(found, at, `approval credential of ${officer}`);
  }

  /** The authority's certificate with that thumbprint, valid then by the directory and by itself. */
  async sealCertificate(authority, x5t, at) {
    const found = this.indexed(authority).certificates.get(x5t);
    if (!found) throw notValid("the directory lists no such seal certificate", `${authority} ${x5t}`);
    valid(found.listed, at, `seal certificate of ${authority}`);
    const certificate = await readCertificate(found.der);
    if (at < certificate.notBefore || at > certificate.notAfter) {
      const what = `the seal certificate of ${authority} has expired or is not valid yet`;
      throw notValid(what, iso(at), `${iso(certificate.notBefore)} to ${iso(certificate.notAfter)}`);
    }
    return certificate;
  }

  trustedIssuers(authority, at) {
    return this.indexed(authority).entry.trusted_issuers.filter((issuer) => covers(issuer, at));
  }

  ledgerKeys(authority) {
    return this.indexed(authority).ledgers;
  }

  witnessKeys(authority) {
    return this.indexed(authority).witnesses;
  }

  /** This version with the issuer's key replaced by a verified act. */
  async withRotation(issuer, body, act, sealedAt) {
    if (this.rotations.has(act)) return this;
    const entry = await rotated(this.indexed(issuer).entry, body, sealedAt);
    const authorities = new Map(this.authorities).set(issuer, await indexed(entry));
    return new Directory(this.version, authorities, new Set(this.rotations).add(act));
  }
}

function valid(entry, at, what) {
  if (!entry) throw notValid(`the directory lists no such ${what}`);
  if (!covers(entry, at)) {
    const until = entry.valid_until === null ? "further notice" : iso(entry.valid_until);
    throw notValid(`the ${what} was not valid at that time`, iso(at), `${iso(entry.valid_from)} to ${until}`);
  }
  return entry;
}

/** The entry with old keys of that kind ending, and the new one beginning, at `valid_from`: steps as in Python. */
async function rotated(entry, body, sealedAt) {
  // 1.
  if (body.valid_from < sealedAt) {
    throw notValid("a key is rotated for a time before the act", iso(body.valid_from), `from ${iso(sealedAt)} on`);
  }
  if (body.key === "seal") return sealRotated(entry, body);
  if (!Object.hasOwn(LISTS, body.key)) throw malformed("a key of an unknown kind is rotated", { found: body.key });
  const [list, length] = LISTS[body.key];
  // 2.
  if (isListed(entry[list].filter((old) => old.public === body.public), body)) return entry;
  // 4.
  if (fromBase64url(body.public).length !== length) {
    throw malformed("a rotated key has another form");
  }
  const added = { public: body.public, valid_from: body.valid_from, valid_until: null };
  return { ...entry, [list]: [...ended(entry[list], body), added] };
}

async function sealRotated(entry, body) {
  // 2.
  if (isListed(entry.seal_certificates.filter((old) => old.der === body.certificate), body)) return entry;
  // 3.
  const certificate = await readCertificate(fromBase64url(body.certificate));
  const covered = certificate.notBefore <= body.valid_from && body.valid_from <= certificate.notAfter;
  if (!same(certificate.publicBytes, fromBase64url(body.public)) || !covered) {
    throw notValid("the new certificate is for another key or another time");
  }
  // 4.
  const added = { der: body.certificate, valid_from: body.valid_from, valid_until: null };
  return { ...entry, seal_certificates: [...ended(entry.seal_certificates, body), added] };
}

function isListed(same, body) {
  if (same.length && !covers(same[0], body.valid_from)) throw notValid("a key that has ended is put into use again");
  return same.length > 0;
}

function ended(listed, body) {
  return listed.map((old) => (covers(old, body.valid_from) ? { ...old, valid_until: body.valid_from } : old));
}
