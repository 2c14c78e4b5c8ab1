"""Routes about the node itself: export, keys, restore, progress."""

from comity.bootstrap.running import Node
from comity.casework.export import ExportCase, Exported, export
from comity.entrypoints.api.routing import Route
from comity.evidence.exhibits import Progress


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
        Route(
            "GET",
            "api/intake",
            "How far the intake under way is: items and bytes, nothing of what they are",
            lambda _call: node.progress.latest,
            gives=Progress,
        ),
    ]
