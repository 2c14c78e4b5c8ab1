// The directory as TUF metadata (TUF specification 1.0), judged as `comity.trust.directory_tuf` judges it: the same nine
// steps, and each file exactly the bytes that python-tuf writes for its content.

import { BrokenInput, broken, cannotJudge } from "./broken.js";
import { fromHex, hex, same, utf8 } from "./bytes.js";
import { Directory, indexed } from "./directory.js";
import { readInstant } from "./instants.js";
import { Fraction, readJson } from "./json.js";
import { sha256, taggedHash } from "./sha256.js";
import { verifiesEd25519 } from "./signatures.js";
import { decode } from "./values.js";

export const METADATA_LIMIT = 8 << 20;
const ENTRY_LIMIT = 4 << 20;
const MOST_FILES = 20000;
const TOP_ROLES = ["root", "snapshot", "targets", "timestamp"];

function bad(what, found, expected) {
  return new BrokenInput("bad-directory", what, { found: String(found).slice(0, 200), expected });
}

/** The directory version in these files (Map of path to bytes), when the pinned root vouches for all of it. */
export async function verifyDirectory(files, root, replaces = null) {
  if (files.size > MOST_FILES) throw bad("the directory has too many files", files.size, `at most ${MOST_FILES}`);
  const reader = new DirectoryReader(files);
  // 1.
  const lastRoot = await reader.roots(root);
  // 2.
  const timestamp = await reader.timestamp(lastRoot);
  // 3.
  const { metadata: snapshot, bytes } = await reader.listed(timestamp.meta, "snapshot", "snapshot");
  await reader.verify(snapshot, lastRoot, "snapshot");
  // 4. to 6.
  const authorities = await reader.authorities(lastRoot, snapshot);
  const version = reader.version(lastRoot, timestamp, snapshot, bytes);
  // 7. is judged by check 3: in a dossier, what counts is when the version was used.
  // 8.
  reader.nothingLeftOver();
  // 9.
  if (replaces) checkRollback(replaces.version, version);
  return new Directory(version, authorities);
}

class DirectoryReader {
  constructor(files) {
    this.files = files;
    this.used = new Set();
    this.reading = "none";
    this.expires = null;
  }

  /** Step 1: the last root of the chain that contains the pinned one. */
  async roots(pinned) {
    this.reading = "the pinned root";
    const anchor = this.parse(pinned, "root");
    const chain = this.rootFiles();
    const numbers = () => [...chain.keys()].sort((one, other) => (one < other ? -1 : 1));
    if (!chain.size || numbers()[0] === anchor.version + 1n) chain.set(anchor.version, pinned);
    const own = chain.get(anchor.version);
    if (!own || !same(own, pinned)) throw bad("the directory is another federation's", "another root", "the pinned root");
    let last = null;
    for (let number = numbers()[0]; number <= numbers().at(-1); number++) {
      this.reading = `metadata/${number}.root.json`;
      if (!chain.has(number)) throw bad("a root is missing", this.reading, "every root since the pinned one");
      last = await this.nextRoot(chain.get(number), last, number, same(chain.get(number), pinned));
    }
    this.noteExpiry(last);
    return last;
  }

  rootFiles() {
    const chain = new Map();
    for (const name of this.files.keys()) {
      const found = /^metadata\/([0-9]+)\.root\.json$/.exec(name);
      if (found) chain.set(BigInt(found[1]), this.take(name));
    }
    return chain;
  }

  async nextRoot(bytes, previous, number, pinned) {
    const root = this.parse(bytes, "root");
    if (root.version !== number) throw bad("a root has another version than its name", root.version, `${number}`);
    for (const delegator of [previous ?? root, root]) {
      if (!(await this.enough(root, delegator, "root"))) {
        const what = "a root is not signed by its threshold and its predecessor's";
        throw bad(what, `root ${number}`, "both thresholds");
      }
    }
    const keys = new Map([...keysOf(root, "root"), ...(previous ? keysOf(previous, "root") : [])]);
    if (!pinned) await this.onlyValidSignatures(root, keys);
    return root;
  }

  /** Step 2. */
  async timestamp(root) {
    const timestamp = this.parse(this.take("metadata/timestamp.json"), "timestamp");
    const meta = this.map(timestamp.signed, "meta");
    this.demand(meta.size === 1);
    timestamp.meta = this.metaFile(this.map(meta, "snapshot.json"));
    await this.verify(timestamp, root, "timestamp");
    return timestamp;
  }

  /** Steps 4 to 6. */
  async authorities(root, snapshot) {
    const names = this.map(snapshot.signed, "meta");
    // 4.
    const { metadata: top } = await this.listed(this.named(names, "targets"), "targets", "targets");
    await this.verify(top, root, "targets");
    const countries = this.countries(top);
    const expected = new Set(["targets", ...countries].map((name) => `${name}.json`));
    if (names.size !== expected.size || [...names.keys()].some((name) => !expected.has(name))) {
      throw bad("the snapshot lists other metadata than are delegated", "", "targets and one role per country");
    }
    snapshot.roles = new Map([...names].map(([name, meta]) => [name.replace(/\.json$/, ""), this.metaFile(meta).version]));
    const authorities = new Map();
    for (const country of countries) {
      // 5.
      const { metadata: delegated } = await this.listed(this.named(names, country), "targets", country);
      await this.verify(delegated, top, country);
      if (delegated.signed.has("delegations")) throw bad("a country delegates further", country, "no further delegation");
      // 6.
      const targets = this.map(delegated.signed, "targets");
      for (const path of [...targets.keys()].sort()) {
        const authority = await this.authority(country, path, targets.get(path));
        if (authorities.has(authority.entry.id)) {
          throw bad("an authority is listed twice", path, "names that are unique in the federation");
        }
        authorities.set(authority.entry.id, authority);
      }
    }
    return authorities;
  }

  /** The delegated roles of the top-level targets, when all of them have the one form there is. */
  countries(top) {
    if (this.map(top.signed, "targets").size || !top.roles) {
      throw bad("the top-level targets list files or delegate nothing", "", "one delegation per country");
    }
    for (const [name, role] of top.roles) {
      const own = role.paths?.length === 1 && role.paths[0] === `${name}/*`;
      if (!/^[a-z]{2}$/.test(name) || !own || role.terminating !== true) {
        throw bad("a delegation is not to one country for its own files", name, "xx for xx/*, terminating");
      }
    }
    return [...top.roles.keys()].sort();
  }

  async authority(country, path, target) {
    const found = /^([a-z]{2})\/([^/]*)\.json$/.exec(path);
    if (!found || found[1] !== country) throw bad("a country lists what is not its own", path, `${country}/<authority>.json`);
    const name = found[2];
    const file = this.metaFile(target, false);
    const bytes = this.take(`targets/${country}/${file.sha256}.${name}.json`, ENTRY_LIMIT);
    this.fits(file, bytes);
    try {
      const authority = await indexed(decode(bytes, "AuthorityEntry", ENTRY_LIMIT));
      if (authority.entry.id === name && authority.entry.country.toLowerCase() === country) return authority;
    } catch (error) {
      if (broken(error).code === "cannot-judge") throw error;
      throw bad(`${path}: ${error.what}`, error.found, error.expected);
    }
    throw bad("an authority's file names another", "", path);
  }

  /** The metadata file with exactly the length, hash and version that were named for it. */
  async listed(meta, kind, role) {
    const bytes = this.take(`metadata/${meta.version}.${role}.json`);
    this.fits(meta, bytes);
    const metadata = this.parse(bytes, kind);
    if (metadata.version !== meta.version) {
      throw bad("a metadata file has another version", metadata.version, `${meta.version}`);
    }
    return { metadata, bytes };
  }

  async verify(metadata, delegator, role) {
    if (!(await this.enough(metadata, delegator, role))) throw this.unverified("too few valid signatures");
    await this.onlyValidSignatures(metadata, keysOf(delegator, role));
    this.noteExpiry(metadata);
  }

  async enough(metadata, delegator, role) {
    const { keyids, threshold } = delegator.roles.get(role) ?? {};
    this.demand(keyids !== undefined);
    let valid = 0n;
    for (const keyid of keyids) {
      const [key, signature] = [delegator.keys.get(keyid), metadata.signatures.get(keyid)];
      if (key && signature && (await verifies(key, signature.sig, metadata.payload))) valid += 1n;
    }
    return valid >= threshold;
  }

  /** TUF counts the good signatures and skips the rest; here the rest is refused, and each has one spelling. */
  async onlyValidSignatures(metadata, keys) {
    const foreign = metadata.surplus || [...metadata.signatures.keys()].some((keyid) => !keys.has(keyid));
    for (const [keyid, { sig, surplus }] of metadata.signatures) {
      if (foreign || surplus || sig !== sig.toLowerCase()) {
        throw bad("a metadata file carries a foreign signature or field", keyid, "signatures of its own keys");
      }
      if (!(await verifies(keys.get(keyid), sig, metadata.payload))) throw this.unverified("a signature does not verify");
    }
  }

  version(root, timestamp, snapshot, bytes) {
    return {
      number: snapshot.version,
      digest: hex(taggedHash("comity-directory-v1", bytes)),
      expires: this.expires,
      parts: new Map([
        ["root", root.version], ["timestamp", timestamp.version], ["snapshot", snapshot.version], ...snapshot.roles,
      ]),
    };
  }

  nothingLeftOver() {
    const surplus = [...this.files.keys()].filter((name) => !this.used.has(name)).sort();
    if (surplus.length) throw bad("a file is not part of this directory version", surplus[0], "the version's files only");
  }

  take(name, limit = METADATA_LIMIT) {
    this.reading = name;
    const bytes = this.files.get(name);
    if (!bytes) throw bad("a directory file is missing", name, "every file the directory names");
    if (bytes.length > limit) throw new BrokenInput("oversized", `a directory file is too large: ${name}`);
    this.used.add(name);
    return bytes;
  }

  noteExpiry({ expires }) {
    if (this.expires === null || expires < this.expires) this.expires = expires;
  }

  unverified(why) {
    return bad(`a directory file does not verify: ${this.reading}`, why, "valid metadata");
  }

  demand(holds) {
    if (!holds) throw this.unverified("another form");
  }

  /** The metadata in these bytes, of that kind: its signed part, what is signed, and the signatures by key. */
  parse(bytes, kind) {
    let read;
    try {
      read = readJson(bytes);
    } catch (error) {
      broken(error);
      throw this.unverified("no JSON");
    }
    const { value, doubled } = read;
    this.demand(!doubled && value instanceof Map && value.get("signed") instanceof Map && whole(value));
    const signed = value.get("signed");
    if (signed.get("_type") !== kind) throw bad("a metadata file is of another type", signed.get("_type"), kind);
    if (![dumps(value, null), dumps(value, 1)].some((text) => same(utf8(text), bytes))) {
      const what = "a metadata file was written anew, in another encoding";
      throw bad(what, "", "the bytes that python-tuf writes");
    }
    const metadata = { signed, payload: utf8(canonical(signed)), ...this.head(signed), ...this.signaturesOf(value) };
    return { ...metadata, ...this.delegating(signed, kind) };
  }

  head(signed) {
    const [version, form, expires] = ["version", "spec_version", "expires"].map((name) => signed.get(name));
    this.demand(typeof version === "bigint" && version > 0n && typeof form === "string" && /^1\.[0-9]+(\.[0-9]+)?$/.test(form));
    this.demand(typeof expires === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(expires) && readInstant(expires) !== null);
    return { version, expires: readInstant(expires) };
  }

  signaturesOf(value) {
    const signatures = new Map();
    const listed = value.get("signatures");
    this.demand(Array.isArray(listed));
    for (const each of listed) {
      this.demand(each instanceof Map && [each.get("keyid"), each.get("sig")].every((text) => typeof text === "string"));
      this.demand(!signatures.has(each.get("keyid")));
      signatures.set(each.get("keyid"), { sig: each.get("sig"), surplus: each.size > 2 });
    }
    return { signatures, surplus: value.size > 2 };
  }

  /** The keys and roles of a root, or of targets that delegate. */
  delegating(signed, kind) {
    if (kind === "root") {
      this.demand(!signed.has("consistent_snapshot") || typeof signed.get("consistent_snapshot") === "boolean");
      const roles = this.map(signed, "roles");
      this.demand([...roles.keys()].sort().join() === TOP_ROLES.join());
      const named = new Map([...roles].map(([name, role]) => [name, this.role(role)]));
      return { keys: this.keys(this.map(signed, "keys")), roles: named };
    }
    if (kind !== "targets" || !signed.has("delegations")) return { roles: null };
    const delegations = this.map(signed, "delegations");
    this.demand(Array.isArray(delegations.get("roles")) && !delegations.has("succinct_roles"));
    const roles = new Map();
    for (const each of delegations.get("roles")) {
      this.demand(each instanceof Map && typeof each.get("name") === "string" && !roles.has(each.get("name")));
      this.demand(each.get("name") !== "" && !TOP_ROLES.includes(each.get("name")));
      roles.set(each.get("name"), { ...this.role(each), paths: each.get("paths"), terminating: each.get("terminating") });
    }
    return { keys: this.keys(this.map(delegations, "keys")), roles };
  }

  role(role) {
    this.demand(role instanceof Map);
    const [keyids, threshold] = [role.get("keyids"), role.get("threshold")];
    this.demand(Array.isArray(keyids) && new Set(keyids).size === keyids.length);
    this.demand(typeof threshold === "bigint" && threshold >= 1n);
    return { keyids, threshold };
  }

  keys(keys) {
    const found = new Map();
    for (const [keyid, key] of keys) {
      this.demand(key instanceof Map && typeof this.map(key, "keyval").get("public") === "string");
      found.set(keyid, { type: key.get("keytype"), scheme: key.get("scheme"), text: key.get("keyval").get("public") });
    }
    return found;
  }

  map(holder, name) {
    this.demand(holder instanceof Map && holder.get(name) instanceof Map);
    return holder.get(name);
  }

  named(names, role) {
    if (!names.has(`${role}.json`)) throw bad("the snapshot does not list a metadata file", role, "every role");
    return this.metaFile(names.get(`${role}.json`));
  }

  /** Length, SHA-256 and version that were named for a file; a target has no version. */
  metaFile(meta, versioned = true) {
    this.demand(meta instanceof Map);
    const [version, length, hashes] = [meta.get("version"), meta.get("length"), meta.get("hashes")];
    this.demand(!versioned || (typeof version === "bigint" && version > 0n));
    if (typeof length !== "bigint" || !(hashes instanceof Map) || typeof hashes.get("sha256") !== "string") {
      throw bad("a file is listed without its length and SHA-256", "", "length and sha256");
    }
    if (hashes.size > 1) throw cannotJudge("hashes of a directory file other than SHA-256");
    return { version, length, sha256: hashes.get("sha256") };
  }

  fits(file, bytes) {
    this.demand(file.length === BigInt(bytes.length) && file.sha256 === hex(sha256(bytes)));
  }
}

function keysOf(delegator, role) {
  return new Map((delegator.roles.get(role)?.keyids ?? []).map((keyid) => [keyid, delegator.keys.get(keyid)]));
}

async function verifies(key, sig, payload) {
  if (!key) return false;
  if (key.type !== "ed25519" || key.scheme !== "ed25519") throw cannotJudge(`directory signatures of the kind ${key.scheme}`);
  const [raw, signature] = [fromHex(key.text), fromHex(sig)];
  return raw?.length === 32 && signature !== null && verifiesEd25519(raw, signature, payload);
}

function checkRollback(old, version) {
  if (version.number === old.number && version.digest !== old.digest) {
    const found = { found: version.digest, expected: old.digest };
    throw new BrokenInput("fork", "two directories have the same version", found);
  }
  for (const [role, before] of old.parts) {
    const after = version.parts.get(role) ?? 0n;
    if (after < before) throw bad("the directory is older than the one in use", `${role} ${after}`, `from ${before} on`);
  }
}

/** Whether no number in the value has a fraction: canonical JSON knows none. */
function whole(value) {
  if (value instanceof Fraction) return false;
  if (value instanceof Map) return [...value.values()].every(whole);
  return !Array.isArray(value) || value.every(whole);
}

function sorted(map) {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** OLPC canonical JSON, as securesystemslib writes what is signed. */
function canonical(value) {
  if (typeof value === "string") return `"${value.replace(/[\\"]/g, "\\$&")}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value instanceof Map) return `{${sorted(value).map(([key, each]) => `${canonical(key)}:${canonical(each)}`).join(",")}}`;
  return String(value);
}

/** JSON as Python's `json.dumps` writes it with sorted keys: compact (`indent` null), or with one blank per level. */
function dumps(value, indent, level = 0) {
  if (typeof value === "string") return quoted(value);
  if (!Array.isArray(value) && !(value instanceof Map)) return String(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const colon = indent === null ? ":" : ": ";
  const parts = Array.isArray(value)
    ? value.map((each) => dumps(each, indent, level + 1))
    : sorted(value).map(([key, each]) => quoted(key) + colon + dumps(each, indent, level + 1));
  if (!parts.length) return open + close;
  if (indent === null) return open + parts.join(",") + close;
  const [line, end] = [level + 1, level].map((depth) => `\n${" ".repeat(depth)}`);
  return open + line + parts.join(`,${line}`) + end + close;
}

function quoted(text) {
  const escaped = JSON.stringify(text).replace(/[\u007f-\uffff]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return escaped;
}
