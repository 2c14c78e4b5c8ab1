"""Routes about the node itself: export, keys, restore, progress."""

from comity.bootstrap import Node
from comity.casework.export import ExportCase, Exported, export
from comity.entrypoints.api.routing import Route


def node_routes(node: Node) -> list[Route]:
    """Exporting a dossier: the file is written on the node's machine, where the officer named it."""
    return [
        Route(
            "POST",
            "api/exports",
            "Export a case as a dossier that verifies anywhere",
            lambda call: export(node.bench, node.publishing, call.officer, call.command),
            ExportCase,
            Exported,
        ),
    ]
