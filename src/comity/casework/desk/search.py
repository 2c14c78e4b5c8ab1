"""Search: cases by an identifier their acts are aimed at, by blind tokens, so that nothing is decrypted to look."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct

from comity.casework.bench.reading_rights import readable
from comity.casework.bench.readings import keep_readings
from comity.casework.bench.secrecy import unless_disposed
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import OfficerRef, no_office
from comity.casework.ports.journal import Read
from comity.casework.ports.paging import Limit
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import CaseId, OfficeId
from comity.vocabulary.targets import TargetKind, normalise

_PORTION = 500
"""Cases whose tokens are made and looked up at once: each has a key of its own, and so a token of its own."""

_LOOKED_AT = 20_000
"""Cases looked at for one page."""


class Search(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: which identifier, in whatever form people write it; at most `limit` cases after the last page's `next`."""

    kind: TargetKind
    value: Annotated[str, Meta(max_length=1000)]
    after: Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{32})?\Z")] = ""
    limit: Limit = 100


class FoundPage(Struct, frozen=True):
    """Cases with an act aimed at it, in the order of their ids; `next` is where to look on, and missing at the end."""

    lines: tuple[CaseId, ...]
    next: CaseId | None = None


def search(bench: Workbench, officer: OfficerRef, command: Search) -> FoundPage | Refusal:
    """The cases found that the officer may read. On record before they are given, also that nothing was found."""
    refusal = no_office(officer)
    if refusal is not None:
        return refusal
    term = f"{command.kind}:{_normal(command)}"
    found: list[tuple[OfficeId, CaseId]] = []
    last, more, looked_at = command.after, True, 0
    while more and looked_at < _LOOKED_AT and len(found) < command.limit:
        live = bench.records.cases.live(last, _PORTION)
        more, looked_at = len(live) == _PORTION, looked_at + len(live)
        for case in _aimed_at(bench, live, term):
            office = _office(bench, officer, case)
            if office is not None:
                found.append((office, case))
            if len(found) == command.limit:
                last, more = case, True
                break
        else:
            last = live[-1] if live else last
    keep_readings(bench, officer, Read.SEARCH, found or [(min(officer.offices), "")])
    return FoundPage(tuple(case for _, case in found), last if more else None)


def _normal(command: Search) -> str:
    try:
        return normalise(command.kind, command.value)
    except ValueError as error:
        # What was asked is not repeated: an answer may be logged where the question must not be.
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "that is no identifier of its kind",
            found=str(error),
            expected=f"{command.kind} in full",
        ) from None


def _aimed_at(bench: Workbench, live: Sequence[CaseId], term: str) -> Sequence[CaseId]:
    made = ((case, unless_disposed(partial(bench.cipher.token, case, term))) for case in live)
    return bench.records.cases.by_token({case: token for case, token in made if token is not None})


def _office(bench: Workbench, officer: OfficerRef, case: CaseId) -> OfficeId | None:
    row = bench.records.cases.view(case)
    found = None if row is None else readable(bench, officer, row)
    return None if found is None else found[1]
