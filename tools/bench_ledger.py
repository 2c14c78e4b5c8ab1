"""Measures the pure ledger: how long a million entries take from entry to tiles, and to be verified again.

Usage: `python tools/bench_ledger.py [entries]`. No disk and no database: what is measured here is the least that any
store on top of it can take.
"""

import os
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from comity.acts.classes import ActClass, ActType
from comity.ledger.entries import LEAF_SIZE, Entry, leaves_of
from comity.ledger.openings import open_class, verify_openings
from comity.ledger.proofs import verify_inclusion, verify_range
from comity.ledger.tiles import RightEdge, extend
from comity.ledger.tree import StoredTree, leaf_hashes, root_of_runs, run_root
from comity.vocabulary.categories import Urgency

T = TypeVar("T")

RUN_LEAVES = 1 << 16
CLASSES = [
    ActClass(ActType.PRODUCTION_ORDERED, "EU-2023-1543", Urgency.EMERGENCY, ("without-validation",)),
    ActClass(ActType.EXHIBIT_RECEIVED, "CETS185", Urgency.ORDINARY),
    ActClass(ActType.ITEM_OPENED, "CETS185", Urgency.URGENT),
]


def timed(what: str, step: Callable[[], T]) -> T:
    """Run the step and print how many seconds it took, on the clock and of this process's own work."""
    start, worked = time.perf_counter(), time.process_time()
    result = step()
    print(f"{what:<60}{time.perf_counter() - start:8.3f} s{time.process_time() - worked:8.3f} s", flush=True)
    return result


def made_entries(count: int) -> list[Entry]:
    """Entries with random ids and salts, the same in every run."""
    source = random.Random(6962)  # noqa: S311 (figures, not secrets)
    return [
        Entry(source.randbytes(32).hex(), CLASSES[number % len(CLASSES)], source.randbytes(32), source.randbytes(32))
        for number in range(count)
    ]


def measure(count: int) -> None:
    """Print one line for each step of appending, verifying and proving."""
    entries = made_entries(count)
    leaves = timed(f"entries -> leaf data ({count:,})", lambda: leaves_of(entries))
    hashes = timed("leaf data -> leaf hashes", lambda: leaf_hashes(leaves))
    extension = timed("leaf hashes -> tiles, one append", lambda: extend(RightEdge(), hashes))
    root = timed("root from the right edge", extension.edge.root)

    stored = b"".join(leaves)
    step = RUN_LEAVES * LEAF_SIZE
    runs = [stored[at : at + step] for at in range(0, len(stored), step)]
    one = timed("verify: stored leaf data -> root, one process", lambda: run_root(stored, LEAF_SIZE))
    in_runs = timed(
        "verify: the same in runs of 65,536, one process", lambda: root_of_runs(runs, LEAF_SIZE, RUN_LEAVES)
    )
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(len, runs[:1]))
        many = timed(
            f"verify: the same over {os.cpu_count()} processes",
            lambda: root_of_runs(runs, LEAF_SIZE, RUN_LEAVES, pool.map),
        )
    openings = [open_class(entry) for entry in entries]
    opened = timed("oversight: every class opening -> root", lambda: verify_openings(openings, root, count))
    if {one, in_runs, many, opened.root} != {root}:
        raise SystemExit("the roots differ")
    measure_proofs(hashes, root)


def measure_proofs(hashes: list[bytes], root: bytes) -> None:
    """Print what proofs from a kept tree take."""
    count = len(hashes)
    tree = timed("leaf hashes -> kept tree", lambda: StoredTree(hashes))
    places = range(0, count, max(1, count // 10_000))
    paths = timed(f"{len(places):,} inclusion paths", lambda: [tree.inclusion_path(at) for at in places])

    def verify_paths() -> None:
        for at, path in zip(places, paths, strict=True):
            verify_inclusion(hashes[at], at, count, path, root)

    timed(f"{len(places):,} inclusion paths verified", verify_paths)
    first, batch = count // 3, min(1000, count - count // 3)
    proof = tree.range_proof(first, batch)
    timed(
        f"one range of {batch:,} leaves verified, {len(proof)} hashes",
        lambda: verify_range(hashes[first : first + batch], first, count, proof, root),
    )


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
