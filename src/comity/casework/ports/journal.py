"""What a node keeps about its own officers: who read what of a case, and whose credential approved what."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from comity.casework.ports.paging import Place
from comity.vocabulary.identifiers import ActId, CaseId, OfficeId, OfficerId


class Read(StrEnum):
    """What was read. Append only: stored in rows."""

    CASE = "case"
    ACT = "act"
    ITEMS = "items"
    SEARCH = "search"
    DRAFT = "draft"
    DRAFT_DISCARDED = "draft-discarded"


class Reading(Struct, frozen=True):
    """One reading: who, in which office, what, when. `subject` is the act, draft or exhibit; never a word of what it says.

    `case` is empty for a search that found nothing.
    """

    at: datetime
    officer: OfficerId
    office: OfficeId
    what: Read
    case: str = ""
    subject: str = ""
    number: int = 0


class ReadJournal(Protocol):
    """Append only. What is about a case goes with it when it is disposed of."""

    def add(self, readings: Sequence[Reading]) -> None:
        """Durable when it returns, in one statement; the same thing by the same officer within a minute is kept once."""
        ...

    def before(
        self, number: int | None, limit: int, *, case: CaseId = "", officer: OfficerId = ""
    ) -> Sequence[Reading]:
        """The newest readings before that number, newest first; of one case or one officer where that is given."""
        ...

    def discarded(self, draft: ActId) -> Reading | None:
        """Who discarded the draft, and when; None when nobody did."""
        ...


class GivenApproval(Struct, frozen=True):
    """An approval in the seal of an act that this node filed: whose, with which credential, and when it was filed."""

    officer: OfficerId
    office: OfficeId
    credential: str
    act: ActId
    case: CaseId
    at: datetime


class GivenApprovals(Protocol):
    """Written with the acts they are in, in one transaction with them; gone with their case."""

    def of(self, officer: OfficerId, after: Place | None, limit: int) -> Sequence[GivenApproval]:
        """What the officer's credentials approved, newest first, after that place in the list."""
        ...
