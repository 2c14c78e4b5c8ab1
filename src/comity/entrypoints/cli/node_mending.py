"""Bridging a restore, and rotating keys: two things an operator does to a node, both on record as acts."""

from collections.abc import Callable
from pathlib import Path

from comity.bootstrap.successor_keys import rotate_key as replace_key
from comity.casework.upkeep.restore import Bridged
from comity.casework.upkeep.rotate import Rotated
from comity.entrypoints.cli.exits import CommandRefusedError
from comity.entrypoints.cli.node_processes import opened_node, standing_node
from comity.entrypoints.operations.restore import recover
from comity.vocabulary.errors import Refusal


def recover_node(folder: Path, tell: Callable[[str], None]) -> Bridged:
    """The gap to what witnesses saw is bridged, told line by line. Raises `CommandRefusedError` when there is none."""
    with opened_node(folder) as node:
        bridged = recover(node, tell)
    if isinstance(bridged, Refusal):
        raise CommandRefusedError(bridged)
    return bridged


def rotate_key(folder: Path, kind: str) -> Rotated:
    """The key of that kind is replaced; everyone is told by an act."""
    with standing_node(folder) as node:
        return replace_key(node, kind)
