"""What tables of files of rules have in common: they are dated, cited, and say whether their text was read."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from comity.law.terms import Must
from comity.vocabulary.identifiers import MeasureId

Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}\Z")]
"""A code that travels in acts and answers: never renamed once an act carries it."""

Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
"""ISO 3166-1 alpha-2."""

Text = Annotated[str, Meta(min_length=1)]
Value = str | int | bool


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of a file of rules."""


class Source(Row, frozen=True, kw_only=True):
    """Where facts were read."""

    title: Text
    address: str = ""
    read: str = ""


class Cited(Row, frozen=True, kw_only=True):
    """What every dated, cited rule has in common. `source` names an entry of the file's sources."""

    id: Code
    article: Text
    source: Text
    verified: bool
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the rule holds that day: from `since`, and before `until`."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


class Provision(Cited, frozen=True, kw_only=True):
    """A rule of an instrument, about some of its measures; about all where none is named."""

    measures: tuple[MeasureId, ...] = ()


class Test(Row, frozen=True, kw_only=True):
    """One test of one field. `list` names a code list whose codes stand for `values`; `to_field` ends a span."""

    __test__ = False  # not a test case: pytest collects by name

    field: Text
    must: Must
    values: tuple[Value, ...] = ()
    list: str = ""
    to_field: str = ""
