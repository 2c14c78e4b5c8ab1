"""How far what one source holds is taken out of it, over all archives in one another."""

from msgspec import Struct

from comity.adapters.objects.sources import MemberError
from comity.vocabulary.categories import SkipReason


class UnpackingLimits(Struct, frozen=True):
    """How far one source is unpacked: what is beyond stays in its archive, and is counted as left out.

    `depth` counts archives in one another, a tar in a gzip as one. Bytes are at most `ratio` times the source's own and
    `least` besides, over all depths, those included that are only passed over on the way to others; `members` are counted over all depths too.
    """

    depth: int = 3
    members: int = 1_000_000
    ratio: int = 200
    least: int = 16 << 20


class Budget:
    """What may still be taken out of one source."""

    def __init__(self, limits: UnpackingLimits, size: int) -> None:
        self._bytes = limits.least + limits.ratio * size
        self._members = limits.members

    def spend(self, size: int) -> None:
        """So many bytes more. Raises `MemberError` where they are too many, for good."""
        self._bytes -= size
        self._require_left()

    def count(self) -> None:
        """One member more. Raises `MemberError` where it is one too many, or the bytes are spent."""
        self._members -= 1
        self._require_left()

    def require(self, members: int) -> None:
        """There are so many members left. Raises `MemberError` where there are fewer."""
        if members > self._members:
            raise MemberError(SkipReason.UNPACKS_TOO_LARGE)

    def _require_left(self) -> None:
        if self._bytes < 0 or self._members < 0:
            raise MemberError(SkipReason.UNPACKS_TOO_LARGE)
