"""Directory seen: a node names the directory version it works under in its ledger, once for each version.

Acts carry the number of their directory version. This act ties the number to the version's digest under witnessed
checkpoints, so that nobody can show two nodes two directories of one number and stay unseen.
"""

from comity.acts.bodies import DirectorySeen
from comity.cases.house import house_case
from comity.casework.issuing import compose, file_own, the_act
from comity.casework.legality import NODE
from comity.casework.reading import filed_acts
from comity.casework.workbench import Workbench
from comity.vocabulary.identifiers import ActId


def is_directory_named(bench: Workbench) -> bool:
    """Whether the version in force is named in this node's ledger already."""
    directory = bench.directory()
    house = house_case(bench.me)
    if bench.records.cases.view(house) is None:
        return False
    seen = DirectorySeen(directory.version, directory.digest)
    return any(filed.payload.body == seen for filed in filed_acts(bench, house))


def name_directory(bench: Workbench) -> ActId | None:
    """Files the act, unless it is filed already: then None.

    Raises `BrokenInputError(BEHIND_WITNESSES)` while the node may not sign.
    """
    if is_directory_named(bench):
        return None
    directory = bench.directory()
    body = DirectorySeen(directory.version, directory.digest)
    payload = compose(bench, case=house_case(bench.me), body=body, instrument=NODE)
    return the_act(file_own(bench, payload))
