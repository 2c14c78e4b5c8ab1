// Checks 10 and 11: somebody answered for the data at every instant, and what was not handed over is accounted for
// (`comity.evidence.checks.custody`).

import { began, custodyOf, holdingOf, takenIn } from "./custody.js";
import { actPath, sealPath } from "./dossier.js";
import { told } from "./instants.js";
import { count, Examination, grouped } from "./verdicts.js";

const SHORT = 8;
/** Reasons to withhold an item that follow from the order, and not from a custodian's review. */
const BY_THE_ORDER = ["out-of-scope", "refused"];

/** The custody that the acts tell, and check 10. Steps as in Python. */
export function checkCustody(header, { acts }) {
  const examination = new Examination(10, "custody");
  const custody = custodyOf(acts, header.authority);
  // 1.
  for (const { open, what, act, found, expected } of custody.gaps) {
    examination.add(open ? "indeterminate" : "invalid", what, { file: actPath(act), found, expected });
  }
  // 2.
  for (const exhibit of header.exhibits) {
    if (!holdingOf(custody.holdings, exhibit, header.authority, header.exported_at)) {
      const what = `the dossier contains an exhibit that ${header.authority} is not shown to have held when it exported it`;
      examination.fault(what, {
        file: sealPath(exhibit),
        found: `no holding by ${header.authority} at ${told(header.exported_at)}`,
        expected: "an intake, or its act of receiving it",
      });
    }
  }
  // 3.
  list(custody, examination);
  const handed =
    `${count(custody.handOvers.length, "hand-over")}, each with a giver's and a taker's act over the same hashes; somebody ` +
    "held the data at every instant.";
  const holds = custody.handOvers.length ? handed : "Nothing was handed over; what there is stayed with who took it in.";
  return { custody, check: examination.close(holds) };
}

function list(custody, examination) {
  const { holdings, handOvers, openings, quarantines } = custody;
  const remark = (exhibit, words, act) => {
    examination.remark(`exhibit ${exhibit.slice(0, SHORT)}: ${words}`, { file: actPath(act) });
  };
  for (const holding of takenIn(custody)) {
    const { exhibit, holder, since, by } = holding;
    remark(exhibit, `${holder} ${began(holding)} at ${told(since)}`, by);
  }
  for (const { exhibit, giver, givenAt, taker, taken, takenAt } of handOvers) {
    if (takenAt === null) continue;
    remark(exhibit, `${giver} handed it over at ${told(givenAt)}, ${taker} received it at ${told(takenAt)}`, taken);
  }
  for (const { exhibit, holder, until, ended, endedBy } of holdings) {
    if (ended === "returned") remark(exhibit, `${holder} gave it back at ${told(until)}`, endedBy);
  }
  for (const { exhibit, officer, authority, at, purpose, seen, act } of openings) {
    remark(exhibit, `${officer || authority} opened ${seen} at ${told(at)} for the purpose ${purpose}`, act);
  }
  for (const { exhibit, authority, items, code, act } of quarantines) {
    remark(exhibit, `${authority} put ${count(items, "item")} aside unseen (${code})`, act);
  }
}

/** Check 11. Steps as in Python. */
export function checkCounts(header, { acts }, contained, custody) {
  const examination = new Examination(11, "counts");
  const held = heldItems(acts);
  // 1.
  for (const [exhibit, { seal }] of contained) {
    const found = seal.segments.reduce((sum, segment) => sum + segment.items, 0n);
    const what = "the hold has another number of items than was confirmed";
    requireEqual(examination, what, sealPath(exhibit), found, held.get(seal.hold_exhibit));
  }
  // 2. and 4.
  for (const act of acts) {
    if (act.body.type !== "exhibit-handed-over") continue;
    checkHandOver(act, held, custody, examination);
    checkReviews(act, acts, examination);
    if (act.body.portion === null) continue;
    checkPortion(act, acts, custody, examination);
    if (act.body.portion.reopened !== null) checkReopened(act, acts, examination);
  }
  // 3.
  for (const [exhibit, { items, keptOut }] of contained) {
    const found = BigInt(items + keptOut) + quarantined(custody, exhibit, header.authority);
    const expected = receivedItems(acts, exhibit, header.authority, held);
    const what = "the dossier's items and the quarantined ones are not those that were handed over";
    requireEqual(examination, what, sealPath(exhibit), found, expected);
  }
  return examination.close("What was handed over, set aside or withheld adds up to what was held.");
}

function checkHandOver({ id, body, issuer }, held, custody, examination) {
  const file = actPath(id);
  if (body.items < 0n || body.withheld.some((part) => part.items < 0n)) {
    examination.fault("a count of items is below nothing", { file });
  }
  const withheld = sumOf(body.withheld);
  const total = held.get(body.hold_exhibit);
  if (total === undefined) {
    examination.doubt("no act says how many items were held", { file });
    return;
  }
  // What a taker put aside was over-delivered: it may be counted as withheld too, or not have been held at all.
  const surplus = putAside(custody, [body]);
  const elsewhere = body.portion === null ? 0n : body.portion.before + body.portion.later;
  const counted = body.items + elsewhere + withheld - total;
  if (counted < 0n || counted > surplus) {
    const found = `${body.items + elsewhere} handed over, ${withheld} withheld`;
    const what = "items handed over and items withheld are not the items held";
    examination.fault(what, { file, found, expected: `${total} together` });
  }
  if (withheld) {
    const reasons = body.withheld.map((part) => `${part.items} ${part.reason}`).join(", ");
    const what =
      `${issuer} withheld ${count(withheld, "item")} (${reasons}): how many and why is its word, which nothing in ` +
      "the dossier can prove";
    examination.remark(what, { file });
  }
}

/** A hand-over counts, for each reason of a custodian's, the items that its giver's reviews until then withhold. */
function checkReviews({ id, body, issuer, payload }, acts, examination) {
  const mine = acts
    .filter((other) => other.body.type === "match-reviewed" && other.issuer === issuer && other.payload.at <= payload.at)
    .filter((other) => other.body.order === body.order && other.body.exhibit === body.hold_exhibit)
    .sort(({ payload: one }, { payload: other }) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  if (!mine.length) return;
  const listed = new Map(mine.flatMap(({ body: review }) => review.listed.map((item) => [item, review.reason])));
  const kept = [...listed.values()].filter((reason) => reason !== null);
  const expected = reasons(byReason(kept.map((reason) => ({ reason, items: 1n }))));
  const said = body.withheld.filter(({ reason, items }) => items && !BY_THE_ORDER.includes(reason));
  const found = reasons(byReason(said));
  if (found !== expected) {
    const what = "a hand-over counts other items as withheld than its giver's reviews list";
    examination.fault(what, { file: actPath(id), found, expected });
  }
}

/** A part of an order counts as given before exactly what the earlier parts gave, but for what takers put aside. */
function checkPortion({ id, body, issuer }, acts, custody, examination) {
  const file = actPath(id);
  const { portion } = body;
  const earlier = acts
    .filter((other) => other.body.type === "exhibit-handed-over" && other.issuer === issuer)
    .map((other) => other.body)
    .filter((other) => other.order === body.order && other.hold_exhibit === body.hold_exhibit)
    .filter((other) => other.portion !== null && other.portion.number < portion.number);
  if (BigInt(earlier.length) !== portion.number - 1n) {
    const what = "parts of one order that were handed over earlier are not all here";
    examination.doubt(what, { file, found: `${earlier.length}`, expected: `${portion.number - 1n}` });
    return;
  }
  const given = sumOf(earlier);
  if (portion.before < given - putAside(custody, earlier) || portion.before > given) {
    const what = "a part of an order counts something else as given before than the parts before it gave";
    examination.fault(what, { file, found: `${portion.before}`, expected: `${given}` });
  }
  const soFar = count(portion.before + body.items, "item");
  const what = `${issuer} handed over part ${portion.number} of an order: ${soFar} so far, ${grouped(portion.later)} still to come`;
  examination.remark(what, { file });
}

/** Items opened under a further order were withheld before: for each reason, no more than that hand-over counts. */
function checkReopened({ id, body, issuer }, acts, examination) {
  const file = actPath(id);
  const { hand_over: handOver, items } = body.portion.reopened;
  const earlier = acts.find((other) => other.id === handOver)?.body;
  if (earlier === undefined) {
    examination.doubt("the hand-over that withheld what was opened later is not here", { file });
    return;
  }
  const other =
    earlier.type === "exhibit-handed-over" &&
    earlier.hold_exhibit === body.hold_exhibit &&
    earlier.order !== body.order;
  const withheld = byReason(other ? earlier.withheld : []);
  const now = byReason(items);
  const opened = byReason(reopenedBy(issuer, handOver, acts).flatMap((each) => each.items));
  const beyond = [...opened].some(([reason, number]) => number > (withheld.get(reason) ?? 0n));
  if ([...now.values()].some((number) => number < 1n) || sumOf(items) > body.items || beyond) {
    const what = "more items are said to be opened later than were withheld before or are handed over";
    examination.fault(what, { file, found: reasons(opened), expected: `${reasons(withheld)} at most` });
  }
  const what = `${issuer} handed over ${count(sumOf(items), "item")} that an earlier hand-over withheld (${reasons(now)})`;
  examination.remark(what, { file });
}

function reopenedBy(issuer, handOver, acts) {
  return acts
    .filter(({ body, issuer: by }) => by === issuer && body.type === "exhibit-handed-over")
    .map(({ body }) => body.portion?.reopened)
    .filter((reopened) => reopened?.hand_over === handOver);
}

function byReason(parts) {
  const counted = new Map();
  for (const { reason, items } of parts) counted.set(reason, (counted.get(reason) ?? 0n) + items);
  return counted;
}

function reasons(counted) {
  return [...counted.keys()].sort().map((reason) => `${counted.get(reason)} ${reason}`).join(", ") || "none";
}

/** What takers put aside as over-delivered. What a screen put aside was in scope, and excuses no count of its giver's. */
function putAside({ quarantines }, bodies) {
  const exhibits = new Set(bodies.map(({ exhibit }) => exhibit));
  return sumOf(quarantines.filter(({ exhibit, code }) => code !== "privileged" && exhibits.has(exhibit)));
}

function sumOf(parts) {
  return parts.reduce((sum, { items }) => sum + items, 0n);
}

/** Items under each hold; the custodian's own act counts more than what was passed on. */
function heldItems(acts) {
  const counts = new Map();
  for (const { body } of acts) {
    if (body.type === "preservation-confirmed" && !counts.has(body.exhibit)) counts.set(body.exhibit, body.items);
  }
  for (const { body } of acts) {
    if (body.type === "hold-confirmed" || body.type === "exhibit-taken-in") counts.set(body.exhibit, body.items);
  }
  return counts;
}

/** Items of the exhibit that came to the authority, or that it took in itself. */
function receivedItems(acts, exhibit, authority, held) {
  const given = acts.find(
    ({ body, payload }) =>
      body.type === "exhibit-handed-over" && body.exhibit === exhibit && payload.to.includes(authority),
  );
  const freed = acts.find(
    ({ body, issuer }) => body.type === "quarantine-decided" && body.released === exhibit && issuer === authority,
  );
  return (given ?? freed)?.body.items ?? held.get(exhibit);
}

function quarantined({ quarantines }, exhibit, authority) {
  return sumOf(quarantines.filter((each) => each.exhibit === exhibit && each.authority === authority));
}

function requireEqual(examination, what, file, found, expected) {
  if (expected === undefined) {
    examination.doubt("no act says how many items there should be", { file, found: `${found}` });
  } else if (found !== expected) {
    examination.fault(what, { file, found: `${found}`, expected: `${expected}` });
  }
}
