// The chain of custody, read from the acts and from nothing else, as `comity.evidence.dossier.custody` reads it.

import { fromHex, hex } from "./bytes.js";
import { MINUTE, told } from "./instants.js";
import { objectsRoot, rootOf } from "./merkle.js";
import { count } from "./verdicts.js";

export const SKEW = 5n * MINUTE;

/** Acts that only a holder can do. */
const HOLDERS_ONLY = [
  "item-opened",
  "items-quarantined",
  "quarantine-decided",
  "item-redacted",
  "item-copied",
  "exhibit-returned",
  "match-reviewed",
];

/** The custody that these acts tell, as the exporter `authority` can know it. Steps as in Python. */
export function custodyOf(acts, authority) {
  const trace = new Trace(acts, authority);
  trace.begin(); // 1.
  trace.follow(); // 2., 3., 4.
  // 5.
  const openings = trace.of("item-opened").map((act) => ({
    exhibit: act.body.exhibit,
    authority: act.issuer,
    officer: act.payload.author?.officer ?? "",
    at: act.payload.at,
    purpose: act.body.purpose,
    act: act.id,
    seen: lookedAt(act.body),
  }));
  const quarantines = trace.of("items-quarantined").map((act) => ({
    exhibit: act.body.exhibit,
    authority: act.issuer,
    at: act.payload.at,
    items: act.body.items,
    code: act.body.code,
    act: act.id,
  }));
  trace.requireHolders();
  trace.requireGivers();
  trace.requireRoots();
  const { holdings, handOvers, gaps } = trace;
  return { holdings, handOvers, gaps, openings, quarantines };
}

/** What an officer looked at, in words. */
function lookedAt({ names, derived, listed }) {
  if (names) return "who is who in a redacted copy";
  if (derived !== null) return "a redacted copy";
  return listed === null ? "an item" : count(listed.length, "item");
}

/** The holding that covers the instant; where another party's clock tells its beginning or end, give or take the allowed skew. */
export function holdingOf(holdings, exhibit, holder, at) {
  return holdings.find(
    (one) => one.exhibit === exhibit && one.holder === holder && one.since - at <= SKEW && !isOver(one, at),
  );
}

function isOver({ until, ended }, at) {
  return until !== null && at - until > (ended === "passed-on" ? SKEW : 0n);
}

/** The holdings that begin a chain: those that no taker's act and no return began. */
export function takenIn({ holdings, handOvers }) {
  const came = new Set([...handOvers.map(({ taken }) => taken), ...holdings.map(({ endedBy }) => endedBy)]);
  return holdings.filter(({ by }) => !came.has(by));
}

/** What the holder did to hold it, in words. */
export function began({ freed }) {
  return freed ? "let it out of quarantine" : "took the data in";
}

/** Follows the exhibits from act to act, in order of the acts' own times. */
class Trace {
  constructor(acts, authority) {
    const byTime = ({ payload: one }, { payload: other }) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0);
    this.acts = [...acts].sort(byTime);
    this.authority = authority;
    this.aside = new Map();
    for (const act of this.of("items-quarantined")) {
      const name = `${act.issuer} ${act.body.exhibit}`;
      this.aside.set(name, (this.aside.get(name) ?? 0n) + act.body.items);
    }
    this.received = new Map();
    for (const act of this.of("exhibit-received")) {
      const name = act.body.hand_over;
      this.received.set(name, [...(this.received.get(name) ?? []), act]);
    }
    this.ends = new Map();
    this.findEnds();
    this.holdings = [];
    this.handOvers = [];
    this.gaps = [];
  }

  of(kind) {
    return this.acts.filter(({ body }) => body.type === kind);
  }

  /** What ends holdings: an act of the holder's own at `done`, which takes effect at `at`, by the act `by`. */
  findEnds() {
    const add = ({ issuer, body, payload, id }, how, at, by) => {
      const name = `${issuer} ${body.exhibit}`;
      this.ends.set(name, [...(this.ends.get(name) ?? []), { how, done: payload.at, act: id, at, by }]);
    };
    for (const act of this.acts) {
      if (act.body.type === "exhibit-destroyed") add(act, "destroyed", act.payload.at, act.id);
      if (act.body.type === "exhibit-returned") add(act, "returned", act.payload.at, act.id);
    }
    for (const act of this.of("exhibit-handed-over")) {
      for (const by of this.takers(act).slice(0, 1)) {
        add(act, "passed-on", act.payload.at > by.payload.at ? act.payload.at : by.payload.at, by.id);
      }
    }
  }

  takers({ id, payload }) {
    return (this.received.get(id) ?? []).filter((by) => payload.to.includes(by.issuer));
  }

  /** Step 1, and that no taker confirms a hand-over of which there is no act. */
  begin() {
    for (const act of this.of("hold-confirmed")) this.hold(act.body.exhibit, act.issuer, act.body.effected_at, act.id);
    for (const act of this.of("quarantine-decided")) {
      if (act.body.released) this.hold(act.body.released, act.issuer, act.payload.at, act.id, { freed: true });
    }
    for (const act of this.of("exhibit-taken-in")) this.hold(act.body.exhibit, act.issuer, act.payload.at, act.id);
    const given = new Set(this.of("exhibit-handed-over").map((act) => act.id));
    for (const [name, takers] of this.received) {
      if (!given.has(name)) this.gap("a taker confirms a hand-over, and the giver's act is not here", takers[0].id);
    }
  }

  /** Steps 2 to 4, from holder to holder and not by the clock: two parties' clocks may disagree. */
  follow() {
    let left = this.of("exhibit-handed-over");
    for (;;) {
      const ready = left.filter((act) => this.canGive(act));
      if (!ready.length) break;
      left = left.filter((act) => !ready.includes(act));
      for (const act of ready) this.handOver(act);
    }
    for (const act of left) this.givesWhatItHasNot(act);
  }

  canGive({ body, issuer, payload }) {
    const names = [body.exhibit, body.hold_exhibit];
    return names.some((name) => holdingOf(this.holdings, name, issuer, payload.at));
  }

  handOver(act) {
    const { body, issuer, payload } = act;
    const given = { exhibit: body.exhibit, hold: body.hold_exhibit, giver: issuer, given: act.id, givenAt: payload.at };
    // 3.
    const taken = this.takers(act);
    if (!taken.length) {
      this.handOvers.push({ ...given, taker: "", taken: "", takenAt: null });
      const open = [issuer, ...payload.to].includes(this.authority);
      const expected = `an act of ${payload.to.join(" or ")}`;
      this.gap(`${issuer} handed an exhibit over and no taker's act confirms it`, act.id, { expected, open });
    }
    for (const by of taken) {
      this.compare(body, by);
      // 4.
      const ends = this.ends.get(`${issuer} ${body.exhibit}`) ?? [];
      if (ends.some(({ how, at }) => how === "destroyed" && payload.at <= at && at < by.payload.at)) {
        this.gap(`${issuer} destroyed the exhibit before ${by.issuer} had received it`, act.id);
      }
      this.handOvers.push({ ...given, taker: by.issuer, taken: by.id, takenAt: by.payload.at });
      this.hold(body.exhibit, by.issuer, by.payload.at, by.id);
      this.giveBack(act, by);
    }
  }

  /** What its taker gave back of that hand-over is its giver's again. */
  giveBack(given, taken) {
    for (const { id, issuer, body, payload } of this.of("exhibit-returned")) {
      if (body.hand_over !== given.id || issuer !== taken.issuer || !payload.to.includes(given.issuer)) continue;
      const since = payload.at > given.payload.at ? payload.at : given.payload.at;
      this.hold(body.exhibit, given.issuer, since, id, { backFrom: given });
    }
  }

  /** Step 5: only a holder opens items, puts them aside, decides on them, redacts, copies, withholds or returns them. */
  requireHolders() {
    for (const act of this.acts) {
      if (!HOLDERS_ONLY.includes(act.body.type)) continue;
      const { exhibit } = act.body;
      if (!holdingOf(this.holdings, exhibit, act.issuer, act.payload.at)) {
        const what = `${act.issuer} acted on an exhibit that nothing shows it to have held then`;
        this.gap(what, act.id, { found: exhibit });
      }
    }
  }

  /** Step 5: what is returned goes back to whom it came from, with the objects that were received. */
  requireGivers() {
    for (const act of this.of("exhibit-returned")) {
      const { body, issuer, payload } = act;
      const came = this.handOvers.find((each) => each.given === body.hand_over && each.taker === issuer);
      if (!came || came.exhibit !== body.exhibit || !payload.to.includes(came.giver)) {
        this.gap(`${issuer} returned an exhibit to another than it is shown to have it from`, act.id);
        continue;
      }
      const received = this.received.get(came.given).find((by) => by.id === came.taken).body;
      if (body.objects_root !== received.objects_root) {
        const hashes = { found: body.objects_root, expected: received.objects_root };
        this.gap(`${issuer} returned other objects than it had received`, act.id, hashes);
      }
    }
  }

  /** Step 5: the items that an act lists are those that its root binds. */
  requireRoots() {
    for (const act of this.of("item-opened")) this.requireRoot(act, act.body.item, act.body.listed ?? [act.body.item]);
    for (const act of this.of("match-reviewed")) this.requireRoot(act, act.body.root, act.body.listed);
  }

  requireRoot({ id, issuer }, root, listed) {
    const found = hex(rootOf(listed.map(fromHex)));
    if (found !== root) this.gap(`${issuer} lists other items than its act's root binds`, id, { found, expected: root });
  }

  givesWhatItHasNot({ body, issuer, payload, id }) {
    const names = [body.exhibit, body.hold_exhibit];
    const before = this.holdings.some((each) => names.includes(each.exhibit) && each.holder === issuer);
    const what = before ? "did not hold at that time" : "is not shown to have held";
    this.gap(`${issuer} handed over an exhibit that it ${what}`, id, {
      found: `no holding of ${body.exhibit} by ${issuer} at ${told(payload.at)}`,
      expected: "an intake, or a taker's act of an earlier hand-over",
    });
  }

  compare(given, by) {
    const receipt = by.body;
    const aside = receipt.opened ? (this.aside.get(`${by.issuer} ${receipt.exhibit}`) ?? 0n) : 0n;
    for (const [what, found, expected] of [
      ["another exhibit", receipt.exhibit, given.exhibit],
      ["another manifest", receipt.manifest, given.manifest.digest],
      ["other objects", receipt.objects_root, objectsRoot(given.objects)],
      ["another number of items", `${receipt.items + aside}`, `${given.items}`],
    ]) {
      if (found !== expected) {
        this.gap(`${by.issuer} received ${what} than was handed over`, by.id, { found, expected });
      }
    }
  }

  /** A holding is ended by what was done after it began, and not by the hand-over that it was given back from. */
  hold(exhibit, holder, since, by, { backFrom = null, freed = false } = {}) {
    const all = this.ends.get(`${holder} ${exhibit}`) ?? [];
    const own = backFrom?.payload.at ?? since;
    const after = ({ how, done }) => done >= (how === "passed-on" ? since : own);
    const ends = all.filter((end) => after(end) && end.act !== backFrom?.id);
    const never = { at: null, how: null, by: "" };
    const end = ends.length ? ends.reduce((one, other) => (other.at < one.at ? other : one)) : never;
    this.holdings.push({ exhibit, holder, since, by, until: end.at, ended: end.how, endedBy: end.by, freed });
  }

  gap(what, act, { found = "", expected = "", open = false } = {}) {
    this.gaps.push({ what, act, found, expected, open });
  }
}
