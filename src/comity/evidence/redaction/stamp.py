"""The reason written on what was painted over, letter by letter in white blocks: the same on every machine, without a font."""

from collections.abc import Iterator

from msgspec import Struct

from comity.vocabulary.categories import RemovalReason

_LARGEST = 4
"""Pixels a block is wide at most."""
_ADVANCE, _ROWS, _MARGIN = 6, 7, 2

# Seven rows of five blocks, the leftmost block highest. Only the letters that the reasons are written in.
_LETTERS = {
    "a": (14, 17, 17, 31, 17, 17, 17),
    "c": (14, 17, 16, 16, 16, 17, 14),
    "d": (30, 17, 17, 17, 17, 17, 30),
    "e": (31, 16, 16, 30, 16, 16, 31),
    "f": (31, 16, 16, 30, 16, 16, 16),
    "g": (14, 17, 16, 23, 17, 17, 15),
    "h": (17, 17, 17, 31, 17, 17, 17),
    "i": (14, 4, 4, 4, 4, 4, 14),
    "l": (16, 16, 16, 16, 16, 16, 31),
    "m": (17, 27, 21, 21, 17, 17, 17),
    "o": (14, 17, 17, 17, 17, 17, 14),
    "p": (30, 17, 17, 30, 16, 16, 16),
    "r": (30, 17, 17, 30, 20, 18, 17),
    "s": (15, 16, 16, 14, 1, 1, 30),
    "t": (31, 4, 4, 4, 4, 4, 4),
    "u": (17, 17, 17, 17, 17, 17, 14),
    "v": (17, 17, 17, 17, 17, 10, 4),
    "y": (17, 17, 10, 4, 4, 4, 4),
    "-": (0, 0, 0, 31, 0, 0, 0),
}


class Block(Struct, frozen=True):
    """A rectangle of a picture in pixels from its upper left corner."""

    x: int
    y: int
    width: int
    height: int


def stamp(place: Block, reason: RemovalReason) -> Iterator[Block]:
    """The blocks that write the reason in the upper left corner of a place; none where it is too small for that."""
    wide, high = place.width - 2 * _MARGIN, place.height - 2 * _MARGIN
    size = min(wide // (_ADVANCE * len(reason.value)), high // _ROWS, _LARGEST)
    if size < 1:
        return
    for at, letter in enumerate(reason.value):
        left = place.x + _MARGIN + at * _ADVANCE * size
        for row, bits in enumerate(_LETTERS[letter]):
            top = place.y + _MARGIN + row * size
            yield from (Block(left + bit * size, top, size, size) for bit in range(5) if bits >> (4 - bit) & 1)
