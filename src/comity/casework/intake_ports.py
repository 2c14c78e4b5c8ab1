"""What intakes at a node need of one another: one at a time for each order."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol

from comity.vocabulary.identifiers import ActId


class Intakes(Protocol):
    """The intakes under way at this node, by the order that each carries out. Usable by any number of threads and processes."""

    def claim(self, order: ActId) -> AbstractContextManager[bool]:
        """Whether nobody else takes data in under the order; nobody else begins until the context ends."""
        ...

    def forget(self, orders: Collection[ActId]) -> None:
        """Nothing is kept of their intakes. For orders under which nothing is taken in any more."""
        ...
