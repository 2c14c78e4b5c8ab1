"""Routes about the node itself: export, and how far an intake is."""

from django.http import HttpResponseBase

from comity.bootstrap.running import Node
from comity.casework.custody.intake_pace import intake_progress
from comity.casework.dossier.export import ExportCase, Exported, export
from comity.entrypoints.api.answers import file
from comity.entrypoints.api.routing import Route
from comity.evidence.items.exhibits import PacedProgress
from comity.vocabulary.errors import Refusal


def node_routes(node: Node) -> list[Route]:
    """Exporting, and how far an intake is."""
    return [
        Route(
            "POST",
            "api/exports",
            "Export a case as a dossier that verifies anywhere",
            lambda call: _sent(export(node.bench, node.publishing, call.officer, call.command)),
            ExportCase,
            media="application/zip",
            headers={
                "Comity-Act": "the export's act",
                "Comity-Digest": "digest of what the dossier holds",
                "Content-Length": "bytes of the dossier",
                "Comity-Left-Out": "how many exhibits nobody may use now; the export's act names each with its reason",
            },
        ),
        Route(
            "GET",
            "api/intakes/<str:order>",
            "How far the intake under an order is, of how much, and how fast: counts, nothing of what they are of",
            lambda call: intake_progress(node.bench, call.officer, call.path["order"]),
            gives=PacedProgress,
        ),
    ]


def _sent(outcome: Exported | Refusal) -> HttpResponseBase | Refusal:
    if isinstance(outcome, Refusal):
        return outcome
    headers = {
        "Content-Length": str(outcome.size),
        "Comity-Act": outcome.act,
        "Comity-Digest": outcome.digest,
        # A header has no room for a list as long as a case likes.
        "Comity-Left-Out": str(len(outcome.left_out)),
    }
    return file(outcome.content, "application/zip", headers, name="dossier.zip")
