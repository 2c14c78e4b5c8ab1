"""Legal hold: while one stands, nothing of its case is destroyed here, by nobody and for no rule, until it is lifted.

It stops the disposal of the case, the destruction of what lies in quarantine, and what a lapsed clock or a withdrawn order
would have destroyed. That is found again when the last hold is lifted. Who may set one and who may lift one is said by the
access policies; each is an act with a coded reason, so that oversight can count them.

A hold and a destruction can come in the same instant. Nothing is destroyed before an act decides it, and both acts are filed under
the lock of their case: whichever stands first in the ledger wins. A hold that comes second says what it comes too late for.
"""

from msgspec import Struct

from comity.acts.bodies import LegalHoldLifted, LegalHoldSet
from comity.acts.payload import Author
from comity.cases.duties import being_destroyed
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.reading_rights import case_right
from comity.casework.bench.readings import keep_readings
from comity.casework.bench.rights import allowed
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.journal import Read
from comity.vocabulary.categories import LegalHoldReason
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId, OfficeId, OfficerId
from comity.vocabulary.instants import Instant

SETTING = frozenset(LegalHoldReason) - {LegalHoldReason.PROCEEDINGS_OVER, LegalHoldReason.SET_IN_ERROR}
LIFTING = frozenset({LegalHoldReason.PROCEEDINGS_OVER, LegalHoldReason.SET_IN_ERROR, LegalHoldReason.COURT_ORDER})


class SetLegalHold(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: nothing of the case is destroyed from now on."""

    case: CaseId
    office: OfficeId
    reason: LegalHoldReason


class LiftLegalHold(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: this one hold stands no longer."""

    case: CaseId
    office: OfficeId
    hold: ActId
    reason: LegalHoldReason


class HeldLegally(Struct, frozen=True):
    """The hold stands. `too_late_for` are exhibits of which something was to be destroyed by an earlier act, and is."""

    act: ActId
    too_late_for: tuple[ExhibitId, ...] = ()


class LegalHoldLine(Struct, frozen=True):
    """A hold that stands: its act, why, since when, and by whom."""

    hold: ActId
    reason: LegalHoldReason
    since: Instant
    officer: OfficerId
    office: OfficeId


def set_legal_hold(bench: Workbench, officer: OfficerRef, command: SetLegalHold) -> HeldLegally | Refusal:
    """The hold stands when this returns its act, also in a closed case. A case may be under several."""
    refusal = allowed(bench, officer, Action.SET_LEGAL_HOLD, Resource(command.office)) or _unfit(
        command.reason, SETTING
    )
    if refusal is not None:
        return refusal
    act = _file(bench, officer, command.case, command.office, LegalHoldSet(command.reason))
    return HeldLegally(act, being_destroyed(state_of(bench, command.case)))


def lift_legal_hold(bench: Workbench, officer: OfficerRef, command: LiftLegalHold) -> ActId | Refusal:
    """The hold stands no longer; what is due for destruction is found again where no other hold stands."""
    refusal = allowed(bench, officer, Action.LIFT_LEGAL_HOLD, Resource(command.office)) or _unfit(
        command.reason, LIFTING
    )
    if refusal is not None:
        return refusal
    return _file(bench, officer, command.case, command.office, LegalHoldLifted(command.hold, command.reason))


def list_legal_holds(bench: Workbench, officer: OfficerRef, case: CaseId) -> tuple[LegalHoldLine, ...] | Refusal:
    """The holds that stand, for whoever may read the case; on record."""
    state = state_of(bench, case)
    office = case_right(bench, officer, state)
    if isinstance(office, Refusal):
        return office
    keep_readings(bench, officer, Read.CASE, [(office, case)])
    return tuple(line for hold in state.legal_holds if (line := _line(bench, hold)) is not None)


def _line(bench: Workbench, hold: ActId) -> LegalHoldLine | None:
    payload = payload_of(bench, hold)
    author = payload.author
    if not isinstance(payload.body, LegalHoldSet) or author is None:
        return None
    return LegalHoldLine(hold, payload.body.reason, payload.at, author.officer, author.office)


def _unfit(reason: LegalHoldReason, fitting: frozenset[LegalHoldReason]) -> Refusal | None:
    if reason in fitting:
        return None
    return Refusal("no-such-reason", f"{reason} is no reason for that", do=f"one of {', '.join(sorted(fitting))}")


def _file(
    bench: Workbench, officer: OfficerRef, case: CaseId, office: OfficeId, body: LegalHoldSet | LegalHoldLifted
) -> ActId:
    state_of(bench, case)  # a case that is not here is not begun by a hold
    author = Author(officer.officer, office)
    payload = compose(bench, case=case, body=body, instrument=NODE, author=author)
    return the_act(file_own(bench, payload))
