"""Columns that hold identifiers as bytes: half the size of their text, in the heap and in every index."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from comity.ledger.tree import HASH_SIZE


class HexField(models.BinaryField):  # type: ignore[type-arg]  # not generic when it runs
    """Bytes in the table, lower-case hexadecimal text in Python: act ids, case ids, exhibit ids and digests."""

    def get_prep_value(self, value: Any) -> Any:
        """Bytes for the query; text that is not hexadecimal raises `ValueError`."""
        return super().get_prep_value(bytes.fromhex(value) if isinstance(value, str) else value)

    def from_db_value(self, value: bytes | None, *_: object) -> str | None:
        """Text of a stored value."""
        return None if value is None else bytes(value).hex()

    def to_python(self, value: Any) -> Any:
        """Text, as in a loaded row."""
        return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value


def raw(identifier: str) -> bytes:
    """An identifier as its column holds it."""
    return bytes.fromhex(identifier)


def raws(identifiers: Iterable[str]) -> list[bytes]:
    """Identifiers as their column holds them, in one order for everybody and each once: the order rows are locked in."""
    return sorted({bytes.fromhex(each) for each in identifiers})


def joined(digests: Iterable[str]) -> bytes:
    """Digests one after the other, for a column that keeps a short list."""
    return b"".join(map(bytes.fromhex, digests))


def parted(run: bytes) -> tuple[str, ...]:
    """The digests that `joined` joined."""
    return tuple(run[at : at + HASH_SIZE].hex() for at in range(0, len(run), HASH_SIZE))
