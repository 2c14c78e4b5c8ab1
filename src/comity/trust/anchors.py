"""What a reader trusts before reading anything: the file `trust.json` of `comity verify --trust`.

The reader gets it from somewhere else than the dossier. Without it, a dossier proves only that it agrees with itself.
"""

from typing import Annotated

from msgspec import Meta, Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url, decode, encode, from_b64url

ANCHOR_LIMIT = 1 << 20
"""Bytes of a trust anchor file."""

_KEY_LENGTH = 32

WitnessName = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\s+]+\Z")]
"""The name on a witness's signature lines (C2SP signed-note): no space and no plus."""


class PinnedWitness(Struct, frozen=True, forbid_unknown_fields=True):
    """A witness: its name, and its raw Ed25519 public key, unpadded base64url."""

    name: WitnessName
    public: str

    def __post_init__(self) -> None:
        try:
            length = len(from_b64url(self.public))
        except BrokenInputError:
            raise ValueError("a witness key is not unpadded base64url") from None
        if length != _KEY_LENGTH:
            raise ValueError("a witness key is not 32 bytes long")

    @property
    def key(self) -> bytes:
        """The raw key."""
        return from_b64url(self.public)


class WitnessPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How many of which witnesses must have co-signed a checkpoint before the reader believes it."""

    threshold: Annotated[int, Meta(ge=1)]
    witnesses: tuple[PinnedWitness, ...]

    def __post_init__(self) -> None:
        if self.threshold > len(self.witnesses):
            raise ValueError("more witnesses are required than are named")
        names, keys = {one.name for one in self.witnesses}, {one.public for one in self.witnesses}
        if len(names) != len(self.witnesses) or len(keys) != len(self.witnesses):
            raise ValueError("a witness counts once: names and keys differ")


class TrustAnchor(Struct, frozen=True, forbid_unknown_fields=True):
    """The pinned directory root and the witness policy. `root` is unpadded base64url of a TUF root.json.

    `timestamp_authorities` are certificates (DER, unpadded base64url) that time stamps must lead to before they count.
    """

    v: Annotated[int, Meta(ge=1, le=1)]
    root: str
    witness_policy: WitnessPolicy
    timestamp_authorities: tuple[str, ...] = ()

    @property
    def root_bytes(self) -> bytes:
        """The pinned root.json."""
        return from_b64url(self.root)

    @property
    def timestamp_roots(self) -> tuple[bytes, ...]:
        """The pinned certificates of time-stamp authorities."""
        return tuple(map(from_b64url, self.timestamp_authorities))


def trust_anchor(root: bytes, witness_policy: WitnessPolicy) -> TrustAnchor:
    """The anchor that pins this root.json and this policy."""
    return TrustAnchor(v=1, root=b64url(root), witness_policy=witness_policy)


def read_anchor(data: bytes) -> TrustAnchor:
    """The anchor in a file's bytes; raises `BrokenInputError` (OVERSIZED, MALFORMED, DUPLICATE_KEY)."""
    anchor = decode(data, TrustAnchor, limit=ANCHOR_LIMIT)
    if not anchor.root_bytes:
        raise BrokenInputError(ErrorCode.MALFORMED, "the trust anchor pins no directory root")
    return anchor


def write_anchor(anchor: TrustAnchor) -> bytes:
    """The file's bytes."""
    return encode(anchor)
