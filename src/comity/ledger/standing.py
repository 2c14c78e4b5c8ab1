"""Where a node's own log stands against what its witnesses have seen, asked before it signs anything after a start.

A node restored from a backup has a log that was right and is too short. If it went on, it would sign a second history
without knowing. So it compares: a witnessed head larger than its own log means it is behind, and it signs nothing until
an act says so in the open (`ledger-restored`, under a new origin); a witnessed head that its own leaves do not lead to
means a fork, which no act can mend.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from comity.ledger.checkpoints import Checkpoint
from comity.ledger.origins import epoch_of
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class Current(Struct, frozen=True, tag=True):
    """Every witnessed head is a prefix of the node's own log: it may sign."""


class Behind(Struct, frozen=True, tag=True):
    """A witness has seen more leaves than the node's log has; `witnessed` is the largest such head."""

    own_size: int
    witnessed: Checkpoint


class Forked(Struct, frozen=True, tag=True):
    """The witnessed head is no prefix of the node's log, or two witnesses have seen two roots for one size."""

    witnessed: Checkpoint
    own_root: bytes


Standing = Current | Behind | Forked
"""A fork outranks being behind: it is not mended by saying so."""


def stand(own_size: int, own_root: bytes, witnessed: Sequence[Checkpoint], root_at: Callable[[int], bytes]) -> Standing:
    """Where the log stands against the heads its witnesses cosigned (verified by the caller, see `cosigned_by`).

    `root_at(size)` gives the root the node's own log had with `size` leaves, asked for sizes from 0 to `own_size`.

    1. Every witnessed head up to the own size has the root that the own log had with so many leaves.
    2. No two witnessed heads beyond the own size have one size and two roots.
    3. No witnessed head is larger than the own log.
    """
    ahead: dict[int, Checkpoint] = {}
    for head in witnessed:
        # 1
        if head.size <= own_size:
            own = own_root if head.size == own_size else root_at(head.size)
            if own != head.root:
                return Forked(head, own)
            continue
        # 2
        other = ahead.setdefault(head.size, head)
        if other.root != head.root:
            return Forked(head, own_root)
    # 3
    return Behind(own_size, ahead[max(ahead)]) if ahead else Current()


def left_behind(own_origin: str, own_size: int, seen: Sequence[Checkpoint]) -> Behind | None:
    """Behind, when one of the heads is of a later epoch: the log is a copy from before an earlier restore.

    It may then be longer than that head and still lack what was signed since, so sizes are not compared.
    """
    later = [head for head in seen if epoch_of(head.origin) > epoch_of(own_origin)]
    return Behind(own_size, max(later, key=lambda head: (epoch_of(head.origin), head.size))) if later else None


def require_current(standing: Standing) -> None:
    """Raise `BrokenInputError` (behind-witnesses or fork) unless the node may sign."""
    match standing:
        case Behind(own_size, witnessed):
            raise BrokenInputError(
                ErrorCode.BEHIND_WITNESSES,
                "the log is shorter than what its witnesses have seen",
                found=f"{own_size} leaves",
                expected=f"{witnessed.size} leaves",
                do="say so with a `ledger-restored` act, which begins a new origin over the leaves that are left",
            )
        case Forked(witnessed, own_root):
            raise BrokenInputError(
                ErrorCode.FORK,
                "the log is not the one its witnesses have seen",
                found=f"{own_root.hex()} here",
                expected=f"{witnessed.root.hex()} with {witnessed.size} leaves",
                do="stop this node and find out which copy of the ledger is the true one",
            )
        case Current():
            return
