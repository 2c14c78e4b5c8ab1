"""The custody certificate as a PDF, set by typst from a template of ours and the certificate as data."""

from comity.adapters.documents.typesetting import set_pages
from comity.evidence.dossier.custody_certificate import Certificate


def render_certificate(certificate: Certificate) -> bytes:
    """The PDF, one page for each exhibit: archival, tagged (see `comity.adapters.documents.typesetting`).

    Raises `BrokenInputError` (UNAVAILABLE) when it can't be set at all.
    """
    return set_pages("custody.typ", "certificate", certificate, certificate.made_at)
