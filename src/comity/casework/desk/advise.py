"""Advise: what the law says to an officer of this node: ways to go, one act, a case's clocks, a new version of the law.

Nothing here changes anything. A draft, an act and a case are read under the right to read cases; the law itself is open to
every officer of the node.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from msgspec import Struct

from comity.acts.payload import Payload, read_payload
from comity.cases.state import Phase
from comity.casework.bench.histories import history_under
from comity.casework.bench.legality import circumstances, forbidden
from comity.casework.bench.places import calendars_of
from comity.casework.bench.reading import view_of
from comity.casework.bench.reading_rights import readable
from comity.casework.bench.readings import act_on_record, keep_readings, read_on_record
from comity.casework.bench.retention_standing import retention_clocks, standing
from comity.casework.bench.views import CaseView
from comity.casework.bench.workbench import Workbench
from comity.casework.desk.drafts import draft_right, stored_draft
from comity.casework.desk.law_versions import IN_FORCE, PACKAGED, law_named, law_of_its_day
from comity.casework.ports.access import Action, OfficerRef, no_office
from comity.casework.ports.journal import Read
from comity.law.changes import ClockChange, LawChanges, OpinionChange, clock_changes, law_changes, opinion_changes
from comity.law.corpus import Law
from comity.law.docket import Docket, docket
from comity.law.explain import Explanation, explain
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
    """The command: which two versions of the law. Each is `node` (in force here), `packaged`, or one that is kept here.

    A kept one is named by the beginning of its digest. `files`, by name, are laid over a `new` one that is `packaged`, and over no other.
    """

    files: dict[str, str] = {}
    old: str = IN_FORCE
    new: str = PACKAGED


class ActOpinion(Opinion, frozen=True):
    """An act's opinion by the law its issuer judged it by, and what the law in force today tells otherwise about it.

    Where that law is not here it is asked of the law in force, and `not_kept` says why. `clocks` are those that the act
    started, as they stand now. `in_force` is the version that is asked today.
    """

    not_kept: str = ""
    in_force: str = ""
    today: tuple[OpinionChange, ...] = ()
    clocks: tuple[ClockChange, ...] = ()


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


def opinion_on_act(bench: Workbench, officer: OfficerRef, act: ActId) -> ActOpinion | Refusal:
    """Everything the law says about a filed act, by the law of its day, and what today's tells otherwise. Raises NOT_FOUND.

    1. The version that its issuer judged it by, of the instant it was filed here; that in force where it is not here.
    2. The version in force, of now. 3. The clocks that it started, by both.
    """
    read = act_on_record(bench, officer, act)
    if isinstance(read, Refusal):
        return read
    directory, filed_at, now = bench.directory(), read.stored.filed_at, bench.clock.now()
    payload, seals = read.opened.payload, verify_seals(read.opened, directory, at=filed_at)
    approvals = verify_approvals(read.opened, directory)
    # 1.
    kept = law_of_its_day(bench, payload.law)
    law = bench.law if isinstance(kept, Refusal) else kept
    found = _opinion(replace(bench, law=law), payload, approvals, filed_at, seals)
    # 2.
    today = _opinion(bench, payload, approvals, filed_at, seals, asked_at=now)
    # 3.
    moved = _clock_changes(bench, view_of(bench, payload.case), law, bench.law, now)
    return ActOpinion(
        **msgspec.structs.asdict(found),
        not_kept=kept.what if isinstance(kept, Refusal) else "",
        in_force=bench.law.version,
        today=tuple(opinion_changes(found, today)),
        clocks=tuple(change for change in moved if change.started_by == act),
    )


def case_docket(
    bench: Workbench, officer: OfficerRef, case: CaseId, at: datetime | None = None, law: str = IN_FORCE
) -> Docket | Refusal:
    """The case's clocks as of an instant (now without one), each counted where its acting side works. Raises NOT_FOUND.

    `law` is the version to ask, as `comity.casework.desk.law_versions.law_named` takes it.
    """
    asked, view = law_named(bench, law), view_of(bench, case)
    refusal = read_on_record(bench, officer, view.state, Read.CASE)
    if refusal is not None:
        return refusal
    places = calendars_of(bench.directory(), bench.me, view.state)
    now = bench.clock.now()
    # What is kept until when follows from the acts there are now: an older question has no answer to that.
    beside = retention_clocks(asked, standing(bench, view, at or now), at or now) if at is None or at >= now else ()
    history = history_under(bench, view, asked)
    return docket(asked, case, history, at=at or now, calendars=places, beside=tuple(beside))


def changes_by(bench: Workbench, officer: OfficerRef, command: CompareLaw) -> LawChanges | Refusal:
    """What one version of the law changes against another: rule by rule, and clock by clock in every open case one may read.

    Raises `BrokenInputError` with every fault of the files, each with its line; NOT_FOUND for a version that is not kept.
    """
    refusal = no_office(officer)
    if refusal is None and command.files and command.new != PACKAGED:
        what = f"files are laid over the packaged law, not over {command.new}"
        refusal = Refusal("files-unused", what, do=f"name {PACKAGED} as the new version, or give no files")
    if refusal is not None:
        return refusal
    old, now = law_named(bench, command.old), bench.clock.now()
    files = {name: text.encode() for name, text in command.files.items()}
    new = packaged_law(files) if command.new == PACKAGED else law_named(bench, command.new)
    moved: list[ClockChange] = []
    for row in bench.records.cases.cases():
        found = readable(bench, officer, row) if row.phase is Phase.OPEN else None
        if found is not None:
            moved += _clock_changes(bench, found[0], old, new, now)
    return law_changes(old, new, moved)


def _clock_changes(bench: Workbench, view: CaseView, old: Law, new: Law, at: datetime) -> Iterator[ClockChange]:
    """The case's clocks that run otherwise by the new law, with the history that both look at."""
    places, history = calendars_of(bench.directory(), bench.me, view.state), history_under(bench, view, old, new)
    return clock_changes(old, new, view.state.case, history, at=at, calendars=places)


def _opinion(
    bench: Workbench,
    payload: Payload,
    approvals: Sequence[ApprovalFinding] | None,
    at: datetime,
    seals: Sequence[SealFinding] = (),
    *,
    asked_at: datetime | None = None,
) -> Opinion:
    """The opinion by the bench's law: of what was known at the instant, as of then or as of when it is asked."""
    around: Circumstances | None = circumstances(bench, payload, approvals, at, seals=seals)
    if around is None:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "the act rests on no legal instrument, or answers an act that is not here",
            found=payload.act.type.value,
        )
    beside = {side: forbidden(bench, payload, side, at) for side in Side}
    return opinion(bench.law, payload, msgspec.structs.replace(around, at=asked_at or at), beside=beside)
