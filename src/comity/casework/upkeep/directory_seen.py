"""Directory seen: a node names the directory version it works under in its ledger, once for each version.

Acts carry the number of their directory version. This act ties the number to the version's digest under witnessed
checkpoints, so that nobody can show two nodes two directories of one number and stay unseen.
"""

from functools import partial

from comity.acts.bodies import DirectorySeen
from comity.acts.classes import ActType
from comity.cases.house import house_case
from comity.cases.state import CaseState
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.workbench import Workbench
from comity.vocabulary.identifiers import ActId


def is_directory_named(bench: Workbench) -> bool:
    """Whether the version in force is named in this node's ledger already."""
    return _names(bench, _naming(bench))


def name_directory(bench: Workbench) -> ActId | None:
    """Files the act, unless it is filed already: then None. Several processes may call it at the same time.

    Raises `BrokenInputError(BEHIND_WITNESSES)` while the node may not sign.
    """
    while not _names(bench, naming := _naming(bench)):
        directory = bench.directory()
        body = DirectorySeen(directory.version, directory.digest)
        payload = compose(bench, case=house_case(bench.me), body=body, instrument=NODE)
        # Under the house case's lock it is seen whether another process was first: then it is looked again.
        committed = file_own(bench, payload, done=partial(_another_named, naming))
        if committed.indexes:
            return the_act(committed)
    return None


def _another_named(known: tuple[ActId, ...], house: CaseState) -> bool:
    return _naming_in(house) != known


def _names(bench: Workbench, naming: tuple[ActId, ...]) -> bool:
    directory = bench.directory()
    seen = DirectorySeen(directory.version, directory.digest)
    return any(payload_of(bench, act).body == seen for act in reversed(naming))


def _naming(bench: Workbench) -> tuple[ActId, ...]:
    house = house_case(bench.me)
    return () if bench.records.cases.view(house) is None else _naming_in(state_of(bench, house))


def _naming_in(house: CaseState) -> tuple[ActId, ...]:
    return tuple(step.act for step in house.steps if step.type is ActType.DIRECTORY_SEEN)
