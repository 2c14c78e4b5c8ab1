"""What the law says about an act of this node or of another, put as this node needs it.

The engine (`comity.law`) knows instruments and no nodes; here it is told who stands where, and its blocking findings
become the gaps that a person reads. A node's own acts (`NODE`) rest on no instrument and are not asked about.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from comity.acts.body import measure_of
from comity.acts.payload import Payload
from comity.acts.rules import RULES, Basis
from comity.cases.state import Direction, FiledAct
from comity.casework.views import CaseView, Observe, open_view
from comity.casework.workbench import Workbench
from comity.law.answers import Finding
from comity.law.answers import blocking as law_blocking
from comity.law.calendars import public_holidays
from comity.law.clock_run import ClockStatus
from comity.law.clocks import Calendars, ClockState, clocks, everywhere
from comity.law.corpus import Law
from comity.law.findings import findings
from comity.law.history import PastAct, past_act
from comity.law.matters import Participant
from comity.law.terms import Side
from comity.trust.approvals import ApprovalFinding
from comity.trust.directory import Directory
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Gap
from comity.vocabulary.identifiers import ActId, AuthorityId

NODE = "node"
"""The instrument of a node's own acts: none; they rest on the node's rules, not on a treaty."""


def findings_of(
    bench: Workbench,
    payload: Payload,
    approvals: Sequence[ApprovalFinding] | None,
    side: Side,
    at: datetime,
) -> tuple[Finding, ...]:
    """All findings on the act, from the side this node stands on; `approvals` is None while nobody has approved.

    An act that names no measure is asked about under the measure of the act it answers. Where that act is not known
    here yet, the act will wait for it, and is asked about when it is taken up again.
    """
    require_basis(payload)
    if payload.act.instrument == NODE:
        return ()
    measure = measure_of(payload.body) or _measure_answered(bench, payload)
    if measure is None and payload.re and RULES[payload.act.type].opens is None:
        return ()
    directory = bench.directory()
    return findings(
        bench.law,
        payload,
        side=side,
        issuer=Participant(directory.authority(payload.issuer).country),
        addressees=tuple(_participant(directory, each) for each in payload.to),
        at=at,
        approvers=None if approvals is None else tuple(each.office_kind for each in approvals),
        drafter=_drafter(directory, payload),
        measure=measure,
    )


def require_basis(payload: Payload) -> None:
    """Raises `BrokenInputError(LAW_UNMET)` for an act that claims to need no law, or a node's own act that claims one."""
    on_node_rules = RULES[payload.act.type].basis is Basis.NODE
    if (payload.act.instrument == NODE) != on_node_rules:
        raise BrokenInputError(
            ErrorCode.LAW_UNMET,
            f"{payload.act.type} can't rest on {payload.act.instrument}",
            expected=NODE if on_node_rules else "a legal instrument",
        )


def _measure_answered(bench: Workbench, payload: Payload) -> str | None:
    row = bench.records.cases.view(payload.case)
    if row is None:
        return None
    return open_view(bench.cipher, row).state.measure_answered(payload.re) or None


def _participant(directory: Directory, authority: AuthorityId) -> Participant:
    entry = directory.authority(authority)
    kinds = {office.kind for office in entry.offices}
    kind = OfficeKind.PROVIDER_DESK if OfficeKind.PROVIDER_DESK in kinds else None
    return Participant(entry.country, kind)


def _drafter(directory: Directory, payload: Payload) -> OfficeKind | None:
    return directory.office(payload.issuer, payload.author.office).kind if payload.author else None


def blocking(found: tuple[Finding, ...]) -> tuple[Gap, ...]:
    """The findings that keep an act from being sent or taken, as gaps."""
    return tuple(each.gap() for each in law_blocking(found))


def observer(law: Law, me: AuthorityId) -> Observe:
    """What of an act the legal clocks look at. Received acts count from when they came; the law says which time counts."""

    def observe(filed: FiledAct) -> PastAct:
        received = filed.filed_at if me in filed.payload.to or filed.direction is Direction.RECEIVED else None
        return past_act(law, filed.id, filed.payload, received_at=received)

    return observe


def calendars_at(directory: Directory, me: AuthorityId) -> Calendars:
    """The zone and holidays this node works by."""
    entry = directory.authority(me)
    country, _, subdivision = entry.calendar.partition("-")
    return everywhere(entry.time_zone, public_holidays(country, subdivision), entry.calendar)


def case_clocks(bench: Workbench, view: CaseView, at: datetime) -> tuple[ClockState, ...]:
    """Every clock that the case's history started, as of the instant, counted where this node acts."""
    return clocks(bench.law, view.past, at=at, calendars=calendars_at(bench.directory(), bench.me))


def lapsed_orders(found: Sequence[ClockState], codes: Collection[str]) -> tuple[tuple[ActId, str], ...]:
    """Acts whose clock has run out with one of these consequences, each with the consequence's code."""
    return tuple(
        (each.started_by, each.consequence)
        for each in found
        if each.started_by and each.state is ClockStatus.LAPSED and each.consequence in codes
    )
