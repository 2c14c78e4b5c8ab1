"""Steps 9, 12 and 13: looking for a purpose, a dossier that verifies anywhere, and an end that leaves no words behind."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from comity.acts.classes import ActType
from comity.cases.state import Phase
from comity.entrypoints.demo.cast import DE, PT
from comity.entrypoints.demo.needles import Hit, scan
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import FACTS, Json, Stage, body_of
from comity.entrypoints.demo.play_browser import in_a_browser
from comity.entrypoints.demo.sample_evidence import NEEDLE_ACCOUNT, NEEDLE_SENTENCE
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier.words import count, size_words

_BESIDE = "Good to know"
"""Where what `comity verify` prints goes on from the checks to remarks."""

NEEDLES = (NEEDLE_ACCOUNT, NEEDLE_SENTENCE, FACTS[:60], "Bruno Almeida")


_UNDER_WAY = frozenset({"pending", "waiting"})
"""An act is on its way to a peer, or waits there for one that it answers."""


def look(stage: Stage) -> None:
    """Step 9."""
    line = stage.timeline
    line.step(9, "Look", "an item is opened for a stated purpose, and looking is an act")
    marques = stage.officer("pt.marques")
    state = marques.client.get(f"/api/cases/{stage.case}")["state"]
    exhibits = state["exhibits"] if isinstance(state, dict) else {}
    exhibit = next(iter(exhibits))
    items = marques.client.get(f"/api/cases/{stage.case}/exhibits/{exhibit}")["lines"]
    first: Json = items[0] if isinstance(items, list) else {}
    words = {"case": stage.case, "exhibit": exhibit, "item": first["item"], "office": marques.office}
    for purpose, what in (("", "without a purpose"), ("curiosity", "for a purpose the case does not cover")):
        try:
            marques.client.call("POST", "/api/openings", {**words, "purpose": purpose})
        except NodeRefusedError as refused:
            line.refused(
                "pt.marques", f"opening {what} is refused, and the refusal is an act", str(refused.refusal["code"])
            )
    content, headers = marques.client.call(
        "POST", "/api/openings", {**words, "purpose": "same-investigation", "reasons": "Who ordered the transfers?"}
    )
    line.happened("pt.marques", f"opened an item of {size_words(len(content))} for the same investigation")
    if headers["Comity-Supplier-Told"] == "true":
        stage.await_act(DE, ActType.ITEM_OPENED)
        line.happened("de", "was told of the opening: the condition account-of-use wants that", "Article 28(4)")


def dossier(stage: Stage) -> None:
    """Step 12."""
    line = stage.timeline
    line.step(12, "Dossier", "the case leaves the node and proves itself")
    path = stage.out / "dossier.zip"
    digest = export_dossier(stage, path)
    size = path.stat().st_size / 1e6
    line.happened("pt.marques", f"exported {path.name}, {size:.1f} MB", f"manifest {digest[:16]}")
    trust = stage.federation.folder / "trust.json"
    (stage.out / "trust.json").write_bytes(trust.read_bytes())
    verdict = _verify(path, stage.out / "trust.json")
    for text in verdict.stdout.partition(_BESIDE)[0].splitlines():
        line.note(text)
    last = verdict.stdout.rstrip().splitlines()[-1]
    line.note(f"{last}; what is good to know beside that, comity verify lists")
    if verdict.returncode:
        raise RuntimeError("the demo's own dossier does not verify")
    in_a_browser(stage, path, stage.out / "trust.json", Verdict.VALID)


def dispose(stage: Stage) -> None:
    """Step 13."""
    line = stage.timeline
    line.step(13, "Dispose", "keys destroyed, rows and objects gone, a certificate, and a search for what was planted")
    marques = stage.officer("pt.marques")
    if _phase(stage) is Phase.OPEN:
        words = {"case": stage.case, "office": marques.office, "reason": "judgment is final"}
        marques.client.post("/api/closings", words)
    if _phase(stage) is Phase.CLOSED:
        _dispose(stage)
    certificate = body_of(stage, PT, stage.await_act(PT, ActType.CASE_DISPOSED))
    _tell(stage, certificate)
    hits = needle_scan(stage)
    if hits:
        for hit in hits:
            line.refused("needle scan", f"found {hit.needle!r}", f"{hit.path} at {hit.offset}")
        raise RuntimeError("the disposal left traces")
    line.happened(
        "needle scan", f"{len(NEEDLES)} planted texts found nowhere", "data, write-ahead log, base backup, store, logs"
    )
    if _verify(stage.out / "dossier.zip", stage.out / "trust.json").returncode:
        raise RuntimeError("an earlier proof stopped verifying")
    line.happened("anyone", "the dossier exported before still verifies")


def _tell(stage: Stage, certificate: dict[str, object]) -> None:
    """What the certificate says was destroyed, what is out of reach, and whose copies were asked for."""
    line, unreachable, copies = stage.timeline, certificate["unreachable"], certificate["copies"]
    if not isinstance(unreachable, list) or not isinstance(copies, list):
        raise TypeError("a certificate lists what is out of reach and whose copies were asked for")
    line.happened(
        "pt.marques",
        "disposed: " + ", ".join(count(int(str(certificate[f"{one}s"])), one) for one in ("key", "act", "object")),
        "the certificate is in the ledger",
    )
    for each in unreachable:
        line.note(f"cannot be reached from here: {each['what']} ({each['holder']})")
    line.note(f"asked for their copies: {', '.join(each['holder'] for each in copies)}")


def needle_scan(stage: Stage) -> list[Hit]:
    """Every place of the node and the database server, a fresh base backup included, searched for planted texts."""
    federation = stage.federation
    federation.cluster.checkpoint()
    backup = federation.folder / "base-backup"
    shutil.rmtree(backup, ignore_errors=True)
    federation.cluster.base_backup(backup)
    places = [federation.folder / PT, federation.cluster.folder, backup]
    return scan(places, NEEDLES)


def export_dossier(stage: Stage, path: Path) -> str:
    """Exported as soon as a witnessed checkpoint covers every act; until then the node says so. The manifest's digest.

    Not before every addressee's receipt is here: without one a dossier proves less, and its verdict is indeterminate.
    """
    marques = stage.officer("pt.marques")
    words = {"case": stage.case, "office": marques.office, "purpose": "for the trial court (demo)"}
    deadline = time.monotonic() + stage.patience
    while _under_way(stage) and time.monotonic() < deadline:
        time.sleep(0.5)
    while True:
        try:
            content, headers = marques.client.call("POST", "/api/exports", words)
        except NodeRefusedError as refused:
            if refused.refusal.get("code") != "not-witnessed" or time.monotonic() > deadline:
                raise
            time.sleep(0.5)
            continue
        path.write_bytes(content)
        return headers["Comity-Digest"]


def _under_way(stage: Stage) -> bool:
    lines = stage.officer("pt.marques").client.get(f"/api/cases/{stage.case}")["timeline"]
    if not isinstance(lines, list):
        raise TypeError("a case has a timeline")
    return any(state in _UNDER_WAY for line in lines for state in line["delivery"].values())


def _phase(stage: Stage) -> Phase:
    state = stage.officer("pt.marques").client.get(f"/api/cases/{stage.case}")["state"]
    return Phase(state["phase"]) if isinstance(state, dict) else Phase.OPEN


def _dispose(stage: Stage) -> None:
    """Disposed of as soon as nothing is on its way out of the case any more."""
    marques = stage.officer("pt.marques")
    words = {"case": stage.case, "office": marques.office, "rule": "retention-ended"}
    deadline = time.monotonic() + stage.patience
    while True:
        try:
            marques.client.post("/api/disposals", words)
        except NodeRefusedError as refused:
            if refused.refusal.get("code") != "still-sending" or time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _verify(dossier_path: Path, trust: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "comity.entrypoints.cli.main", "verify", str(dossier_path), "--trust", str(trust)],
        capture_output=True,
        text=True,
        check=False,
    )
