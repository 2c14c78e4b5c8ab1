"""A node that lies to its overseer: `python lying_node.py <folder>` serves it, and reviews are answered as `<folder>/lie` says.

Everything else about it is the real node. The lie is told in the openings, just before they are encrypted.
"""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.casework.desk import review
from comity.entrypoints.cli.main import main
from comity.ledger.entries import PADDING_CLASS


def omitted(leaves: list[Any], marked: int) -> list[Any]:
    """The marked leaf is left out, as if the ledger were shorter."""
    return leaves[:marked] + leaves[marked + 1 :]


def mislabelled(leaves: list[Any], marked: int) -> list[Any]:
    """The marked leaf is opened as an act of the same type without the mark."""
    opening = leaves[marked].opening
    unmarked = replace(opening, act_class=replace(opening.act_class, marks=()))
    return _with(leaves, marked, type(leaves[marked])(unmarked))


def as_padding(leaves: list[Any], marked: int) -> list[Any]:
    """The marked leaf is passed off as padding, with all that a padding leaf shows."""
    padding = next(leaf for leaf in leaves if leaf.opening.act_class.type is ActType.PADDING)
    opening = replace(leaves[marked].opening, act_class=PADDING_CLASS, class_salt=padding.opening.class_salt)
    return _with(leaves, marked, replace(padding, opening=opening))


def replaced_by_padding(leaves: list[Any], marked: int) -> list[Any]:
    """In the place of the marked leaf stands a genuine padding leaf from elsewhere."""
    padding = next(leaf for leaf in leaves if leaf.opening.act_class.type is ActType.PADDING)
    return _with(leaves, marked, padding)


def withheld(leaves: list[Any], marked: int) -> list[Any]:
    """The marked leaf is opened, and its act not shown."""
    return _with(leaves, marked, type(leaves[marked])(leaves[marked].opening))


def swapped(leaves: list[Any], marked: int) -> list[Any]:
    """For the marked leaf another act of the same class is shown."""
    others = [leaf for place, leaf in enumerate(leaves) if leaf.sealed and place != marked]
    return _with(leaves, marked, replace(leaves[marked], sealed=others[-1].sealed, salt=others[-1].salt))


LIES = {lie.__name__: lie for lie in (omitted, mislabelled, as_padding, replaced_by_padding, withheld, swapped)}


def _with(leaves: list[Any], place: int, leaf: Any) -> list[Any]:
    return [*leaves[:place], leaf, *leaves[place + 1 :]]


def _serve(folder: Path) -> None:
    def encode(value: Any) -> bytes:
        lie = (folder / "lie").read_text()
        if lie and isinstance(value, list):
            marked = max(place for place, leaf in enumerate(value) if leaf.sealed)
            value = LIES[lie](value, marked)
        return msgspec.msgpack.encode(value)

    real = msgspec.msgpack
    review.msgspec = SimpleNamespace(  # type: ignore[attr-defined]
        msgpack=SimpleNamespace(encode=encode, decode=real.decode), DecodeError=msgspec.DecodeError
    )
    main(["node", "serve", str(folder)])


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
