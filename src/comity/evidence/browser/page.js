// The page: takes two files, hands them to the worker, shows how far it is, and tells what it found. Text from a dossier is
// only ever set as text, through `plain`; no markup is made from it.

import { counted, durationWords, plain, sizeWords, toldText } from "./telling.js";
import { draw, stepsOf, tellSteps } from "./timeline.js";

const CHECKS = 12;
const WORDS = { valid: "✓ holds", indeterminate: "? open", invalid: "✗ FAILS" };
const VERDICTS = { valid: "✓ Valid", indeterminate: "? Indeterminate", invalid: "✗ Invalid" };
const MEANINGS = {
  valid: "every check holds",
  indeterminate: "nothing is wrong, but something needed is missing; do not rely on it as it is",
  invalid: "do not rely on it",
};
const ABOUT = { found: "found", expected: "expected", do: "what to do" };
const ANCHOR_LIMIT = 1 << 20;
const SPEAK_EVERY = 5000; // milliseconds between words to a screen reader

const part = (id) => document.getElementById(id);
const UNCHOSEN = { dossier: part("dossier-name").textContent, anchor: part("anchor-name").textContent };
const chosen = { dossier: null, anchor: null };
let worker = null;
let runs = 0;
let saved = null;

// Choosing -------------------------------------------------------------------------------------------------------------

function choose(kind, file) {
  chosen[kind] = file;
  if (file && part(kind).files[0] !== file) {
    const dropped = new DataTransfer();
    dropped.items.add(file);
    part(kind).files = dropped.files;
  }
  part(`${kind}-zone`).classList.toggle("filled", file !== null);
  part(`${kind}-name`).textContent = file ? `${plain(file.name)} (${sizeWords(file.size)})` : UNCHOSEN[kind];
}

/** Which of the two a dropped file is, by its first bytes: an archive's signature, or the beginning of JSON. */
async function kindOf(file) {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first === 0x50 && second === 0x4b) return "dossier";
  return first === 0x7b || file.name.endsWith(".json") ? "anchor" : "dossier";
}

async function take(files) {
  for (const file of files) choose(await kindOf(file), file);
}

for (const kind of ["dossier", "anchor"]) {
  part(kind).addEventListener("change", ({ target }) => choose(kind, target.files[0] ?? null));
}
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (!isWorking()) take(event.dataTransfer.files);
});

// Checking -------------------------------------------------------------------------------------------------------------

part("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isWorking()) return;
  if (!chosen.dossier) {
    tellProblem({ what: "no dossier was chosen", advice: "choose the .zip file, or drop it on this page" });
    return;
  }
  const run = begin();
  try {
    await start(run);
  } catch (error) {
    tellProblem({ what: `this browser cannot run the checks: ${error.name}`, advice: "use a current browser" });
  }
});

async function start(run) {
  const anchor = chosen.anchor && new Uint8Array(await chosen.anchor.slice(0, ANCHOR_LIMIT + 1).arrayBuffer());
  if (run !== runs || !isWorking()) return; // it was stopped while the anchor was being read
  const address = URL.createObjectURL(new Blob([part("engine").textContent], { type: "text/javascript" }));
  worker = new Worker(address);
  const tellProgress = progress(performance.now());
  worker.onmessage = ({ data }) => {
    if (data.kind === "progress") tellProgress(data);
    else if (data.kind === "report") tellReport(data);
    else tellProblem(data);
  };
  worker.onerror = () => tellProblem({ what: "this browser cannot run the checks", advice: "use a current browser" });
  worker.postMessage({ dossier: chosen.dossier, anchor, at: Date.now() });
}

function isWorking() {
  return document.body.dataset.state === "working";
}

function begin() {
  runs += 1;
  document.body.dataset.state = "working";
  part("result").hidden = true;
  part("working").hidden = false;
  part("check").disabled = true;
  part("stop").hidden = false;
  part("bar").value = 0;
  part("far").textContent = "Beginning";
  return runs;
}

function end(state) {
  worker?.terminate();
  worker = null;
  part("working").hidden = true;
  part("check").disabled = false;
  part("stop").hidden = true;
  document.body.dataset.state = state;
}

part("stop").addEventListener("click", () => {
  end("ready");
  speak("Stopped. Nothing was judged.");
});

function progress(began) {
  let spoken = began;
  return ({ step, offset, size }) => {
    const now = performance.now();
    // Reading is nearly all of the work; the checks behind it share the rest.
    const share = step === 1 ? (0.95 * offset) / Math.max(size, 1) : 0.95 + (0.05 * step) / CHECKS;
    part("bar").value = share;
    const left = (now - began) / 1000 * (1 / Math.max(share, 0.001) - 1);
    const words = `Check ${step} of ${CHECKS}: ${step === 1 ? `read ${sizeWords(offset)} of ${sizeWords(size)}` : "judging"}`;
    part("far").textContent = now - began > 1000 ? `${words}, about ${durationWords(left)} left` : words;
    if (now - spoken < SPEAK_EVERY) return;
    spoken = now;
    speak(`${Math.round(100 * share)} percent`);
  };
}

function speak(text) {
  part("spoken").textContent = text;
}

// Telling --------------------------------------------------------------------------------------------------------------

function tellProblem({ what, found = "", expected = "", advice = "" }) {
  end("broken");
  const words = [`Nothing was judged: ${what}`, found && `found: ${found}`, expected && `expected: ${expected}`, advice];
  show("invalid", "Nothing was judged", words.filter(Boolean).join(". "));
  for (const id of ["facts", "checks-part", "wrong-part", "known-part", "custody-part"]) part(id).hidden = true;
  for (const id of ["print", "save"]) part(id).hidden = true;
}

function show(outcome, title, words) {
  part("banner").className = outcome;
  part("verdict").textContent = title;
  part("meaning").textContent = plain(words);
  part("result").hidden = false;
  part("verdict").focus();
  speak(`${title}. ${plain(words)}`);
}

function tellReport({ report, custody, anchor }) {
  end("done");
  saved = report;
  const decided = report.checks.find(({ number }) => number === report.decided_by);
  const where = decided?.file ? `, ${decided.file}` : "";
  const by = decided ? `decided by check ${decided.number} (${decided.name}${where}); ` : "";
  for (const id of ["facts", "checks-part", "print", "save"]) part(id).hidden = false;
  tellFacts(report.subject, anchor);
  tellChecks(report.checks);
  tellFindings(report.checks, part("wrong"), part("wrong-part"), ({ outcome }) => outcome !== "valid");
  tellFindings(report.checks, part("known"), part("known-part"), ({ outcome }) => outcome === "valid");
  tellCustody(custody, report.subject);
  show(report.verdict, VERDICTS[report.verdict], by + MEANINGS[report.verdict]);
}

function tellFacts(subject, anchor) {
  const facts = [["Dossier", `${chosen.dossier.name} (${sizeWords(chosen.dossier.size)})`]];
  if (subject) {
    const amounts = [counted(subject.acts, "act"), counted(subject.exhibits, "exhibit"), counted(subject.files, "file")];
    facts.push(["says it is case", subject.case], ["exported by", `${subject.authority}, on ${toldText(subject.exported_at)}`]);
    facts.push(["with", amounts.join(", ")]);
  }
  facts.push(["Trust anchor", chosen.anchor ? chosen.anchor.name : "none was given"]);
  if (anchor) {
    const { threshold, witnesses } = anchor.witness_policy;
    facts.push(["directory root", anchor.digest]);
    facts.push(["witnesses", `${threshold} of ${witnesses.length}: ${witnesses.map(({ name }) => name).join(", ")}`]);
  }
  facts.push(["Checked at", `${new Date().toISOString().slice(0, 19).replace("T", " ")} UTC, by this computer's clock`]);
  describe(part("facts"), facts);
}

function describe(list, facts) {
  list.replaceChildren();
  for (const [term, value] of facts) list.append(element("dt", term), element("dd", plain(value)));
}

function tellChecks(checks) {
  const body = part("checks").tBodies[0];
  body.replaceChildren();
  for (const { number, name, outcome, what, file } of checks) {
    const row = body.insertRow();
    row.className = outcome;
    row.insertCell().textContent = `${number}`;
    const heading = row.appendChild(element("th", name));
    heading.scope = "row";
    row.insertCell().append(element("span", WORDS[outcome], "mark"));
    const said = row.insertCell();
    said.append(element("span", sentence(what), "what"));
    if (file) said.append(element("span", plain(file), "file"));
  }
}

function sentence(what) {
  return `${plain(what[0].toUpperCase() + what.slice(1)).replace(/\.$/, "")}.`;
}

function tellFindings(checks, list, section, wanted) {
  list.replaceChildren();
  for (const { number, name, detail } of checks) {
    const told = detail.filter((finding) => wanted(finding) && !finding.what.startsWith("not examined"));
    for (const [at, finding] of told.entries()) {
      const item = list.appendChild(element("li", "", finding.outcome));
      // Findings of one check stand under its name, which is said once.
      if (at) item.classList.add("more");
      else item.append(element("span", `Check ${number}, ${name}`, "from"));
      item.append(element("span", plain(finding.what), "what"));
      if (finding.file) item.append(element("span", plain(finding.file), "file"));
      const rows = Object.keys(ABOUT).filter((key) => finding[key]);
      if (rows.length && finding.outcome !== "valid") {
        describe(item.appendChild(element("dl", "")), rows.map((key) => [ABOUT[key], finding[key]]));
      }
    }
  }
  section.hidden = !list.childElementCount;
}

function tellCustody(custody, subject) {
  part("custody-part").hidden = !custody?.holdings.length;
  if (part("custody-part").hidden) return;
  const told = stepsOf(custody, subject);
  const undrawn = draw(part("timeline"), custody, told, subject);
  tellSteps(part("steps").tBodies[0], told, subject);
  if (undrawn) part("timeline").append(element("p", `${counted(undrawn, "holding")} more are not drawn.`));
}

function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

part("print").addEventListener("click", () => print());
part("save").addEventListener("click", () => {
  const link = element("a", "");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(saved)], { type: "application/json" }));
  link.download = "report.json";
  link.click();
});
