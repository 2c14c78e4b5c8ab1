"""The case, step by step, over HTTP: from an urgent hold to a dossier a court can verify, and its disposal.

Each step is a function of the stage, so that the kill tests can stop between any two. A step finds what it needs in the
cases themselves, not in variables of the one before: after a crash of everything the play goes on.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

import msgspec

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.matters import Condition, Contact, DataSought, Offence, PartDecision, ScopePart
from comity.bootstrap.rehearsing import UnsafeRehearsal
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.federation import Federation
from comity.entrypoints.demo.officers import NodeRefusedError, Officer
from comity.entrypoints.demo.sample_evidence import NEEDLE_ACCOUNT
from comity.entrypoints.demo.sample_papers import PAPERS
from comity.entrypoints.demo.timeline import Timeline, due_words
from comity.entrypoints.intake_words import progress_words
from comity.evidence.dossier.words import count, size_words
from comity.evidence.items.exhibits import PacedProgress
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind

BUDAPEST = "CETS185"

FACTS = "Invoices of a building firm were redirected to a new account; the suspect's mailbox received the copies."
"""Planted words: the disposal must leave none of them anywhere."""

Json = dict[str, object]

_PROGRESS = 3.0
"""Seconds between two lines of progress."""


@dataclass
class Stage:
    """The federation, the case under way, and where things are told."""

    federation: Federation
    timeline: Timeline
    evidence: Path
    out: Path
    patience: float = 300.0
    case: CaseId = ""
    emergencies: dict[str, CaseId] = field(default_factory=dict)
    between: Callable[[str], None] = field(default=lambda _name: None)

    def officer(self, name: str) -> Officer:
        """An officer at work."""
        return self.federation.officer(name)

    def acts(self, node: AuthorityId, kind: ActType, case: CaseId = "") -> list[Json]:
        """The case's acts of that kind at a node, oldest first; none while the case is not there.

        Raises while the node does not answer: nothing is done a second time because it could not be asked.
        """
        try:
            file = self.reader(node).client.get(f"/api/cases/{case or self.case}")
        except NodeRefusedError as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
            return []
        return [line for line in _list(file, "timeline") if line["type"] == kind]

    def seen(self, node: AuthorityId, kind: ActType, case: CaseId = "") -> list[Json]:
        """The same, for waiting: none while the node does not answer."""
        try:
            return self.acts(node, kind, case)
        except (NodeRefusedError, OSError, HTTPException):
            return []

    def reader(self, node: AuthorityId) -> Officer:
        """Somebody there who may read cases."""
        names = {PT: "pt.marques", DE: "de.weber", PROVIDER: "provider.lee", "oversight": "oversight.noor"}
        return self.officer(names[node])

    def await_act(self, node: AuthorityId, kind: ActType, case: CaseId = "", count: int = 1) -> ActId:
        """The newest act of that kind at the node, waited for."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            found = self.seen(node, kind, case)
            if len(found) >= count:
                return str(found[-1]["act"])
            time.sleep(0.1)
        raise TimeoutError(f"no {kind} reached {node} in {self.patience:.0f} seconds")

    def approved(self, drafter: str, approver: str, words: Callable[[Officer], Json]) -> Json:
        """A draft by one officer, approved by another."""
        draft = words(self.officer(drafter))
        done = self.officer(approver).approve(str(draft["draft"]))
        self.case = self.case or str(draft["case"])
        return {**draft, **done}


def draft_and_approve(stage: Stage) -> None:
    """Steps 1 and 2."""
    line = stage.timeline
    if stage.case and stage.acts(PT, ActType.PRESERVATION_REQUESTED):
        return
    line.step(1, "Draft", "an expedited preservation request, Budapest Convention Article 29")
    silva = stage.officer("pt.silva")
    try:
        silva.draft(BUDAPEST, b.PreservationRequested(measure="expedited-preservation"), to=[DE])
    except NodeRefusedError as refused:
        gaps = refused.refusal.get("gaps", [])
        line.refused("pt contact point", f"a draft that says nothing is refused with {len(_items(gaps))} gaps at once")
        for gap in _items(gaps):
            line.note(f"{gap['citation']:<44} {gap['message']}")
    draft = silva.draft(BUDAPEST, preservation(), to=[DE])
    stage.case = str(draft["case"])
    line.happened(
        "pt contact point", "the complete draft is kept", f"case {stage.case[:12]}, draft {str(draft['draft'])[:12]}"
    )
    line.step(2, "Approve", "a second officer signs the exact bytes; then the node seals")
    try:
        silva.approve(str(draft["draft"]))
    except NodeRefusedError as refused:
        line.refused("pt.silva", "approving one's own draft is refused", str(refused.refusal.get("code")))
    done = stage.officer("pt.costa").approve(str(draft["draft"]))
    how = "UNSAFE software authenticator, and shown as such" if done["software"] else "passkey"
    line.happened("pt.costa", "approved by WebAuthn assertion and sealed", f"{how}; ledger entry {done['index']}")


def send(stage: Stage) -> None:
    """Step 3."""
    line = stage.timeline
    line.step(3, "Send", "encrypted to de, verified there, receipted with an inclusion proof")
    stage.await_act(DE, ActType.PRESERVATION_REQUESTED)
    _await_delivery(stage, PT, ActType.PRESERVATION_REQUESTED, DE)
    line.happened("de", "verified sender, seal, approval and law; filed", "receipt with inclusion proof kept at pt")


def hold(stage: Stage) -> None:
    """Step 4."""
    line = stage.timeline
    line.step(4, "Hold", "de orders the provider to preserve (Article 16); every item is committed, encrypted, sealed")
    request = stage.await_act(DE, ActType.PRESERVATION_REQUESTED)
    if not stage.acts(DE, ActType.PRESERVATION_ORDERED):
        stage.approved("de.weber", "de.brandt", lambda officer: _order_preservation(stage, officer, request))
    order = stage.await_act(PROVIDER, ActType.PRESERVATION_ORDERED)
    line.happened("de contact point", "ordered the provider to preserve for 90 days")
    if not stage.acts(PROVIDER, ActType.HOLD_CONFIRMED):
        _take_in(stage, order)
    confirmed = stage.await_act(DE, ActType.HOLD_CONFIRMED)
    if not stage.acts(DE, ActType.PRESERVATION_CONFIRMED):
        _confirm(stage, request, confirmed)
    stage.await_act(PT, ActType.PRESERVATION_CONFIRMED)
    line.happened("de contact point", "confirmed the hold to pt, with the provider's own act enclosed")
    show_clocks(stage, PT, ("bc29.min",))
    show_clocks(stage, PROVIDER, ("bc16.max",))


def request_disclosure(stage: Stage) -> None:
    """Step 5."""
    line = stage.timeline
    line.step(5, "Request", "disclosure of less than was held (Article 31); a judge grants a part and refuses a part")
    held = stage.await_act(PT, ActType.PRESERVATION_CONFIRMED)
    if not stage.acts(PT, ActType.DISCLOSURE_REQUESTED):
        stage.approved("pt.marques", "pt.lopes", lambda officer: _ask(stage, officer, held))
    request = stage.await_act(DE, ActType.DISCLOSURE_REQUESTED)
    line.happened(
        "pt prosecutor", f"asked for {len(_scope(stage))} parts", "; ".join(part.label for part in _scope(stage))
    )
    if not stage.acts(DE, ActType.DISCLOSURE_DECIDED):
        stage.approved("de.vogel", "de.richter", lambda officer: _decide(stage, officer, request))
    stage.await_act(PT, ActType.DISCLOSURE_DECIDED)
    line.happened(
        "de judge", "granted a part and refused a part", "ground: essential-interests; condition: account-of-use"
    )


def disclose(stage: Stage) -> None:
    """Step 6."""
    line = stage.timeline
    line.step(
        6, "Disclose", "provider to de, de to pt: only items in scope, each proving itself against the hold's root"
    )
    order = order_disclosure(stage)
    if not stage.acts(PROVIDER, ActType.EXHIBIT_HANDED_OVER):
        lee = stage.officer("provider.lee")
        given = lee.client.post("/api/releases", {"order": order, "office": lee.office})
        line.happened(
            "provider",
            f"handed over {count(int(str(given['items'])), 'item')}",
            f"{given['withheld']} withheld: counted, never named",
        )
    stage.await_act(PROVIDER, ActType.EXHIBIT_RECEIVED)
    line.happened("de", "took the exhibit over, unopened", "same hashes in both acts")
    if len(stage.acts(DE, ActType.EXHIBIT_HANDED_OVER)) < 2:  # noqa: PLR2004 - the received one, and our own
        pass_on(stage, next(iter(_received(stage))))
    stage.await_act(DE, ActType.EXHIBIT_RECEIVED, count=2)
    line.happened("pt", "took it over and checked every item inside")
    tell_quarantine(stage)


def order_disclosure(stage: Stage) -> ActId:
    """Have de order the provider to disclose what was granted, unless it did; the order as the provider has it."""
    decision = stage.await_act(DE, ActType.DISCLOSURE_DECIDED)
    confirmed = stage.await_act(DE, ActType.HOLD_CONFIRMED)
    if not stage.acts(DE, ActType.DISCLOSURE_ORDERED):
        stage.approved("de.weber", "de.richter", lambda officer: _order_disclosure(stage, officer, confirmed, decision))
    return stage.await_act(PROVIDER, ActType.DISCLOSURE_ORDERED)


def granted_labels(stage: Stage) -> tuple[str, ...]:
    """The parts that the judge granted, in their order."""
    return tuple(part.label for part in _scope(stage) if part.label != _refused_label(stage))


def tell_quarantine(stage: Stage) -> None:
    """What pt put aside, and the transfer that broke off."""
    line = stage.timeline
    if UnsafeRehearsal(stage.federation.endpoints[PROVIDER].folder).faults().break_off_after == 0:
        line.note("on the way one transfer was made to break off after 3 MiB; it went on from that byte")
    for act in stage.acts(PT, ActType.ITEMS_QUARANTINED):
        body = body_of(stage, PT, str(act["act"]))
        line.refused(
            "pt",
            f"{count(int(str(body['items'])), 'item')} quarantined under a key of their own",
            f"code {body['code']}; not shown",
        )


def _received(stage: Stage) -> list[str]:
    """The exhibits that de took over."""
    file = stage.officer("de.weber").client.get(f"/api/cases/{stage.case}")
    exhibits = _mapping(_mapping(file["state"])["exhibits"])
    return [name for name, exhibit in exhibits.items() if _mapping(exhibit)["received_by"]]


def pass_on(stage: Stage, exhibit: str) -> None:
    """Have de hand an exhibit on to pt, whose request it answers."""
    weber = stage.officer("de.weber")
    request = stage.await_act(DE, ActType.DISCLOSURE_REQUESTED)
    weber.client.post("/api/passings", {"exhibit": exhibit, "request": request, "office": weber.office})
    stage.timeline.happened("de", "passed the exhibit on to pt", "the key wrapped for pt alone, the chain enclosed")


def _held(far: Json) -> str:
    return f"{count(int(str(far['items'])), 'item')}, {size_words(int(str(far['size'])))}"


def _take_in(stage: Stage, order: ActId) -> None:
    lee = stage.officer("provider.lee")
    stage.timeline.note(f"taking in {stage.evidence} ...")
    began = time.monotonic()
    words = {"order": order, "source": str(stage.evidence), "office": lee.office}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lee.client.post, "/api/holds", words)
        while not wait([waiting], timeout=_PROGRESS).done:
            progress = lee.client.get(f"/api/intakes/{order}")
            stage.timeline.note(f"... {progress_words(msgspec.convert(progress, PacedProgress))}")
        taken = waiting.result()
    intake = _mapping(taken["intake"])
    rate = int(str(intake["size"])) / max(time.monotonic() - began, 0.001) / 1e6
    stage.timeline.happened(
        "provider",
        f"holds {_held(intake)} in {count(int(str(intake['segments'])), 'segment')}",
        f"root {str(intake['root'])[:16]}; {rate:.0f} MB/s",
    )


def _confirm(stage: Stage, request: ActId, confirmed: ActId) -> None:
    held = body_of(stage, DE, confirmed)
    effected = datetime.fromisoformat(str(held["effected_at"]))
    body = b.PreservationConfirmed(
        exhibit=str(held["exhibit"]),
        root=str(held["root"]),
        items=int(str(held["items"])),
        size=int(str(held["size"])),
        effected_at=effected,
        at_least_until=effected + timedelta(days=60),
        encloses=(confirmed,),
    )
    weber = stage.officer("de.weber")
    weber.file(BUDAPEST, body, case=stage.case, to=[PT], re=[request, confirmed], enclosing=[confirmed])


def show_clocks(stage: Stage, node: AuthorityId, names: tuple[str, ...], case: CaseId = "") -> None:
    """Shows where the newest of each of these clocks of the case stands at the node, and how it was counted."""
    file = stage.reader(node).client.get(f"/api/cases/{case or stage.case}")
    newest = {str(clock["id"]): clock for clock in _list(file, "clocks") if str(clock["id"]) in names}
    for clock in newest.values():
        due = datetime.fromisoformat(str(clock["due"])) if clock["due"] else None
        sure = "" if clock["verified"] else " (not every rule of this count was read in its text: unverified)"
        words = f"at {node}: {clock['citation']}, {clock['text']}: {clock['state']} until {due_words(due)}{sure}"
        stage.timeline.clock(words, tuple(str(each) for each in _plain_list(clock["trace"])))


def _await_delivery(stage: Stage, node: AuthorityId, kind: ActType, peer: AuthorityId) -> None:
    deadline = time.monotonic() + stage.patience
    while time.monotonic() < deadline:
        lines = stage.seen(node, kind)
        if lines and _mapping(lines[-1]["delivery"]).get(peer) == "delivered":
            return
        time.sleep(0.1)
    raise TimeoutError(f"{peer} sent no receipt for {kind}")


def _contact(officer: Officer) -> Contact:
    return Contact("Demo authority", officer.office, officer.name, phone="351210000001", email="desk@pt.example")


def _offence() -> Offence:
    return Offence("computer-related-fraud", "Penal code (demo) section 221", max_penalty_years=5)


def _sought() -> DataSought:
    return DataSought(
        targets=(Target(TargetKind.EMAIL, NEEDLE_ACCOUNT),),
        categories=(DataCategory.CONTENT, DataCategory.TRAFFIC),
        period=Period(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)),
    )


def preservation() -> b.PreservationRequested:
    """The request of step 1, complete."""
    return b.PreservationRequested(
        measure="expedited-preservation",
        requesting=Contact("Ministerio Publico (demo)", "contact-point", "pt.silva", phone="351210000001"),
        offence=_offence(),
        facts=FACTS,
        data=_sought(),
        link_to_offence="The mailbox was the destination of the redirected invoices.",
        custodian=PROVIDER,
        necessity="The provider deletes access logs after seven days.",
        intends_mutual_assistance=True,
    )


def _order_preservation(stage: Stage, officer: Officer, request: ActId) -> Json:
    body = b.PreservationOrdered("custodian-preservation", _sought(), 90, "The logs are overwritten after seven days.")
    return officer.draft(BUDAPEST, body, case=stage.case, to=[PROVIDER], re=[request])


def _scope(stage: Stage) -> tuple[ScopePart, ...]:
    """What is asked: mails of October, the access log of three weeks, archive and papers; less than was held."""
    if (stage.evidence / "mailbox.mbox").exists():
        october = Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
        weeks = Period(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
        return (
            ScopePart("mails of October", (DataCategory.CONTENT,), october),
            ScopePart("access log, three weeks", (DataCategory.TRAFFIC,), weeks),
            ScopePart("attachments", (DataCategory.CONTENT,), None, ("attachments.bin", PAPERS)),
        )
    names = sorted(path.name for path in stage.evidence.iterdir())
    half = tuple(names[: max(1, len(names) // 2)])
    every = tuple(DataCategory)
    return (
        ScopePart("first half of the folder", every, None, half),
        ScopePart("the last entry", every, None, (names[-1],)),
    )


def slipped_in(stage: Stage) -> tuple[str, ...]:
    """Items that the provider's node is made to hand over although no order covers them."""
    if (stage.evidence / "mailbox.mbox").exists():
        return ("access.log/2026-10-02/",)
    names = sorted(path.name for path in stage.evidence.iterdir())
    return (names[-2],) if len(names) > 1 else ()


def misdated(stage: Stage) -> tuple[str, ...]:
    """Items whose descriptors are made to lie about their time, so that they seem to be in scope."""
    return ("mailbox.mbox/000001", "mailbox.mbox/000002") if (stage.evidence / "mailbox.mbox").exists() else ()


def _refused_label(stage: Stage) -> str:
    parts = _scope(stage)
    return parts[1].label


def _ask(stage: Stage, officer: Officer, held: ActId) -> Json:
    body = b.DisclosureRequested(
        measure="stored-data-assistance",
        hold=held,
        requesting=_contact(officer),
        offence=_offence(),
        facts=FACTS,
        scope=_scope(stage),
        necessity="The mails show who ordered the transfers; nothing less does.",
        purpose="same-investigation",
    )
    return officer.draft(BUDAPEST, body, case=stage.case, to=[DE], re=[held])


def _decide(stage: Stage, officer: Officer, request: ActId) -> Json:
    refused = _refused_label(stage)
    parts = tuple(
        PartDecision(
            part.label, granted=False, ground="essential-interests", reasons="Affects a pending domestic case."
        )
        if part.label == refused
        else PartDecision(part.label, granted=True)
        for part in _scope(stage)
    )
    body = b.DisclosureDecided(parts, (Condition("account-of-use"),))
    return officer.draft(BUDAPEST, body, case=stage.case, to=[PT], re=[request])


def _order_disclosure(stage: Stage, officer: Officer, confirmed: ActId, decision: ActId) -> Json:
    refused = _refused_label(stage)
    body = b.DisclosureOrdered(
        measure="production-order",
        hold=confirmed,
        scope=tuple(part for part in _scope(stage) if part.label != refused),
        refused=tuple(part for part in _scope(stage) if part.label == refused),
    )
    return officer.draft(BUDAPEST, body, case=stage.case, to=[PROVIDER], re=[decision])


def body_of(stage: Stage, node: AuthorityId, act: ActId) -> Json:
    """The body of an act as a node has it."""
    found = stage.reader(node).client.get(f"/api/acts/{act}")
    return _mapping(_mapping(found["payload"])["body"])


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _plain_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _list(value: Json, name: str) -> list[Json]:
    return [_mapping(each) for each in _plain_list(value.get(name))]


def _items(value: object) -> list[Json]:
    return [_mapping(each) for each in _plain_list(value)]
