"""Content that a node sends: into a closed file of its own, and to the terminal only when that was asked for."""

import os
import sys
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

from comity.entrypoints.cli.client import NodeClient
from comity.vocabulary.errors import BrokenInputError, ErrorCode

ACT, DIGEST, SUPPLIER_TOLD = "Comity-Act", "Comity-Digest", "Comity-Supplier-Told"
LEFT_OUT = "Comity-Left-Out"
"""Headers beside the content: the act it is on record with, and what else is said of it."""


def receive(node: NodeClient, path: str, command: object, to: Path | None) -> Message:
    """Sends the command and writes the content to the new file `to` (mode 0600), or to standard output without one.

    The answer's headers. Raises `BrokenInputError(NOT_ALLOWED)` where there is a file already: then nothing was asked. A
    content that breaks off leaves no file.
    """
    if to is not None and to.exists():
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED, "there is a file of that name already", found=str(to), do="choose another name"
        )
    if to is not None and not to.absolute().parent.is_dir():
        raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such folder to write to", found=str(to.parent))
    with node.stream(path, command) as (headers, pieces):
        if to is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        else:
            write_new(to, pieces)
        return headers


def write_new(to: Path, pieces: Iterator[bytes]) -> None:
    """The file `to` is whole and durable when this returns (mode 0600); where the pieces break off there is none."""
    unfinished = to.with_name(f".{to.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(to)
    finally:
        unfinished.unlink(missing_ok=True)
