// Check 9: every item is one of those that were held, and its content is what was committed to then
// (`comity.evidence.checks.items`).

import { broken, BrokenInput, malformed } from "./broken.js";
import { fromHex, hex, readBigEndian, same } from "./bytes.js";
import { checkDerived, redactionsOf } from "./check_derived.js";
import { contentPath, ITEM_LINE_LIMIT, itemsPath, readValue, SEAL_LIMIT, sealPath } from "./dossier.js";
import { bindingRoot, itemLeaf, verifyInclusion } from "./merkle.js";
import { Examination, grouped } from "./verdicts.js";
import { decode, unpack } from "./values.js";

const MAX_FRAME = 131072;
const LENGTH = 4;
const RUN = 512n;
const CONFIRMING = ["hold-confirmed", "preservation-confirmed", "exhibit-taken-in"];

/** What was found of each exhibit (Map), and the check. Steps as in Python. */
export async function checkItems(dossier, { acts }, advance) {
  const examination = new Examination(9, "items");
  const redactions = redactionsOf(acts, dossier.header.authority);
  const originals = new Map();
  const files = new Map();
  for (const path of dossier.paths()) {
    if (!path.startsWith("data/exhibits/") || !path.endsWith(".bin")) continue;
    const exhibit = path.split("/")[2];
    files.set(exhibit, (files.get(exhibit) ?? 0) + 1);
  }
  const contained = new Map();
  for (const exhibit of dossier.header.exhibits) {
    const path = sealPath(exhibit);
    const blame = (error) => examination.blame(error, `an exhibit's seal cannot be read: ${error.what}`, path);
    const seal = await readValue(dossier, path, "ExhibitSeal", SEAL_LIMIT, blame);
    if (seal === null) continue;
    const examiner = new Examiner(dossier, exhibit, seal, { redactions, originals, examination });
    examiner.checkRoot(acts); // 1.
    examiner.checkSegments(); // 2.
    contained.set(exhibit, await examiner.checkItems(files.get(exhibit) ?? 0, advance)); // 3., 4., 5.
  }
  await checkDerived(dossier, redactions, originals, examination); // 6.
  const total = [...contained.values()].reduce((sum, { items }) => sum + items, 0);
  const holds = `Every item is unaltered and proves itself part of what was held (${grouped(total)} of them).`;
  return { contained, check: examination.close(contained.size ? holds : "The dossier contains no items.") };
}

/** Examines one exhibit; what was redacted of it and proves itself is put among the originals. */
class Examiner {
  constructor(dossier, exhibit, seal, { redactions, originals, examination }) {
    this.dossier = dossier;
    this.exhibit = exhibit;
    this.seal = seal;
    this.redactions = redactions;
    this.originals = originals;
    this.examination = examination;
    this.path = sealPath(exhibit);
    this.seen = new Map();
  }

  requireEqual(what, found, expected) {
    if (found !== expected) this.examination.fault(what, { file: this.path, found: `${found}`, expected: `${expected}` });
  }

  /** Step 1. */
  checkRoot(acts) {
    const { seal } = this;
    this.requireEqual("the seal is of another exhibit", seal.exhibit, this.exhibit);
    let confirmed = false;
    for (const { body, payload } of acts) {
      if (CONFIRMING.includes(body.type) && body.exhibit === seal.hold_exhibit) {
        confirmed = true;
        this.requireEqual(`the hold's root is another in a ${payload.act.type} act`, seal.hold_root, body.root);
      } else if (body.type === "exhibit-handed-over" && body.exhibit === this.exhibit) {
        this.requireEqual("the exhibit was handed over for another hold", seal.hold_exhibit, body.hold_exhibit);
        this.requireEqual("the exhibit was handed over with another root", seal.hold_root, body.hold_root);
      }
    }
    if (!confirmed) {
      const what =
        "no act confirms a hold with this root: the items prove themselves against a root nobody committed to";
      const expected = "a hold-confirmed, preservation-confirmed or exhibit-taken-in act";
      this.examination.fault(what, { file: this.path, found: seal.hold_root, expected });
    }
  }

  /** Step 2. */
  checkSegments() {
    const [found, expected] = [hex(bindingRoot(this.seal.segments)), this.seal.hold_root];
    if (found !== expected) {
      const what = "the segments do not lead to the hold's root";
      this.examination.fault(what, { file: this.path, found, expected });
    }
  }

  /** Steps 3 to 5; `files` is how many contents the dossier has for the exhibit. */
  async checkItems(files, advance) {
    const lines = itemsPath(this.exhibit);
    let items = 0;
    let size = 0n;
    try {
      for await (const line of this.dossier.lines(lines)) {
        const item = decode(line, "DossierItem", ITEM_LINE_LIMIT);
        size += this.checkItem(item, items);
        this.see(item, contentPath(this.exhibit, items));
        items += 1;
        if (items % 256 === 0) await advance();
      }
    } catch (error) {
      this.examination.blame(broken(error), `the list of items cannot be read: ${error.what}`, lines);
    }
    this.requireEqual("the exhibit's seal counts other items than are listed", BigInt(items), this.seal.items);
    this.requireEqual("the exhibit's seal states another size than its items have", size, this.seal.size);
    this.requireEqual("there are other contents than items", files, items);
    for (const keptOut of this.seal.kept_out) this.checkKeptOut(keptOut);
    return { seal: this.seal, items, keptOut: this.seal.kept_out.length };
  }

  see({ segment, leaf }, file) {
    // A bit for each place: `comity.evidence.items.exhibit_seal.LeafPlaces`.
    const [run, bit] = [`${segment} ${leaf / RUN}`, 1n << (leaf % RUN)];
    const seen = this.seen.get(run) ?? 0n;
    if (seen & bit) this.examination.fault("an item stands twice", { file });
    this.seen.set(run, seen | bit);
  }

  /** Steps 3 and 4 for one item; gives the size of its content by its descriptor. */
  checkItem(item, number) {
    const path = contentPath(this.exhibit, number);
    let descriptor, leaf;
    // 3.
    try {
      descriptor = unframe(item.frame);
      leaf = itemLeaf(item.salt, item.frame);
      this.prove(leaf, item);
    } catch (error) {
      const { what, found, expected } = broken(error);
      const advice = "treat the item as not held; its giver has to explain it";
      const said = `an item does not prove itself part of the hold: ${what}`;
      this.examination.fault(said, { file: path, found, expected, advice });
      return 0n;
    }
    // 4.
    const file = this.dossier.file(path);
    if (item.number !== BigInt(number) || !file) {
      const what = "an item's content is missing, or its number is another";
      this.examination.fault(what, { file: path, found: `${item.number}` });
    } else if (BigInt(file.size) !== descriptor.size || !same(file.digest, descriptor.sha256)) {
      this.examination.fault("an item's content is not the one that was held", {
        file: path,
        found: `${file.size} bytes, SHA-256 ${hex(file.digest)}`,
        expected: `${descriptor.size} bytes, SHA-256 ${hex(descriptor.sha256)}`,
        advice: "treat the item as altered",
      });
    }
    // 5.
    if (this.redactions.items.size) this.noteOriginal(hex(leaf), descriptor.sha256, path);
    return descriptor.size;
  }

  /** Step 5 for an item that the dossier shows. */
  noteOriginal(item, content, path) {
    if (this.redactions.standing.has(item)) {
      const what = "the original of a provisional redaction lies in the dossier";
      this.examination.fault(what, { file: path, advice: "ask the exporter, who says in an act that nobody opens it" });
    }
    if (this.redactions.items.has(item)) this.originals.set(item, content);
  }

  /** Step 5 for an item that the dossier does not show. */
  checkKeptOut(item) {
    this.see(item, this.path);
    try {
      this.prove(fromHex(item.item), item);
    } catch (error) {
      const { what, found, expected } = broken(error);
      const said = `an item that is kept out does not prove itself part of the hold: ${what}`;
      this.examination.fault(said, { file: this.path, found, expected });
      return;
    }
    if (!this.redactions.standing.has(item.item)) {
      const what = "an item is kept out of which no provisional redaction stands";
      this.examination.fault(what, { file: this.path, found: item.item });
    }
    if (!this.originals.has(item.item)) this.originals.set(item.item, null);
  }

  prove(leaf, item) {
    const { segments } = this.seal;
    if (item.segment >= BigInt(segments.length)) {
      const more = { found: `${item.segment}`, expected: `below ${segments.length}` };
      throw new BrokenInput("bad-proof", "the hold has no such segment", more);
    }
    const segment = segments[Number(item.segment)];
    verifyInclusion(leaf, item.leaf, segment.items, item.path, segment.root);
  }
}

/** The descriptor in a frame, which must fill the bytes exactly. */
function unframe(frame) {
  if (frame.length > MAX_FRAME) throw new BrokenInput("oversized", "a descriptor is too large");
  if (frame.length < LENGTH || readBigEndian(frame.subarray(0, LENGTH)) !== BigInt(frame.length - LENGTH)) {
    throw malformed("a descriptor's frame has another length than it says", { found: `${frame.length} bytes` });
  }
  try {
    return unpack(frame.subarray(LENGTH), "ItemDescriptor");
  } catch (error) {
    broken(error);
    throw malformed("a descriptor cannot be read");
  }
}

