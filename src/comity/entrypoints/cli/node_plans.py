"""From the words of `comity node init` to a node's plan: offices, officers, credentials; checked before a key is made."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from comity.bootstrap.founding import NodePlan
from comity.entrypoints.cli.approvals import UnsafeSoftwareKey
from comity.trust.directory_format import (
    ENTRY_LIMIT,
    ApprovalCredential,
    AuthorityEntry,
    OfficeEntry,
    OfficerEntry,
)
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId, OfficerId
from comity.vocabulary.wire import decode, encode

_UNSAFE = (
    "UNSAFE: a software authenticator for rehearsals. Whoever can read this file can approve in this officer's name."
)
_SEED_BYTES = 32
_BEFORE = timedelta(minutes=1)


class Staff(Struct, frozen=True):
    """Who works at the node, as the command line says it, and the software keys that were made for a rehearsal."""

    offices: tuple[OfficeEntry, ...]
    officers: tuple[OfficerEntry, ...]
    software_keys: tuple[UnsafeSoftwareKey, ...] = ()


def staff_of(offices: Sequence[str], officers: Sequence[str], credentials: Sequence[str]) -> Staff:
    """Offices from `ID=KIND`, officers from `ID=OFFICE[,OFFICE]`, their passkeys from `OFFICER=FILE`."""
    listed: dict[OfficerId, list[ApprovalCredential]] = {}
    for officer, file in _pairs(credentials, "OFFICER=FILE"):
        listed.setdefault(officer, []).append(_credential(Path(file)))
    staff = Staff(
        tuple(OfficeEntry(id=office, kind=_kind(kind)) for office, kind in _pairs(offices, "ID=KIND")),
        tuple(
            OfficerEntry(id=officer, offices=tuple(held.split(",")), credentials=tuple(listed.pop(officer, ())))
            for officer, held in _pairs(officers, "ID=OFFICE[,OFFICE]")
        ),
    )
    if listed:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "a credential is given for an officer who is not",
            found=", ".join(sorted(listed)),
            do="name the officer with --officer as well",
        )
    return staff


def with_software_keys(staff: Staff, authority: AuthorityId, at: datetime) -> Staff:
    """The same people, each with a software authenticator. UNSAFE: for rehearsals only."""
    host = f"approve.{authority}.localhost"
    keys = tuple(
        UnsafeSoftwareKey(_UNSAFE, each.id, secrets.token_bytes(_SEED_BYTES).hex(), host, f"http://{host}")
        for each in staff.officers
    )
    officers = tuple(
        msgspec.structs.replace(
            officer, credentials=(*officer.credentials, key.authenticator().credential(valid_from=at - _BEFORE))
        )
        for officer, key in zip(staff.officers, keys, strict=True)
    )
    return Staff(staff.offices, officers, keys)


def check_plan(plan: NodePlan) -> None:
    """Raises `BrokenInputError(MALFORMED)` for words that no directory could list."""
    try:
        ZoneInfo(plan.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise _impossible(f"{plan.zone} is no time zone") from None
    try:
        decode(encode(plan.entry()), AuthorityEntry, limit=ENTRY_LIMIT)
    except ValueError as error:
        raise _impossible(str(error)) from None
    except BrokenInputError as error:
        raise _impossible(error.found) from None


def _impossible(found: str) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.MALFORMED, "the node can't be made like that", found=found, do="correct the options and try again"
    )


def _pairs(texts: Sequence[str], form: str) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts]
    wrong = [f"{left}{sign}{right}" for left, sign, right in pairs if not (left and right)]
    if wrong:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "an option has not the expected form", found=", ".join(wrong), expected=form
        )
    return [(left, right) for left, _, right in pairs]


def _kind(text: str) -> OfficeKind:
    if text not in set(OfficeKind):
        raise BrokenInputError(
            ErrorCode.MALFORMED, "there is no such kind of office", found=text, expected=", ".join(OfficeKind)
        )
    return OfficeKind(text)


def _credential(path: Path) -> ApprovalCredential:
    if not path.is_file():
        raise BrokenInputError(ErrorCode.NOT_FOUND, "there is no such credential file", found=str(path))
    return decode(path.read_bytes(), ApprovalCredential, limit=ENTRY_LIMIT)
