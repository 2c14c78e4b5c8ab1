"""Duties done: what a node owes without being asked, found in the state and done one by one (`comity.cases.duties`)."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from comity.cases.duties import (
    DESTROYING,
    AnswerReview,
    AskAgain,
    ClearQuarantine,
    ConcludeReview,
    Destroy,
    Duty,
    TakeOver,
    Withdraw,
    ask_again_at,
    duties,
)
from comity.cases.state import CaseState
from comity.casework.bench.legality import case_clocks, lapsed_orders
from comity.casework.bench.reading import view_of
from comity.casework.bench.sequencer import RefusedError
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.copies import ask_again
from comity.casework.custody.quarantine_clearing import clear_quarantine
from comity.casework.custody.take_over import take_over
from comity.casework.custody.withdraw import destroy_exhibit, withdraw
from comity.casework.desk.review import answer_review, conclude_review
from comity.law.clock_run import ClockStatus
from comity.law.clocks import ClockState
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import CaseId

WITHDRAWING = frozenset({"withdraw-and-delete"})
"""Consequences by which a lapsed clock takes an order of this node back."""


class Done(Struct):
    """What a round came to: duties done, and those that failed, by code."""

    done: int = 0
    failed: tuple[str, ...] = ()


def perform(bench: Workbench, case: CaseId) -> Done:
    """Does what is owed in the case now. A duty that fails, or that the case refuses, stays a duty; the others are done.

    What destroys is asked for once more right before: the duty before it may have taken hours, and a legal hold been set.
    """
    outcome = Done()
    for duty in owed(bench, case):
        try:
            if isinstance(duty, DESTROYING) and duty not in owed(bench, case):
                continue
            _do(bench, case, duty)
            outcome.done += 1
        except BrokenInputError as error:
            outcome.failed = (*outcome.failed, str(error.code))
        except RefusedError as refused:
            outcome.failed = (*outcome.failed, refused.refusal.code)
    return outcome


def owed(bench: Workbench, case: CaseId) -> tuple[Duty, ...]:
    """The case's duties as of now."""
    view = view_of(bench, case)
    lapsed = lapsed_orders(case_clocks(bench, view, bench.clock.now()), WITHDRAWING)
    return duties(view.state, lapsed, bench.clock.now())


def _do(bench: Workbench, case: CaseId, duty: Duty) -> None:
    match duty:
        case TakeOver(hand_over=hand_over):
            take_over(bench, hand_over)
        case AnswerReview(request=request):
            answer_review(bench, request)
        case ConcludeReview(answer=answer, request=request):
            conclude_review(bench, answer, request)
        case Withdraw():
            withdraw(bench, duty)
        case Destroy(exhibit=exhibit, reason=reason):
            destroy_exhibit(bench, case, exhibit, reason)
        case ClearQuarantine(exhibit=exhibit, reason=why):
            clear_quarantine(bench, case, exhibit, why)
        case AskAgain():
            ask_again(bench, case)


def next_due(state: CaseState, found: Sequence[ClockState], latest: datetime) -> datetime | None:
    """When the case needs looking at: at once while something is owed, else at the end of a clock that withdraws.

    `found` are its clocks as of its latest act.
    """
    if duties(state, lapsed_orders(found, WITHDRAWING), latest):
        return latest
    ends = [
        each.legal_due
        for each in found
        if each.consequence in WITHDRAWING and each.state is ClockStatus.RUNNING and each.legal_due
    ]
    held = bool(state.legal_holds)
    terms = [each.aside.until for each in state.exhibits.values() if each.aside and each.aside.until and not held]
    asking = ask_again_at(state)
    return min([*ends, *terms, *([asking] if asking else [])], default=None)
