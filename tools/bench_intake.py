"""Measure intake against the slowest of its three parts done alone: hashing, age encryption and writing the same bytes.

Each part alone reads the same files in the same way and does its one job: SHA-256 of every item; one age stream of all
bytes, to nowhere; one file of all bytes, synced. Everything is in the page cache for all of them alike. The ratio is the
intake's speed over that of the slowest part, best of the repeats for each.

    python tools/bench_intake.py                     # 1 GiB as 1, 10,000 and 1,000,000 items, on disk and in memory
    python tools/bench_intake.py --items 1 --mib 256 --place /tmp
"""

import argparse
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyrage  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

from comity.acts.matters import ScopePart
from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.room import ObjectsEvidenceRoom
from comity.adapters.objects.sources import LeftOut, walk
from comity.evidence.items.exhibit_seal import SegmentSeal
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.vocabulary.categories import DataCategory

_BLOCK = 1 << 20
_FILES_PER_FOLDER = 1_000


class _Chance:
    def take(self, count: int) -> bytes:
        return os.urandom(count)


class _Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)

    def flush(self) -> None:
        pass


class _Pulled:
    """The blocks of all files as one stream."""

    def __init__(self, blocks: Iterator[bytes | memoryview]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def read(self, size: int) -> bytes:
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        data, self._rest = self._rest[:size].tobytes(), self._rest[size:]
        return data


def make_items(place: Path, size: int, items: int) -> None:
    """`size` random bytes as so many files of equal length, a thousand to a folder."""
    each = size // items
    for number in range(items):
        folder = place / f"{number // _FILES_PER_FOLDER:04d}"
        if number % _FILES_PER_FOLDER == 0:
            folder.mkdir(parents=True)
        with (folder / f"{number:07d}").open("wb") as file:
            for start in range(0, each, _BLOCK):
                file.write(os.urandom(min(_BLOCK, each - start)))


def blocks_of(place: Path, end_of_item: Callable[[], None] = lambda: None) -> Iterator[memoryview]:
    """Every byte of every file, in blocks; tells where an item ends."""
    room = memoryview(bytearray(_BLOCK))
    for source in walk(place, LeftOut()):
        while not source.ended:
            yield room[: source.readinto(room) or 0]
        source.close()
        end_of_item()


def hash_alone(place: Path) -> None:
    """SHA-256 of every item."""
    digest = [hashlib.sha256()]

    def end() -> None:
        digest[0].digest()
        digest[0] = hashlib.sha256()

    for block in blocks_of(place, end):
        digest[0].update(block)


def encrypt_alone(place: Path) -> None:
    """All bytes as one age stream, by the fastest way the library has."""
    recipient = pyrage.x25519.Identity.generate().to_public()
    pyrage.encrypt_io(_Pulled(filter(None, blocks_of(place))), _Nowhere(), [recipient])


def write_alone(place: Path, target: Path) -> None:
    """All bytes into one file, synced."""
    with target.open("wb", buffering=0) as file:
        for block in blocks_of(place):
            file.write(block)
        os.fsync(file.fileno())
    target.unlink()


def take_in(place: Path, root: Path) -> ObjectsEvidenceRoom:
    """The intake itself, with the rules it has in earnest."""
    room = ObjectsEvidenceRoom(LocalEvidenceStore(root), AgeCipher(), _Chance())
    room.take_in(place, room.new_identity(), lambda _: None, terms=IntakeTerms())
    return room


def hand_over(place: Path, root: Path) -> tuple[float, float]:
    """Seconds to disclose one item in a thousand (at least one), and to check it at the receiver."""
    room = ObjectsEvidenceRoom(LocalEvidenceStore(root), AgeCipher(), _Chance())
    identity, new = room.new_identity(), room.new_identity()
    seals: list[SegmentSeal] = []
    intake = room.take_in(place, identity, seals.append, terms=IntakeTerms())
    held = HeldExhibit("1" * 32, tuple(seals))
    names = tuple(f"{n // _FILES_PER_FOLDER:04d}/{n:07d}" for n in range(0, intake.items, _FILES_PER_FOLDER))
    scope = (ScopePart("few", tuple(DataCategory), names=names),)
    begun = time.perf_counter()
    disclosed = room.disclose(held, identity, granted=scope, refused=(), exhibit="2" * 32, new_identity=new)
    handed = time.perf_counter()
    room.receive(
        disclosed.packed,
        new,
        hold_exhibit="1" * 32,
        hold_root=intake.root,
        scope=scope,
        clean_identity=new,
        quarantine_exhibit="3" * 32,
        quarantine_recipient=room.recipient_of(new),
    )
    return handed - begun, time.perf_counter() - handed


def seconds(action: Callable[[], object], repeat: int, after: Callable[[], object] = lambda: None) -> float:
    """The best time of several."""
    times = []
    for _ in range(repeat):
        os.sync()
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
        after()
    return min(times)


def measure(base: Path, size: int, items: int, repeat: int) -> list[str]:
    """One row of the table."""
    place, root = base / "items", base / "store"
    make_items(place, size, items)
    total = size // items * items

    def clear() -> None:
        shutil.rmtree(root, ignore_errors=True)

    alone = {
        "hash": seconds(lambda: hash_alone(place), repeat),
        "encrypt": seconds(lambda: encrypt_alone(place), repeat),
        "write": seconds(lambda: write_alone(place, base / "written"), repeat),
    }
    intake = seconds(lambda: take_in(place, root), repeat, clear)
    disclose, receive = hand_over(place, root)
    clear()
    shutil.rmtree(place)
    speeds = [f"{total / each / 1e6:,.0f}" for each in (*alone.values(), intake)]
    return [
        *speeds,
        f"{max(alone.values()) / intake:.2f}",
        f"{items / intake:,.0f}",
        f"{disclose:.2f} s",
        f"{receive:.2f} s",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, nargs="*", default=[1, 10_000, 1_000_000])
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--place", type=Path, nargs="*", default=[Path(tempfile.gettempdir()), Path("/dev/shm")])  # noqa: S108 - a memory file system to measure on
    options = parser.parse_args()
    table = Table(
        "place", "items", "hash", "encrypt", "write", "intake", "ratio", "items/s", "disclose 1/1000", "receive it"
    )
    console = Console(width=140)
    for place in options.place:
        for items in options.items:
            console.print(f"{items:,} items in {place} …")
            with tempfile.TemporaryDirectory(dir=place) as base:
                table.add_row(str(place), f"{items:,}", *measure(Path(base), options.mib << 20, items, options.repeat))
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    console.print(f"\n{options.mib} MiB; MB/s; ratio of intake to the slowest alone; load of the machine {load}")
    console.print(table)


if __name__ == "__main__":
    main()
