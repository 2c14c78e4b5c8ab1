"""Serving: an object goes to whom a hand-over of this node gave it, and to nobody else."""

from collections.abc import Callable

from msgspec import Struct

from comity.casework.bench.reading import payload_of
from comity.casework.bench.workbench import Workbench
from comity.exchange.pull import authorised, content_range, range_start, verify_ticket
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest


class ServedObject(Struct, frozen=True):
    """The object's bytes from where the taker wants them; `content_range` is empty for the whole of it."""

    length: int
    content_range: str
    read: Callable[[int], bytes]
    close: Callable[[], None]


def serve_object(bench: Workbench, digest: Digest, ticket: str, wanted: str | None) -> ServedObject:
    """1. The ticket is the puller's own. 2. The act it names gives it this object. 3. The range is one that is served."""
    # 1.
    shown = verify_ticket(ticket, directory=bench.directory(), holder=bench.me, wanted=digest, at=bench.clock.now())
    # 2.
    stored = authorised(shown, shown.hand_over, payload_of(bench, shown.hand_over))
    if bench.store.size(stored.digest) is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "that object is not here any more", found=digest)
    # 3.
    start = range_start(wanted, stored.size)
    reader = bench.store.open_range(stored.digest, start)
    span = content_range(start, stored.size) if wanted else ""
    return ServedObject(stored.size - start, span, reader.read, reader.close)
