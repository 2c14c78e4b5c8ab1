// Checks 7 and 8: every act stands in the exporter's own ledger, and others, whom the reader trusts, have seen it
// (`comity.evidence.checks.ledger`, `comity.evidence.checks.witnesses`).

import { broken, BrokenInput, malformed } from "./broken.js";
import { fromBase64url, fromHex, fromUtf8, same } from "./bytes.js";
import { inUse, keyOf } from "./check_receipts.js";
import { actPath, CHECKPOINT, ENTRIES, ENTRIES_LIMIT, HEADER, readValue } from "./dossier.js";
import { SECOND, told } from "./instants.js";
import { ledgerLeaf, verifyInclusion } from "./merkle.js";
import {
  authorityOf, COSIGNATURE, NOTE_LIMIT, readSignedCheckpoint, signaturesBy, verifierKey, verifyCheckpoint, verifyCosignature,
  witnessKey,
} from "./notes.js";
import { Examination, grouped } from "./verdicts.js";

/** The exporter's signed checkpoint, or the error that says why it cannot be read. */
export async function readHead(dossier) {
  try {
    const text = fromUtf8(await dossier.read(CHECKPOINT, 4 * NOTE_LIMIT));
    if (text === null) throw malformed("the checkpoint is not text");
    return readSignedCheckpoint(text);
  } catch (error) {
    return broken(error);
  }
}

/** Where each act stands in the exporter's ledger, and check 7. Steps as in Python. */
export async function checkLedger(dossier, head) {
  const examination = new Examination(7, "ledger");
  const blame = (error) => {
    examination.blame(error, `the acts' places in the ledger cannot be read: ${error.what}`, ENTRIES);
  };
  const read = await readValue(dossier, ENTRIES, "LedgerPlaces", ENTRIES_LIMIT, blame);
  const places = read ? read.places : [];
  // 1.
  checkOrder(dossier.header, places, examination);
  // 2.
  if (head instanceof BrokenInput) {
    const what = "without a readable checkpoint no place in the ledger can be proven";
    examination.doubt(what, { file: CHECKPOINT });
  } else {
    for (const place of places) checkPlaceOf(place, head, examination);
  }
  const indexes = new Map(places.map((place) => [place.act, place.index]));
  const holds = "Every act is proven to stand in the exporter's own ledger, in the order shown";
  return { indexes, check: examination.close(`${holds} (${grouped(indexes.size)} of them).`) };
}

function checkOrder(header, places, examination) {
  const listed = header.acts.map((line) => line.act);
  const placed = places.map((place) => place.act);
  if (places.some((place, at) => at > 0 && place.index <= places[at - 1].index)) {
    examination.fault("the places in the ledger do not ascend", { file: ENTRIES });
  }
  if (listed.join() === placed.join()) return;
  const [known, has] = [new Set(listed), new Set(placed)];
  for (const act of listed.filter((each) => !has.has(each)).sort()) {
    examination.fault("an act has no place in the ledger", { file: actPath(act) });
  }
  if (placed.length > has.size || placed.some((act) => !known.has(act))) {
    examination.fault("the places name an act twice, or one that is not in the dossier", { file: ENTRIES });
  } else if ([...listed].sort().join() === [...placed].sort().join()) {
    examination.fault("the header lists the acts in another order than the ledger", { file: HEADER });
  }
}

function checkPlaceOf(place, head, examination) {
  try {
    const leaf = ledgerLeaf(place.salt, place.act, place.class_commitment);
    verifyInclusion(leaf, place.index, head.size, place.path.map(fromHex), head.root);
  } catch (error) {
    examination.blame(broken(error), `an act is not proven to be in the ledger: ${error.what}`, actPath(place.act));
  }
}

/** Since when trusted witnesses bind the exporter to its checkpoint (null: none), and check 8. Steps as in Python. */
export async function checkWitnesses(dossier, head, registers, anchor) {
  const examination = new Examination(8, "witnesses");
  if (head instanceof BrokenInput) {
    examination.blame(head, `the checkpoint cannot be read: ${head.what}`, CHECKPOINT);
    return { since: null, check: examination.close("") };
  }
  const policy = anchor ? anchor.witness_policy : { threshold: 0n, witnesses: [] };
  // 3.
  const seen = [];
  for (const witness of policy.witnesses) {
    const times = await timesOf(head, witness, registers.newest, examination);
    if (times.length) seen.push({ witness: witness.name, at: times.reduce((one, other) => (other < one ? other : one)) });
  }
  // 1. and 2.
  await checkSignature(dossier.header, head, registers.newest, seen, examination);
  // 4.
  checkPolicy(anchor, seen, examination);
  for (const each of seen) examination.remark(`${each.witness} saw this ledger at ${told(each.at)}`, { file: CHECKPOINT });
  const times = seen.map(({ at }) => at).sort((one, other) => (one < other ? -1 : 1));
  const since = policy.threshold ? (times[Number(policy.threshold) - 1] ?? null) : null;
  const names = seen.map(({ witness }) => witness).join(", ");
  const holds = `The exporter signed its ledger of ${grouped(head.size)} leaves, and ${names} cosigned it.`;
  return { since, check: examination.close(holds) };
}

/** When each key that speaks for a pinned witness cosigned; a false signature is a fault. */
async function timesOf(head, witness, directory, examination) {
  const times = [];
  for (const { key, dated } of keysOfWitness(witness, directory)) {
    if (!signaturesBy(head, key).length) continue;
    let at;
    try {
      at = SECOND * (await verifyCosignature(head, key));
    } catch (error) {
      examination.blame(broken(error), `the signature of the witness ${key.name} is false: ${error.what}`, CHECKPOINT);
      continue;
    }
    if (dated === null || inUse(dated, at)) {
      times.push(at);
    } else {
      const what = `${key.name} signed with a key that was not in use then, so it does not count`;
      examination.remark(what, { file: CHECKPOINT, found: told(at) });
    }
  }
  return times;
}

/** The pinned key, and those that replaced it where the directory lists the pinned key under the witness's own name. */
function keysOfWitness({ name, public: text }, directory) {
  const raw = fromBase64url(text);
  for (const authority of directory ? directory.authorities.keys() : []) {
    const listed = directory.witnessKeys(authority);
    const own = listed.find((each) => same(each.raw, raw));
    if (own && name === witnessKey(authority, raw).name) {
      return listed
        .filter(({ dated }) => dated.valid_from >= own.dated.valid_from)
        .map((each) => ({ key: witnessKey(authority, each.raw), dated: each.dated }));
    }
  }
  return [{ key: verifierKey(name, COSIGNATURE, raw), dated: null }];
}

async function checkSignature(header, head, directory, seen, examination) {
  if (!directory) {
    const what = "there is no directory that says whose key signed the checkpoint";
    examination.doubt(what, { file: CHECKPOINT });
    return;
  }
  try {
    const owner = authorityOf(head.origin);
    if (owner !== header.authority) {
      const more = { found: owner, expected: header.authority };
      throw new BrokenInput("bad-checkpoint", "it is of another's ledger", more);
    }
    // The head may be older than the export, and the key it was signed with may have been replaced in between.
    const filed = header.acts.map((line) => line.filed_at);
    const last = filed.length ? filed.reduce((one, other) => (other > one ? other : one)) : header.exported_at;
    const instants = [header.exported_at, last, ...seen.map(({ at }) => at)];
    await verifyCheckpoint(head, keyOf(head, directory, owner, instants));
  } catch (error) {
    examination.blame(broken(error), `the checkpoint is not the exporter's: ${error.what}`, CHECKPOINT);
  }
}

function checkPolicy(anchor, seen, examination) {
  if (anchor === null) {
    const what = "no witnesses are named that you trust, so nobody shows that the exporter keeps only one ledger";
    examination.doubt(what, { file: CHECKPOINT, advice: "drop a trust.json here too" });
    return;
  }
  const { threshold, witnesses } = anchor.witness_policy;
  const signed = new Set(seen.map(({ witness }) => witness));
  const missing = witnesses.filter(({ name }) => !signed.has(name)).map(({ name }) => name);
  if (BigInt(seen.length) < threshold) {
    const what = `too few of the witnesses you trust have signed: ${seen.length} of the ${threshold} you demand`;
    examination.doubt(what, {
      file: CHECKPOINT,
      found: `missing: ${missing.join(", ")}`,
      expected: `${threshold} of ${witnesses.length}`,
      advice: "ask the exporter for a newer dossier, or the witness whether it refused",
    });
  }
}
