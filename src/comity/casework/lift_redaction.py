"""Lift: a court decided that a provisional redaction stands no longer. Its word is the act of a judge, and of nobody else."""

from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.payload import Author
from comity.acts.redaction_bodies import RedactionLifted
from comity.casework.access import Action, OfficerRef, Resource
from comity.casework.issuing import compose, file_own, the_act
from comity.casework.legality import NODE
from comity.casework.reading import payload_of, state_of
from comity.casework.redactions import lifted, made
from comity.casework.rights import allowed
from comity.casework.workbench import Workbench
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId, OfficeId


class LiftRedaction(Struct, frozen=True, forbid_unknown_fields=True):
    """The command of a court: a provisional redaction stands no longer. `decision` is the reference of the decision."""

    case: CaseId
    derived: ExhibitId
    office: OfficeId
    decision: Annotated[str, Meta(min_length=1, max_length=500)]


def lift_redaction(bench: Workbench, officer: OfficerRef, command: LiftRedaction) -> ActId | Refusal:
    """The act; from then on the original is opened as any other item.

    1. The office is a judge's, as the directory has it today. 2. A provisional redaction stands, and the judge did not make
    it, in whatever other office. 3. The act.
    """
    # 1.
    refusal = allowed(bench, officer, Action.LIFT_REDACTION, Resource(command.office))
    if refusal is not None:
        return refusal
    # 2.
    state = state_of(bench, command.case)
    act, body = made(bench, state, command.derived)
    if not body.provisional or command.derived in lifted(bench, state):
        return Refusal("nothing-to-lift", "no provisional redaction of that id stands")
    made_by = payload_of(bench, act).author
    if made_by is not None and made_by.officer == officer.officer:
        return Refusal(
            "own-redaction", "the officer who made a redaction does not lift it", do="have another judge do it"
        )
    # 3.
    payload = compose(
        bench,
        case=command.case,
        body=RedactionLifted(command.derived, command.decision),
        instrument=NODE,
        re=[act],
        author=Author(officer.officer, command.office),
    )
    return the_act(file_own(bench, payload))
