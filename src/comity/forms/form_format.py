"""The format of a form file: one TOML for each form, flat tables, every row with its source and whether its text was read.

A form is filled from one or two acts: its `order` (what asks, orders or requests) and its `answer` (what follows it). Each
copy of a form is for one audience and is filled from that audience's projection of the acts (`comity.forms.copies`);
paths are checked against the projections of every audience a field names when the file is loaded.

The next editor breaks form files by renaming a field, and copies that left a node by changing a form without a new
`version`: a copy reads back only under the version it was made with.
"""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.classes import ActType
from comity.forms.terms import Audience, FieldKind
from comity.vocabulary.identifiers import InstrumentId, MeasureId

Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}\Z")]
Words = Annotated[str, Meta(min_length=1, max_length=500)]


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of a form file."""


class Head(Row, frozen=True, kw_only=True):
    """What the form is. `article` is where the instrument asks for it; `source` names a row of `sources`.

    `order` and `answer` are the act types it is filled from; `measures` those the order may name, any where empty.
    """

    id: Code
    version: Annotated[int, Meta(ge=1)]
    instrument: InstrumentId
    cited_as: Words
    article: Words
    edition: date
    source: Code
    order: tuple[ActType, ...]
    answer: ActType | None = None
    measures: tuple[MeasureId, ...] = ()


class SourceRow(Row, frozen=True, kw_only=True):
    """Where fields were read. `verified` says that the words of the official text were; a schema or memory is not that."""

    title: Words
    verified: bool


class CopyRow(Row, frozen=True, kw_only=True):
    """A copy that may leave: for whom, and which act goes inside it. `withheld` are fields of the order that must be empty.

    `attach` is `order` or `answer`; the other one, where the form has both, goes along beside it.
    """

    audience: Audience
    attach: Annotated[str, Meta(pattern="^(order|answer)$")] = "order"
    withheld: tuple[str, ...] = ()


class SectionRow(Row, frozen=True, kw_only=True):
    """A section, by its letter in the printed form and the label of its title."""

    id: Code
    letter: Annotated[str, Meta(max_length=8)] = ""
    title: Code
    audience: tuple[Audience, ...]


class Option(Row, frozen=True, kw_only=True):
    """One choice: taken where every path of `given` leads to something. The last option has none."""

    code: Code
    given: tuple[str, ...] = ()


class FieldRow(Row, frozen=True, kw_only=True):
    """A field. `label` is its key in the words, its own id where empty; `codes` the group its codes stand in.

    Required always, or where every path of `required_when` leads to something. `audience` narrows the section's.
    """

    id: Code
    section: Code
    kind: FieldKind
    source: Code
    path: str = ""
    label: str = ""
    codes: str = ""
    options: tuple[Option, ...] = ()
    audience: tuple[Audience, ...] = ()
    required: bool = False
    required_when: tuple[str, ...] = ()

    @property
    def label_key(self) -> str:
        """The key of its label in the words of a language."""
        return self.label or self.id


class Sheet(Row, frozen=True, kw_only=True):
    """The rows of a form, in the order they are printed."""

    copy: tuple[CopyRow, ...]
    section: tuple[SectionRow, ...]
    field: tuple[FieldRow, ...]


class FormFile(Row, frozen=True, kw_only=True):
    """One form."""

    form: Head
    sources: dict[str, SourceRow]
    sheet: Sheet

    def verified(self, source: str) -> bool:
        """Whether the official text was read there."""
        return self.sources[source].verified

    def readers(self, row: FieldRow) -> tuple[Audience, ...]:
        """Who sees a field: its own audience, or its section's."""
        return row.audience or next(each.audience for each in self.sheet.section if each.id == row.section)

    def copy_for(self, audience: Audience) -> CopyRow | None:
        """The copy for that audience, where the form has one."""
        return next((row for row in self.sheet.copy if row.audience is audience), None)
