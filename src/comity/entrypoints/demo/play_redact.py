"""Steps 9 and 10: a mail without what a reader may not see, and everything that was done to the exhibit on one page."""

from comity.acts.classes import ActType
from comity.entrypoints.demo.cast import PT
from comity.entrypoints.demo.officers import NodeRefusedError, Officer
from comity.entrypoints.demo.play import Json, Stage

PURPOSE = "same-investigation"
_MAILS = "application/mbox"


def redact(stage: Stage) -> None:
    """Step 9: a provisional redaction, which stands until a judge lifts it."""
    line = stage.timeline
    line.step(
        9, "Redact", "a copy that never held what is missing, tied to its original by hash, until a judge lifts it"
    )
    marques = stage.officer("pt.marques")
    exhibit, item = _mail_or_any(marques, stage)
    if item is None:
        line.note("nothing among the evidence that a redaction can be made of: mails and texts can")
        return
    if not stage.acts(PT, ActType.ITEM_REDACTED):
        _redact(stage, marques, {"case": stage.case, "exhibit": exhibit, "item": item, "office": marques.office})
    opening = {"case": stage.case, "exhibit": exhibit, "item": item, "office": marques.office, "purpose": PURPOSE}
    try:
        marques.client.call("POST", "/api/openings", opening)
    except NodeRefusedError as refused:
        line.refused("pt.marques", "opening the original is refused while it stands", str(refused.refusal["code"]))
        return
    raise RuntimeError("the original of a provisional redaction was opened")


def _redact(stage: Stage, marques: Officer, named: Json) -> None:
    removals = [{"reason": "third-party", "fields": ["from"]}, {"reason": "privilege", "fields": ["subject"]}]
    words: Json = {**named, "removals": removals, "provisional": True, "purpose": PURPOSE}
    made = marques.client.post("/api/redactions", words)
    removed = made["removed"]
    what = "; ".join(f"{each['kind']}: {each['reason']}" for each in removed) if isinstance(removed, list) else ""
    stage.timeline.happened("pt.marques", "made a redacted copy of a mail, for the same investigation", what)
    reading = {"case": stage.case, "derived": made["derived"], "office": marques.office, "purpose": PURPOSE}
    copy, _ = marques.client.call("POST", "/api/derived-openings", reading)
    for text in copy.decode().splitlines()[:6]:
        stage.timeline.note(f"| {text}")


def certify(stage: Stage) -> None:
    """Step 10: the custody certificate of what was handed over."""
    line = stage.timeline
    line.step(10, "Custody", "everything that was done to the exhibit, from the acts, on pages with a drawn timeline")
    marques = stage.officer("pt.marques")
    exhibit, _ = _mail_or_any(marques, stage)
    pages, _ = marques.client.call("POST", "/api/certificates", {"exhibit": exhibit})
    path = stage.out / "custody.pdf"
    path.write_bytes(pages)
    told = marques.client.get(f"/api/exhibits/{exhibit}/custody")
    of_it = told["pages"][0] if isinstance(told["pages"], list) else {}
    gaps = len(of_it["findings"]) or "no"
    line.happened("pt.marques", f"custody certificate of exhibit {exhibit[:8]}, {gaps} gaps", str(path))
    for touch in of_it["touches"]:
        line.note(f"{touch['at'][:16]}  {touch['officer'] or touch['authority']}: {touch['what']}")


def _mail_or_any(officer: Officer, stage: Stage) -> tuple[str, str | None]:
    """The exhibit with a mail and that mail; without one, the first exhibit."""
    state = officer.client.get(f"/api/cases/{stage.case}")["state"]
    exhibits = list(state["exhibits"]) if isinstance(state, dict) else []
    for exhibit in exhibits:
        lines = officer.client.get(f"/api/cases/{stage.case}/exhibits/{exhibit}")["lines"]
        for each in lines if isinstance(lines, list) else []:
            if each["descriptor"][3] == _MAILS:
                return exhibit, str(each["item"])
    return exhibits[0], None
