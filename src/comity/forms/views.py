"""A form filled in: what a page shows, as values. Made from the acts, a form and the words of a language, and nothing else.

The same acts, form, audience and language give the same view anywhere, on any machine: that is what lets a reader check
that the pages of a PDF are those of the act inside it.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from comity.forms.copies import ActHead, Copy, ProviderCopy, made_at, seen_as_provider
from comity.forms.form_format import CopyRow, FieldRow, FormFile, SectionRow
from comity.forms.paths import value_at
from comity.forms.shown import ValueKind, ValueShown, isolated, moment, shown
from comity.forms.terms import Audience, FieldKind
from comity.forms.words import Words
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Gap
from comity.vocabulary.identifiers import ActId


class Entry(Struct, frozen=True):
    """One field: its label, its values (none where the act does not say), and whether its text was read in the source."""

    id: str
    label: str
    values: tuple[ValueShown, ...]
    missing: bool
    verified: bool


class SectionShown(Struct, frozen=True):
    """One section with the fields that have something to show."""

    letter: str
    title: str
    entries: tuple[Entry, ...]


class FormView(Struct, frozen=True):
    """The pages of a form. `head` are label and value pairs; `act` is the one that is enclosed."""

    form: str
    version: int
    language: str
    right_to_left: bool
    audience: Audience
    issuer: str
    title: str
    basis: str
    verified: bool
    act: ActId
    at: datetime
    head: tuple[tuple[str, str], ...]
    sections: tuple[SectionShown, ...]
    notes: tuple[tuple[str, str], ...]
    gaps: tuple[Gap, ...] = ()


def fill(form: FormFile, row: CopyRow, copy: Copy, words: Words) -> FormView:
    """The copy of the form, filled from what its audience may see of the acts.

    Raises `BrokenInputError`: NOT_ALLOWED when `copy` is another audience's; PREDECESSOR_MISSING without the act that goes
    inside.
    """
    audience = row.audience
    if isinstance(copy, ProviderCopy) != seen_as_provider(audience):
        raise BrokenInputError(ErrorCode.NOT_ALLOWED, "a copy is filled from what its own audience may see")
    sections = tuple(
        shown_section
        for section in form.sheet.section
        if audience in section.audience
        for shown_section in (_section(form, section, audience, copy, words),)
        if shown_section.entries
    )
    enclosed = copy.order if row.attach == "order" else copy.answer
    if enclosed is None:
        raise BrokenInputError(ErrorCode.PREDECESSOR_MISSING, "the act that goes inside this copy is not there")
    return FormView(
        form=form.form.id,
        version=form.form.version,
        language=words.language.value,
        right_to_left=words.language.right_to_left,
        audience=audience,
        issuer=enclosed.act.by,
        title=words.title(form.form.id),
        basis=f"{form.form.cited_as}, {form.form.article}",
        verified=form.verified(form.form.source),
        act=enclosed.act.id,
        at=made_at(copy),
        head=_head(form, audience, (copy.answer or enclosed).act, words),
        sections=sections,
        notes=tuple((key, words.page(key)) for key in _NOTES),
        gaps=_gaps(form, sections),
    )


_NOTES = ("own-words", "not-stated", "unverified", "attached", "seal-grade", "explain", "page", "version")


def _head(form: FormFile, audience: Audience, act: ActHead, words: Words) -> tuple[tuple[str, str], ...]:
    return (
        (words.page("issued-by"), isolated(act.by, words)),
        (words.page("addressed-to"), isolated(", ".join(act.to), words)),
        (words.page("date"), isolated(moment(act.at), words)),
        (words.page("case"), act.case),
        (words.page("urgency"), words.code("urgency", act.urgency.value) or act.urgency.value),
        (words.page("copy-for"), words.code("audience", audience.value) or audience.value),
        (words.page("legal-basis"), isolated(f"{form.form.cited_as}, {form.form.article}", words)),
        (words.page("act"), act.id),
    )


def _section(form: FormFile, section: SectionRow, audience: Audience, copy: Copy, words: Words) -> SectionShown:
    fields = (row for row in form.sheet.field if row.section == section.id and audience in form.readers(row))
    entries = tuple(entry for row in fields if (entry := _entry(form, row, copy, words)) is not None)
    return SectionShown(section.letter, words.section(section.title), entries)


def _entry(form: FormFile, row: FieldRow, copy: Copy, words: Words) -> Entry | None:
    """The field as it is shown; None where the act says nothing and need not."""
    if row.kind is FieldKind.CHOICE:
        chosen = next(each for each in row.options if all(_stated(value_at(copy, path)) for path in each.given))
        values: tuple[ValueShown, ...] = (
            ValueShown(words.code(row.codes, chosen.code) or chosen.code, ValueKind.CODED),
        )
    else:
        values = shown(row, value_at(copy, row.path), words)
    needed = row.required or (bool(row.required_when) and all(_stated(value_at(copy, p)) for p in row.required_when))
    if not values and not needed:
        return None
    return Entry(row.id, words.label(row.label_key), values, missing=not values, verified=form.verified(row.source))


def _stated(value: object) -> bool:
    """Whether a path leads to something that the act says."""
    if isinstance(value, StrEnum):
        return True
    return value not in (None, "", (), False)


def _gaps(form: FormFile, sections: tuple[SectionShown, ...]) -> tuple[Gap, ...]:
    return tuple(
        Gap("form-field-missing", entry.id, entry.label, f"{form.form.cited_as}, {form.form.article}", entry.verified)
        for section in sections
        for entry in section.entries
        if entry.missing
    )
