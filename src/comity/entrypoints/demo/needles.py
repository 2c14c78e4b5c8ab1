"""The needle scan: planted texts are searched for in every byte of every file of given folders.

A text is looked for as UTF-8, as UTF-16, and in base64 at each of its three alignments: what is merely encoded is not gone.
"""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

_PORTION = 1 << 22


class Hit(Struct, frozen=True):
    """A needle was found: where, and in which form."""

    needle: str
    form: str
    path: Path
    offset: int


def scan(folders: Sequence[Path], needles: Sequence[str]) -> list[Hit]:
    """Every hit, at most one for each needle, form and file. Files that vanish while they are read are passed over."""
    forms = [(needle, name, data) for needle in needles for name, data in _forms(needle)]
    hits: list[Hit] = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                hits += _search(path, forms)
    return hits


def _forms(needle: str) -> Iterator[tuple[str, bytes]]:
    yield "utf-8", needle.encode()
    yield "utf-16", needle.encode("utf-16-le")
    yield "hex", needle.encode().hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\x00" * shift + needle.encode())
        # The first and last characters also depend on the bytes around the needle.
        yield f"base64+{shift}", encoded[4 if shift else 0 : len(encoded) // 4 * 4 - 4]


def _search(path: Path, forms: Sequence[tuple[str, str, bytes]]) -> list[Hit]:
    longest = max(len(data) for *_, data in forms)
    found: dict[tuple[str, str], Hit] = {}
    try:
        with path.open("rb") as file:
            start, tail = 0, b""
            while portion := file.read(_PORTION):
                window = tail + portion
                for needle, form, data in forms:
                    place = window.find(data)
                    if place >= 0 and (needle, form) not in found:
                        found[needle, form] = Hit(needle, form, path, start - len(tail) + place)
                start += len(portion)
                tail = window[-longest:]
    except FileNotFoundError:
        return []
    return list(found.values())
