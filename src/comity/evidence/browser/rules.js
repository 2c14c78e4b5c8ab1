// What a value of each shape has to keep beside the kinds of its fields: one rule for every `__post_init__` in Python.
// A rule gets the decoded value, and the raw one where the text itself counts, and says whether it holds.

import { fromBase64url } from "./bytes.js";
import { BrokenInput } from "./broken.js";
import { yearStated } from "./instants.js";

const YEARS = [2000, 9000];
const RP_ID = /^approve(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;
const KEY_LENGTH = 32;
const AGREEMENT_LENGTH = 1184 + 32;

export const RULES = {
  DossierHeader(header, raw) {
    const acts = raw.get("acts");
    const times = [raw.get("exported_at"), ...acts.map((line) => line.get("filed_at"))];
    return (
      [header.acts.map((line) => line.act), header.exhibits, header.directories, header.rotations, header.derived].every(distinct) &&
      times.every((text) => yearStated(text) >= YEARS[0] && yearStated(text) < YEARS[1])
    );
  },
  ActClass(kind) {
    return isAscending(kind.marks);
  },
  Payload(payload) {
    return payload.body.type === payload.act.type;
  },
  ProductionOrdered(body) {
    const { data } = body;
    if (data === null) return true;
    return body.items.every(
      (item) =>
        data.targets.some((target) => target.kind === item.target.kind && target.value === item.target.value) &&
        item.categories.every((category) => data.categories.includes(category)),
    );
  },
  ItemOpened({ derived, names, listed }) {
    return listed === null || (derived === null && !names && listed.length > 1 && isAscending(listed));
  },
  MatchReviewed({ reason, listed }) {
    return reason !== "out-of-scope" && reason !== "refused" && isAscending(listed);
  },
  ScreenSet({ counsel, names }) {
    return counsel.length > 0 || names.some((name) => /[^/]/.test(name));
  },
  RetentionSet({ at_least: least, at_most: most, review_days: days }) {
    return (least !== null || most !== null || days !== null) && (least === null || most === null || least <= most);
  },
  CopiesReported({ standing, ground, until }) {
    const kept = standing === "kept";
    return kept === (ground !== null) && kept === (until !== null);
  },
  Period(period) {
    return period.start < period.end;
  },
  Target(target) {
    return TARGETS[target.kind](target.value);
  },
  ItemDescriptor(item) {
    return (item.first === null) === (item.last === null) && (item.first === null || item.first <= item.last);
  },
  DatedKey: inOrder,
  DatedCertificate: inOrder,
  TrustedIssuer: inOrder,
  ApprovalCredential(credential) {
    if (!inOrder(credential) || !RP_ID.test(credential.rp_id)) return false;
    const scheme = credential.rp_id.endsWith(".localhost") ? "https?" : "https";
    const name = credential.rp_id.replace(/[.-]/g, "\\$&");
    return new RegExp(`^${scheme}://${name}(:[1-9][0-9]{0,4})?$`).test(credential.origin);
  },
  AuthorityEntry(entry) {
    const offices = entry.offices.map((office) => office.id);
    return (
      (entry.endpoint === "") !== (entry.contact === "") &&
      entry.kinds.length > 0 &&
      entry.languages.length > 0 &&
      distinct(offices) &&
      distinct(entry.officers.map((officer) => officer.id)) &&
      distinct(entry.officers.flatMap((officer) => officer.credentials.map((credential) => credential.id))) &&
      distinct(entry.seal_certificates.map((certificate) => certificate.der)) &&
      entry.officers.every((officer) => officer.offices.every((office) => offices.includes(office))) &&
      keysOf(entry.ledger_keys, KEY_LENGTH) &&
      keysOf(entry.witness_keys, KEY_LENGTH) &&
      keysOf(entry.agreement_keys, AGREEMENT_LENGTH)
    );
  },
  PinnedWitness(witness) {
    return lengthOf(witness.public) === KEY_LENGTH;
  },
  WitnessPolicy(policy) {
    return (
      policy.threshold <= BigInt(policy.witnesses.length) &&
      distinct(policy.witnesses.map((one) => one.name)) &&
      distinct(policy.witnesses.map((one) => one.public))
    );
  },
};

/** Whether a text is in the normal form of its kind (ETSI TS 103 280), as `comity.vocabulary.targets` has it. */
const TARGETS = {
  email(text) {
    const found = /^([^@\s\x00-\x1f]{1,64})@([^@\s\x00-\x1f]{1,253})$/.exec(text);
    return found !== null && found[2] === found[2].toLowerCase();
  },
  phone: (text) => /^[0-9]{5,15}$/.test(text),
  ipv4: (text) => /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text),
  ipv6: (text) => /^(?:[0-9a-f]{4}:){7}[0-9a-f]{4}(?:%[^%\sA-Z/]+)?$/.test(text),
  account: (text) => text !== "" && [...text].length <= 256 && !/[\x00-\x1f]/.test(text) && text.trim() === text,
  imei: (text) => /^[0-9]{14,15}$/.test(text),
  mac: (text) => /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(text),
  "ip-range"(text) {
    const ends = text.split("-");
    if (ends.length !== 2) return false;
    if (ends.every(TARGETS.ipv4)) return ipv4Number(ends[0]) <= ipv4Number(ends[1]);
    return ends.every((end) => TARGETS.ipv6(end) && !end.includes("%")) && ends[0] <= ends[1];
  },
};

function ipv4Number(text) {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function distinct(names) {
  return new Set(names).size === names.length;
}

/** Each greater than the one before, so that none stands twice. */
function isAscending(texts) {
  return texts.every((text, at) => at === 0 || texts[at - 1] < text);
}

function inOrder(dated) {
  return dated.valid_until === null || dated.valid_until >= dated.valid_from;
}

function keysOf(keys, length) {
  return distinct(keys.map((key) => key.public)) && keys.every((key) => lengthOf(key.public) === length);
}

function lengthOf(text) {
  try {
    return fromBase64url(text).length;
  } catch (error) {
    if (error instanceof BrokenInput) return -1;
    throw error;
  }
}
