"""Routes about the custody of exhibits: what was done to one, as data and as pages."""

from django.http import HttpResponseBase

from comity.bootstrap.running import Node
from comity.casework.dossier.certify_custody import CertifyCustody, certify, certify_on_paper
from comity.entrypoints.api.answers import file
from comity.entrypoints.api.routing import Route
from comity.evidence.dossier.custody_certificate import Certificate
from comity.vocabulary.errors import Refusal


def custody_routes(node: Node) -> list[Route]:
    """Certificates."""
    return [
        Route(
            "GET",
            "api/exhibits/<str:exhibit>/custody",
            "Everything that was done to an exhibit, from the acts of its case",
            lambda call: certify(node.bench, call.officer, CertifyCustody(call.path["exhibit"])),
            gives=Certificate,
        ),
        Route(
            "POST",
            "api/certificates",
            "The custody certificate of an exhibit as a PDF, one page for each exhibit",
            lambda call: _pages(certify_on_paper(node.bench, node.publishing, call.officer, call.command)),
            CertifyCustody,
            media="application/pdf",
        ),
    ]


def _pages(outcome: bytes | Refusal) -> HttpResponseBase | Refusal:
    return outcome if isinstance(outcome, Refusal) else file(outcome, "application/pdf", name="custody.pdf")
