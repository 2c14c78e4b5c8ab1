"""Files that commands about the law read: an office's own instruments, facts, acts. Errors name the file and what to do."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass
from comity.acts.payload import Payload, type_of
from comity.entrypoints.cli.draft_files import read_draft
from comity.law.corpus import Law
from comity.law.packaged import packaged_law
from comity.law.table_files import problem_at, read_file
from comity.law.triggers import TriggerFile, trigger_faults
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import decode

PACKAGED = "packaged"
"""The word for the law as it comes, where a folder could be named."""

_STATE = re.compile(r"[A-Z]{2}\Z")
_SEALED_LIMIT = 4 << 20


class _Sealed(msgspec.Struct):
    """Enough of a sealed act to tell it from a draft and to read its payload; its seals are not judged here."""

    payload: str
    signatures: list[object]


def own_files(folder: Path | None) -> Mapping[str, bytes]:
    """The instrument files of a folder by name; nothing without a folder. Raises `BrokenInputError(NOT_FOUND)`."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "there is no such folder of instrument files",
            found=str(folder),
            expected="a folder with *.toml files, as docs/law.md says how to write",
        )
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.toml"))}


def law_of(folder: Path | None) -> Law:
    """The packaged law, with an office's own files laid over it."""
    return packaged_law(own_files(folder))


def law_named(name: str) -> Law:
    """The law that `packaged` or a folder stands for."""
    return packaged_law() if name == PACKAGED else law_of(Path(name))


def state(code: str, option: str) -> str:
    """A state's code in capitals. Raises `BrokenInputError(MALFORMED)`."""
    found = code.strip().upper()
    if not _STATE.match(found):
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            f"{option} takes a state",
            found=code,
            expected="two letters of ISO 3166, e.g. PT, DE, US, GB",
        )
    return found


def read_act(path: Path, law: Law) -> Payload:
    """The act in a file: a draft as `comity case draft` takes it, or a sealed act (its seals are not judged here).

    Raises `BrokenInputError`: NOT_FOUND, OVERSIZED, MALFORMED with what is known where a word is not.
    """
    if path.suffix.lower() == ".json" and path.is_file() and (sealed := _sealed(path.read_bytes())):
        return sealed
    tree = read_draft(path)
    instrument = str(tree.get("instrument", ""))
    if instrument not in law.instruments:
        raise _broken(path, f"instrument {instrument!r}", f"one of {', '.join(sorted(law.instruments))}")
    try:
        body: AnyBody = msgspec.convert(tree.get("body"), AnyBody)
        urgency = Urgency(str(tree.get("urgency", Urgency.ORDINARY)))
    except (msgspec.ValidationError, ValueError) as error:
        raise _broken(path, str(error), "an act's body") from None
    return _unsent(instrument, body, urgency)


def _sealed(data: bytes) -> Payload | None:
    from comity.acts.payload import read_payload
    from comity.vocabulary.wire import from_b64url

    try:
        found = decode(data, _Sealed, limit=_SEALED_LIMIT)
    except BrokenInputError:
        return None
    return read_payload(from_b64url(found.payload))


def _unsent(instrument: str, body: AnyBody, urgency: Urgency) -> Payload:
    """A payload around a body that nobody has sent: names of no authority, the time it is looked at is given apart."""
    from datetime import UTC, datetime

    return Payload(
        v=1,
        issuer="sender",
        to=("addressee",),
        case="0" * 32,
        nonce="0" * 32,
        at=datetime.now(UTC),
        directory=1,
        re=(),
        act=ActClass(type_of(body), instrument, urgency),
        seals=("EdDSA",),
        author=None,
        body=body,
    )


def read_triggers(path: Path, law: Law) -> TriggerFile:
    """The facts in a file; raises `BrokenInputError` with every fault and its line."""
    if not path.is_file():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "there is no such file", found=str(path), do="begin with: comity law clocks --example"
        )
    data = path.read_bytes()
    found = read_file(TriggerFile, path.name, data)
    if isinstance(found, tuple):
        problems = found
    else:
        problems = tuple(problem_at(path.name, data, fault) for fault in trigger_faults(law, found))
    if problems or isinstance(found, tuple):
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            f"{path.name} can't be used",
            found="\n".join(each.in_words() for each in problems),
            do="see a filled-in one: comity law clocks --example",
        )
    return found


def _broken(path: Path, found: str, expected: str) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.MALFORMED,
        f"{path.name} is no act that the law can be asked about",
        found=found,
        expected=expected,
        do="see a filled-in one with: comity case example",
    )
