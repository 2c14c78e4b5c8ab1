"""Bridging a restore, and rotating keys: two things an operator does to a node, both on record as acts."""

from datetime import timedelta
from pathlib import Path

from comity.adapters.keys.node_key_format import KeyKind
from comity.bootstrap.running import Node
from comity.casework.restore import Bridged, bridge_restore
from comity.casework.rotate import NewKey, Rotated, rotate
from comity.entrypoints.cli.node_processes import standing_node
from comity.entrypoints.cli.telling import CommandRefusedError
from comity.trust.keys import seal_certificate
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal

_CERTIFICATE_LIFE = timedelta(days=3 * 365)
_BEFORE = timedelta(minutes=1)
_SERIAL_BYTES = 8


def recover_node(folder: Path) -> Bridged:
    """The gap is bridged. Raises `CommandRefusedError` when there is none."""
    with standing_node(folder) as node:
        bridged = bridge_restore(node.bench)
    if isinstance(bridged, Refusal):
        raise CommandRefusedError(bridged)
    return bridged


def rotate_key(folder: Path, kind: str) -> Rotated:
    """The key of that kind is replaced; everyone is told by an act."""
    key = KeyKind(kind)
    with standing_node(folder) as node:
        return rotate(
            node.bench,
            key.value,
            lambda: _successor(node, key),
            lambda: _take_into_use(node, key),
        )


def _successor(node: Node, kind: KeyKind) -> NewKey:
    public = node.key_files.prepare(kind, node.bench.random)
    private = node.key_files.private(kind, public)
    if private is None:
        raise BrokenInputError(ErrorCode.STORE_DAMAGED, "the key that was just made is not in the key folder")
    if kind is not KeyKind.SEAL:
        return NewKey(public)
    now = node.bench.clock.now()
    serial = int.from_bytes(node.bench.random.take(_SERIAL_BYTES))
    return NewKey(
        public,
        seal_certificate(
            private, node.bench.me, not_before=now - _BEFORE, not_after=now + _CERTIFICATE_LIFE, serial=serial
        ),
    )


def _take_into_use(node: Node, kind: KeyKind) -> None:
    node.key_files.activate(kind, node.bench.clock.now())
