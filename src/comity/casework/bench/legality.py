"""What the law says about an act of this node or of another, put as this node needs it.

The engine (`comity.law`) knows instruments and no nodes; here it is told who stands where, and its blocking findings
become the gaps that a person reads. A node's own acts (`NODE`) rest on no instrument and are not asked about.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from comity.acts.bodies import ExhibitHandedOver
from comity.acts.body import measure_of
from comity.acts.custody_bodies import ItemOpened
from comity.acts.matters import LapsedLimit
from comity.acts.payload import Payload
from comity.acts.rules import RULES, Basis
from comity.cases.duties import Withdraw
from comity.cases.state import CaseState
from comity.casework.bench.histories import history_under
from comity.casework.bench.places import calendars_of
from comity.casework.bench.reading import payload_of
from comity.casework.bench.retention_standing import keeping, retention_clocks
from comity.casework.bench.standstill import standing_still
from comity.casework.bench.views import CaseView, open_view
from comity.casework.bench.workbench import Workbench
from comity.law.answers import Finding
from comity.law.answers import blocking as law_blocking
from comity.law.clock_run import ClockStatus
from comity.law.clocks import ClockState, clocks
from comity.law.matters import FactValue, Participant
from comity.law.opinions import Circumstances, findings_around
from comity.law.terms import Severity, Side
from comity.trust.approvals import ApprovalFinding
from comity.trust.directory import Directory
from comity.trust.grades import Grade, grade_certificate, grade_seal
from comity.trust.jws import SealFinding
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Gap
from comity.vocabulary.identifiers import AuthorityId

NODE = "node"
"""The instrument of a node's own acts: none; they rest on the node's rules, not on a treaty."""


SIGNATURE_GRADE = "signature-grade"
"""The name under which an instrument's file declares the fact that it wants to know: the grade of the act's seal."""


def findings_of(
    bench: Workbench,
    payload: Payload,
    approvals: Sequence[ApprovalFinding] | None,
    side: Side,
    at: datetime,
    *,
    seals: Sequence[SealFinding] = (),
) -> tuple[Finding, ...]:
    """All findings on the act, from the side this node stands on; `approvals` is None while nobody has approved.

    `seals` are those that were verified of a received act; for an act of this node its own seal counts, made or to be made.
    An act that names no measure is asked about under the measure of the act it answers. Where that act is not known
    here yet, the act will wait for it, and is asked about when it is taken up again.
    """
    require_basis(payload)
    around = circumstances(bench, payload, approvals, at, seals=seals)
    if around is None:
        return ()
    return (*findings_around(bench.law, payload, around, side), *forbidden(bench, payload, side, at))


def forbidden(bench: Workbench, payload: Payload, side: Side, at: datetime) -> tuple[Finding, ...]:
    """What the clocks of its case forbade when the act was made: at the latest when it came, whatever it says itself."""
    when, about = min(at, payload.at), payload.re
    return standing_still(
        bench,
        payload.case,
        payload.act.instrument,
        payload.act.type,
        about=about,
        side=side,
        at=when,
        without=_left_out(bench, payload),
    )


def _left_out(bench: Workbench, payload: Payload) -> tuple[str, ...]:
    """Labels of the ordered items of which a hand-over has nothing, or the exhibit that somebody opens."""
    body = payload.body
    if isinstance(body, ItemOpened):
        state = _state(bench, payload)
        known = state.exhibits.get(body.exhibit) if state else None
        return known.held_up if known else ()
    return body.portion.held_up if isinstance(body, ExhibitHandedOver) and body.portion else ()


def circumstances(
    bench: Workbench,
    payload: Payload,
    approvals: Sequence[ApprovalFinding] | None,
    at: datetime,
    *,
    seals: Sequence[SealFinding] = (),
) -> Circumstances | None:
    """What is known around an act at this node; None for an act that rests on no law, or whose measure is not known yet."""
    if payload.act.instrument == NODE:
        return None
    state = _state(bench, payload)
    named = measure_of(payload.body)
    measure = named or (state.measure_answered(payload.re) if state else "") or None
    if measure is None and payload.re and RULES[payload.act.type].opens is None:
        return None
    directory = bench.directory()
    return Circumstances(
        issuer=Participant(directory.authority(payload.issuer).country),
        addressees=tuple(_participant(directory, each) for each in payload.to),
        at=at,
        approvers=None if approvals is None else tuple(each.office_kind for each in approvals),
        drafter=_drafter(directory, payload),
        measure=measure,
        opening=_opening(bench, payload, state, measure) if state and measure and not named else None,
        facts=_facts(bench, payload, at, seals),
        # In a rehearsal nobody has a qualified seal: what demands one is told, and keeps nothing from being sent.
        only_told=frozenset({SIGNATURE_GRADE}) if bench.own_rules.unsafe_seals else frozenset(),
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


def _state(bench: Workbench, payload: Payload) -> CaseState | None:
    """The case so far; None where it is not here, or where nothing in it could matter to the act."""
    if not payload.re:
        return None
    row = bench.records.cases.view(payload.case)
    return None if row is None else open_view(bench.cipher, row).state


def _opening(bench: Workbench, payload: Payload, state: CaseState, measure: str) -> Payload | None:
    """The act that opened the measure which this one answers, where it is at hand."""
    matter = next((found for each in payload.re if (found := state.matter_of(each))), None)
    asked = bench.law.measure(payload.act.instrument, measure)
    opened_by = next((step for step in state.steps if step.act == matter), None)
    if asked is None or opened_by is None or opened_by.type is not asked.rule.opens:
        return None
    return payload_of(bench, opened_by.act) if opened_by.instrument == payload.act.instrument else None


def _facts(bench: Workbench, payload: Payload, at: datetime, seals: Sequence[SealFinding]) -> Mapping[str, FactValue]:
    """What no act says and the instrument's file wants to know: the lowest grade among the act's seals."""
    instrument = bench.law.instruments.get(payload.act.instrument)
    if instrument is None or SIGNATURE_GRADE not in instrument.file.facts:
        return {}
    directory = bench.directory()
    if seals:
        graded = [grade_seal(seal, directory).grade for seal in seals]
    elif payload.issuer == bench.me:
        listed = directory.trusted_issuers(bench.me, at)
        graded = [grade_certificate(bench.seal_key().certificate, listed, at=at).grade]
    else:
        return {}
    return {SIGNATURE_GRADE: max(graded, key=list(Grade).index).value}


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


def advising(found: tuple[Finding, ...]) -> tuple[Gap, ...]:
    """The findings that keep nothing from being sent: what may be refused or should be looked at, as gaps."""
    return tuple(each.gap() for each in found if each.severity is not Severity.BLOCKS)


def case_clocks(bench: Workbench, view: CaseView, at: datetime) -> tuple[ClockState, ...]:
    """Every clock that the case's history started, as of the instant, each counted where its acting side works.

    What rules how long the case is kept stands among them.
    """
    history = history_under(bench, view, bench.law)
    found = clocks(bench.law, history, at=at, calendars=calendars_of(bench.directory(), bench.me, view.state))
    kept = keeping(bench.law, bench.me, view.state, found, at)
    return (*found, *retention_clocks(bench.law, kept, at))


def lapsed_orders(found: Sequence[ClockState], codes: Collection[str]) -> tuple[Withdraw, ...]:
    """Acts whose clock has run out with one of these consequences, each with the limit as it was counted."""
    return tuple(
        Withdraw(
            each.started_by,
            each.consequence,
            LapsedLimit(each.id, each.citation.article, each.legal_due, each.trace),
        )
        for each in found
        if each.started_by and each.legal_due and each.state is ClockStatus.LAPSED and each.consequence in codes
    )
