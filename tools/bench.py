"""Measure speed and size on this machine and print one table: `make bench`, or `python tools/bench.py [--quick] [...]`.

Every figure stands beside what it must be at least and what we are heading for, and with how it was got. Nothing is
estimated: real processes, a real PostgreSQL with synced writes, bytes counted on a socket. Everything is made in a
temporary folder, which is removed at the end, also after an error. Takes about ten minutes; `--quick` two.

A busy machine makes every figure worse: the load is printed with the table.
"""

import argparse
import logging
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bench_acts
import bench_disclosure
import bench_dossier
import bench_forms
import bench_intake
import bench_law
import bench_memory
from bench_installed import measure_as_installed
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from comity.entrypoints.demo.cast import PT
from comity.entrypoints.demo.federation import Federation

PARTS = ("acts", "intake", "memory", "disclosure", "dossier", "ledger", "law", "forms")

_MEMORY = Path("/dev/shm")  # noqa: S108 - a memory file system to measure on
_CHECKPOINTS = 10
"""Seconds between checkpoints while acts are measured: more often than a node's usual sixty."""


class Sizes(Struct, frozen=True):
    """How much of everything."""

    acts: int = 4000
    runs: int = 3
    singles: int = 40
    wire: int = 9
    idle_seconds: float = 60
    mib: int = 1024
    items: tuple[int, ...] = (1, 10_000)
    entries: int = 1_000_000
    clocks: int = bench_law.MILLION
    empty: int = 200_000


QUICK = Sizes(
    acts=600,
    runs=2,
    singles=15,
    wire=5,
    idle_seconds=15,
    mib=128,
    items=(1, 1_250),
    entries=100_000,
    clocks=20_000,
    empty=80_000,
)
MILLION = (1, 10_000, 1_000_000)


class Figure(Struct, frozen=True):
    """One row of the table."""

    name: str
    measured: str
    least: str
    heading: str
    how: str


def acts(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Acts between two nodes; what an idle node holds."""
    say("two nodes are made")
    with Federation.found(folder / "federation", checkpoint_seconds=_CHECKPOINTS) as federation:
        bench_acts.own_clocks(federation)
        federation.start(bench_acts.NODES)
        pair = bench_acts.Pair(federation, say)
        say("acts a second")
        pair.throughput(100)
        rates = []
        for _ in range(sizes.runs):
            rates.append(pair.throughput(sizes.acts))
            say(f"  {rates[-1]:,.0f} a second")
        yield Figure(
            "acts a second, pt to de: approved, sealed, encrypted, logged durably, receipted",
            f"{statistics.median(rates):,.0f} /s",
            "200 /s",
            "1,000 /s",
            f"median of {len(rates)} runs (best {max(rates):,.0f}) of {sizes.acts:,} cases each, first approval to last "
            f"receipt; {bench_acts.CONNECTIONS} connections, {bench_acts.BATCH} approvals a request",
        )
        say("from approval to receipt, one act at a time")
        waits = sorted(pair.one_at_a_time(sizes.singles, bench_acts.usual_body))
        yield Figure(
            "approve to receipt, one act on an idle pair, median",
            f"{statistics.median(waits) * 1e3:,.0f} ms",
            "300 ms",
            "50 ms",
            f"{len(waits)} acts; fastest {waits[0] * 1e3:,.0f} ms, nine in ten within "
            f"{waits[len(waits) * 9 // 10] * 1e3:,.0f} ms",
        )
        say("bytes on the wire")
        usual = pair.wire_bytes(sizes.wire, bench_acts.usual_body)
        dense = pair.wire_bytes(sizes.wire, bench_acts.dense_body)
        yield Figure(
            "bytes of one act with a 1.5 kB body and of its receipt",
            f"{usual:,} B",
            "8,000 B",
            "4,300 B",
            f"counted by a TCP relay, HTTP headers both ways included, no TLS; words as people write them "
            f"(random letters: {dense:,} B)",
        )
        yield from at_rest(federation, sizes)


def at_rest(federation: Federation, sizes: Sizes) -> Iterator[Figure]:
    """What a node holds when it has nothing to do; how fast it reads its cases again under another law."""
    say(f"an idle node, {sizes.idle_seconds:.0f} seconds")
    worked = bench_acts.resident(federation.pid(PT))
    idle = bench_acts.idle_memory(federation, PT, sizes.idle_seconds)
    yield Figure(
        "resident memory of an idle node, web and worker in one process",
        f"{idle:,.0f} MB",
        "250 MB",
        "120 MB",
        f"{sizes.idle_seconds:.0f} s after its start, without PostgreSQL; {worked:,.0f} MB after the work above",
    )
    say("cases read again under another law")
    cases, took = bench_acts.read_again(federation, PT)
    yield Figure(
        "cases that a node reads again when another law comes into force",
        f"{cases / took:,.0f} /s",
        "",
        "",
        f"{cases:,} cases in {took:.1f} s by one thread beside the node's work: views opened, clocks counted, rows written",
    )


def intake(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Taking data in, as a share of the slowest of its parts done alone."""
    for place, name in ((folder, "disk"), (_MEMORY, "memory")):
        for items in sizes.items:
            say(f"intake of {sizes.mib:,} MiB as {items:,} items, {name}")
            with tempfile.TemporaryDirectory(prefix="comity-bench-", dir=place) as base:
                hashed, encrypted, written, taken, share, *_ = bench_intake.measure(
                    Path(base), sizes.mib << 20, items, 2
                )
            yield Figure(
                f"intake of {sizes.mib:,} MiB as {items:,} item{'s' if items > 1 else ''}, {name}",
                f"{share} of the slowest",
                "0.90",
                "0.90",
                f"MB/s: {taken}; alone: hash {hashed}, age {encrypted}, write {written}; best of 2",
            )


def memory(sizes: Sizes, _folder: Path) -> Iterator[Figure]:
    """What an intake of very many items holds in memory at most."""
    yield from (Figure(*row) for row in bench_memory.rows(sizes.empty, say))


def ledger(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """The ledger in PostgreSQL; a process of its own, since a process has one database for its life."""
    say(f"a ledger of {sizes.entries:,} entries")
    command = [sys.executable, str(Path(__file__).with_name("bench_records.py")), "--plain"]
    arguments = ["--entries", str(sizes.entries), "--folder", str(folder)]
    found: dict[str, str] = {}
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as measuring:
        for line in measuring.stdout or ():
            name, _, value = line.rstrip("\n").partition("\t")
            found[name] = value
            say(f"  {name}: {value}")
    if measuring.returncode:
        raise SystemExit(f"{command[1]} ended with status {measuring.returncode}")
    appended, verified = (
        next(value for name, value in found.items() if word in name) for word in ("appended", "all cores")
    )
    whole = sizes.entries == Sizes().entries
    yield Figure(
        f"ledger: {sizes.entries:,} entries appended durably",
        appended,
        "150 s" if whole else "",
        "60 s" if whole else "",
        "4,000 in a commit",
    )
    yield Figure(
        "ledger: the same verified again from its leaves",
        verified,
        "5 s" if whole else "",
        "2 s" if whole else "",
        "all cores",
    )


def disclosure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """One item in a thousand handed over, from as many held as the ledger has entries."""
    say(f"a disclosure from {sizes.entries:,} items")
    yield from (Figure(*row) for row in bench_disclosure.rows(folder, sizes.entries, sizes.entries // 1_000))


def dossier(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """A dossier of the last number of items below a million, judged by `comity verify`, by BagIt's program and by the page."""
    items = max(each for each in sizes.items if each < MILLION[-1])
    say(f"a dossier of {items:,} items and {sizes.mib:,} MiB")
    place = folder / "dossier"
    place.mkdir()
    yield from (Figure(*row) for row in bench_dossier.rows(place, sizes.mib, items, say))


def law(sizes: Sizes, _folder: Path) -> Iterator[Figure]:
    """The law: routes for a question, and every open clock after a change."""
    say(f"routes, and {sizes.clocks:,} open clocks")
    yield from (Figure(*row) for row in bench_law.measure(sizes.clocks))


_MEASURES: dict[str, Callable[[Sizes, Path], Iterator[Figure]]] = {
    "acts": acts,
    "intake": intake,
    "memory": memory,
    "disclosure": disclosure,
    "dossier": dossier,
    "ledger": ledger,
    "law": law,
    "forms": lambda _sizes, _folder: (Figure(*row) for row in bench_forms.measure()),
}


def say(line: str) -> None:
    """A line of progress."""
    print(f"[{time.monotonic() - _BEGUN:6.0f} s] {line}", flush=True)


_BEGUN = time.monotonic()


def shown(figures: list[Figure], before: tuple[float, float, float]) -> None:
    """The table, and the conditions."""
    table = Table("figure", "measured", "at least", "heading for", "how")
    for each in figures:
        table.add_row(each.name, each.measured, each.least, each.heading, each.how)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    loads = " then ".join("/".join(f"{each:.1f}" for each in load) for load in (before, os.getloadavg()))
    cores = len(os.sched_getaffinity(0))
    console.print(
        f"{cores} cores, shared by all that takes part; PostgreSQL with fsync on; load of the machine {loads}"
    )


def _end(_signal: int, _frame: object) -> None:
    """What was started is stopped and what was made is removed, also then."""
    raise SystemExit(143)


def main() -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less of everything: to see that it runs")
    parser.add_argument(
        "--million",
        action="store_true",
        help="also take in a million items, and two million empty files; about a quarter of an hour more",
    )
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part; may be given more than once")
    parser.add_argument("--folder", type=Path, default=None, help="where to work; decides which disk it is")
    asked = parser.parse_args()
    logging.getLogger("comity").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, _end)
    sizes = QUICK if asked.quick else Sizes(items=MILLION, empty=2 * MILLION[-1]) if asked.million else Sizes()
    before = os.getloadavg()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="comity-bench-", dir=asked.folder) as folder:
        measure_as_installed(Path(folder))
        for part in asked.only or PARTS:
            for figure in _MEASURES[part](sizes, Path(folder)):
                say(f"{figure.name}: {figure.measured}")
                figures.append(figure)
    shown(figures, before)
    return 0


if __name__ == "__main__":
    sys.exit(main())
