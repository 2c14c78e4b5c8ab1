"""Checking Merkle proofs: a leaf, a run of leaves, an older tree, a subtree.

Every check returns None when the proof holds and raises `BrokenInputError` (bad-proof) that names the step which
decided. Sizes and positions are never taken from the proof: they come from the checkpoint and the receipt, and fix how
many hashes there must be and what each one means.

The order of hashes in a **range proof** (used by `comity.acts.receipt_format.Receipt.proof`): walk the tree of `size`
leaves from the root, left child before right child. A node with none of the proven leaves below it contributes its
hash, and the walk does not go below it. A node with only proven leaves below it contributes nothing. So the hashes left
of the run come first, left to right, then those right of it, left to right. For one leaf these are the hashes of its
RFC 6962 audit path in the order of their places instead of their heights.
"""

from collections.abc import Iterator, Sequence
from typing import Never

from comity.ledger.spans import MAX_SIZE, range_spans, split_point
from comity.ledger.tree import EMPTY_ROOT, node_hash, require_hashes, root_of
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_REMEMBERED = 3
"""Height from which proven nodes are kept: those of one leaf in eight."""

_MOST_REMEMBERED = 1 << 14
"""Proven nodes after which all are forgotten: twice as many as a segment of an intake has, about 16 MB."""


def verify_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Prove that the leaf is the one at `index` of the tree with `size` leaves and that root (RFC 9162 section 2.1.3.2).

    1. The index lies in the tree.
    2. The path has exactly the hashes this position needs: one for each level up to where the paths of this leaf and of
       the last leaf meet, then one for each complete subtree further left.
    3. Hashing the leaf with the path gives the root.
    """
    Inclusions(size, root).verify(leaf_hash, index, path)


class Inclusions:
    """Proves many leaves of one tree, each as `verify_inclusion` does; where two paths meet it hashes once.

    A node that led to the root, with the same hashes above it and the same turns, leads there again. It takes bounded memory,
    however large the tree: forgetting a proven node costs hashing again, and nothing else.
    """

    def __init__(self, size: int, root: bytes) -> None:
        self._size = size
        self._root = root
        self._proven: dict[tuple[int, int], tuple[bytes, Sequence[bytes]]] = {}

    def verify(self, leaf_hash: bytes, index: int, path: Sequence[bytes]) -> None:
        """See `verify_inclusion`; raises as it does."""
        # 1
        if not 0 <= index < self._size <= MAX_SIZE:
            _reject(1, "the leaf lies outside the tree", f"index {index} of {self._size}")
        # 2
        inner = (index ^ (self._size - 1)).bit_length()
        border = (index >> inner).bit_count()
        if len(path) != inner + border:
            _reject(2, "the path has another length", f"{len(path)} hashes", f"{inner + border}")
        require_hashes((leaf_hash, self._root, *path))
        # 3
        node, passed = leaf_hash, {}
        for height, other in enumerate(path):
            if height >= _REMEMBERED:
                # The same place at the same height means the same turns from there on.
                place, here = (height, index >> height), (node, path[height:])
                if self._proven.get(place) == here:
                    break
                passed[place] = here
            is_right = height >= inner or index >> height & 1
            node = node_hash(other, node) if is_right else node_hash(node, other)
        else:
            if node != self._root:
                _reject(3, "the path leads to another root", node.hex(), self._root.hex())
        if len(self._proven) + len(passed) > _MOST_REMEMBERED:
            self._proven.clear()
        self._proven.update(passed)


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Prove that the older tree is a prefix of the newer one (RFC 9162 section 2.1.4.2).

    An empty older tree is refused: it is a prefix of every tree, so there is nothing a proof could show. The other
    steps are those of `verify_subtree_consistency` for a subtree that starts at leaf 0.
    """
    if old_size == 0:
        _reject(1, "consistency with an empty tree shows nothing", f"sizes {old_size} and {new_size}")
    verify_subtree_consistency(0, old_size, new_size, proof=proof, subtree_root=old_root, root=new_root)


def verify_range(leaf_hashes: Sequence[bytes], first: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Prove that the leaves stand one after the other from `first` in the tree with `size` leaves and that root.

    1. There is at least one leaf and all lie in the tree.
    2. The proof has exactly one hash for each node outside the run (order: see the head of this module).
    3. Hashing leaves and proof together gives the root.
    """
    count = len(leaf_hashes)
    # 1
    if not (first >= 0 and count >= 1 and first + count <= size <= MAX_SIZE):
        _reject(1, "the leaves lie outside the tree", f"{count} leaves from {first} in {size}")
    # 2
    needed = len(range_spans(first, count, size))
    if len(proof) != needed:
        _reject(2, "the proof has another length", f"{len(proof)} hashes", str(needed))
    require_hashes((root, *proof))
    require_hashes(leaf_hashes)
    # 3
    node = _rebuild(0, size, first, leaf_hashes, iter(proof))
    if node != root:
        _reject(3, "the leaves lead to another root", node.hex(), root.hex())


def _rebuild(start: int, end: int, first: int, leaves: Sequence[bytes], proof: Iterator[bytes]) -> bytes:
    last = first + len(leaves)
    if end <= first or last <= start:
        return next(proof)
    if first <= start and end <= last:
        return root_of(leaves[start - first : end - first])
    middle = start + split_point(end - start)
    left = _rebuild(start, middle, first, leaves, proof)
    return node_hash(left, _rebuild(middle, end, first, leaves, proof))


def verify_subtree_inclusion(
    leaf_hash: bytes, index: int, start: int, end: int, *, path: Sequence[bytes], subtree_root: bytes
) -> None:
    """Prove that the leaf at `index` of a log lies in the subtree over leaves `start` to `end`.

    1. The subtree is one that a log's tree can have (see `verify_subtree_consistency`).
    2. The path proves the leaf at its place in that subtree.
    """
    # 1
    _require_subtree(start, end)
    # 2
    verify_inclusion(leaf_hash, index - start, end - start, path, subtree_root)


def verify_subtree_consistency(
    start: int, end: int, size: int, *, proof: Sequence[bytes], subtree_root: bytes, root: bytes
) -> None:
    """Prove that the subtree over leaves `start` to `end` holds the same leaves as the tree of `size` at that place.

    1. The span is a subtree: it starts at a multiple of the smallest power of two that holds it, and lies in the tree.
    2. An empty span has the empty root and an empty proof, and says nothing about the tree.
    3. The proof, read from the bottom up, rebuilds both the subtree's and the tree's root; none of its hashes is left.

    Source: the subtrees of Merkle Tree Certificates (draft-ietf-plants-merkle-tree-certs), of which the consistency
    proof of RFC 6962 section 2.1.2 is the case `start == 0`.
    """
    # 1
    _require_subtree(start, end)
    if not end <= size <= MAX_SIZE:
        _reject(1, "the subtree lies outside the tree", f"{start} to {end} of {size}")
    # 2
    if start == end:
        if proof or subtree_root != EMPTY_ROOT:
            _reject(2, "an empty subtree has the empty root and no proof", f"{len(proof)} hashes")
        return
    # 3
    if size > end - start:
        require_hashes((subtree_root, root, *proof))
    hashes = iter(proof)
    old, new = _rebuild_both(start, end, size, subtree_root, hashes, known=True)
    if old != subtree_root or new != root:
        _reject(3, "the proof leads to other roots", f"{old.hex()}, {new.hex()}", f"{subtree_root.hex()}, {root.hex()}")
    if next(hashes, None) is not None:
        _reject(3, "the proof has hashes left", f"{len(proof)} hashes")


def _rebuild_both(
    start: int, end: int, size: int, subtree_root: bytes, proof: Iterator[bytes], *, known: bool
) -> tuple[bytes, bytes]:
    """Roots of the subtree and of the tree over `size` leaves, both as the proof has them.

    `known` says that the walk has not cut the subtree in two: where it fills the tree looked at, its root is the one
    given, and the proof does not repeat it.
    """
    if (start, end) == (0, size):
        only = subtree_root if known else _next(proof)
        return only, only
    middle = split_point(size)
    if end <= middle:
        old, new = _rebuild_both(start, end, middle, subtree_root, proof, known=known)
        return old, node_hash(new, _next(proof))
    if middle <= start:
        old, new = _rebuild_both(start - middle, end - middle, size - middle, subtree_root, proof, known=known)
        return old, node_hash(_next(proof), new)
    old, new = _rebuild_both(0, end - middle, size - middle, subtree_root, proof, known=False)
    left = _next(proof)
    return node_hash(left, old), node_hash(left, new)


def _next(proof: Iterator[bytes]) -> bytes:
    found = next(proof, None)
    return _reject(3, "the proof ends too early") if found is None else found


def _require_subtree(start: int, end: int) -> None:
    width = 1 << (end - start - 1).bit_length() if end > start else 1
    if not 0 <= start <= end <= MAX_SIZE or start % width:
        _reject(1, "the span is not a subtree", f"{start} to {end}")


def _reject(step: int, what: str, found: str = "", expected: str = "") -> Never:
    raise BrokenInputError(ErrorCode.BAD_PROOF, f"step {step}: {what}", found=found, expected=expected)
