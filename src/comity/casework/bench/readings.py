"""The journal of readings: kept before anything is shown, listed by whoever inspects it. It says no word of what was read.

Which readings are kept, and why, is decided in docs/decisions (the journal of readings). Opening an item is an act in the
ledger and is not repeated here.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from comity.cases.state import CaseState
from comity.casework.bench.reading import state_of, stored_act
from comity.casework.bench.reading_rights import case_right, right
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.case import StoredAct
from comity.casework.ports.journal import Read, Reading
from comity.casework.ports.paging import Cursor, Limit, number_of
from comity.trust.seals import OpenedSeal, read_sealed
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId, Hex32, OfficeId, OfficerId


class ReadingsAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Which readings: all, or those of one case or by one officer."""

    after: Cursor = ""
    limit: Limit = 100
    case: Hex32 | None = None
    officer: OfficerId | None = None


class ReadingLine(Struct, frozen=True):
    """One reading. `subject` is the act, draft or exhibit, if it was one; `case` is missing for a search that found nothing."""

    at: datetime
    officer: OfficerId
    office: OfficeId
    what: Read
    case: Hex32 | None = None
    subject: Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{32}){1,2}\Z")] | None = None


class ActRead(Struct, frozen=True):
    """One act as it is filed here, for an officer who may read it: its row, its bytes, and what they say."""

    stored: StoredAct
    sealed: bytes
    opened: OpenedSeal


class ReadingPage(Struct, frozen=True):
    """Readings, newest first; `next` is where the next page begins, and missing on the last."""

    lines: tuple[ReadingLine, ...]
    next: str | None = None


def keep_readings(
    bench: Workbench, officer: OfficerRef, what: Read, found: Iterable[tuple[OfficeId, CaseId]], subject: str = ""
) -> None:
    """The readings are on record when this returns; only then is anything shown."""
    at = bench.clock.now()
    bench.records.readings.add([Reading(at, officer.officer, office, what, case, subject) for office, case in found])


def read_on_record(
    bench: Workbench, officer: OfficerRef, state: CaseState, what: Read, subject: str = ""
) -> Refusal | None:
    """None when the officer may read the case, and that this was read of it is on record; else why not."""
    office = case_right(bench, officer, state)
    if isinstance(office, Refusal):
        return office
    keep_readings(bench, officer, what, [(office, state.case)], subject)
    return None


def act_on_record(bench: Workbench, officer: OfficerRef, act: ActId) -> ActRead | Refusal:
    """One act, for an officer who may read its case; the reading is on record. Raises `BrokenInputError(NOT_FOUND)`."""
    stored = stored_act(bench, act)
    refusal = read_on_record(bench, officer, state_of(bench, stored.case), Read.ACT, act)
    if refusal is not None:
        return refusal
    sealed = bench.cipher.open_act(stored)
    return ActRead(stored, sealed, read_sealed(sealed))


def list_readings(bench: Workbench, officer: OfficerRef, asked: ReadingsAsked) -> ReadingPage | Refusal:
    """Who read what at this node, newest first; for whom the policy lets inspect it, and for nobody else."""
    office = right(bench, officer, Action.INSPECT_READINGS, Resource(""))
    if isinstance(office, Refusal):
        return office
    found = bench.records.readings.before(
        number_of(asked.after), asked.limit, case=asked.case or "", officer=asked.officer or ""
    )
    lines = tuple(
        ReadingLine(each.at, each.officer, each.office, each.what, each.case or None, each.subject or None)
        for each in found
    )
    return ReadingPage(lines, str(found[-1].number) if len(found) == asked.limit else None)
