"""An act as an officer writes it: a TOML or JSON file, sent to the node as it is, with what the command line adds.

The node checks the form strictly and the law completely; here only the file's own syntax is read.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from comity.vocabulary.errors import BrokenInputError, ErrorCode

LIMIT = 1 << 20
"""Bytes of a draft's file: as many as an act may have."""


def read_draft(path: Path, **given: object) -> Mapping[str, object]:
    """The command in the file, with every value that was `given` (not None and not empty) in the place of the file's.

    Raises `BrokenInputError`: NOT_FOUND, OVERSIZED, MALFORMED.
    """
    if not path.is_file():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "there is no such file",
            found=str(path),
            do="see a filled-in one with: comity case example",
        )
    data = path.read_bytes()
    if len(data) > LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "the draft is too large", found=f"{len(data)} bytes", expected=f"at most {LIMIT}"
        )
    return {**_parse(path, data), **{name: value for name, value in given.items() if value}}


def _parse(path: Path, data: bytes) -> dict[str, object]:
    try:
        if path.suffix.lower() == ".json":
            return msgspec.json.decode(data, type=dict[str, object])
        return tomllib.loads(data.decode("utf-8"))
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            f"{path.name} can't be read",
            found=str(error),
            expected="a JSON file named *.json, or a TOML file",
            do="see a filled-in one with: comity case example",
        ) from None
