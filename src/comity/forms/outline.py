"""Forms as they are, not filled: for lists, and for whoever wants to know what a form asks and of whom."""

from msgspec import Struct

from comity.forms.loader import Forms
from comity.forms.terms import Language
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class FormLine(Struct, frozen=True):
    """A form in a list. `verified` says whether the provision that asks for it was read."""

    id: str
    version: int
    title: str
    instrument: str
    citation: str
    verified: bool
    acts: tuple[str, ...]
    audiences: tuple[str, ...]


class CodeLine(Struct, frozen=True):
    """A code that an act says in a field, and what it means."""

    code: str
    meaning: str


class FieldLine(Struct, frozen=True):
    """A field: who sees it, when it is required, where its text was read. `path` is empty for a choice, and so then are `codes`."""

    id: str
    label: str
    kind: str
    path: str
    audiences: tuple[str, ...]
    required: bool
    required_when: tuple[str, ...]
    source: str
    verified: bool
    codes: tuple[CodeLine, ...] = ()


class SectionLine(Struct, frozen=True):
    """A section with its fields."""

    letter: str
    title: str
    fields: tuple[FieldLine, ...]


class Outline(Struct, frozen=True):
    """A whole form."""

    line: FormLine
    sections: tuple[SectionLine, ...]


def listed_forms(forms: Forms, language: Language = Language.ENGLISH) -> tuple[FormLine, ...]:
    """Every form, by name."""
    return tuple(_line(forms, name, language) for name in sorted(forms.forms))


def outline(forms: Forms, form: str, language: Language) -> Outline:
    """One form's sections and fields. Raises `BrokenInputError(NOT_FOUND)`, naming the forms there are."""
    found = forms.forms.get(form)
    if found is None:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "there is no such form", found=form[:80], expected=", ".join(sorted(forms.forms))
        )
    words = forms.words[language]
    sections = tuple(
        SectionLine(
            section.letter,
            words.section(section.title),
            tuple(
                FieldLine(
                    id=row.id,
                    label=words.label(row.label_key),
                    kind=row.kind.value,
                    path=row.path,
                    audiences=tuple(each.value for each in found.readers(row)),
                    required=row.required,
                    required_when=row.required_when,
                    source=found.sources[row.source].title,
                    verified=found.verified(row.source),
                    codes=tuple(CodeLine(*each) for each in words.groups[row.codes].items())
                    if row.codes and row.path
                    else (),
                )
                for row in found.sheet.field
                if row.section == section.id
            ),
        )
        for section in found.sheet.section
    )
    return Outline(_line(forms, form, language), sections)


def _line(forms: Forms, name: str, language: Language) -> FormLine:
    form = forms.forms[name]
    head = form.form
    return FormLine(
        id=name,
        version=head.version,
        title=forms.words[language].title(name),
        instrument=head.instrument,
        citation=f"{head.cited_as}, {head.article}",
        verified=form.verified(head.source),
        acts=tuple(act.value for act in (*head.order, *((head.answer,) if head.answer else ()))),
        audiences=tuple(row.audience.value for row in form.sheet.copy),
    )
