"""Looking at an item: its content goes into a closed file of its own, and to the terminal only when it was asked for."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from comity.casework.consult import OpenItem
from comity.casework.export import ExportCase
from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.cli.telling import tell_done
from comity.vocabulary.errors import BrokenInputError, ErrorCode

ACT_HEADER, TOLD_HEADER, DIGEST_HEADER = "Comity-Act", "Comity-Supplier-Told", "Comity-Digest"


def look(node: NodeClient, command: OpenItem, to: Path | None) -> None:
    """Writes the item's content to the new file `to` (mode 0600), or to standard output without one.

    Raises `BrokenInputError(NOT_ALLOWED)` where there is a file already: then nothing was opened. A content that broke off
    leaves no file.
    """
    if to is not None:
        _require_new(to)
    with node.stream("openings", command) as (headers, pieces):
        if to is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        else:
            _write(to, pieces)
        told = "; the supplier is told" if headers.get(TOLD_HEADER) == "true" else ""
        tell_done(f"opened, on record as act {headers.get(ACT_HEADER, '')}{told}")


def fetch_dossier(node: NodeClient, command: ExportCase, to: Path) -> tuple[str, str]:
    """Writes the case's dossier to the new file `to` (mode 0600); the export's act, and the digest it vouches for.

    Raises `BrokenInputError(NOT_ALLOWED)` where there is a file already: then nothing was exported.
    """
    _require_new(to)
    with node.stream("exports", command) as (headers, pieces):
        _write(to, pieces)
        return headers.get(ACT_HEADER, ""), headers.get(DIGEST_HEADER, "")


def _require_new(to: Path) -> None:
    if to.exists():
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED, "there is a file of that name already", found=str(to), do="choose another name"
        )


def _write(to: Path, pieces: Iterator[bytes]) -> None:
    unfinished = to.with_name(f".{to.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                file.write(piece)
        unfinished.replace(to)
    finally:
        unfinished.unlink(missing_ok=True)
