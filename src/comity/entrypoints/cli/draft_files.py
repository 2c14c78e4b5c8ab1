"""Drafts in files: an act as an officer writes it, TOML or JSON, and the bytes of a draft that are to be approved.

What is written is sent as it is, with what the command line adds. The node checks the form strictly and the law completely; here only the file's own syntax is read.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from comity.acts.payload import act_id, read_payload
from comity.casework.desk.draft import APPROVE
from comity.casework.desk.drafts import DraftText
from comity.trust.approvals import approval_challenge
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import b64url, from_b64url

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


def bytes_to_approve(text: DraftText, draft: ActId) -> bytes:
    """The exact bytes of the draft, held against its name and its challenge: a node can show nothing else for them.

    Raises `BrokenInputError(ID_DIFFERS)` when the node shows other bytes, or says something else of them than they say.
    """
    data = from_b64url(text.data)
    challenge = b64url(approval_challenge(APPROVE, draft))
    if (
        act_id(data) != draft
        or text.draft != draft
        or text.challenge != challenge
        or read_payload(data) != text.payload
    ):
        raise BrokenInputError(
            ErrorCode.ID_DIFFERS,
            "the node shows something else than what would be approved",
            found=act_id(data),
            expected=draft,
            do="approve nothing; have the node looked at",
        )
    return data


def write_new(path: Path, data: bytes) -> None:
    """Writes a file that does not exist yet, readable by this user only."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)


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
