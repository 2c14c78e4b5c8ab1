"""Chooses what draws pictures. Needs no node: an officer measures regions on a file that was opened before."""

from comity.evidence.redaction.pictures import Imaging


def imaging() -> Imaging:
    """The same eyes that a node has: what is measured on these pages fits those."""
    from comity.adapters.pictures.imaging import ConfinedImaging

    return ConfinedImaging()
