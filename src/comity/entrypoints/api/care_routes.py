"""Routes about how a node's evidence is looked after: alarms that stand, and how far re-verification is."""

from comity.bootstrap.care import fixity_journal
from comity.bootstrap.running import Node
from comity.casework.ports.alarms import Alarm, list_alarms
from comity.casework.upkeep.fixity_standing import FixityStanding, fixity_standing
from comity.entrypoints.api.routing import Route


def care_routes(node: Node) -> list[Route]:
    """For every officer of the node."""
    journal = fixity_journal(node.settings)
    return [
        Route(
            "GET",
            "api/alarms",
            "What is wrong at this node and wants a person",
            lambda call: list_alarms(node.alarms, call.officer),
            gives=tuple[Alarm, ...],
        ),
        Route(
            "GET",
            "api/fixity",
            "How far the re-verification of everything stored is",
            lambda call: fixity_standing(journal, node.alarms, call.officer),
            gives=FixityStanding,
        ),
    ]
