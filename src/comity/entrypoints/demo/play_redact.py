"""Steps 10 and 11: copies without what a reader may not see, and everything that was done to the exhibit on one page."""

from http import HTTPStatus

from msgspec import Struct

from comity.acts.classes import ActType
from comity.entrypoints.demo.cast import PT
from comity.entrypoints.demo.copy_plans import KINDS, Kind, Opened, extension
from comity.entrypoints.demo.officers import NodeRefusedError, Officer
from comity.entrypoints.demo.play import Json, Stage, body_of
from comity.evidence.dossier.words import count
from comity.evidence.redaction.pictures import PICTURES
from comity.evidence.redaction.redact import LARGEST
from comity.vocabulary.errors import BrokenInputError

PURPOSE = "same-investigation"
_LINES, _WIDTH = 4, 100
"""Of a copy of text so many lines are shown, and of each so much."""


class _Item(Struct, frozen=True):
    """An item that came, by what a redaction needs to know of it."""

    exhibit: str
    item: str
    media_type: str


def redact(stage: Stage) -> None:
    """Step 10: a provisional copy of each kind there is; a court lifts the first, and persons bear other names in the last."""
    line = stage.timeline
    line.step(
        10, "Redact", "a copy that never held what is missing, tied to its original by hash, until a judge lifts it"
    )
    marques = stage.officer("pt.marques")
    came = _items(marques, stage)
    first: _Item | None = None
    for kind in KINDS:
        item = next((each for each in came if each.media_type in kind.media_types), None)
        if item is None:
            line.note(f"nothing that came is a {kind.name}")
        elif _copied(stage, marques, kind, item):
            first = first or item
    if first is not None:
        _lift(stage, marques, first)
    _rename(stage, marques, came)


def _copied(stage: Stage, marques: Officer, kind: Kind, item: _Item) -> bool:
    """Whether there is a copy of the item now. Of whatever folder was given, an item may be none that one can be made of."""
    if item.item not in _made(stage):
        named = _named(stage, marques, item)
        try:
            content, _ = marques.client.call("POST", "/api/openings", named)
            plan = kind.plan(Opened(content, item.media_type))
            marques.client.post("/api/redactions", {**named, **plan, "provisional": True})
        except BrokenInputError as broken:
            return _not_copied(stage, kind, broken.what)
        except NodeRefusedError as refused:
            if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return _not_copied(stage, kind, str(refused.refusal["code"]))
    _show(stage, marques, item, f"made a redacted copy of a {kind.name}")
    return True


def _not_copied(stage: Stage, kind: Kind, why: str) -> bool:
    stage.timeline.refused("pt.marques", f"no copy of a {kind.name} could be made", why)
    return False


def _show(stage: Stage, officer: Officer, item: _Item, what: str) -> None:
    """What is gone from the copy and why, and the copy: the beginning of a text, or a file to look at."""
    body = _made(stage)[item.item]
    removed = body["removed"] if isinstance(body["removed"], list) else []
    gone = [f"{each['kind']}: {each['reason']}" for each in removed]
    if body["persons"]:
        gone.append(f"{count(int(str(body['persons'])), 'person')} with another name")
    stage.timeline.happened("pt.marques", what, "; ".join(gone))
    reading = {"case": stage.case, "derived": body["derived"], "office": officer.office, "purpose": PURPOSE}
    copy, _ = officer.client.call("POST", "/api/derived-openings", reading)
    if body["media_type"] in PICTURES:
        path = stage.out / f"redacted.{extension(str(body['media_type']))}"
        path.write_bytes(copy)
        stage.timeline.note(f"| {path}: pixels alone, black where something is missing")
        return
    for text in copy.decode().splitlines()[:_LINES]:
        stage.timeline.note(f"| {text[:_WIDTH]}")


def _lift(stage: Stage, marques: Officer, item: _Item) -> None:
    """The original stays closed until one officer drafts what a judge, who made no copy, approves with a passkey."""
    line, opening = stage.timeline, _named(stage, marques, item)
    if not stage.acts(PT, ActType.REDACTION_LIFTED):
        try:
            marques.client.call("POST", "/api/openings", opening)
        except NodeRefusedError as refused:
            line.refused("pt.marques", "opening the first original is refused", str(refused.refusal["code"]))
        else:
            raise RuntimeError("the original of a provisional redaction was opened")
        stage.approved("pt.lopes", "pt.nunes", lambda officer: _lifting(stage, officer, item))
    line.happened("pt.nunes", "lifted it as the court: pt.lopes drafted that, the judge approved with a passkey")
    content, _ = marques.client.call("POST", "/api/openings", opening)
    line.happened("pt.marques", "opened that original again; those of the others stay closed", f"{len(content)} bytes")


def _lifting(stage: Stage, officer: Officer, item: _Item) -> Json:
    derived = _made(stage)[item.item]["derived"]
    words = {"case": stage.case, "derived": derived, "office": officer.office, "decision": "12/26 (demo)"}
    return officer.client.post("/api/redaction-liftings", words)


def _rename(stage: Stage, marques: Officer, came: list[_Item]) -> None:
    """A copy in which the persons bear names of the case's own; who is who is for a court or the filter team."""
    line = stage.timeline
    mail = next((each for each in came[1:] if each.media_type in KINDS[0].media_types), None)
    if mail is None:
        line.note("no second mail came whose persons could bear other names")
        return
    if mail.item not in _made(stage):
        content, _ = marques.client.call("POST", "/api/openings", _named(stage, marques, mail))
        sender = next(each for each in content.decode().splitlines() if each.startswith("From: ")).split()[-1]
        persons = [[sender.strip("<>"), sender.strip("<>").split("@")[0]]]
        marques.client.post("/api/redactions", {**_named(stage, marques, mail), "persons": persons})
    _show(stage, marques, mail, "made a copy of another mail under other names")
    words = {"case": stage.case, "derived": _made(stage)[mail.item]["derived"], "purpose": PURPOSE}
    try:
        marques.client.post("/api/derived-names", {**words, "office": marques.office})
    except NodeRefusedError as refused:
        line.refused(
            "pt.marques", "opening who is who is refused to whoever investigates", str(refused.refusal["code"])
        )
    neves = stage.officer("pt.neves")
    names = neves.client.post("/api/derived-names", {**words, "office": neves.office})["names"]
    known = len(names["persons"]) if isinstance(names, dict) else 0
    line.happened(
        "pt.neves", f"opened it as the filter team: {count(known, 'person')}", "not shown here; in no dossier"
    )


def certify(stage: Stage) -> None:
    """Step 11: the custody certificate of what was handed over."""
    line = stage.timeline
    line.step(11, "Custody", "everything that was done to the exhibit, from the acts, on pages with a drawn timeline")
    marques = stage.officer("pt.marques")
    exhibit = _exhibits(marques, stage)[0]
    pages, _ = marques.client.call("POST", "/api/certificates", {"exhibit": exhibit})
    path = stage.out / "custody.pdf"
    path.write_bytes(pages)
    told = marques.client.get(f"/api/exhibits/{exhibit}/custody")
    of_it = told["pages"][0] if isinstance(told["pages"], list) else {}
    gaps = len(of_it["findings"]) or "no"
    line.happened("pt.marques", f"custody certificate of exhibit {exhibit[:8]}, {gaps} gaps", str(path))
    for touch in of_it["touches"]:
        line.note(f"{touch['at'][:16]}  {touch['officer'] or touch['authority']}: {touch['what']}")


def _named(stage: Stage, officer: Officer, item: _Item) -> Json:
    named = {"case": stage.case, "exhibit": item.exhibit, "item": item.item}
    return {**named, "office": officer.office, "purpose": PURPOSE}


def _made(stage: Stage) -> dict[str, Json]:
    """What was redacted, by the original."""
    bodies = [body_of(stage, PT, str(act["act"])) for act in stage.acts(PT, ActType.ITEM_REDACTED)]
    return {str(body["item"]): body for body in bodies}


def _items(officer: Officer, stage: Stage) -> list[_Item]:
    """What came and is not too large to take something out of it, exhibit by exhibit."""
    found = []
    for exhibit in _exhibits(officer, stage):
        lines = officer.client.get(f"/api/cases/{stage.case}/exhibits/{exhibit}")["lines"]
        for each in lines if isinstance(lines, list) else []:
            _, size, _, media_type, *_ = each["descriptor"]
            if size <= LARGEST:
                found.append(_Item(exhibit, str(each["item"]), str(media_type)))
    return found


def _exhibits(officer: Officer, stage: Stage) -> list[str]:
    state = officer.client.get(f"/api/cases/{stage.case}")["state"]
    return list(state["exhibits"]) if isinstance(state, dict) else []
