"""Merkle trees with RFC 6962 hashing: roots, growth at the right edge, and proofs from kept nodes.

The ledger and the seals of exhibits use this one code. Leaves are given by their hashes; whoever owns the leaf's bytes
hashes them with `leaf_hash`. The loops are list comprehensions over SHA-256 because a million leaves pass through them:
any call added inside costs as much as the hashing itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import Self

from msgspec import Struct

from comity.ledger.spans import (
    MAX_SIZE,
    Span,
    complete_spans,
    consistency_spans,
    inclusion_spans,
    range_spans,
    require_inside,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode

HASH_SIZE = 32
"""Bytes of every hash in a tree."""

EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962 section 2.1)."""

_LEAF = b"\x00"
_NODE = b"\x01"

RunMapper = Callable[[Callable[[bytes], bytes], Iterable[bytes]], Iterable[bytes]]
"""Applies a function to every run and gives the results in order: `map`, or the map of a process pool."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf's bytes, which no inner node can have (RFC 6962 section 2.1)."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node over its two children, 32 bytes each (RFC 6962 section 2.1)."""
    return sha256(_NODE + left + right).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """Hash of every leaf, in order, as fast as the hash function allows."""
    digest = sha256
    return [digest(b"\x00" + leaf).digest() for leaf in leaves]


def split_run(run: bytes, size: int = HASH_SIZE) -> list[bytes]:
    """Pieces of `size` bytes that stand one after the other in `run`; its length is a multiple of `size`."""
    if size < 1 or len(run) % size:
        raise BrokenInputError(
            ErrorCode.STORE_DAMAGED,
            "a run of equal pieces ends inside a piece",
            found=f"{len(run)} bytes",
            expected=f"a multiple of {size}",
        )
    return [run[at : at + size] for at in range(0, len(run), size)]


def pair_up(level: Sequence[bytes]) -> list[bytes]:
    """Parents of neighbouring nodes, in order; a last node without a neighbour is left out."""
    digest = sha256
    nodes = iter(level)
    return [digest(b"\x01" + left + right).digest() for left, right in zip(nodes, nodes, strict=False)]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Root of the tree over these leaf hashes, computed level by level."""
    level = hashes
    while len(level) > 1:
        level = level_above(level)
    return level[0] if level else EMPTY_ROOT


def level_above(level: Sequence[bytes]) -> list[bytes]:
    """Parents of a level's nodes; a last node without a neighbour rises unchanged."""
    above = pair_up(level)
    if len(level) & 1:
        above.append(level[-1])
    return above


def run_root(run: bytes, leaf_size: int) -> bytes:
    """Root over leaves of `leaf_size` bytes that stand one after the other in `run`."""
    return root_of(leaf_hashes(split_run(run, leaf_size)))


def root_of_runs(runs: Iterable[bytes], leaf_size: int, run_leaves: int, mapper: RunMapper = map) -> bytes:
    """Root over the leaves of all runs, each run hashed on its own by `mapper` (which may use many processes).

    Every run but the last holds `run_leaves` leaves of `leaf_size` bytes, a power of two, so that its root is a node of
    the whole tree. Runs are taken one by one: a log of any size is verified in the memory of a few runs.
    """
    if run_leaves < 1 or run_leaves & (run_leaves - 1):
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a run is no complete subtree", found=f"{run_leaves} leaves", expected="a power of two"
        )
    return root_of(list(mapper(partial(run_root, leaf_size=leaf_size), _full_runs(runs, run_leaves * leaf_size))))


def _full_runs(runs: Iterable[bytes], full: int) -> Iterator[bytes]:
    """The runs, proven on the way to have `full` bytes each, the last one perhaps fewer but not none."""
    before = full
    for run in runs:
        if before != full or not 0 < len(run) <= full:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "the leaves are not cut into complete subtrees",
                found=f"a run of {len(run)} bytes after one of {before}",
                expected=f"runs of {full} bytes, only the last one shorter",
            )
        before = len(run)
        yield run


def require_hashes(hashes: Iterable[bytes], code: ErrorCode = ErrorCode.BAD_PROOF) -> None:
    """Raise `BrokenInputError` unless each is 32 bytes: with other lengths two trees could share one encoding."""
    lengths = set(map(len, hashes)) - {HASH_SIZE}
    if lengths:
        raise BrokenInputError(
            code, "a hash has another length", found=f"{sorted(lengths)} bytes", expected=f"{HASH_SIZE} bytes"
        )


class Frontier(Struct, frozen=True, forbid_unknown_fields=True):
    """All that is needed to grow a tree and to know its root: the complete subtrees at its right edge.

    `hashes` are the roots of the complete subtrees that `size` leaves fall into, largest (leftmost) first.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or self.size.bit_count() != len(self.hashes):
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "a frontier has one hash for each bit of its size",
                found=f"{len(self.hashes)} hashes for size {self.size}",
            )
        require_hashes(self.hashes, ErrorCode.STORE_DAMAGED)

    def append(self, hashes: Sequence[bytes]) -> "Frontier":
        """The frontier after these leaf hashes came behind the last one; costs one hash per leaf."""
        require_hashes(hashes, ErrorCode.MALFORMED)
        kept = list(self.hashes)
        edge: list[bytes] = []
        level: list[bytes] = list(hashes)
        before = self.size
        # Going up: what was left over at this height stands to the left of what comes from below.
        while level or before:
            if before & 1:
                level.insert(0, kept.pop())
            if len(level) & 1:
                edge.append(level[-1])
            level = pair_up(level)
            before >>= 1
        return Frontier(self.size + len(hashes), tuple(reversed(edge)))

    def root(self) -> bytes:
        """Root of the tree (RFC 6962 section 2.1)."""
        return _fold(self.hashes)

    def to_bytes(self) -> bytes:
        """Eight bytes of size, big-endian, then the hashes; at most 2,024 bytes."""
        return self.size.to_bytes(8) + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The frontier that `to_bytes` wrote; raises `BrokenInputError` (store-damaged) for anything else."""
        # A cut size is filled up to one that no frontier can have.
        return cls(int.from_bytes(data[:8].ljust(8, b"\xff")), tuple(split_run(data[8:])))


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Hash neighbouring complete subtrees, largest first, into the node over all of them."""
    if not hashes:
        return EMPTY_ROOT
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node


class TreeView(ABC):
    """A tree of `size` leaves that makes every root and proof from its complete subtrees.

    A `size` argument asks about the tree as it was with so many leaves. Every method raises `BrokenInputError`
    (not-found) for a position outside the tree.
    """

    size: int

    @abstractmethod
    def complete(self, height: int, index: int) -> bytes:
        """Hash of the complete subtree over leaves `index * 2**height` to `(index + 1) * 2**height`."""

    def root(self, size: int | None = None) -> bytes:
        """Root of the tree (RFC 6962 section 2.1)."""
        leaves = self._at(size)
        return self._node((0, leaves)) if leaves else EMPTY_ROOT

    def inclusion_path(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Audit path of the leaf at `index`, from its sibling up (RFC 6962 section 2.1.1)."""
        return self._nodes(inclusion_spans(index, self._at(size)))

    def consistency_proof(self, old_size: int, size: int | None = None) -> tuple[bytes, ...]:
        """Proof that the tree of `old_size` is a prefix (RFC 6962 section 2.1.2); empty for 0 and for an equal size."""
        return self._nodes(consistency_spans(old_size, self._at(size)))

    def range_proof(self, first: int, count: int, size: int | None = None) -> tuple[bytes, ...]:
        """Proof of the `count` leaves from `first`, in the order `comity.ledger.proofs.verify_range` reads."""
        return self._nodes(range_spans(first, count, self._at(size)))

    def _at(self, size: int | None) -> int:
        leaves = self.size if size is None else size
        if not 0 <= leaves <= self.size:
            raise BrokenInputError(
                ErrorCode.NOT_FOUND, "the tree never had that size", found=str(leaves), expected=f"at most {self.size}"
            )
        return leaves

    def _nodes(self, spans: Iterable[Span]) -> tuple[bytes, ...]:
        return tuple(self._node(span) for span in spans)

    def _node(self, span: Span) -> bytes:
        parts: list[bytes] = []
        for start, end in complete_spans(*span):
            height = (end - start).bit_length() - 1
            parts.append(self.complete(height, start >> height))
        return _fold(parts)


class StoredTree(TreeView):
    """A tree kept whole in memory, 64 bytes for each leaf, that gives each path in O(log n) steps without hashing."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        require_hashes(hashes, ErrorCode.MALFORMED)
        self.size = len(hashes)
        # The levels as `root_of` makes them: where the last node is not complete, it stands there all the same.
        self._levels = [b"".join(hashes)]
        level = hashes
        while len(level) > 1:
            level = level_above(level)
            self._levels.append(b"".join(level))

    def complete(self, height: int, index: int) -> bytes:
        """Hash of the complete subtree at that height and place."""
        return self._levels[height][index * HASH_SIZE : (index + 1) * HASH_SIZE]

    def leaves(self, first: int, end: int) -> list[bytes]:
        """Leaf hashes from `first` to `end`."""
        return split_run(self._levels[0][first * HASH_SIZE : end * HASH_SIZE])

    def row(self, height: int) -> bytes:
        """The nodes of a level one after the other, the last one perhaps not complete; the root alone above the top."""
        return self._levels[min(height, len(self._levels) - 1)]

    def inclusion_path(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Audit path of the leaf at `index`, from its sibling up (RFC 6962 section 2.1.1)."""
        if size not in (None, self.size):
            return super().inclusion_path(index, size)
        require_inside(index, 1, self.size)
        path: list[bytes] = []
        for level in self._levels[:-1]:
            other = (index ^ 1) * HASH_SIZE
            if other < len(level):
                path.append(level[other : other + HASH_SIZE])
            index >>= 1
        return tuple(path)


class RowTree:
    """A tree of which one row of nodes was kept: what lies below a node is hashed only when a path leads through it.

    `row` are the nodes at `height` as `StoredTree.row` gives them, at least one; `leaves` gives the leaf hashes from one
    place to another.
    """

    def __init__(self, size: int, row: bytes, height: int, leaves: Callable[[int, int], Sequence[bytes]]) -> None:
        self.size = size
        self._height = height
        self._leaves = leaves
        self._above = StoredTree(split_run(row))
        self._below: dict[int, StoredTree] = {}
        if self._above.size != (size + (1 << height) - 1) >> height:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "a tree has another number of nodes than its leaves have",
                found=str(self._above.size),
            )

    def root(self) -> bytes:
        """Root of the tree, from its row (RFC 6962 section 2.1)."""
        return self._above.root()

    def inclusion_path(self, index: int) -> tuple[bytes, ...]:
        """Audit path of the leaf at `index`, from its sibling up (RFC 6962 section 2.1.1).

        Raises `BrokenInputError` (store-damaged) where the leaves around it do not lead to the row.
        """
        require_inside(index, 1, self.size)
        place = index >> self._height
        first = place << self._height
        below = self._below.get(place)
        if below is None:
            below = StoredTree(self._leaves(first, min(first + (1 << self._height), self.size)))
            if below.root() != self._above.complete(0, place):
                raise BrokenInputError(ErrorCode.STORE_DAMAGED, "leaves do not lead to the node that was kept of them")
            self._below[place] = below
        return below.inclusion_path(index - first) + self._above.inclusion_path(place)


def inclusion_path(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Audit path of one leaf (RFC 6962 section 2.1.1); for many leaves of one tree keep a `StoredTree`."""
    return StoredTree(hashes).inclusion_path(index)
