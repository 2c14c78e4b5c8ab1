// Check 6: whoever the exporter sent an act to has confirmed, under its own seal, that the act is in its own ledger
// (`comity.evidence.checks.receipts`).

import { broken, BrokenInput } from "./broken.js";
import { fromHex, hex, same } from "./bytes.js";
import { covers } from "./directory.js";
import { receiptPath } from "./dossier.js";
import { HOUR, told } from "./instants.js";
import { ledgerLeaf, verifyRange } from "./merkle.js";
import { authorityOf, ledgerKey, readSignedCheckpoint, signaturesBy, verifyCheckpoint } from "./notes.js";
import { openReceipt, SEALED_RECEIPT_LIMIT } from "./seals.js";
import { sha256 } from "./sha256.js";
import { Examination, grouped } from "./verdicts.js";

const KEY_GRACE = HOUR;

/** Steps as in Python. */
export async function checkReceipts(dossier, { acts }, registers, advance) {
  const examination = new Examination(6, "receipts");
  const judge = new Judge(dossier, registers.newest);
  const times = new Map();
  let owed = 0;
  const issued = acts.filter(({ direction }) => direction === "issued");
  const byHand = sentByHand(issued, registers);
  for (const act of issued) {
    for (const peer of act.payload.to) {
      if (byHand.has(`${act.id} ${peer}`)) continue;
      owed += 1;
      const at = await checkOne(judge, dossier, act, peer, examination);
      if (at !== null) times.set(peer, [...(times.get(peer) ?? []), at]);
      await advance();
    }
  }
  for (const peer of [...times.keys()].sort()) {
    const received = times.get(peer).sort((one, other) => (one < other ? -1 : 1));
    const span = `from ${told(received[0])} to ${told(received.at(-1))}`;
    examination.remark(`${peer} confirmed ${received.length} of them, received ${span}`);
  }
  if (byHand.size) {
    const acts = byHand.size === 1 ? "1 act" : `${grouped(byHand.size)} acts`;
    examination.remark(
      `${acts} went by hand to an authority without a node, as the exporter itself recorded: ` +
        "no receipt can prove that it came",
    );
  }
  const holds =
    "For every act the exporter sent there is its addressee's sealed receipt, with proof that the act is in the " +
    `addressee's own ledger (${grouped(owed)} of them).`;
  return examination.close(owed ? holds : "The exporter sent nothing to others in this case, so no receipt is owed.");
}

/** The acts, each with its addressee, recorded as sent by hand to one who had no node by the act's directory. */
function sentByHand(issued, registers) {
  const recorded = new Set(
    issued
      .map(({ payload }) => payload.body)
      .filter(({ type }) => type === "sent-by-hand")
      .map(({ act, partner }) => `${act} ${partner}`),
  );
  const found = issued.flatMap(({ id, payload }) =>
    payload.to
      .filter((peer) => recorded.has(`${id} ${peer}`))
      .filter((peer) => registers.versions.get(payload.directory)?.authorities.get(peer)?.entry.endpoint === "")
      .map((peer) => `${id} ${peer}`),
  );
  return new Set(found);
}

async function checkOne(judge, dossier, act, peer, examination) {
  const file = receiptPath(act.id, peer);
  // 1.
  if (!dossier.file(file)) {
    const advice = "ask the exporter for a newer dossier: the receipt may have come since";
    examination.doubt(`there is no receipt of ${peer} for a ${act.payload.act.type} act`, { file, advice });
    return null;
  }
  // 2. to 5.
  try {
    return await judge.judge(file, act.id, peer);
  } catch (error) {
    examination.blame(broken(error), `the receipt of ${peer} does not hold: ${error.what}`, file);
    return null;
  }
}

/** Judges receipts. One receipt covers a batch, so the proof of one already judged is not computed again. */
class Judge {
  constructor(dossier, directory) {
    this.dossier = dossier;
    this.directory = directory;
    this.judged = new Map();
    this.roots = new Map();
  }

  async judge(path, act, peer) {
    if (!this.directory) throw new BrokenInput("directory-unknown", "there is no directory to judge it by");
    const bytes = await this.dossier.read(path, SEALED_RECEIPT_LIMIT);
    const name = hex(sha256(bytes));
    if (!this.judged.has(name)) this.judged.set(name, await this.opened(bytes));
    const receipt = this.judged.get(name);
    // 2.
    const me = this.dossier.header.authority;
    if (receipt.receiver !== peer || receipt.sender !== me) {
      const found = `${receipt.receiver} to ${receipt.sender}`;
      throw new BrokenInput("not-addressed", "it is between other parties", { found, expected: `${peer} to ${me}` });
    }
    if (receipt.acts.every((received) => received.act !== act)) {
      const found = `${receipt.acts.length} others`;
      throw new BrokenInput("id-differs", "it is for other acts", { found, expected: act });
    }
    return receipt.received_at;
  }

  async opened(bytes) {
    const receipt = await openReceipt(bytes, this.directory, this.dossier.header.exported_at);
    // 3.
    const head = await this.head(receipt);
    // 4.
    const leaves = receipt.acts.map((received) => ledgerLeaf(received.salt, received.act, received.class_commitment));
    verifyRange(leaves, receipt.first, head.size, receipt.proof.map(fromHex), head.root);
    // 5.
    const place = `${head.origin} ${head.size}`;
    if (!this.roots.has(place)) this.roots.set(place, head.root);
    const other = this.roots.get(place);
    if (!same(other, head.root)) {
      const more = { found: hex(head.root), expected: hex(other) };
      throw new BrokenInput("fork", `${receipt.receiver} signed two ledgers of one size`, more);
    }
    return receipt;
  }

  async head(receipt) {
    const head = readSignedCheckpoint(receipt.checkpoint);
    const owner = authorityOf(head.origin);
    if (owner !== receipt.receiver) {
      const more = { found: owner, expected: receipt.receiver };
      throw new BrokenInput("bad-checkpoint", "its checkpoint is of another's ledger", more);
    }
    await verifyCheckpoint(head, keyOf(head, this.directory, owner, [receipt.received_at]));
    return head;
  }
}

/** The owner's ledger key that a head says it was signed with, if it was in use at one of the instants. */
export function keyOf(head, directory, owner, instants) {
  const keys = directory
    .ledgerKeys(owner)
    .filter(({ dated }) => instants.some((at) => inUse(dated, at)))
    .map(({ raw }) => ledgerKey(head.origin, raw));
  if (!keys.length) {
    const what = `${owner} had no ledger key at that time`;
    throw new BrokenInput("key-not-valid", what, { found: told(instants[0]) });
  }
  return keys.find((key) => signaturesBy(head, key).length) ?? keys[0];
}

/** Whether the key was valid then, or had ended so shortly before that what it signed may still be the newest. */
export function inUse(dated, at) {
  if (covers(dated, at)) return true;
  return dated.valid_until !== null && at >= dated.valid_until && at - dated.valid_until < KEY_GRACE;
}
