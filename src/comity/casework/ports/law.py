"""Where the law comes from that a node had in force before."""

from collections.abc import Sequence
from typing import Protocol

from comity.law.corpus import Law


class LawVersions(Protocol):
    """Every version of the law that this node has had in force, with the files it was read from."""

    def kept(self) -> Sequence[str]:
        """Their digests, sorted."""
        ...

    def next_start(self) -> str:
        """The digest of the law that a process of the node would have in force if it was started now. Reads a few files."""
        ...

    def law(self, version: str) -> Law:
        """One that is kept. Raises `BrokenInputError`: STORE_DAMAGED where its files are not the ones it names.

        MALFORMED where this program no longer reads them.
        """
        ...
