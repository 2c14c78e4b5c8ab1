"""One file of slots, shared by every process of a node: appended and overwritten under a lock, read without one.

What is true when
- Slots below `committed` were synced before the counter said so. A reader never looks beyond it, so it never sees a write
  in progress.
- Whoever takes the lock and finds bytes beyond `committed` finds the work of a process that died, or of a disk that was
  full: nobody was told that it was done. Whole slots there are taken over, torn ones are made void.
- `committed` itself is not synced when it is raised; after a power cut it may be old by the last write, which is then taken
  over in the same way. It is never ahead of what is on the disk.
- `generation` rises with every destruction, before the destroying process is told that it is done. It is read through a
  shared mapping of the header, at the price of a memory access, so that what other processes cached dies with it.

Wants a local file system whose mappings and writes are coherent, as on any Linux file system; not a network share.
"""

import errno
import mmap
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from comity.adapters.keys.slot_format import (
    COMMITTED_AT,
    COUNTER,
    GENERATION_AT,
    SLOT,
    Header,
    Slot,
    SlotState,
    pack_header,
    pack_slot,
    parse_header,
    parse_slot,
)
from comity.adapters.private_files import exclusive, open_folder, refuse_open, replace_private
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_PORTION = 8192


class SlotFile:
    """The open file. Safe for threads and processes as long as what changes it is called inside `locked`."""

    def __init__(self, folder: Path, fresh: Header) -> None:
        """Opens the file, or makes it with the header `fresh`, and finishes what a process that died had begun."""
        open_folder(folder)
        self._path = folder / "case-keys.slots"
        self._lock = folder / "case-keys.lock"
        with exclusive(self._lock):
            if not self._path.exists():
                replace_private(self._path, pack_header(fresh))
        refuse_open(self._path)
        self._file = os.open(self._path, os.O_RDWR)
        try:
            self.header = self._read_header()
            self._map = mmap.mmap(self._file, SLOT, access=mmap.ACCESS_READ)
            with self.locked():
                self._finish_destructions()
        except BrokenInputError:
            os.close(self._file)
            raise

    def close(self) -> None:
        """Nothing of the file stays open."""
        self._map.close()
        os.close(self._file)

    def generation(self) -> int:
        """How many destructions there were; costs a memory access."""
        return int(COUNTER.unpack_from(self._map, GENERATION_AT)[0])

    def committed(self) -> int:
        """How many slots there are; costs a memory access."""
        return int(COUNTER.unpack_from(self._map, COMMITTED_AT)[0])

    def read(self, number: int) -> Slot | None:
        """The slot as it is now; None when it is damaged."""
        return parse_slot(os.pread(self._file, SLOT, _at(number)))

    def portions(self, first: int) -> Iterator[tuple[int, bytes]]:
        """All slots from `first` on, as (number of the first slot, bytes), a MiB at a time."""
        last = self.committed()
        for start in range(first, last, _PORTION):
            yield start, os.pread(self._file, (min(start + _PORTION, last) - start) * SLOT, _at(start))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The only writer among all threads and processes; what a dead one left behind is in order first."""
        with exclusive(self._lock):
            if os.fstat(self._file).st_size != _at(self.committed()):
                self._recover()
            yield

    def append(self, slots: Sequence[Slot]) -> None:
        """New slots at the end, durable when it returns: one write and one sync for all of them.

        Raises `BrokenInputError(STORE_FULL)`; the space taken is put in order by the next writer.
        """
        first = self.committed()
        self._write(_at(first), b"".join(map(pack_slot, slots)))
        os.fdatasync(self._file)
        self._set(COMMITTED_AT, first + len(slots))

    def bury(self, number: int, case: bytes) -> None:
        """The slot's key part is overwritten and a tombstone stands there, durably when it returns.

        1. The first byte says that destruction has begun, durably: from here on nothing brings the key back.
        2. The generation rises: what other processes cached is void.
        3. Zeros over the key, with the tombstone, durably.
        """
        self._write(_at(number), bytes([SlotState.DESTROYING]))  # 1
        os.fdatasync(self._file)
        self._set(GENERATION_AT, self.generation() + 1)  # 2
        self._write(_at(number), pack_slot(Slot(SlotState.DESTROYED, case)))  # 3
        os.fsync(self._file)

    def in_state(self, *states: SlotState) -> Iterator[tuple[int, Slot]]:
        """Every slot whose first byte is one of the states and whose case can be read."""
        for start, raw in self.portions(0):
            firsts = raw[::SLOT]
            for offset in [i for i, first in enumerate(firsts) if first in states]:
                slot = parse_slot(raw[offset * SLOT : (offset + 1) * SLOT])
                if slot is not None:
                    yield start + offset, slot

    def _read_header(self) -> Header:
        header = parse_header(os.pread(self._file, SLOT, 0))
        if header is None:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "the case key file has no whole header",
                found=str(self._path),
                expected="a case key file of version 1",
                do="bring back the file itself; a new one would make every case unreadable",
            )
        return header

    def _recover(self) -> None:
        first, size = self.committed(), os.fstat(self._file).st_size
        if size < _at(first):
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "the case key file is shorter than what was confirmed",
                found=f"{size} bytes",
                expected=f"at least {_at(first)} bytes",
                do="bring back the file itself; the cases in the missing part can't be read without it",
            )
        last = -(-(size - SLOT) // SLOT)
        for number in range(first, last):
            if self.read(number) is None:
                self._write(_at(number), pack_slot(Slot(SlotState.VOID, bytes(16))))
        os.fdatasync(self._file)
        self._set(COMMITTED_AT, last)

    def _finish_destructions(self) -> None:
        unfinished = [
            (number, slot.case)
            for number, slot in self.in_state(SlotState.DESTROYING, SlotState.DESTROYED)
            if slot.state is SlotState.DESTROYING
        ]
        for number, case in unfinished:
            self.bury(number, case)

    def _set(self, at: int, count: int) -> None:
        self._write(at, COUNTER.pack(count))

    def _write(self, at: int, content: bytes) -> None:
        try:
            written = 0
            while written < len(content):
                written += os.pwrite(self._file, content[written:], at + written)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise BrokenInputError(
                ErrorCode.STORE_FULL, "there is no space left for case keys", found=str(self._path), do="make space"
            ) from error


def _at(number: int) -> int:
    return (1 + number) * SLOT
