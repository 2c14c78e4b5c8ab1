"""The words of one language: labels and codes, looked up and never composed. Every language has exactly the same keys."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from comity.forms.form_format import FormFile, Row
from comity.forms.terms import Audience, Language
from comity.law.shapes import Fault
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.targets import TargetKind

LABELS, TITLES, SECTIONS = "label", "title", "section"
"""The groups that fields, forms and sections have their words in; every other group is one of codes."""

CLOSED: Mapping[str, type[StrEnum]] = {
    "category": DataCategory,
    "urgency": Urgency,
    "office": OfficeKind,
    "emergency": EmergencyGround,
    "target": TargetKind,
    "audience": Audience,
}
"""Groups whose codes are a closed vocabulary of this program: every member has a word."""

PAGE = (
    *("act", "case", "issued-by", "addressed-to", "date", "urgency", "legal-basis", "copy-for", "version"),
    *("own-words", "not-stated", "unverified", "yes", "no", "from", "until", "attached", "seal-grade"),
    *("explain", "page", "what", "why", "basis", "necessity", "clocks", "risks", "summary", "no-number", "none-found"),
)
"""What every page needs besides a form's own labels."""

PARTY: Mapping[str, str] = {
    "organisation": "organisation",
    "contact-person": "person",
    "post-held": "post",
    "own-file-number": "file_number",
    "address": "address",
    "phone": "phone",
    "fax": "fax",
    "email": "email",
    "languages": "languages",
}
"""Label -> field of what is said of a party, in the order it is shown."""

EARLIER: Mapping[str, str] = {
    "issued-by": "by",
    "own-file-number": "file_number",
    "issued-on": "issued_at",
    "sent-on": "sent_at",
    "sent-to": "to",
    "addressee-file-number": "addressee_file_number",
    "other-information": "other",
}
"""Label -> field of what is said of an earlier request, in the order it is shown."""


class WordFile(Row, frozen=True, kw_only=True):
    """A file of words: the language, and group by group its keys."""

    language: Language
    words: dict[str, dict[str, str]]


class Words(Struct, frozen=True):
    """The words of a language."""

    language: Language
    groups: Mapping[str, Mapping[str, str]]

    def label(self, key: str) -> str:
        """A label; it is there, because files are refused without it."""
        return self.groups[LABELS][key]

    def page(self, key: str) -> str:
        """A word that every page uses."""
        return self.groups["page"][key]

    def title(self, form: str) -> str:
        """A form's title."""
        return self.groups[TITLES][form]

    def section(self, key: str) -> str:
        """A section's title."""
        return self.groups[SECTIONS][key]

    def code(self, group: str, code: str) -> str | None:
        """What a code means, or None where no file knows it (an office's own law may have codes of its own)."""
        return self.groups.get(group, {}).get(code)


def missing_words(forms: tuple[FormFile, ...], files: Mapping[str, WordFile]) -> Mapping[str, tuple[Fault, ...]]:
    """By file of words, every key it lacks that a form, a closed vocabulary or another language has, or has empty."""
    wanted: dict[str, set[str]] = {"page": set(PAGE), LABELS: {*PARTY, *EARLIER}}
    for group, vocabulary in CLOSED.items():
        wanted.setdefault(group, set()).update(member.value for member in vocabulary)
    for form in forms:
        for group, key in _named(form):
            wanted.setdefault(group, set()).add(key)
    for file in files.values():
        for group, keys in file.words.items():
            wanted.setdefault(group, set()).update(keys)
    return {name: tuple(_lacking(wanted, file)) for name, file in files.items()}


def _named(form: FormFile) -> Iterator[tuple[str, str]]:
    yield TITLES, form.form.id
    for section in form.sheet.section:
        yield SECTIONS, section.title
    for field in form.sheet.field:
        yield LABELS, field.label_key
        for option in field.options:
            yield field.codes, option.code


def _lacking(wanted: Mapping[str, set[str]], file: WordFile) -> Iterator[Fault]:
    for group, keys in wanted.items():
        have = file.words.get(group, {})
        lacking = sorted(key for key in keys if not have.get(key, "").strip())
        if lacking:
            yield ("words", group), f"{file.language.value} has no word for {', '.join(lacking)}"
