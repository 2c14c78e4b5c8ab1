"""What a clock forbids while it is open: a hand-over before the notified authority's time is over, or a look at what came too early."""

from collections.abc import Iterable

from comity.acts.classes import ActType
from comity.law.answers import Finding
from comity.law.clock_run import OPEN, ClockStatus
from comity.law.clocks import ClockState
from comity.law.corpus import Law
from comity.law.terms import Severity, Side
from comity.vocabulary.instants import rfc3339


def may_be_forbidden(law: Law, instrument: str, act: ActType) -> bool:
    """Whether any clock of the instrument forbids such an act at some time: where none does, no clock has to be counted."""
    found = law.instruments.get(instrument)
    return found is not None and any(act in clock.rule.forbids for clock in found.clocks)


def standstill(found: Iterable[ClockState], act: ActType, side: Side) -> tuple[Finding, ...]:
    """A finding for each of these clocks that forbids the act as it stands.

    It blocks the side that acts. What came all the same is not lost at the side that gets it, and is told there.
    """
    severity = Severity.BLOCKS if side is Side.SENDING else Severity.ADVISES
    return tuple(
        Finding(
            code=clock.id,
            field="at",
            message=f"{clock.text}; {_how(clock)}",
            citation=clock.citation,
            severity=severity,
            who=clock.who,
            verified=clock.verified,
            law=clock.law,
        )
        for clock in found
        if act in clock.forbids and clock.state in OPEN
    )


def _how(clock: ClockState) -> str:
    if clock.state is ClockStatus.RUNNING:
        return "no end is fixed" if clock.legal_due is None else f"this time ends at {rfc3339(clock.legal_due)}"
    return f"{clock.state.value}: {clock.then}"
