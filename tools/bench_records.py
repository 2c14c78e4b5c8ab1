"""Measures the node's database on this machine, with synced writes: `python tools/bench_records.py [--entries N]`.

Prints a table: acts a second through `write` and `append` in batches, one commit each; entries appended to the ledger
durably; and the ledger verified again from its stored leaves, by one process and by as many as there are cores.
"""

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path

from rich.console import Console
from rich.table import Table

from comity.acts.classes import ActClass, ActType
from comity.adapters.postgres.embedded import temporary_cluster
from comity.adapters.postgres.settings import configure
from comity.cases.state import Direction, Phase
from comity.casework.ports.case import StoredAct, StoredView
from comity.casework.ports.delivery import Delivery
from comity.ledger.entries import LEAF_SIZE, Entry
from comity.ledger.tree import RunMapper, root_of_runs
from comity.vocabulary.categories import Urgency

CLASS = ActClass(ActType.PRESERVATION_REQUESTED, "CETS185", Urgency.ORDINARY)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SEALED_BYTES = 3_000
VIEW_BYTES = 1_500
AHEAD = 8
"""Runs that wait for a process: 16 MiB."""


def sign(origin: str, size: int, root: bytes) -> str:
    """A note without a signature: signing is measured elsewhere."""
    return f"{origin}\n{size}\n{root.hex()}\n"


def entry() -> Entry:
    """A leaf of a random act."""
    return Entry(os.urandom(32).hex(), CLASS, os.urandom(32), os.urandom(32))


def portions(count: int, size: int) -> Iterator[list[Entry]]:
    """So many entries, in lists of that size."""
    for start in range(0, count, size):
        yield [entry() for _ in range(min(size, count - start))]


def file_acts(records: object, batch: int, seconds: float) -> float:
    """Acts a second: each opens a case of its own, goes to one peer and carries one search token."""
    from comity.adapters.postgres.records import PostgresRecords

    assert isinstance(records, PostgresRecords)  # noqa: S101 - tells mypy what the late import gave
    spent, filed = 0.0, 0
    while spent < seconds:
        entries = [entry() for _ in range(batch)]
        cases = [os.urandom(16).hex() for _ in entries]
        placed = list(zip(entries, cases, strict=True))
        acts = [StoredAct(e.act, case, Direction.ISSUED, NOW, os.urandom(SEALED_BYTES)) for e, case in placed]
        views = [StoredView(case, 1, os.urandom(VIEW_BYTES), Phase.OPEN, NOW) for case in cases]
        deliveries = [Delivery(e.act, "de") for e in entries]
        tokens = [(case, os.urandom(16)) for case in cases]
        begun = time.perf_counter()
        with records.transaction() as change:
            change.lock(cases)
            change.known([e.act for e in entries])
            change.write(acts, views, deliveries, tokens)
            change.append(entries, sign)
        spent += time.perf_counter() - begun
        filed += batch
    return filed / spent


def spread(pool: Pool) -> RunMapper:
    """A mapper over the pool's processes that reads ahead a little, in the caller's thread and over its connection."""

    def mapper(function: Callable[[bytes], bytes], runs: Iterable[bytes]) -> Iterator[bytes]:
        under_way: deque[AsyncResult[bytes]] = deque()
        for run in runs:
            under_way.append(pool.apply_async(function, (run,)))
            if len(under_way) > AHEAD:
                yield under_way.popleft().get()
        for result in under_way:
            yield result.get()

    return mapper


def measure(entries: int, batches: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Every figure with its name, as soon as it is there."""
    from comity.adapters.postgres.ledger_reader import RUN_LEAVES
    from comity.adapters.postgres.records import PostgresRecords
    from comity.adapters.postgres.schema import migrate

    migrate()
    records = PostgresRecords("pt")
    for batch in (1, 64, 256):
        yield f"acts filed, {batch} in a commit", f"{file_acts(records, batch, 3.0):,.0f} /s"
    for batch in batches:
        start = records.ledger.head().size
        spent = 0.0
        for portion in portions(entries, batch):
            begun = time.perf_counter()
            with records.transaction() as change:
                change.append(portion, sign)
            spent += time.perf_counter() - begun
        added = records.ledger.head().size - start
        yield f"{added:,} entries appended, {batch:,} in a commit", f"{spent:.1f} s"
    size = records.ledger.head().size
    begun = time.perf_counter()
    read = sum(map(len, records.ledger.leaf_runs(size)))
    yield f"{read >> 20:,} MiB of leaves read", f"{time.perf_counter() - begun:.2f} s"
    root = records.ledger.head().root
    begun = time.perf_counter()
    holds = root_of_runs(records.ledger.leaf_runs(size), LEAF_SIZE, RUN_LEAVES) == root
    yield f"{size:,} leaves verified, one process ({holds})", f"{time.perf_counter() - begun:.2f} s"
    with multiprocessing.get_context("fork").Pool() as pool:
        begun = time.perf_counter()
        holds = root_of_runs(records.ledger.leaf_runs(size), LEAF_SIZE, RUN_LEAVES, spread(pool)) == root
        yield f"{size:,} leaves verified, all cores ({holds})", f"{time.perf_counter() - begun:.2f} s"


def main() -> int:
    """Runs everything in a cluster of its own, which is removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, action="append", help="entries in a commit; may be given more than once")
    parser.add_argument("--folder", type=Path, default=None, help="where to put the cluster; decides which disk it is")
    parser.add_argument("--plain", action="store_true", help="a line for each figure as it comes, parted by a tab")
    asked = parser.parse_args()
    logging.disable()
    table = Table("what", "measured")
    with temporary_cluster(asked.folder) as cluster:
        configure(cluster.create_database("bench", "bench"))
        for name, measured in measure(asked.entries, asked.batch or [4_000]):
            table.add_row(name, measured)
            if asked.plain:
                print(f"{name}\t{measured}", flush=True)
    if not asked.plain:
        Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
