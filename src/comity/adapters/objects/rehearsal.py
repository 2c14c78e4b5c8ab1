"""Faults to be rehearsed, never in earnest: a custodian's node that hands over too much.

Read from `rehearsal.json` in the folder of a node whose settings say that it only rehearses.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from comity.evidence.descriptors import ItemDescriptor
from comity.vocabulary.wire import decode

log = logging.getLogger("comity.rehearsal")

_LIMIT = 1 << 16


class UnsafeFaults(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of items that are slipped into every hand-over, whatever the order says."""

    slip_in: tuple[str, ...] = ()


def unsafe_slip_in(folder: Path) -> Callable[[ItemDescriptor], bool]:
    """Whether an item is slipped in, by the file as it is when asked."""

    def slipped_in(descriptor: ItemDescriptor) -> bool:
        path = folder / "rehearsal.json"
        if not path.exists():
            return False
        faults = decode(path.read_bytes(), UnsafeFaults, limit=_LIMIT)
        found = any(descriptor.name.startswith(name) for name in faults.slip_in)
        if found:
            log.warning("UNSAFE rehearsal: an item out of scope is slipped into a hand-over")
        return found

    return slipped_in
