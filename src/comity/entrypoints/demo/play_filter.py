"""Step 7: what may be privileged is put aside as it comes, and a filter team decides before an investigator sees any."""

from collections.abc import Sequence

from comity.acts.classes import ActType
from comity.entrypoints.demo.cast import PT
from comity.entrypoints.demo.officers import NodeRefusedError, Officer
from comity.entrypoints.demo.play import Json, Stage, body_of
from comity.entrypoints.demo.sample_papers import COUNSEL, PRIVILEGED
from comity.evidence.dossier.words import count
from comity.vocabulary.categories import FilterDecision, FilterPurpose, FilterReason, QuarantineCode

_PURPOSE = FilterPurpose.PRIVILEGE_REVIEW


def screen(stage: Stage) -> None:
    """Still before anything comes: what it names goes to the filter team alone."""
    names = _screened(stage)
    if not names or stage.acts(PT, ActType.SCREEN_SET):
        return
    lopes = stage.officer("pt.lopes")
    asked = {"case": stage.case, "office": lopes.office, "screen": {"type": ActType.SCREEN_SET, "names": names}}
    lopes.client.post("/api/screens", asked)
    stage.timeline.happened("pt.lopes", f"set a screen before anything comes: {names[0]}", "for the filter team alone")


def filter_aside(stage: Stage) -> None:
    """Step 7: investigators are refused; the filter officer looks, releases what is not privileged, and keeps the rest back."""
    line = stage.timeline
    line.step(
        7, "Filter", "what may be privileged was put aside as it came: the filter team decides before anybody sees it"
    )
    exhibit = _with_privileged(stage)
    if exhibit is None:
        line.note("nothing that came meets a screen")
        return
    asked: Json = {"case": stage.case, "exhibit": exhibit, "purpose": _PURPOSE}
    marques, neves = stage.officer("pt.marques"), stage.officer("pt.neves")
    try:
        marques.client.post("/api/quarantine-looks", {**asked, "office": marques.office})
    except NodeRefusedError as refused:
        line.refused("pt.marques", "an investigator who wants to look is refused", str(refused.refusal["code"]))
    decided = [body_of(stage, PT, str(act["act"]))["decision"] for act in stage.acts(PT, ActType.QUARANTINE_DECIDED)]
    if FilterDecision.RELEASE not in decided:
        _release(stage, neves, {**asked, "office": neves.office})
    if FilterDecision.DESTROY not in decided and (stage.evidence / PRIVILEGED).exists():
        _destroy(stage, neves, {**asked, "office": neves.office})


def _screened(stage: Stage) -> tuple[str, ...]:
    """Letters with counsel; of a folder that was given, its first entry, as long as others are in scope."""
    if (stage.evidence / "mailbox.mbox").exists():
        return (COUNSEL,) if (stage.evidence / COUNSEL).exists() else ()
    names = sorted(path.name for path in stage.evidence.iterdir())
    return tuple(names[:1]) if len(names) > 3 else ()  # noqa: PLR2004 - half of them are in scope


def _with_privileged(stage: Stage) -> str | None:
    """The exhibit of which something met the screen."""
    bodies = [body_of(stage, PT, str(act["act"])) for act in stage.acts(PT, ActType.ITEMS_QUARANTINED)]
    return next((str(body["exhibit"]) for body in bodies if body["code"] == QuarantineCode.PRIVILEGED), None)


def _release(stage: Stage, neves: Officer, asked: Json) -> None:
    found = neves.client.post("/api/quarantine-looks", asked)["lines"]
    lines = [each for each in found if each["code"] == QuarantineCode.PRIVILEGED] if isinstance(found, list) else []
    for each in lines:
        content, _ = neves.client.call("POST", "/api/quarantine-openings", {**asked, "item": each["item"]})
        stage.timeline.happened("pt.neves", f"opened {each['descriptor'][0]} for the review", f"{len(content)} bytes")
    clear: Sequence[str] = [each["item"] for each in lines if each["descriptor"][0] != PRIVILEGED]
    decision = {"decision": FilterDecision.RELEASE, "reason": FilterReason.NOT_PRIVILEGED, "items": clear}
    done = neves.client.post("/api/quarantine-decisions", {**asked, **decision})
    what = f"found {count(int(str(done['items'])), 'item')} not privileged and released it into the case"
    stage.timeline.happened("pt.neves", what, "no further grant needed")


def _destroy(stage: Stage, neves: Officer, asked: Json) -> None:
    decision = {"decision": FilterDecision.DESTROY, "reason": FilterReason.PRIVILEGED}
    done = neves.client.post("/api/quarantine-decisions", {**asked, **decision})
    what = f"had what is left aside of it destroyed, {count(int(str(done['items'])), 'item')}"
    stage.timeline.happened("pt.neves", what, "the provider is told counts and codes")
