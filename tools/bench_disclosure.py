"""Measure a disclosure: 1,000 items out of 1,000,000 held, and the bytes that prove each of them.

The items are made in memory as they are read, so that only the hold itself is written: 1 GiB as a million items. Copying
is what no disclosure can do without: every chunk that holds a granted item is read and decrypted, and the items' bytes are
encrypted and stored. What the disclosure takes beside that is judging a million descriptors and proving a thousand.

    python tools/bench_disclosure.py                     # 1,000 of 1,000,000
    python tools/bench_disclosure.py --items 10000 --granted 100 --folder /dev/shm
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from comity.acts.matters import ScopePart
from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.intake import IntakeRules, take_in
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.manifest_files import read_manifest
from comity.adapters.objects.packing import ChunkReader
from comity.adapters.objects.room import ObjectsEvidenceRoom
from comity.adapters.objects.sources import LeftOut
from comity.evidence.items.exhibit_seal import SegmentSeal, item_leaf
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.evidence.items.manifest import ManifestItem
from comity.evidence.items.segment_index import Span
from comity.vocabulary.categories import DataCategory

ITEM = 1_073
"""Bytes of an item: a million of them are 1 GiB."""


class Cost(Struct, frozen=True):
    """Seconds by the clock on the wall, and of processor time of all threads."""

    clock: float
    processor: float


class Figures(Struct, frozen=True):
    """`proof` is everything but descriptor, salt and place, in bytes per item; `shared` the same with no hash sent twice."""

    disclosed: Cost
    copied: Cost
    proof: float
    shared: float
    record: float


class _Watch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._clock, self._processor = time.perf_counter(), time.process_time()

    def read(self) -> Cost:
        return Cost(time.perf_counter() - self._clock, time.process_time() - self._processor)


class _Chance:
    def take(self, count: int) -> bytes:
        return os.urandom(count)


class _Made:
    """An item that is made as it is read."""

    known_by_mark = True
    file_time = None

    def __init__(self, number: int) -> None:
        self.name = f"{number // 1_000:04d}/{number:07d}"
        self.mark = number.to_bytes(16)
        self.ended = False

    def readinto(self, view: memoryview) -> int | None:
        """All of it at once."""
        size = min(ITEM, len(view))
        view[:size] = os.urandom(size)
        self.ended = True
        return size

    def begins_with(self, _size: int, _prefix: bytes) -> bool:
        """It is never the same twice."""
        return False

    def changed(self, _size: int) -> bool:
        """It does not change."""
        return False

    def reread(self) -> None:
        """It goes by: what begins like an archive by chance stays whole."""

    def close(self) -> None:
        """There is nothing to let go of."""


def measure(folder: Path, items: int, granted: int) -> Figures:
    """Hold so many items, hand over so many of them."""
    store, cipher, chance = LocalEvidenceStore(folder / "store"), AgeCipher(), _Chance()
    room = ObjectsEvidenceRoom(store, cipher, chance)
    identity, new = room.new_identity(), room.new_identity()
    seals: list[SegmentSeal] = []
    made: Iterator[_Made] = map(_Made, range(items))
    take_in(
        made,
        LeftOut(),
        store=store,
        cipher=cipher,
        randomness=chance,
        identity=identity,
        on_segment=seals.append,
        terms=IntakeTerms(),
        rules=IntakeRules(),
    )
    held = HeldExhibit("1" * 32, tuple(seals))
    names = tuple(_Made(number).name for number in range(0, items, max(1, items // granted)))
    scope = (ScopePart("few", tuple(DataCategory), names=names),)
    watch = _Watch()
    disclosed = room.disclose(held, identity, granted=scope, refused=(), exhibit="2" * 32, new_identity=new)
    took = watch.read()
    records = [
        each for each in read_manifest(disclosed.packed.manifest, store, cipher, new) if isinstance(each, ManifestItem)
    ]
    proofs = sum(len(msgspec.msgpack.encode((each.path, each.segment, each.leaf))) for each in records)
    whole = sum(len(msgspec.msgpack.encode(each)) for each in records)
    leaves = {item_leaf(each.salt, each.frame) for each in records}
    copied = _copy(store, cipher, held, identity, _chunks_touched(store, cipher, identity, held, leaves))
    shared = proofs - _HASH * (sum(len(each.path) for each in records) - _hashes_once(records, seals))
    return Figures(took, copied, proofs / len(records), shared / len(records), whole / len(records))


_HASH = 34
"""Bytes of a hash in a path: two of MessagePack before it."""


def _hashes_once(records: list[ManifestItem], seals: list[SegmentSeal]) -> int:
    """Hashes that prove all of them at once: none that is sent for another, none that follows from the items themselves."""
    count = 0
    for seal in seals:
        known, width = {each.leaf for each in records if each.segment == seal.number}, seal.items
        while width > 1 and known:
            count += sum(1 for node in known if node ^ 1 < width and node ^ 1 not in known)
            known, width = {node >> 1 for node in known}, (width + 1) >> 1
    return count


def _chunks_touched(
    store: LocalEvidenceStore, cipher: AgeCipher, identity: str, held: HeldExhibit, leaves: set[bytes]
) -> list[tuple[Span, ...]]:
    from comity.adapters.objects.segment_sealing import read_index

    found = []
    for seal in held.seals:
        index = read_index(store, cipher, identity, seal)
        found += [item.spans for item in index.items if item.leaf() in leaves]
    return sorted(found, key=lambda spans: (spans[0].chunk, spans[0].offset))


def _copy(
    store: LocalEvidenceStore,
    cipher: AgeCipher,
    held: HeldExhibit,
    identity: str,
    places: list[tuple[Span, ...]],
) -> Cost:
    """What it takes to read, decrypt, encrypt again and store what is granted, and nothing else."""
    objects = [stored for seal in held.seals for stored in seal.objects]
    watch = _Watch()
    reader = ChunkReader(store, cipher, identity, objects)
    plain = b"".join(bytes(piece) for spans in places for piece in reader.pieces(spans))
    store.put(cipher.encrypt(plain, cipher.recipient_of(cipher.new_identity())))
    return watch.read()


def rows(folder: Path, items: int, granted: int) -> Iterator[tuple[str, str, str, str, str]]:
    """The rows for the table of `tools/bench.py`."""
    found = measure(folder, items, granted)
    whole, copied = found.disclosed, found.copied
    beside = (
        f"{whole.clock / copied.clock:.1f} times the {copied.clock:.1f} s of reading, decrypting and storing them; of a "
        f"processor {whole.processor - copied.processor:.1f} s beside {copied.processor:.1f} s"
    )
    yield (
        f"disclosure of {granted:,} items out of {items:,}, beside copying them",
        f"{whole.clock - copied.clock:.1f} s",
        "5 s",
        "",
        beside,
    )
    yield (
        f"proof of one item out of {items:,}, on average",
        f"{found.proof:,.0f} B",
        "1,000 B",
        "",
        f"{found.record:,.0f} B with descriptor, salt and places; {found.shared:,.0f} B were no hash sent twice",
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--granted", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comity-bench-", dir=asked.folder) as folder:
        for name, value, least, _, how in rows(Path(folder), asked.items, asked.granted):
            print(f"{name}: {value} (at most {least}; {how})")


if __name__ == "__main__":
    main()
