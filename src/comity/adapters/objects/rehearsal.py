"""Faults to be rehearsed, never in earnest: a custodian's node that hands over too much, lies about a date, breaks off.

Read from `rehearsal.json` in the folder of a node whose settings say that it only rehearses; read anew each time, so that
a rehearsal can change them while the node runs.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from comity.evidence.items.descriptors import ItemDescriptor
from comity.vocabulary.wire import decode, encode

log = logging.getLogger("comity.rehearsal")

_LIMIT = 1 << 16


class UnsafeFaults(Struct, frozen=True, forbid_unknown_fields=True):
    """`slip_in`: items (by the beginning of their names) that go into every hand-over, whatever the order says.

    `misdated`: item names, each with the time its descriptor shall claim instead of its own. `break_off_after`: bytes after
    which the next transfer of an object breaks off, once.
    """

    slip_in: tuple[str, ...] = ()
    misdated: Mapping[str, datetime] = {}
    break_off_after: int = 0


class UnsafeRehearsal:
    """The faults of one node's folder. Where there is no file, there are none."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "rehearsal.json"

    def faults(self) -> UnsafeFaults:
        """As the file says now."""
        if not self._path.exists():
            return UnsafeFaults()
        return decode(self._path.read_bytes(), UnsafeFaults, limit=_LIMIT)

    def write(self, faults: UnsafeFaults) -> None:
        """What is rehearsed from now on."""
        self._path.write_bytes(encode(faults))

    def slips_in(self, descriptor: ItemDescriptor) -> bool:
        """Whether the item goes along although it is out of scope."""
        found = any(descriptor.name.startswith(name) for name in self.faults().slip_in)
        if found:
            log.warning("UNSAFE rehearsal: an item out of scope is slipped into a hand-over")
        return found

    def describe(self, descriptor: ItemDescriptor) -> ItemDescriptor:
        """The descriptor, or one that lies about the item's time."""
        claimed = self.faults().misdated.get(descriptor.name)
        if claimed is None:
            return descriptor
        log.warning("UNSAFE rehearsal: an item's descriptor lies about its time")
        return replace(descriptor, first=claimed, last=claimed)

    def take_break_off(self) -> int:
        """After how many bytes the transfer that begins now breaks off; 0 for not at all. Asked for once."""
        faults = self.faults()
        if faults.break_off_after:
            self.write(replace(faults, break_off_after=0))
        return faults.break_off_after
