"""Screens: what comes and may be privileged goes to the filter team first, and to no investigator before it has decided.

A screen lists identifiers of counsel, names of items, or both. From its act on, whatever is received in the case is judged by it
(`comity.evidence.items.screening`). It does not reach back: what came before may have been looked at already, and is named in the
answer. It is lifted by a judge or the filter team, whom it was set for; what it put aside stays there until it is decided on
(`comity.casework.custody.quarantine_deciding`).
"""

from collections.abc import Iterator

from msgspec import Struct

from comity.acts.payload import Author
from comity.acts.quarantine_bodies import ScreenLifted, ScreenSet
from comity.cases.state import CaseState, CustodyState
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.reading_rights import case_right
from comity.casework.bench.readings import keep_readings
from comity.casework.bench.rights import allowed
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.filtering import not_filtering
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.journal import Read
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId, OfficeId, OfficerId
from comity.vocabulary.instants import Instant


class SetScreen(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: what comes in the case from now on and meets this goes to the filter team first."""

    case: CaseId
    office: OfficeId
    screen: ScreenSet


class LiftScreen(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: this one screen stands no longer, for reasons in words."""

    case: CaseId
    office: OfficeId
    screen: ActId
    reasons: str


class Screening(Struct, frozen=True):
    """The screen stands. `too_late_for` are exhibits that had come by then: of these nothing is put aside by it."""

    act: ActId
    too_late_for: tuple[ExhibitId, ...] = ()


class ScreenLine(Struct, frozen=True):
    """A screen that stands: its act, what it lists, since when, and by whom."""

    act: ActId
    screen: ScreenSet
    since: Instant
    officer: OfficerId
    office: OfficeId


def set_screen(bench: Workbench, officer: OfficerRef, command: SetScreen) -> Screening | Refusal:
    """The screen stands when this returns its act. A case may be under several: none weakens another."""
    refusal = allowed(bench, officer, Action.SET_SCREEN, Resource(command.office))
    if refusal is not None:
        return refusal
    act = _file(bench, officer, command.case, command.office, command.screen)
    return Screening(act, tuple(_come_before(state_of(bench, command.case), act)))


def lift_screen(bench: Workbench, officer: OfficerRef, command: LiftScreen) -> ActId | Refusal:
    """The screen stands no longer; a filter officer who works on the case lifts none."""
    refusal = not_filtering(bench, officer, Action.LIFT_SCREEN, command.office, command.case)
    if refusal is None and not command.reasons.strip():
        refusal = Refusal("no-reasons", "a screen is lifted for reasons", do="say why")
    if refusal is not None:
        return refusal
    return _file(bench, officer, command.case, command.office, ScreenLifted(command.screen, command.reasons))


def list_screens(bench: Workbench, officer: OfficerRef, case: CaseId) -> tuple[ScreenLine, ...] | Refusal:
    """The screens that stand, for whoever may read the case; on record."""
    state = state_of(bench, case)
    office = case_right(bench, officer, state)
    if isinstance(office, Refusal):
        return office
    keep_readings(bench, officer, Read.CASE, [(office, case)])
    return tuple(line for act in state.screens if (line := _line(bench, act)) is not None)


def _line(bench: Workbench, act: ActId) -> ScreenLine | None:
    payload = payload_of(bench, act)
    if not isinstance(payload.body, ScreenSet) or payload.author is None:
        return None
    return ScreenLine(act, payload.body, payload.at, payload.author.officer, payload.author.office)


def _come_before(state: CaseState, screen: ActId) -> Iterator[ExhibitId]:
    """Exhibits that were received before the screen stood, and are held."""
    order = {step.act: place for place, step in enumerate(state.steps)}
    for exhibit in state.exhibits.values():
        received = order.get(exhibit.received_by, len(order))
        if exhibit.state is CustodyState.HELD and received < order[screen]:
            yield exhibit.exhibit


def _file(
    bench: Workbench, officer: OfficerRef, case: CaseId, office: OfficeId, body: ScreenSet | ScreenLifted
) -> ActId:
    state_of(bench, case)  # a case that is not here is not begun by a screen
    author = Author(officer.officer, office)
    return the_act(file_own(bench, compose(bench, case=case, body=body, instrument=NODE, author=author)))
