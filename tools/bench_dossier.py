"""Measure the verification of a dossier of 10,000 items and 1 GiB, beside hashing those bytes alone and beside BagIt's own program.

The dossier is a real one: an order, an intake, a hand-over between two nodes, and the case exported as an officer asks for
it. Each judge is a process of its own, timed from its start to its end; they take turns, and the best of the repeats counts
for each. Hashing alone is one thread of the same interpreter that reads the file once into the same SHA-256. `comity verify`
reads it once as well and has one thread for each of its two sums, SHA-256 and CRC-32. Its start is what it imports, which no
dossier makes longer.

All run as the verifier is installed for a reader (`bench_installed.py`).

    python tools/bench_dossier.py                        # 10,000 items, 1 GiB, on disk and in memory
    python tools/bench_dossier.py --items 500 --mib 64 --place /var/tmp
"""

import argparse
import io
import logging
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench_installed import measure_as_installed
from bench_intake import make_items
from msgspec import Struct
from rich.console import Console

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.matters import Contact, DataSought, Offence
from comity.entrypoints.demo import play_end
from comity.entrypoints.demo.cast import OVERSIGHT, PROVIDER, PT
from comity.entrypoints.demo.chromium import CHECK, READ, Browser, find
from comity.entrypoints.demo.federation import Federation
from comity.entrypoints.demo.play import Stage, body_of
from comity.entrypoints.demo.play_emergency import REGULATION
from comity.entrypoints.demo.timeline import Timeline
from comity.evidence.archive.bag import BASE
from comity.evidence.browser.page import verifier_page
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

_MEMORY = Path("/dev/shm")  # noqa: S108 - a memory file system to measure on
_WHOLE = 1 << 30
"""Bytes from which on the ratios are held against what they must be: of less, the start of a program is most."""
_HASH = """
import hashlib, sys
room, digest = memoryview(bytearray(1 << 20)), hashlib.sha256()
with open(sys.argv[1], "rb", buffering=0) as file:
    while count := file.readinto(room):
        digest.update(room[:count])
"""
_START = "import comity.entrypoints.verify.command, webauthn"


class Figures(Struct, frozen=True):
    """Seconds: the best of each. `start` is the part of `verify` that no dossier makes longer, `bare` that of `hash`."""

    hash: float
    bare: float
    start: float
    verify: float
    bagit: float

    @property
    def ratio(self) -> float:
        """Verification as so many times hashing alone, both without the start of a program."""
        return (self.verify - self.start) / (self.hash - self.bare)


def make_dossier(folder: Path, size: int, items: int, say: Callable[[str], None]) -> tuple[Path, Path]:
    """The dossier of a case in which so many items were produced, and the trust anchor to judge it by."""
    make_items(folder / "items", size, items)
    with Federation.found(folder / "nodes") as federation:
        federation.start((PT, PROVIDER, OVERSIGHT))
        stage = Stage(federation, Timeline(Console(file=io.StringIO())), folder / "items", folder)
        _produce(stage, say)
        say("  the export")
        play_end.export_dossier(stage, folder / "dossier.zip")
        trust = shutil.copy(federation.folder / "trust.json", folder)
    for made in ("items", "nodes"):
        shutil.rmtree(folder / made)
    return folder / "dossier.zip", Path(trust)


def _produce(stage: Stage, say: Callable[[str], None]) -> None:
    body = b.ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.PROSECUTOR,
        issuing=Contact("Ministerio Publico (demo)", "prosecutor", "pt.marques", phone="351210000001"),
        data=DataSought((Target(TargetKind.EMAIL, "figures@mail.example"),), (DataCategory.SUBSCRIBER,)),
        offence=Offence("kidnapping", "Penal code (demo) section 160", max_penalty_years=8),
    )
    stage.approved("pt.marques", "pt.lopes", lambda officer: officer.draft(REGULATION, body, to=[PROVIDER]))
    order = stage.await_act(PROVIDER, ActType.PRODUCTION_ORDERED)
    lee = stage.officer("provider.lee")
    say("  the intake")
    words = {"order": order, "source": str(stage.evidence), "office": lee.office}
    lee.client.post("/api/productions", words | {"terms": {"category": DataCategory.SUBSCRIBER}})
    taken = body_of(stage, PROVIDER, stage.await_act(PROVIDER, ActType.EXHIBIT_TAKEN_IN))
    say("  the hand-over")
    lee.client.post("/api/releases", {"order": order, "office": lee.office, "exhibit": taken["exhibit"]})
    stage.await_act(PROVIDER, ActType.EXHIBIT_RECEIVED)
    stage.await_act(PT, ActType.EXHIBIT_RECEIVED)


def measure(place: Path, dossier: Path, trust: Path, repeat: int) -> Figures:
    """The judges by turns, each `repeat` times after a first time that is not counted; `place` is where they find the files."""
    with tempfile.TemporaryDirectory(prefix="comity-bench-", dir=place) as made:
        folder = Path(made)
        file = Path(shutil.copy(dossier, folder))
        subprocess.run([sys.executable, "-m", "zipfile", "-e", file, folder], check=True)
        shutil.move(folder / BASE.strip("/"), folder / "bag")
        python = [sys.executable]
        judges = {
            "hash": [*python, "-c", _HASH, str(file)],
            "bare": [*python, "-c", ""],
            "start": [*python, "-c", _START],
            "verify": [*python, "-m", "comity.entrypoints.verify", str(file), "--trust", str(trust), "--json"],
            "bagit": [*python, f"{sysconfig.get_path('scripts')}/bagit.py", "--validate", str(folder / "bag")],
        }
        times = [{name: _seconds(each) for name, each in judges.items()} for _ in range(repeat + 1)][1:]
        return Figures(**{name: min(each[name] for each in times) for name in judges})


def _seconds(command: Sequence[str]) -> float:
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[1:4]} ended with status {done.returncode}: {done.stderr[-2000:].decode()}")
    return time.perf_counter() - begun


def in_a_browser(folder: Path, dossier: Path, trust: Path) -> float | None:
    """Seconds that `verify.html` takes from the press of its button to its verdict; None where there is no Chromium."""
    program = find()
    if program is None:
        return None
    page = folder / "verify.html"
    page.write_bytes(verifier_page())
    with tempfile.TemporaryDirectory(prefix="comity-browser-", ignore_cleanup_errors=True) as profile:
        browser = Browser(program, Path(profile))
        try:
            browser.open(page)
            browser.choose("#dossier", dossier)
            browser.choose("#anchor", trust)
            begun = time.perf_counter()
            browser.run(CHECK)
            took = time.perf_counter() - begun
            if browser.run(READ)["verdict"] != "valid":
                raise SystemExit("the page found a dossier of ours not valid")
        finally:
            browser.close()
    return took


def rows(
    folder: Path, mib: int, items: int, say: Callable[[str], None], repeat: int = 5
) -> Iterator[tuple[str, str, str, str, str]]:
    """The rows for the table of `tools/bench.py`."""
    whole = mib << 20 >= _WHOLE
    what = f"dossier of {items:,} items, {mib:,} MiB"
    dossier, trust = make_dossier(folder, mib << 20, items, say)
    found = {}
    for place, name in ((folder, "disk"), (_MEMORY, "memory")):
        say(f"  the judges, {name}")
        figures = found[name] = measure(place, dossier, trust, repeat)
        how = (
            f"{figures.verify - figures.start:.2f} s after a start of {figures.start:.2f} s, beside {figures.hash - figures.bare:.2f} s; "
            f"three threads beside one; with its start {figures.verify / figures.hash:.2f} times; best of {repeat}"
        )
        yield (
            f"{what}: verified, beside hashing alone, {name}",
            f"{figures.ratio:.2f} times",
            "1.3 times" if whole else "",
            "",
            how,
        )
        yield (
            f"{what}: verified, beside bagit.py --validate, {name}",
            f"{figures.bagit / figures.verify:.1f} times as fast",
            "2 times" if whole else "",
            "",
            f"{figures.verify:.2f} s beside {figures.bagit:.2f} s, both with their start; three threads beside one process",
        )
    say("  the page")
    took = in_a_browser(folder, dossier, trust)
    if took is not None:
        beside = found["disk"].verify
        yield (
            f"{what}: verify.html in Chromium, beside comity verify",
            f"{took / beside:.1f} times as long",
            "",
            "",
            f"{took:.1f} s beside {beside:.1f} s, once",
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--place", type=Path, default=None)
    asked = parser.parse_args()
    logging.getLogger("comity").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="comity-bench-", dir=asked.place) as folder:
        measure_as_installed(Path(folder))
        for name, value, least, _, how in rows(Path(folder), asked.mib, asked.items, print, asked.repeat):
            print(f"{name}: {value} (to be held: {least}; {how})" if least else f"{name}: {value} ({how})")


if __name__ == "__main__":
    main()
