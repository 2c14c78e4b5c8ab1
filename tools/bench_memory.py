"""Measure how much memory an intake takes at most: many empty files at once, and taken up again after it broke off half-way.

Empty files are the most items that a byte of disk can ask for: nothing is paid for by reading. Each intake is a process of its
own, and what is told is its high-water mark (`VmHWM`) as the kernel has it, the interpreter and what it imports included. The second one is given what the first had sealed, passes that over, and takes in the rest.

    python tools/bench_memory.py                          # 2,000,000 empty files; 1,000,000 taken up again half-way
    python tools/bench_memory.py --items 100000 --place /var/tmp
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.room import ObjectsEvidenceRoom
from comity.evidence.items.exhibit_seal import SegmentSeal
from comity.evidence.items.exhibits import IntakeTerms

MOST = 300
"""Megabytes (10^6) that an intake of any size may take."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - a memory file system to measure on
_FILES_PER_FOLDER = 1_000


class Peak(Struct, frozen=True):
    """Of one process: megabytes (10^6) at most, items that it has at its end, seconds."""

    megabytes: float
    items: int
    seconds: float


class _Chance:
    def take(self, count: int) -> bytes:
        return os.urandom(count)


def make_empty(place: Path, items: int) -> None:
    """So many empty files, a thousand to a folder."""
    for number in range(items):
        folder = place / f"{number // _FILES_PER_FOLDER:05d}"
        if number % _FILES_PER_FOLDER == 0:
            folder.mkdir(parents=True)
        os.mknod(f"{folder}/{number:08d}")


def intake(place: Path, folder: Path, until: int) -> Peak:
    """Take the place in, in a process of its own, behind what `folder` has of it; until so many items are sealed, if not 0."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--take-in", str(place), "--place", str(folder), "--items", str(until)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    megabytes, items = done.stdout.split()
    return Peak(float(megabytes), int(items), time.perf_counter() - begun)


def take_in(place: Path, folder: Path, until: int) -> int:
    """The intake itself, in this process; how many items it has sealed."""
    journal, key = folder / "seals", folder / "identity"
    room = ObjectsEvidenceRoom(LocalEvidenceStore(folder / "store"), AgeCipher(), _Chance())
    if not key.exists():
        key.write_text(room.new_identity())
    journal.touch()
    sealed = tuple(msgspec.json.decode(line, type=SegmentSeal) for line in journal.read_bytes().splitlines())
    items = sum(each.items for each in sealed)

    class EnoughError(Exception):
        pass

    def keep(seal: SegmentSeal) -> None:
        nonlocal items
        items += seal.items
        with journal.open("ab") as file:
            file.write(msgspec.json.encode(seal) + b"\n")
        if until and items >= until:
            raise EnoughError

    with suppress(EnoughError):
        room.take_in(place, key.read_text(), keep, terms=IntakeTerms(), resume=sealed)
    return items


def high_water() -> float:
    """Megabytes (10^6) that this process had at most."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) * 1024 / 1e6


def measure(place: Path, items: int, *, again: bool) -> Peak:
    """Of an intake of so many empty files at once, or of the second of two that share them."""
    with tempfile.TemporaryDirectory(prefix="comity-bench-", dir=place) as made:
        files, folder = Path(made) / "items", Path(made) / "taken"
        folder.mkdir()
        make_empty(files, items)
        if again:
            intake(files, folder, items // 2)
        peak = intake(files, folder, 0)
    if peak.items != items:
        raise SystemExit(f"{peak.items:,} of {items:,} files were taken in")
    return peak


def rows(items: int, say: Callable[[str], None], place: Path = _MEMORY) -> Iterator[tuple[str, str, str, str, str]]:
    """The rows for the table of `tools/bench.py`."""
    for count, again in ((items, False), (items // 2, True)):
        what = f"{count:,} empty files{', taken up again half-way' if again else ''}"
        say(f"memory of an intake of {what}")
        peak = measure(place, count, again=again)
        yield (
            f"memory of an intake of {what}, at most",
            f"{peak.megabytes:,.0f} MB",
            f"{MOST} MB",
            "",
            f"the process's high-water mark; {peak.seconds:,.0f} s, memory file system",
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=2_000_000)
    parser.add_argument("--place", type=Path, default=_MEMORY)
    parser.add_argument("--take-in", type=Path, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.take_in is not None:
        items = take_in(asked.take_in, asked.place, asked.items)
        print(f"{high_water():.1f} {items}")
        return
    for name, value, most, _, how in rows(asked.items, print, asked.place):
        print(f"{name}: {value} (to be held: {most}; {how})")


if __name__ == "__main__":
    main()
