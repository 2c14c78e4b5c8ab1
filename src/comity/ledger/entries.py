"""Entries of the ledger: what a leaf commits to, and how little of it has to be shown.

A leaf is two salted commitments side by side, one to the act and one to its class. Each has its own salt, so each can be
opened alone: a counterparty learns that its act is there (receipt) and oversight learns what kind of act stands at every
place (class openings), and neither learns the other. The same act has unlinkable leaves in two ledgers, and once the
salts are destroyed with the keys of the case, a leaf says nothing at all.

Padding leaves fill the log up so that its size and the times of its checkpoints tell nothing. From outside they look
like any other. Their act id is not a hash of act bytes but of a seed under a purpose tag (`padding_act`): showing the
seed proves that no act hides behind the leaf, which a merely random id could not.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from msgspec import Struct

from comity.acts.classes import ActClass, ActType
from comity.ledger.tree import HASH_SIZE, leaf_hash, split_run
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import encode, tagged_hash

SALT_SIZE = 32
"""Bytes of each salt: drawn anew for each leaf, never reused."""

LEAF_SIZE = 2 * HASH_SIZE
"""Bytes of a leaf's data."""

PADDING_CLASS = ActClass(ActType.PADDING, "none", Urgency.ORDINARY)
"""The class of every padding leaf. Never changed: leaves in ledgers commit to its encoding."""

_ACT_TAG = "comity-leaf-act-v1"
_CLASS_TAG = "comity-leaf-class-v1"
_PADDING_TAG = "comity-padding-v1"
_DIGITS = 2 * HASH_SIZE


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry: the act, its class, and the two salts (32 bytes each, different) that hide them."""

    act: ActId
    act_class: ActClass
    salt: bytes
    class_salt: bytes

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_SIZE or len(self.class_salt) != SALT_SIZE or self.salt == self.class_salt:
            # One salt for both commitments would open the one with the other.
            raise BrokenInputError(ErrorCode.MALFORMED, "an entry has two different salts of 32 bytes")

    def data(self) -> bytes:
        """The leaf's bytes: the commitment to the act, then the one to its class."""
        return act_commitment(self.salt, self.act) + class_commitment(self.class_salt, self.act_class)

    def leaf_hash(self) -> bytes:
        """The leaf's hash in the ledger's tree (RFC 6962 section 2.1)."""
        return leaf_hash(self.data())


def act_commitment(salt: bytes, act: ActId) -> bytes:
    """What a leaf says about its act; raises `BrokenInputError` (malformed) if `act` is no act id."""
    return tagged_hash(_ACT_TAG, salt, *_acts_bytes([act]))


def class_commitment(class_salt: bytes, act_class: ActClass) -> bytes:
    """What a leaf says about its act's class."""
    return tagged_hash(_CLASS_TAG, class_salt, encode(act_class))


def leaf_of(salt: bytes, act: ActId, commitment: bytes) -> bytes:
    """Leaf hash from an act, its salt and the commitment to its class: what the holder of a receipt can compute."""
    if len(commitment) != HASH_SIZE or len(salt) != SALT_SIZE:
        raise BrokenInputError(ErrorCode.MALFORMED, "a salt and a commitment have 32 bytes each")
    return leaf_hash(act_commitment(salt, act) + commitment)


def leaves_of(entries: Sequence[Entry]) -> list[bytes]:
    """Data (64 bytes) of the leaf of each entry, in order; the same as `Entry.data`, for many entries at once."""
    act_head, act_join, class_head = _frame(_ACT_TAG), _length(HASH_SIZE), _frame(_CLASS_TAG)
    framed = FramedClasses()
    digest = sha256
    acts = _acts_bytes([entry.act for entry in entries])
    return [
        digest(act_head + entry.salt + act_join + act).digest()
        + digest(class_head + entry.class_salt + framed[entry.act_class]).digest()
        for entry, act in zip(entries, acts, strict=True)
    ]


def class_commitments(classes: Iterable[tuple[bytes, ActClass]]) -> list[bytes]:
    """The commitment for each pair of a class salt (32 bytes) and a class, in order; as `class_commitment` makes it."""
    head, framed, digest = _frame(_CLASS_TAG), FramedClasses(), sha256
    return [digest(head + salt + framed[act_class]).digest() for salt, act_class in classes]


class FramedClasses(dict[ActClass, bytes]):
    """Encoding of each class with its length before it, made once: a ledger has few classes and many leaves."""

    def __missing__(self, act_class: ActClass) -> bytes:
        encoded = encode(act_class)
        return self.setdefault(act_class, _length(len(encoded)) + encoded)


def padding_act(seed: bytes) -> ActId:
    """The act id of a padding leaf made from 32 random bytes; no act has it, since no act's bytes begin like its tag."""
    if len(seed) != SALT_SIZE:
        raise BrokenInputError(ErrorCode.MALFORMED, "a padding leaf is made from 32 bytes", found=f"{len(seed)} bytes")
    return tagged_hash(_PADDING_TAG, seed).hex()


def padding_entry(seed: bytes, salt: bytes, class_salt: bytes) -> Entry:
    """A padding leaf: from outside like any other, and openable as padding with its seed and salts."""
    return Entry(padding_act(seed), PADDING_CLASS, salt, class_salt)


def padding_needed(size: int, multiple: int, previous: int | None = None) -> int:
    """Padding leaves that bring a log of `size` up to a multiple of `multiple`.

    With `previous`, the size at the last checkpoint, an interval in which nothing came gets a whole multiple, so that a
    quiet interval looks like a busy one; without it a log that stands at a multiple needs none.
    """
    if size < 0 or multiple < 1:
        raise BrokenInputError(ErrorCode.MALFORMED, "no padding for that size", found=f"{size}, multiple {multiple}")
    return multiple if size == previous else -size % multiple


def _acts_bytes(acts: Sequence[ActId]) -> list[bytes]:
    """The 32 bytes of each act id; all are decoded in one go, since a million calls cost more than the hashing."""
    text = "".join(acts)
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if set(map(len, acts)) - {_DIGITS} or raw.hex() != text:
        raise BrokenInputError(ErrorCode.MALFORMED, "an act id is 64 lower-case hexadecimal digits")
    return split_run(raw)


def _length(size: int) -> bytes:
    return size.to_bytes(8)


def _frame(tag: str) -> bytes:
    """What `tagged_hash` puts before a first part of 32 bytes."""
    return len(tag).to_bytes(2) + tag.encode() + _length(SALT_SIZE)
