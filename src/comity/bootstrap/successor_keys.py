"""New keys for a node that works: made beside the old ones, announced by an act, then taken into use."""

from datetime import timedelta

from comity.adapters.keys.node_key_format import KeyKind
from comity.bootstrap.running import Node
from comity.casework.upkeep.rotate import NewKey, Rotated, rotate
from comity.trust.keys import seal_certificate
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_CERTIFICATE_LIFE = timedelta(days=3 * 365)
_BEFORE = timedelta(minutes=1)
_SERIAL_BYTES = 8


def rotate_key(node: Node, kind: str) -> Rotated:
    """The key of that kind (seal, ledger, witness, agreement) is replaced; everyone is told by an act.

    One that broke off is taken up again with the same new key.
    """
    key = KeyKind(kind)
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
