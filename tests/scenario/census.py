"""Counting: what each node's database holds, before and after; and the check of a whole node, from a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from comity.acts.classes import ActType

if TYPE_CHECKING:
    from comity.entrypoints.demo.federation import Federation


class Census:
    """Counts acts at every node, and asks the nodes' checkers."""

    def __init__(self, federation: "Federation") -> None:
        self._federation = federation
        self._checkers: dict[str, subprocess.Popen[str]] = {}

    def acts(self, node: str) -> dict[str, str]:
        """Every act filed at the node, with how it came in; its entry in the ledger stands there exactly once."""
        rows = self._all(
            node,
            "SELECT encode(act.id, 'hex'), direction, (SELECT count(*) FROM comity_ledgerentry e WHERE e.act = act.id)"
            " FROM comity_act act",
        )
        twice = [act for act, _, entries in rows if entries != 1]
        assert not twice, f"acts without exactly one entry at {node}: {twice}"
        return {str(act): str(direction) for act, direction, _ in rows}

    def waiting(self, node: str) -> set[str]:
        """Acts that wait for a predecessor at the node."""
        return {str(act) for (act,) in self._all(node, "SELECT encode(id, 'hex') FROM comity_waitingact")}

    def undelivered(self, node: str) -> dict[str, str]:
        """Acts that are not delivered and that no person has to send, with the code of the last failure."""
        rows = self._all(
            node,
            "SELECT encode(act_id, 'hex'), state, code FROM comity_delivery WHERE state NOT IN ('delivered', 'by-hand', 'sent-by-hand')",
        )
        return {str(act): f"{state}: {code}" for act, state, code in rows}

    def on_its_way(self, node: str, peer: str) -> bool:
        """Whether the node is still at sending an act to the peer."""
        return bool(
            self._all(node, f"SELECT 1 FROM comity_delivery WHERE state = 'pending' AND peer = '{peer}'")  # noqa: S608 - of the test's own cast
        )

    @contextmanager
    def adds(self, **more: Collection[str]) -> Iterator[None]:
        """Exactly these acts are new at these nodes when the block ends; nothing that was there is gone."""
        before = {node: self.acts(node) for node in more}
        yield
        for node, expected in more.items():
            new = self.new(node, before[node])
            assert new.keys() == set(expected), f"other acts are new at {node}: {new}"

    def new(self, node: str, before: Collection[str]) -> dict[str, str]:
        """The acts that are new at the node since those of `before`, with their types; those are all still there.

        Re-verification is not counted: its next round begins a day after the last by the node's own clock, which tests move.
        """
        after = self.acts(node)
        assert set(before) <= after.keys(), f"acts are gone at {node}"
        kinds = self._kinds(node, after.keys() - set(before))
        return {act: kind for act, kind in kinds.items() if kind != ActType.FIXITY_VERIFIED}

    def problems(self, node: str, *, deep: bool = False) -> list[str]:
        """What the check of the whole node finds; empty for a sound one."""
        checker = self._checkers.get(node) or self._start(node)
        assert checker.stdin is not None
        assert checker.stdout is not None
        with suppress(BrokenPipeError):
            checker.stdin.write("deep\n" if deep else "quick\n")
            checker.stdin.flush()
        line = checker.stdout.readline()
        assert line, f"the checker of {node} ended:\n{self._log(node).read_text()[-2000:]}"
        found: list[str] = json.loads(line)
        return found

    def assert_sound(self, *nodes: str, deep: bool = False) -> None:
        """The nodes' ledgers, acts, views, custody, clocks, deliveries and keys are all in order."""
        found: Mapping[str, list[str]] = {node: self.problems(node, deep=deep) for node in nodes}
        assert not any(found.values()), found

    def close(self) -> None:
        """No checker is left."""
        for node in list(self._checkers):
            self.forget(node)

    def forget(self, node: str) -> None:
        """The node's checker ends; the next check starts another."""
        checker = self._checkers.pop(node, None)
        if checker is not None:
            checker.terminate()
            checker.communicate()

    def _start(self, node: str) -> "subprocess.Popen[str]":
        endpoint = self._federation.endpoints[node]
        with self._log(node).open("ab") as log:
            checker = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("check_node.py")), str(endpoint.folder)],
                env={**os.environ, "COMITY_DATABASE": endpoint.database},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._checkers[node] = checker
        return checker

    def _log(self, node: str) -> Path:
        return self._federation.folder / f"checker-{node}.log"

    def _kinds(self, node: str, acts: Collection[str]) -> dict[str, str]:
        rows = self._all(node, "SELECT encode(act, 'hex'), convert_from(act_class, 'UTF8') FROM comity_ledgerentry")
        return {str(act): json.loads(str(kind))["type"] for act, kind in rows if act in acts}

    def _all(self, node: str, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self._federation.endpoints[node].database) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]
