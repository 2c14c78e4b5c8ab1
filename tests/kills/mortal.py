"""`comity`, with one thing added: a process of it dies by its own kill -9 at an exact point, when a file says so.

The file's one line is `<module>:<name> before|after <n>`: in the n-th call from now on. It is emptied by the death, so
that the next process lives. A kill from outside hardly ever hits between two steps that follow each other at once.
"""

import functools
import importlib
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comity.bootstrap.running import Node

FILE_VARIABLE = "KILLS_DIE_AT"

POINTS = (
    "comity.casework.desk.approve:seal_act",
    "comity.casework.upkeep.checkpoint:_ask",
    "comity.casework.custody.dispose:file_own",
    "comity.casework.custody.hand_over:file_own",
    "comity.casework.custody.hand_over:keep_packed",
    "comity.casework.custody.hold:file_own",
    "comity.casework.custody.hold:keep_intake",
    "comity.casework.post.receive:receipts_for",
    "comity.casework.post.receive:take",
    "comity.casework.desk.review:file_own",
    "comity.casework.custody.take_over:fetch",
    "comity.casework.custody.take_over:file_own",
    "comity.casework.custody.take_over:keep_packed",
    "comity.casework.custody.withdraw:destroy",
    "comity.casework.custody.withdraw:file_own",
    "comity.adapters.keys.case_keys:FileCaseKeys.destroy",
    "comity.adapters.keys.case_keys:FileCaseKeys.ensure",
    "comity.adapters.keys.head_mark:FileHeadMark.write",
    "comity.adapters.objects.local:LocalEvidenceStore.delete",
    "comity.adapters.postgres.drafts:PostgresDrafts.drop",
    "comity.adapters.postgres.exhibit_keys:PostgresExhibitKeys.drop",
    "comity.adapters.postgres.ledger_reader:PostgresLedger.keep_witnessed",
    "comity.adapters.postgres.outbox:PostgresOutbox.delivered",
    "comity.adapters.postgres.records:PostgresRecords.dispose",
    "comity.adapters.postgres.witnessing:PostgresWitnessedLogs.update",
)
"""Where durable steps meet."""


class DeathOrder:
    """The file and its countdown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def reached(self, point: str, when: str) -> None:
        """Ends the process if this is where it has to die."""
        with self._lock:
            words = self._path.read_text().split() if self._path.exists() else []
            if words[:2] != [point, when]:
                return
            left = int(words[2]) - 1
            self._path.write_text(f"{point} {when} {left}" if left else "")
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Runs the command; once its node is open, the points are mortal."""
    from comity.entrypoints.cli import node_processes
    from comity.entrypoints.cli.main import run

    order = DeathOrder(Path(os.environ[FILE_VARIABLE]))
    open_node = node_processes.open_node

    @functools.wraps(open_node)
    def open_mortal(*arguments: Any) -> Node:
        node = open_node(*arguments)
        for point in POINTS:
            _settle(point, order)
        return node

    node_processes.open_node = open_mortal
    run()


def _settle(point: str, order: DeathOrder) -> None:
    module, _, name = point.partition(":")
    *path, last = name.split(".")
    owner: object = importlib.import_module(module)
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, last, _mortal(getattr(owner, last), point, order))


def _mortal(function: Callable[..., object], point: str, order: DeathOrder) -> Callable[..., object]:
    @functools.wraps(function)
    def call(*arguments: object, **named: object) -> object:
        order.reached(point, "before")
        result = function(*arguments, **named)
        order.reached(point, "after")
        return result

    return call


if __name__ == "__main__":
    main()
