"""What intakes and hand-overs at a node need of one another: one at a time for each order, and how far it is, for whoever waits."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol

from comity.evidence.items.exhibits import PacedProgress
from comity.vocabulary.identifiers import ActId


class Intakes(Protocol):
    """The intakes under way at this node, by the order that each carries out. Usable by any number of threads and processes."""

    def claim(self, order: ActId) -> AbstractContextManager[bool]:
        """Whether nobody else takes data in or hands them over under the order, or takes them over by a hand-over.

        Nobody else begins until the context ends.
        """
        ...

    def tell(self, order: ActId, progress: PacedProgress) -> None:
        """Whoever asks next is given this. For who has the claim."""
        ...

    def progress(self, order: ActId) -> PacedProgress | None:
        """How far the order's intake was when it last told; also after it is done, or broke off. None if it was never begun."""
        ...

    def forget(self, orders: Collection[ActId]) -> None:
        """Nothing is kept of their intakes. For orders under which nothing is taken in any more."""
        ...
