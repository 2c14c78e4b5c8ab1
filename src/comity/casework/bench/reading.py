"""Reading what a node has filed: acts under their case key, and states as their views hold them."""

from collections.abc import Collection, Iterator

from comity.acts.classes import ActType
from comity.acts.payload import Payload
from comity.cases.state import CaseState, FiledAct
from comity.casework.bench.views import CaseView, open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.case import StoredAct, StoredView
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, CaseId


def sealed_acts(bench: Workbench, acts: Collection[ActId]) -> dict[ActId, bytes]:
    """The JWS bytes of these acts, in their order. Raises `BrokenInputError(NOT_FOUND)` if one is not here."""
    stored = bench.records.cases.many(acts)
    return {act: bench.cipher.open_act(_present(stored.get(act), act)) for act in acts}


def filed_acts(bench: Workbench, case: CaseId) -> Iterator[FiledAct]:
    """The case's acts in the order of the ledger."""
    for stored in bench.records.cases.acts(case):
        payload = read_sealed(bench.cipher.open_act(stored)).payload
        yield FiledAct(stored.id, payload, stored.direction, stored.filed_at)


def payload_of(bench: Workbench, act: ActId) -> Payload:
    """One act's payload."""
    return read_sealed(bench.cipher.open_act(stored_act(bench, act))).payload


def row_of(bench: Workbench, case: CaseId) -> StoredView:
    """The case's row. Raises `BrokenInputError(NOT_FOUND)`."""
    row = bench.records.cases.view(case)
    if row is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such case here", found=case)
    return row


def view_of(bench: Workbench, case: CaseId) -> CaseView:
    """The case as its row has it. Raises `BrokenInputError(NOT_FOUND)`."""
    return open_view(bench.cipher, row_of(bench, case))


def state_of(bench: Workbench, case: CaseId) -> CaseState:
    """The case's state. Raises `BrokenInputError(NOT_FOUND)`."""
    return view_of(bench, case).state


def act_of_type(state: CaseState, kind: ActType, matter: ActId | None = None) -> ActId | None:
    """The newest act of that type in the case, or in one matter of it."""
    found = [step.act for step in state.steps if step.type is kind and (matter is None or step.matter == matter)]
    return found[-1] if found else None


def stored_act(bench: Workbench, act: ActId) -> StoredAct:
    """One act's row. Raises `BrokenInputError(NOT_FOUND)`."""
    return _present(bench.records.cases.act(act), act)


def _present(stored: StoredAct | None, act: ActId) -> StoredAct:
    if stored is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such act here", found=act)
    return stored
