"""The bodies of the acts about looking after what a node stores; see `comity.acts.bodies` for how they may change."""

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.vocabulary.identifiers import Digest
from comity.vocabulary.instants import Instant


class FixityVerified(Body, frozen=True, tag=ActType.FIXITY_VERIFIED.value):
    """Stored objects were read again and held against their names: one act for a batch, in order of the names.

    `root` is the RFC 6962 root over the batch's digests, `size` the bytes read. `damaged`, `missing` and `repaired` name
    what was not as it should be: the first two are broken still, the third were put back from a second store. `copies` of the
    objects were read in that store as well; `copies_repaired` were not what they should be there, and were replaced. `last`
    ends the round, which began at `begun_at`.
    """

    round: int
    batch: int
    root: Digest
    objects: int
    size: int
    last: bool
    damaged: tuple[Digest, ...] = ()
    missing: tuple[Digest, ...] = ()
    repaired: tuple[Digest, ...] = ()
    copies: int = 0
    copies_repaired: tuple[Digest, ...] = ()
    begun_at: Instant | None = None


class TimestampCameLate(Body, frozen=True, tag=ActType.TIMESTAMP_CAME_LATE.value):
    """An authority stamped a checkpoint (RFC 3161) long after it was asked for: the checkpoint is older than the stamp says.

    `authority` is its URL, `response` the SHA-256 of what it answered.
    """

    authority: str
    size: int
    root: Digest
    wanted_at: Instant
    stamped_at: Instant
    response: Digest


CareBody = FixityVerified | TimestampCameLate
