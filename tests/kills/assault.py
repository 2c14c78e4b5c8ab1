"""A federation under attack: what is killed, how it comes up again, and how officers carry on meanwhile.

An officer whose node goes away does what people do: waits until it answers and does the step again. A step finds in the
case how far it had come (`comity.entrypoints.demo.play`), so nothing is asked for twice.
"""

import contextlib
import http.client
import io
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from rich.console import Console

from comity.entrypoints.demo.cast import AUTHORITIES, OFFICERS
from comity.entrypoints.demo.federation import Endpoint, Federation
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.timeline import Timeline
from comity.vocabulary.errors import BrokenInputError, ErrorCode

POSTGRES, EVERYTHING = "postgres", "everything"
TARGETS = (*AUTHORITIES, POSTGRES, EVERYTHING)

STEP_LIMIT = 900.0
"""Seconds a step may take with all its repetitions."""

PATIENCE = 300.0
"""Seconds until something that must arrive counts as lost."""

TOKENS = """
import secrets, sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from comity.entrypoints.cli.node_processes import opened_node
with opened_node(Path(sys.argv[1])) as node:
    for officer in sys.argv[2:]:
        token = secrets.token_urlsafe(32)
        now = node.bench.clock.now()
        hashed = sha256(token.encode()).hexdigest()
        node.records.officer_tokens.add(officer, hashed, now, now + timedelta(days=3650))
        print(officer, token)
"""

AWAY = (OSError, http.client.HTTPException, NodeRefusedError, BrokenInputError, psycopg.OperationalError)

Step = Callable[[Stage], None]


@dataclass(frozen=True)
class Blow:
    """What is killed, and the moment: it has come when `when` is true."""

    target: str
    name: str
    when: Callable[[], bool]


@dataclass(frozen=True)
class Death:
    """A node dies before or after the n-th call of a point in `mortal.POINTS`."""

    node: str
    point: str
    when: str = "after"
    count: int = 1


@dataclass
class Figures:
    """What the attack came to; seconds."""

    kills: int = 0
    recoveries: int = 0
    longest: float = 0.0
    repeated: int = 0
    by_target: dict[str, int] = field(default_factory=dict)

    def died(self, target: str) -> None:
        """Counts a kill."""
        self.kills += 1
        self.by_target[target] = self.by_target.get(target, 0) + 1


class MortalFederation(Federation):
    """Its nodes can be told to die at an exact point; see `mortal`."""

    def command(self, death: Death) -> None:
        """The node will die there."""
        self._order(death.node).write_text(f"{death.point} {death.when} {death.count}")

    def obeyed(self, death: Death) -> bool:
        """Whether it did."""
        return not self._order(death.node).read_text()

    def forgive(self, authority: str) -> None:
        """It need not die any more."""
        self._order(authority).write_text("")

    def _order(self, authority: str) -> Path:
        return self.folder / f"{authority}.die-at"

    def _launch(self, endpoint: Endpoint) -> "subprocess.Popen[bytes]":
        with (endpoint.folder / "node.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("mortal.py")), "node", "serve", str(endpoint.folder)],
                env=self._environment(endpoint.authority) | {"KILLS_DIE_AT": str(self._order(endpoint.authority))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


class Assault:
    """Kills, mends, and plays on; `write` takes lines of progress."""

    def __init__(self, federation: MortalFederation, write: Callable[[str], None]) -> None:
        self.federation = federation
        self._write = write
        self.figures = Figures()
        self._began = time.monotonic()
        self._lock = threading.RLock()
        self._saying = threading.Lock()
        self.truce = threading.Lock()

    def say(self, text: str) -> None:
        """A line of progress."""
        with self._saying:
            self._write(f"[{time.monotonic() - self._began:6.1f} s] {text}\n")

    def stage(self, evidence: Path, out: Path) -> Stage:
        """A fresh case."""
        out.mkdir(parents=True, exist_ok=True)
        return Stage(self.federation, Timeline(Console(file=io.StringIO())), evidence, out, patience=PATIENCE)

    def strike(self, target: str) -> float:
        """kill -9; when it was."""
        with self._lock:
            at = time.monotonic()
            for authority in AUTHORITIES if target == EVERYTHING else (target,):
                if authority != POSTGRES and self.federation.alive(authority):
                    self.federation.kill(authority)
            if target in (POSTGRES, EVERYTHING):
                self.federation.kill_database()
            self.figures.died(target)
            return at

    def mend(self, since: float) -> None:
        """Everything answers again when this returns."""
        self._start()
        took = time.monotonic() - since
        self.figures.recoveries += 1
        self.figures.longest = max(self.figures.longest, took)

    def _start(self) -> None:
        with self._lock:
            try:
                self.federation.start()
            except RuntimeError:
                # A node that died again while it came up is started again by whoever waits for its death.
                if all(self.federation.alive(each) for each in AUTHORITIES):
                    raise

    def persist(self, stage: Stage, step: Step) -> None:
        """The step, done again until it went through."""
        deadline = time.monotonic() + STEP_LIMIT
        while True:
            try:
                step(stage)
            except AWAY as error:
                if not passing(error) or time.monotonic() > deadline:
                    raise
                self.figures.repeated += 1
                time.sleep(0.2)
                self._start()
            else:
                return

    @contextlib.contextmanager
    def attacking(self, *blows: Blow) -> Iterator[None]:
        """Deals the blows one after the other while the block runs, each as soon as its moment has come."""
        over = threading.Event()
        missed: list[Blow] = []

        def attack() -> None:
            for blow in blows:
                while not over.is_set() and not blow.when():
                    time.sleep(0.002)
                if over.is_set():
                    missed.append(blow)
                    continue
                at = self.strike(blow.target)
                self.say(f"killed {blow.target} {blow.name}")
                self.mend(at)

        attacker = threading.Thread(target=attack)
        attacker.start()
        try:
            yield
        finally:
            over.set()
            attacker.join()
        assert not missed, f"never came: {[blow.name for blow in missed]}"

    @contextlib.contextmanager
    def dying_at(self, *deaths: Death) -> Iterator[None]:
        """The nodes die at these points, one after the other, each coming up again, while the block runs."""
        over = threading.Event()
        left = list(deaths)

        def watch() -> None:
            if left:
                self.federation.command(left[0])
            while left:
                if self.federation.alive(left[0].node) or not self.federation.obeyed(left[0]):
                    if over.wait(0.01):
                        return
                    continue
                at, death = time.monotonic(), left.pop(0)
                self.figures.died(death.node)
                self.say(f"{death.node} died {death.when} call {death.count} of {death.point}")
                if left:
                    # Before it is up again: what it has left over may be the first thing it does.
                    self.federation.command(left[0])
                self.mend(at)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
            for death in left:
                self.federation.forgive(death.node)
        assert not left, f"never came to: {left}"

    @contextlib.contextmanager
    def at_random(self, kills: int, seed: int) -> Iterator[threading.Event]:
        """So many kills at random instants while the block runs; the event says that all were done.

        Whoever holds `truce` is left in peace.
        """
        chance = random.Random(seed)
        enough, giving_up = threading.Event(), threading.Event()

        def attack() -> None:
            for number in range(1, kills + 1):
                if giving_up.wait(chance.uniform(0.05, 2.5)):
                    return
                target = chance.choice(TARGETS)
                with self.truce:
                    at = self.strike(target)
                    self.say(f"kill {number} of {kills}: {target}")
                # At times the others see the outage before it ends, at times hardly.
                time.sleep(chance.choice((0.0, chance.uniform(0.0, 2.0))))
                self.mend(at)
            enough.set()

        attacker = threading.Thread(target=attack)
        attacker.start()
        try:
            yield enough
        finally:
            giving_up.set()
            attacker.join()


def passing(error: Exception) -> bool:
    """Whether it is what an officer sees of a node that is away; anything else is a defect."""
    if isinstance(error, NodeRefusedError):
        return error.status == http.client.SERVICE_UNAVAILABLE
    if isinstance(error, BrokenInputError):
        return error.code is ErrorCode.UNAVAILABLE
    # What did not arrive while officers were patient is lost, not late.
    return not isinstance(error, TimeoutError)


@contextlib.contextmanager
def besieged(folder: Path, write: Callable[[str], None]) -> Iterator[Assault]:
    """A federation that is up, with a token for each officer."""
    with MortalFederation.found(folder / "nodes") as federation:
        federation.start()
        for authority in AUTHORITIES:
            _make_tokens(federation, authority)
        yield Assault(federation, write)


def _make_tokens(federation: Federation, authority: str) -> None:
    made = subprocess.run(
        [sys.executable, "-c", TOKENS, str(federation.folder / authority), *OFFICERS[authority]],
        env=federation._environment(authority),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    for line in made.stdout.splitlines():
        officer, _, token = line.partition(" ")
        kept = federation.folder / "officers" / f"{officer}.token"
        kept.touch(mode=0o600)
        kept.write_text(token)
