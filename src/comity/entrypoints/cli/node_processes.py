"""A node's processes as commands run them: opened over its database, told when to stop, and closed in order."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

import msgspec

from comity.bootstrap.database import node_database, start_again
from comity.bootstrap.running import Node, open_node
from comity.casework.upkeep.directory_seen import is_directory_named, name_directory
from comity.casework.upkeep.directory_watch import follow_directory
from comity.casework.upkeep.restore import clear_destroyed
from comity.casework.upkeep.standing import take_stand
from comity.config import load_settings
from comity.entrypoints.serving import serve
from comity.entrypoints.worker.running import Worker
from comity.ledger.standing import Current
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.wire import encode

log = logging.getLogger("comity.node")

_ROTATIONS_S = 1.0
"""Shorter than `comity.casework.upkeep.rotate.LEAD`: a new key is known before it counts."""
_JOIN_S = 5.0


@contextmanager
def opened_node(folder: Path) -> Iterator[Node]:
    """The node in that folder over its database, which is started if need be."""
    settings = load_settings(folder)
    with node_database(settings) as url:
        yield open_node(settings, url)


@contextmanager
def standing_node(folder: Path) -> Iterator[Node]:
    """The node, after its ledger was compared with its witnesses: it may sign, unless it is behind them."""
    with opened_node(folder) as node:
        take_stand(node.bench, node.settings.witnesses, node.mark)
        yield node


def serve_node(folder: Path, *, with_worker: bool | None) -> None:
    """Serves until it is told to stop. None leaves the worker to the settings."""
    with opened_node(folder) as node:
        _name_directory(node)
        wanted = node.settings.worker_in_process if with_worker is None else with_worker
        with nullcontext() if wanted else _following_directory(node):
            serve(node, with_worker=wanted, revive=partial(start_again, node.settings))
    log.info("stopped")


def work_for_node(folder: Path) -> None:
    """Delivers, checkpoints and watches clocks until it is told to stop."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with opened_node(folder) as node:
        clear_destroyed(node.bench)
        _take_stand(node)
        worker = Worker(node, revive=partial(start_again, node.settings))
        worker.start()
        log.info("working")
        stopping.wait()
        worker.stop()
    log.info("stopped")


def present_entry(folder: Path) -> bytes:
    """The node's entry as JSON: what the directory in force says of it, rotations included."""
    with opened_node(folder) as node:
        return msgspec.json.format(encode(node.bench.directory().authority(node.bench.me)), indent=2)


@contextmanager
def _following_directory(node: Node) -> Iterator[None]:
    """Newer directory versions and keys rotated by act are known inside within a second, as a worker would know them."""
    stopping = threading.Event()

    def follow() -> None:
        while not stopping.wait(_ROTATIONS_S):
            with suppress(BrokenInputError):  # the database is away: asked again
                follow_directory(node.bench, node.versions)
                node.bench.directory.refresh()

    following = threading.Thread(target=follow, name="directory", daemon=True)
    following.start()
    try:
        yield
    finally:
        stopping.set()
        following.join(timeout=_JOIN_S)


def _take_stand(node: Node) -> None:
    """Compares with the witnesses; what can't be known yet is compared again at the next checkpoint."""
    try:
        take_stand(node.bench, node.settings.witnesses, node.mark)
    except BrokenInputError as error:
        log.warning("standing not known yet: %s", error.code)


def _name_directory(node: Node) -> None:
    """A directory version that was taken into use without a ledger is named in it before anything is done under it."""
    if is_directory_named(node.bench):
        return
    _take_stand(node)
    if isinstance(node.bench.sign_head.standing, Current):
        name_directory(node.bench)
