"""Give back: a taker returns an exhibit to whoever handed it over, and keeps nothing of it.

What is left of it here is destroyed as by any other decision: after a kill the worker does it, and a legal hold stands against it.
Then the act goes to the giver, and says what is returned by the hashes that it came by: from then on it is the giver's alone again.
"""

from msgspec import Struct

from comity.acts.bodies import DestructionDecided, ExhibitReceived
from comity.acts.payload import Author
from comity.cases.state import CaseState, CustodyState, Exhibit
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.rights import allowed
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.withdraw import destroy_exhibit
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId, OfficeId, Slug


class ReturnExhibit(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: give an exhibit back to whom it came from, for a reason named by its code."""

    case: CaseId
    exhibit: ExhibitId
    office: OfficeId
    reason: Slug


def give_back(bench: Workbench, officer: OfficerRef, command: ReturnExhibit) -> ActId | Refusal:
    """The act to the giver, once what was kept here is gone.

    1. The officer may; the exhibit was received here and is held, and nothing of it lies in quarantine. 2. The decision, under the
    officer's name; under a legal hold there is none. 3. What is left here is destroyed, then the giver is told.
    """
    # 1.
    refusal = allowed(bench, officer, Action.RETURN_EXHIBIT, Resource(command.office))
    if refusal is not None:
        return refusal
    state = state_of(bench, command.case)
    known = _returnable(bench, state, command.exhibit)
    if isinstance(known, Refusal):
        return known
    # 2.
    decision = compose(
        bench,
        case=command.case,
        body=DestructionDecided(command.exhibit, command.reason, known.supplier),
        instrument=NODE,
        re=[known.hand_over],
        author=Author(officer.officer, command.office),
    )
    if not file_own(bench, decision, done=lambda now: now.exhibits.get(command.exhibit) != known).indexes:
        return Refusal("changed-meanwhile", "something happened to the exhibit meanwhile", do="look again")
    # 3.
    return destroy_exhibit(bench, command.case, command.exhibit, command.reason) or _not_held()


def _returnable(bench: Workbench, state: CaseState, exhibit: ExhibitId) -> Exhibit | Refusal:
    known = state.exhibits.get(exhibit)
    if known is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "the case has no such exhibit", found=exhibit)
    received = bool(known.received_by) and isinstance(payload_of(bench, known.received_by).body, ExhibitReceived)
    if known.state is not CustodyState.HELD or known.destroying or not received:
        return _not_held()
    if known.aside is not None:
        return Refusal("lies-aside", "something of the exhibit lies in quarantine", do="have it decided on first")
    return known


def _not_held() -> Refusal:
    return Refusal(
        "nothing-to-return",
        "only what was received by a hand-over, and is held, is given back",
        do="what was let out of quarantine goes back with the exhibit that it came in",
    )
