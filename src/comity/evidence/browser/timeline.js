// The chain of custody as a drawing and as a table of numbered steps. Whatever text comes from a dossier is set as text.

import { began, takenIn } from "./custody.js";
import { plain, told, toldText } from "./telling.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const MOST_STEPS = 300;
const MOST_ROWS = 60;
const SHORT = 8;
const ROW = 26;
const LANE_GAP = 14;
const TOP = 34;
const NAMES = 168;
const DRAWN = 940;
const NARROW = 34;
const DATED = 88;
const WIDE = 118;
const BAR = 12;

/** The steps of custody in order of time, as far as they can be shown, and how many more there are. */
export function stepsOf(custody, subject) {
  const steps = [];
  const add = (at, exhibit, kind, what, more = {}) => steps.push({ at, exhibit, kind, what, ...more });
  for (const holding of takenIn(custody)) {
    const { exhibit, holder, since, by } = holding;
    add(since, exhibit, "taken-in", `${holder} ${began(holding)}`, { who: holder, act: by });
  }
  for (const { exhibit, holder, until, ended, endedBy } of custody.holdings) {
    const more = { who: holder, act: endedBy };
    if (ended === "destroyed") add(until, exhibit, "destroyed", `${holder} destroyed the exhibit`, more);
    if (ended === "returned") add(until, exhibit, "returned", `${holder} gave the exhibit back`, more);
  }
  for (const each of custody.handOvers) {
    const { exhibit, giver, taker, givenAt, takenAt } = each;
    const pending = takenAt === null ? "; nobody has confirmed it" : "";
    add(givenAt, exhibit, "given", `${giver} handed the exhibit over${taker && ` to ${taker}`}${pending}`, { who: giver, each });
    if (takenAt !== null) add(takenAt, exhibit, "received", `${taker} received it from ${giver}`, { who: taker, each, act: each.taken });
  }
  for (const { exhibit, authority, officer, at, purpose, seen } of custody.openings) {
    add(at, exhibit, "opened", `${officer || authority} opened ${seen} for the purpose ${purpose}`, { who: authority });
  }
  for (const { exhibit, authority, at, items, code } of custody.quarantines) {
    const noun = items === 1n ? "item" : "items";
    add(at, exhibit, "aside", `${authority} put ${items} ${noun} aside unseen (${code})`, { who: authority });
  }
  steps.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  const exported = { at: null, exhibit: "", kind: "exported", what: `${subject.authority} exported this dossier`, who: subject.authority };
  const shown = steps.slice(0, MOST_STEPS);
  return { steps: [...shown, exported], beyond: steps.length - shown.length };
}

/** Rows of the table of steps. */
export function tellSteps(body, { steps, beyond }, subject) {
  body.replaceChildren();
  steps.forEach(({ at, exhibit, what }, index) => {
    row(body, [`${index + 1}`, whenOf(at, subject), exhibit.slice(0, SHORT), plain(what)]);
  });
  if (beyond) row(body, ["", "", "", `and ${beyond} steps more, which checks 10 and 11 have counted`]);
}

function whenOf(at, subject) {
  return at === null ? toldText(subject.exported_at) : told(at);
}

function row(body, cells) {
  const line = body.insertRow();
  for (const text of cells) line.insertCell().textContent = text;
}

/** The drawing: a lane for each holder, a bar for each exhibit it held, arrows for hand-overs, marks for openings. */
export function draw(place, custody, { steps }, subject) {
  const holdings = custody.holdings.slice(0, MOST_ROWS);
  const lanes = lanesOf(holdings);
  const gap = Math.max(NARROW, Math.min(WIDE, Math.floor((DRAWN - NAMES - 60) / steps.length)));
  const xOf = (index) => NAMES + 40 + index * gap;
  const width = xOf(steps.length) + 20;
  const height = lanes.height + (gap >= DATED ? 40 : 8);
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": "tl-title tl-desc" });
  const names = [...lanes.tops.keys()];
  const title = shape("title", { id: "tl-title" }, "Custody of the data");
  const description = `${names.length} holders: ${names.map((name) => plain(name)).join(", ")}. Each numbered step is told in the table below.`;
  svg.append(title, shape("desc", { id: "tl-desc" }, description), arrowHead());
  axis(svg, steps, lanes, xOf, width);
  if (gap >= DATED) dates(svg, steps, lanes.height, xOf, subject);
  const rows = bars(svg, holdings, steps, lanes, xOf);
  marks(svg, steps, rows, xOf);
  place.replaceChildren(svg);
  return custody.holdings.length - holdings.length;
}

/** Where each holder's lane begins, and each holding's own row in it. */
function lanesOf(holdings) {
  const names = [...new Set(holdings.map(({ holder }) => holder))];
  const tops = new Map();
  const rows = new Map();
  let y = TOP;
  for (const name of names) {
    tops.set(name, y);
    for (const holding of holdings.filter(({ holder }) => holder === name)) {
      rows.set(holding, y + ROW / 2);
      y += ROW;
    }
    y += LANE_GAP;
  }
  return { tops, rows, height: y };
}

function axis(svg, steps, lanes, xOf, width) {
  steps.forEach((_step, index) => {
    const x = xOf(index);
    svg.append(shape("line", { class: "tick", x1: x, x2: x, y1: 24, y2: lanes.height }));
    svg.append(shape("text", { class: "small", x, y: 16, "text-anchor": "middle" }, `${index + 1}`));
  });
  svg.append(shape("text", { class: "small", x: 0, y: 16 }, "step"));
  for (const [name, y] of lanes.tops) {
    svg.append(shape("line", { class: "lane", x1: 0, x2: width, y1: y - LANE_GAP / 2, y2: y - LANE_GAP / 2 }));
    svg.append(shape("text", { x: 0, y: y + ROW / 2 + 4 }, cut(name, 20)));
  }
}

function dates(svg, steps, y, xOf, subject) {
  steps.forEach(({ at }, index) => {
    const [date, time] = whenOf(at, subject).split(" ");
    const place = { class: "small", x: xOf(index), "text-anchor": "middle" };
    svg.append(shape("text", { ...place, y: y + 14 }, date), shape("text", { ...place, y: y + 29 }, time ?? ""));
  });
}

function bars(svg, holdings, steps, lanes, xOf) {
  const rows = [];
  const end = steps.length - 1;
  for (const holding of holdings) {
    const { exhibit, holder, by, until, ended, endedBy } = holding;
    const y = lanes.rows.get(holding);
    const begins = indexOf(steps, (step) => step.act === by, 0);
    const ends = until === null ? end : indexOf(steps, (step) => step.act === endedBy, end);
    const [from, to] = [xOf(begins), xOf(Math.max(ends, begins))];
    const bar = shape("rect", { class: "held", x: from, y: y - BAR / 2, width: Math.max(to - from, 3), height: BAR, rx: 3 });
    bar.append(shape("title", {}, `${plain(holder)} held exhibit ${exhibit}`));
    const label = { class: "small", x: from - 7, y: y + 4, "text-anchor": "end" };
    svg.append(bar, shape("text", label, exhibit.slice(0, SHORT)));
    if (ended === "destroyed") svg.append(shape("path", { class: "ended", d: `M${to - 5} ${y - 8}l10 16m0 -16l-10 16` }));
    rows.push({ exhibit, holder, y });
  }
  return rows;
}

function marks(svg, steps, rows, xOf) {
  const rowOf = (holder, ...exhibits) => {
    const own = rows.filter((row) => row.holder === holder);
    return exhibits.map((exhibit) => own.find((row) => row.exhibit === exhibit)).find(Boolean);
  };
  steps.forEach(({ kind, each, who, exhibit }, index) => {
    const x = xOf(index);
    if (kind === "given") {
      const from = rowOf(each.giver, exhibit, each.hold);
      const to = each.takenAt === null ? null : rowOf(each.taker, exhibit);
      const there = indexOf(steps, (step) => step.kind === "received" && step.each === each, index);
      if (from && to) svg.append(arrow(x, from.y, xOf(there), to.y));
      else if (from) svg.append(shape("path", { class: "given pending", d: `M${x} ${from.y + BAR / 2}v14` }));
    }
    const row = rowOf(who, exhibit);
    if (kind === "opened" && row) svg.append(shape("circle", { class: "opened", cx: x, cy: row.y, r: 5 }));
    if (kind === "aside" && row) svg.append(shape("path", { class: "aside", d: `M${x} ${row.y - 7}l6 7l-6 7l-6 -7z` }));
  });
}

function arrow(x1, y1, x2, y2) {
  const down = y2 > y1 ? 1 : -1;
  const [from, to] = [y1 + (down * BAR) / 2, y2 - down * (BAR / 2 + 7)];
  return shape("path", { class: "given", d: `M${x1} ${from}C${x1} ${to} ${x2} ${from} ${x2} ${to}`, "marker-end": "url(#tl-head)" });
}

function arrowHead() {
  const box = { id: "tl-head", viewBox: "0 0 8 8", refX: 1, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse" };
  const marker = shape("marker", { ...box, orient: "auto" });
  marker.append(shape("path", { class: "head", d: "M0 0L8 4L0 8z" }));
  const definitions = shape("defs", {});
  definitions.append(marker);
  return definitions;
}

function indexOf(steps, holds, otherwise) {
  const found = steps.findIndex(holds);
  return found === -1 ? otherwise : found;
}

function cut(text, length) {
  const shown = plain(text);
  return shown.length > length ? `${shown.slice(0, length - 1)}…` : shown;
}

function shape(name, attributes, text = null) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  return element;
}
