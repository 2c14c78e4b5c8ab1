"""Chooses what sets, signs and reads forms. Needs no node: a partner reads a form with nothing else."""

from comity.casework.desk.forms import Papers


def papers() -> Papers:
    """Papers as they are made here; loads the typesetter and the PDF library at this call and not before."""
    from comity.adapters.documents.form_papers import PdfPapers
    from comity.adapters.randomness import SystemRandomness

    return PdfPapers(SystemRandomness())
