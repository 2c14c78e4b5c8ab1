"""Step 6: one order carried out in parts, as the provider gets ready with them, each counted against what was sealed."""

from comity.acts.classes import ActType
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import (
    Json,
    Stage,
    body_of,
    granted_labels,
    misdated,
    order_disclosure,
    pass_on,
    slipped_in,
    tell_quarantine,
)
from comity.evidence.dossier.words import count
from comity.vocabulary.identifiers import ActId


def disclose_in_parts(stage: Stage) -> None:
    """Every granted part as a hand-over of its own, from the provider to de and from de to pt."""
    line = stage.timeline
    line.step(6, "Disclose", "one order in parts, provider to de, de to pt: only items in scope, each proving itself")
    order = order_disclosure(stage)
    held = int(str(body_of(stage, PROVIDER, stage.await_act(PROVIDER, ActType.HOLD_CONFIRMED))["items"]))
    labels = granted_labels(stage)
    _withhold_one(stage, order)
    if slipped_in(stage):
        lies = ", and lies about some dates" if misdated(stage) else ""
        line.note(f"UNSAFE rehearsal: the provider's node slips into each part what no order covers{lies}")
    for number, label in enumerate(labels, 1):
        _one_part(stage, order, label, number=number, held=held)
    _nothing_twice(stage, order, labels[0])
    tell_quarantine(stage)


def _withhold_one(stage: Stage, order: ActId) -> None:
    """The custodian looks through what the order matches before anything goes: one mail is a journalist's, and stays."""
    if not (stage.evidence / "mailbox.mbox").exists() or stage.acts(PROVIDER, ActType.MATCH_REVIEWED):
        return
    lee = stage.officer("provider.lee")
    found = lee.client.get(f"/api/matches/{order}")["lines"]
    lines = found if isinstance(found, list) else []
    mail = max(name for line in lines if (name := str(line["descriptor"][0])).startswith("mailbox.mbox/"))
    words = {"order": order, "office": lee.office, "names": [mail], "reason": "press", "reasons": "A journalist's."}
    lee.client.post("/api/match-reviews", words)
    looked = f"looked through {count(len(lines), 'item')} that match and withheld one mail"
    stage.timeline.happened("provider", looked, "counted as press, never named")


def _one_part(stage: Stage, order: ActId, label: str, *, number: int, held: int) -> None:
    line = stage.timeline
    lee = stage.officer("provider.lee")
    if len(stage.acts(PROVIDER, ActType.EXHIBIT_HANDED_OVER)) < number:
        lee.client.post("/api/releases", {"order": order, "office": lee.office, "parts": [label]})
    body = body_of(stage, PROVIDER, str(stage.acts(PROVIDER, ActType.EXHIBIT_HANDED_OVER)[number - 1]["act"]))
    line.happened(
        "provider", f"part {number}, {label}: handed over {count(int(str(body['items'])), 'item')}", _claims(body, held)
    )
    stage.await_act(PROVIDER, ActType.EXHIBIT_RECEIVED, count=number)
    exhibit = str(body["exhibit"])
    # Own hand-overs and received ones stand in one list.
    if len(stage.acts(DE, ActType.EXHIBIT_HANDED_OVER)) < 2 * number:
        pass_on(stage, exhibit)
    stage.await_act(DE, ActType.EXHIBIT_RECEIVED, count=2 * number)
    line.happened("pt", f"took part {number} over and checked every item inside", _accepted(stage, exhibit, number))


def _accepted(stage: Stage, exhibit: str, number: int) -> str:
    """The taker's own totals: what was put aside counts as disclosed for nobody."""
    acts = {kind: stage.acts(PT, kind) for kind in (ActType.EXHIBIT_RECEIVED, ActType.ITEMS_QUARANTINED)}
    own = {
        kind: [body_of(stage, PT, str(act["act"])) for act in found if act["issuer"] == PT]
        for kind, found in acts.items()
    }
    items = [int(str(body["items"])) for body in own[ActType.EXHIBIT_RECEIVED][:number]]
    aside = sum(int(str(body["items"])) for body in own[ActType.ITEMS_QUARANTINED] if body["exhibit"] == exhibit)
    return f"{items[-1]} accepted, {aside} put aside; {sum(items)} accepted so far"


def _claims(body: Json, held: int) -> str:
    """The giver's totals, which with its items leave nothing of what was sealed out."""
    portion, withheld = body["portion"], body["withheld"]
    before, later = (int(str(portion[name])) for name in ("before", "later")) if isinstance(portion, dict) else (0, 0)
    kept = sum(int(str(each["items"])) for each in withheld) if isinstance(withheld, list) else 0
    return f"{before} before, {later} to come, {kept} withheld: of {held} sealed"


def _nothing_twice(stage: Stage, order: ActId, label: str) -> None:
    lee = stage.officer("provider.lee")
    try:
        lee.client.post("/api/releases", {"order": order, "office": lee.office, "parts": [label]})
    except NodeRefusedError as refused:
        stage.timeline.refused("provider", f"handing {label} over once more is refused", str(refused.refusal["code"]))
        return
    raise RuntimeError("a part of an order was handed over twice")
