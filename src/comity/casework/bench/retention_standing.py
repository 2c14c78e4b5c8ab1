"""How long a case is kept, as of now: what the law, the office's own files and the acts of the case say, put together.

Three questions are answered from one list of limits: whether the case may be disposed of yet, whether it is kept too long,
and when somebody has to look. An extension takes the place of every latest date, a review made with the date of the next
one that of every review by law. A clock counts where it binds this node: what a custodian must keep for sixty days is no
duty of whoever asked for it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.cases.contradictions import kept_longer
from comity.cases.duties import unanswered_since
from comity.cases.state import CaseState, Direction, Phase, Retention
from comity.casework.bench.histories import history_under
from comity.casework.bench.places import calendars_of
from comity.casework.bench.views import CaseView
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.alarms import AlarmCode
from comity.casework.ports.case import Attention
from comity.law.answers import Citation
from comity.law.clock_run import ClockStatus
from comity.law.clocks import ClockState, clocks
from comity.law.corpus import Law
from comity.law.retention import Life, Limit, Origin, limits
from comity.law.retention_rows import RetentionKind
from comity.law.terms import ClockKind, Side
from comity.vocabulary.errors import Gap, Refusal
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.instants import rfc3339

_KINDS = {
    RetentionKind.AT_LEAST: ClockKind.MIN,
    RetentionKind.AT_MOST: ClockKind.MAX,
    RetentionKind.REVIEW: ClockKind.REVIEW,
}


class Keeping(Struct, frozen=True):
    """Every limit on how long a case is kept, and the three dates that follow; None where nothing says one.

    `held` says that something keeps the case for as long as a clock is held, without a date.
    """

    limits: tuple[Limit, ...]
    earliest: datetime | None
    held: bool
    latest: datetime | None
    review: datetime | None


def keeping(law: Law, me: AuthorityId, state: CaseState, found: Sequence[ClockState], at: datetime) -> Keeping:
    """The limits as of an instant; `found` are the case's clocks as of the same instant. A disposed case has none."""
    if state.phase is Phase.DISPOSED or not state.steps:
        return Keeping((), None, held=False, latest=None, review=None)
    bound = [each for each in found if binds(me, state, each)]
    stated = (*limits(law, _life(state), bound, at), *_of_the_case(state.retention))
    every = tuple(_moved(limit, state.retention) for limit in stated)
    least = [each.due for each in every if each.kind is RetentionKind.AT_LEAST]
    return Keeping(
        limits=every,
        earliest=max((due for due in least if due is not None), default=None),
        held=None in least,
        latest=_first(every, RetentionKind.AT_MOST),
        review=_first(every, RetentionKind.REVIEW),
    )


def standing(bench: Workbench, view: CaseView, at: datetime) -> Keeping:
    """The limits on how long this node keeps the case, as of an instant."""
    places, history = calendars_of(bench.directory(), bench.me, view.state), history_under(bench, view, bench.law)
    return keeping(bench.law, bench.me, view.state, clocks(bench.law, history, at=at, calendars=places), at)


def too_early(state: CaseState, kept: Keeping, at: datetime) -> Refusal | None:
    """None when the case may be disposed of at that instant; else every rule that keeps it, with its date and citation."""
    own = kept_longer(state, at)
    gaps = tuple(
        Gap(each.rule, "at", f"{each.text}: {_until(each)}", each.citation.in_words(), each.citation.verified)
        for each in kept.limits
        if each.kind is RetentionKind.AT_LEAST and (each.due is None or each.due > at)
    )
    if not gaps:
        return own
    what = f"the case is kept longer: {'; '.join(f'{gap.citation}, {gap.message}' for gap in gaps)}"
    return Refusal("too-early", what, gaps, do="wait for the date; a hold ends by the act that its rule names")


def attention(
    law: Law, me: AuthorityId, state: CaseState, found: Sequence[ClockState], at: datetime
) -> Attention | None:
    """When the case becomes a matter for people, and why: kept beyond its latest date, to be looked at, or unanswered.

    `found` are its clocks as of its latest act, at that instant.
    """
    kept = keeping(law, me, state, found, at)
    dates = (
        (kept.latest, AlarmCode.RETENTION_OVER),
        (kept.review, AlarmCode.RETENTION_REVIEW_DUE),
        (unanswered_since(state), AlarmCode.COPIES_UNANSWERED),
    )
    found_due = [Attention(due, code) for due, code in dates if due is not None]
    return min(found_due, key=lambda each: each.at, default=None)


def retention_clocks(law: Law, kept: Keeping, at: datetime) -> Iterator[ClockState]:
    """The limits that no clock of the law shows already, as clocks: an office's own rules, and reviews without a number."""
    for limit in kept.limits:
        if limit.origin is Origin.LAW and limit.kind is not RetentionKind.REVIEW:
            continue
        over = limit.due is not None and limit.due <= at
        lapsed = ClockStatus.PASSED if limit.kind is RetentionKind.AT_LEAST else ClockStatus.LAPSED
        yield ClockState(
            id=limit.rule,
            instrument=limit.origin.value,
            measure=None,
            citation=limit.citation,
            kind=_KINDS[limit.kind] if limit.due else ClockKind.QUALITATIVE,
            text=limit.text,
            started_by=limit.act or None,
            started_at=None,
            target_due=limit.due,
            legal_due=limit.due,
            state=lapsed if over else ClockStatus.RUNNING,
            settled_at=None,
            then="",
            consequence="",
            consequence_text="",
            who=limit.origin.value,
            who_text="this office",
            acting=Side.RECEIVING,
            only_if="",
            trace=(f"{limit.kind.value}: {_until(limit)}",),
            verified=limit.citation.verified,
            law=law.version,
        )


def _until(limit: Limit) -> str:
    if limit.due is not None:
        return rfc3339(limit.due)
    return "no number is stated" if limit.kind is RetentionKind.REVIEW else "as long as it is held"


def binds(me: AuthorityId, state: CaseState, clock: ClockState) -> bool:
    """Whether the clock binds the side that this node is on in the matter of the act that started it."""
    matter = state.matter_of(clock.started_by or "")
    opening = next((step for step in state.steps if step.act == matter), None)
    if opening is None:
        return False
    return clock.acting is (Side.SENDING if opening.issuer == me else Side.RECEIVING)


def _life(state: CaseState) -> Life:
    closed = [step.filed_at for step in state.steps if step.type is ActType.CASE_CLOSED]
    return Life(
        measures=frozenset((matter.instrument, matter.measure) for matter in state.matters.values()),
        opened_at=min(step.filed_at for step in state.steps if step.direction is not Direction.ENCLOSED),
        closed_at=max(closed, default=None),
        reviewed_at=state.retention.reviewed_at if state.retention else None,
    )


def _of_the_case(kept: Retention | None) -> Iterator[Limit]:
    """What the acts of the case set, under the rule that they name."""
    if kept is None or not kept.set_by:
        return
    # What an officer cited was read by nobody here.
    cited = Citation(Origin.CASE.value, "the office's own rule", kept.citation, kept.set_by, verified=False)
    dates = (
        (RetentionKind.AT_LEAST, kept.at_least, "the office keeps this case at least until then"),
        (RetentionKind.AT_MOST, kept.at_most, "the office keeps this case until then at most"),
        (RetentionKind.REVIEW, kept.next_review, "the office looks at this case again by then"),
    )
    for kind, due, text in dates:
        if due is not None:
            yield Limit(kept.rule, kind, Origin.CASE, text, cited, due, kept.set_by)


def _moved(limit: Limit, kept: Retention | None) -> Limit:
    """The limit with the date that an extension or a review gave it."""
    if kept is None:
        return limit
    if limit.kind is RetentionKind.AT_MOST and kept.extended_to is not None:
        return replace(limit, due=max(limit.due or kept.extended_to, kept.extended_to), act=kept.extended_by)
    if limit.kind is RetentionKind.REVIEW and limit.origin is Origin.LAW and kept.next_review is not None:
        return replace(limit, due=kept.next_review)
    return limit


def _first(every: Sequence[Limit], kind: RetentionKind) -> datetime | None:
    return min((each.due for each in every if each.kind is kind and each.due is not None), default=None)
