"""Reading one object against its name, and copying one from store to store so that only the right bytes become visible."""

import hashlib
from collections.abc import Iterator

from comity.casework.ports.evidence import EvidenceStore
from comity.casework.ports.fixity import Outcome, Pace
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest

_BLOCK = 1 << 18
"""Bytes read at once: small, so that a slow rate is an even one."""

_GONE = frozenset({ErrorCode.NOT_FOUND, ErrorCode.STORE_DAMAGED})
"""Codes that say something of the object; any other says that the store can't be asked."""


class StoppedError(Exception):
    """The work is to be stopped: what was noted stands, the rest is done another time."""


def hash_object(store: EvidenceStore, digest: Digest, pace: Pace) -> tuple[int, Outcome]:
    """Bytes that were read, and whether they are what the name says.

    Raises `StoppedError`, and `BrokenInputError` when the store can't be reached.
    """
    size, hashed = 0, hashlib.sha256()
    try:
        for block in _blocks(store, digest, pace):
            hashed.update(block)
            size += len(block)
    except BrokenInputError as error:
        if error.code not in _GONE:
            raise
        return size, Outcome.MISSING if error.code is ErrorCode.NOT_FOUND else Outcome.DAMAGED
    return size, Outcome.INTACT if hashed.hexdigest() == digest else Outcome.DAMAGED


def copy_object(source: EvidenceStore, target: EvidenceStore, digest: Digest, pace: Pace) -> int | None:
    """The object is durable in the target when this gives its size; None when the source has not these very bytes.

    What stands in the target under that name is replaced only by the right bytes. Raises as `hash_object` does, for both.
    """
    size, hashed = 0, hashlib.sha256()
    with target.writing():
        writer = target.begin()
        try:
            for block in _blocks(source, digest, pace):
                hashed.update(block)
                writer.write(block)
                size += len(block)
            if hashed.hexdigest() != digest:
                return None
            writer.commit()
        except BrokenInputError as error:
            if error.code in _GONE:
                return None
            raise
        finally:
            writer.abort()
    return size


def _blocks(store: EvidenceStore, digest: Digest, pace: Pace) -> Iterator[bytes]:
    reader = store.open_range(digest)
    try:
        while block := reader.read(_BLOCK):
            if not pace.take(len(block)):
                raise StoppedError
            yield block
    finally:
        reader.close()
