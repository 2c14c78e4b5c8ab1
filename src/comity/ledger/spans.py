"""Which nodes of a Merkle tree make up a proof: arithmetic on leaf positions only, no hashing (RFC 6962 section 2.1).

A span `(start, end)` stands for the node over leaves `start` inclusive to `end` exclusive. The order of the spans of a
proof is part of the format: receipts and dossiers carry hashes in it, so it never changes.
"""

from comity.vocabulary.errors import BrokenInputError, ErrorCode

Span = tuple[int, int]

MAX_SIZE = (1 << 63) - 1
"""Leaves. Sizes travel as signed 64-bit numbers; anything larger is hostile."""


def split_point(leaves: int) -> int:
    """Leaves of the left child of a node over `leaves` >= 2 leaves: the largest power of two below (RFC 6962 section 2.1)."""
    return 1 << ((leaves - 1).bit_length() - 1)


def complete_spans(start: int, end: int) -> list[Span]:
    """The fewest complete subtrees that cover the span, left to right.

    For the span of a tree's node their sizes fall, and hashing them together from the right gives the node.
    """
    spans: list[Span] = []
    while start < end:
        room = 1 << ((end - start).bit_length() - 1)
        aligned = start & -start or room
        width = min(room, aligned)
        spans.append((start, start + width))
        start += width
    return spans


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Nodes of the audit path of a leaf, from the leaf's sibling up (RFC 6962 section 2.1.1)."""
    require_inside(index, 1, size)
    spans: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split_point(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old_size: int, size: int) -> list[Span]:
    """Nodes that prove the first `old_size` leaves a prefix of `size`, from the bottom up (RFC 6962 section 2.1.2).

    Nothing is to be shown for an empty or an equal tree.
    """
    _require(0 <= old_size <= size <= MAX_SIZE, f"size {old_size} within {size}")
    if old_size in (0, size):
        return []
    spans: list[Span] = []
    start, end = 0, size
    while end != old_size:
        middle = start + split_point(end - start)
        if old_size <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:
        spans.append((start, end))
    return spans[::-1]


def range_spans(first: int, count: int, size: int) -> list[Span]:
    """The largest nodes of the tree that touch none of the leaves `first` to `first + count`, left to right."""
    require_inside(first, count, size)
    return _outside(0, size, first, first + count)


def _outside(start: int, end: int, first: int, last: int) -> list[Span]:
    if first <= start and end <= last:
        return []
    if end <= first or last <= start:
        return [(start, end)]
    middle = start + split_point(end - start)
    return _outside(start, middle, first, last) + _outside(middle, end, first, last)


def require_inside(first: int, count: int, size: int) -> None:
    """Raise `BrokenInputError` (not-found) unless `count` >= 1 leaves from `first` lie in a tree of `size`."""
    inside = first >= 0 and count >= 1 and first + count <= size <= MAX_SIZE
    _require(inside, f"{count} leaves from {first} within {size}")


def _require(holds: bool, asked: str) -> None:
    if not holds:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "what is asked for is not in the tree", found=asked)
