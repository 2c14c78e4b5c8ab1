"""Advise: what the law says to an officer of this node: ways to go, one act, a case's clocks, a new version of the law.

Nothing here changes anything. A draft, an act and a case are read under the right to read cases; the law itself is open to
every officer of the node.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from comity.acts.payload import Payload, read_payload
from comity.cases.state import Phase
from comity.casework.access import Action, OfficerRef, no_office
from comity.casework.drafts import draft_right, stored_draft
from comity.casework.journal_ports import Read
from comity.casework.legality import circumstances, forbidden, observer
from comity.casework.places import calendars_of
from comity.casework.reading import filed_acts, view_of
from comity.casework.reading_rights import readable
from comity.casework.readings import act_on_record, keep_readings, read_on_record
from comity.casework.retention_standing import retention_clocks, standing
from comity.casework.views import CaseView
from comity.casework.workbench import Workbench
from comity.law.changes import ClockChange, LawChanges, clock_changes, law_changes
from comity.law.corpus import Law
from comity.law.docket import Docket, docket
from comity.law.explain import Explanation, explain
from comity.law.history import PastAct
from comity.law.opinions import Circumstances, Opinion, opinion
from comity.law.packaged import packaged_law
from comity.law.questions import Question
from comity.law.routes import Routes, routes
from comity.law.terms import Side
from comity.trust.approvals import ApprovalFinding, verify_approvals
from comity.trust.jws import SealFinding
from comity.trust.seals import verify_seals
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId


class CompareLaw(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: instrument files by name, laid over the packaged law as the version to be looked at."""

    files: dict[str, str]


def ways(bench: Workbench, question: Question) -> Routes:
    """Every route the law of this node knows for the question."""
    return routes(bench.law, question)


def explanation(bench: Workbench, instrument: str, asked: str, at: datetime | None = None) -> Explanation:
    """A measure or an article of the law of this node, rule by rule, as of an instant or now. Raises NOT_FOUND."""
    found = explain(bench.law, instrument, asked, at=at or bench.clock.now())
    if found is None:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "there is no such instrument",
            found=instrument,
            expected=", ".join(sorted(bench.law.instruments)),
        )
    return found


def opinion_on_draft(bench: Workbench, officer: OfficerRef, draft: ActId) -> Opinion | Refusal:
    """Everything the law says about a draft kept here, as it would be sent now by this node. Raises NOT_FOUND."""
    stored, data = stored_draft(bench, draft)
    payload = read_payload(data)
    office = draft_right(bench, officer, Action.READ_DRAFT, stored, payload)
    if isinstance(office, Refusal):
        return office
    keep_readings(bench, officer, Read.DRAFT, [(office, stored.case)], draft)
    return _opinion(bench, payload, None, bench.clock.now())


def opinion_on_act(bench: Workbench, officer: OfficerRef, act: ActId) -> Opinion | Refusal:
    """Everything the law says about a filed act, by the law of the instant it was filed here. Raises NOT_FOUND."""
    read = act_on_record(bench, officer, act)
    if isinstance(read, Refusal):
        return read
    directory, at = bench.directory(), read.stored.filed_at
    seals = verify_seals(read.opened, directory, at=at)
    return _opinion(bench, read.opened.payload, verify_approvals(read.opened, directory), at, seals)


def case_docket(bench: Workbench, officer: OfficerRef, case: CaseId, at: datetime | None = None) -> Docket | Refusal:
    """The case's clocks as of an instant (now without one), each counted where its acting side works. Raises NOT_FOUND."""
    view = view_of(bench, case)
    refusal = read_on_record(bench, officer, view.state, Read.CASE)
    if refusal is not None:
        return refusal
    places = calendars_of(bench.directory(), bench.me, view.state)
    now = bench.clock.now()
    # What is kept until when follows from the acts there are now: an older question has no answer to that.
    beside = retention_clocks(bench.law, standing(bench, view, at or now), at or now) if at is None or at >= now else ()
    return docket(bench.law, case, view.history, at=at or now, calendars=places, beside=tuple(beside))


def changes_by(bench: Workbench, officer: OfficerRef, command: CompareLaw) -> LawChanges | Refusal:
    """What another version of the law would change: rule by rule, and clock by clock in every open case the officer may read.

    Raises `BrokenInputError` with every fault of the files, each with its line.
    """
    refusal = no_office(officer)
    if refusal is not None:
        return refusal
    new, now = packaged_law({name: text.encode() for name, text in command.files.items()}), bench.clock.now()
    moved: list[ClockChange] = []
    for row in bench.records.cases.cases():
        found = readable(bench, officer, row) if row.phase is Phase.OPEN else None
        if found is not None:
            view, _ = found
            places = calendars_of(bench.directory(), bench.me, view.state)
            history = _history(bench, view, new)
            moved += clock_changes(bench.law, new, row.case, history, at=now, calendars=places)
    return law_changes(bench.law, new, moved)


def _history(bench: Workbench, view: CaseView, new: Law) -> Sequence[PastAct]:
    """The case's history with what the clocks of both versions look at: read from the acts where more is looked at."""
    if not any(_looks_further(bench.law, new, past) for past in view.history):
        return view.history
    observe = observer(new, bench.me)
    seen: Mapping[ActId, PastAct] = {filed.id: observe(filed) for filed in filed_acts(bench, view.state.case)}
    return [
        msgspec.structs.replace(past, facts={**past.facts, **seen[past.act].facts}) if past.act in seen else past
        for past in view.history
    ]


def _looks_further(old: Law, new: Law, past: PastAct) -> bool:
    before, after = old.instruments.get(past.instrument), new.instruments.get(past.instrument)
    if after is None:
        return False
    kept = set(before.kept.get(past.type, ())) if before else set()
    return not set(after.kept.get(past.type, ())) <= kept


def _opinion(
    bench: Workbench,
    payload: Payload,
    approvals: Sequence[ApprovalFinding] | None,
    at: datetime,
    seals: Sequence[SealFinding] = (),
) -> Opinion:
    around: Circumstances | None = circumstances(bench, payload, approvals, at, seals=seals)
    if around is None:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "the act rests on no legal instrument, or answers an act that is not here",
            found=payload.act.type.value,
        )
    return opinion(bench.law, payload, around, beside={side: forbidden(bench, payload, side, at) for side in Side})
