"""The rows about keeping: how long, by an instrument or by an office's own rule, and what must stay in a country.

An instrument states no number here: what it has of numbers are its clocks, and a rule names the one by which data are
kept. Where the law says no more than "no longer than necessary" the rule is a duty to look again, and when is for the
office to say, in a file of its own (`rules_of` at its top) with the citation of what it rests on.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from comity.law.rows import Cited, Code, Country, Provision, Row, Source, Text
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.identifiers import AuthorityId, InstrumentId

Length = Annotated[str, Meta(pattern=r"^P(\d{1,2}Y)?(\d{1,3}M)?(\d{1,3}W)?(\d{1,4}D)?\Z")]
"""An ISO 8601 duration in whole years, months, weeks and days, of less than two centuries."""


class RetentionKind(StrEnum):
    """What a rule on keeping demands: not before, not beyond, or look again. Append only."""

    AT_LEAST = "keep-at-least"
    AT_MOST = "keep-at-most"
    REVIEW = "review"


class CountedFrom(StrEnum):
    """From when an office's rule counts: the case's first act here, or its closing. Append only."""

    OPENED = "opened"
    CLOSED = "closed"


class RetentionRule(Provision, frozen=True, kw_only=True):
    """How long data are kept under an instrument. `clock` is the one of the same file that says until when; a review has none."""

    kind: RetentionKind
    text: Text
    who: Code
    clock: str = ""


class OfficeRow(Cited, frozen=True, kw_only=True):
    """What every rule of an office's own has in common. `instruments`: those whose matters it is about; none named: all."""

    text: Text
    instruments: tuple[InstrumentId, ...] = ()

    def is_about(self, instruments: frozenset[str]) -> bool:
        """Whether the rule is about a case with matters under these instruments."""
        return not self.instruments or not instruments.isdisjoint(self.instruments)


class OwnRetention(OfficeRow, frozen=True, kw_only=True):
    """How long the office keeps a case, `length` (ISO 8601) from when it was opened or closed; a review comes round again."""

    kind: RetentionKind
    length: Length
    counted_from: CountedFrom = CountedFrom.CLOSED


class Staying(OfficeRow, frozen=True, kw_only=True):
    """What must stay in a country: material of these categories (none named: all). `regions`: names of store regions there."""

    country: Country
    categories: tuple[DataCategory, ...] = ()
    regions: tuple[Text, ...] = ()


class OfficeFile(Row, frozen=True, kw_only=True):
    """One file: an office's own rules on keeping. `cited_as` stands before an article."""

    rules_of: AuthorityId
    title: Text
    cited_as: Text
    as_of: date
    sources: dict[str, Source]
    retention: tuple[OwnRetention, ...] = ()
    stay: tuple[Staying, ...] = ()
