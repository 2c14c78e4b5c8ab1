"""The pages of a form as a PDF, set by typst from a template of ours, the view as data, and the acts enclosed.

The PDF is archival with enclosures (PDF/A-3a) and tagged for screen readers (PDF/UA-1). It carries its own fonts, and the
same form gives the same bytes under the same typst: no font, no package and no clock of the machine is used. A language
whose letters no font here has is refused; letters of another script in an author's words become their codes.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import fontpkg_amiri  # type: ignore[import-untyped]  # fonts, with a path and no types
import msgspec
import typst

from comity.adapters.documents.typesetting import compiled
from comity.evidence.dossier.words import plain
from comity.forms.making import ACT_FILE, Kind, Made
from comity.forms.shown import END_OF_RUN, LEFT_TO_RIGHT, ValueKind, ValueShown
from comity.forms.terms import Language
from comity.forms.views import Entry, FormView

_TEMPLATE = "form.typ"
_SERIF = "Libertinus Serif"
_LONGEST = 20_000
"""Letters of one field: more than any form is written with, and few enough to be set in time."""

# What the two fonts have for certain: Latin with its extensions, Greek, Cyrillic, Arabic, and marks of ordinary text. A letter
# without a shape would be an empty box, which PDF/A rightly forbids.
_LATIN_TO_CYRILLIC = (
    range(0xA1, 0xAD),
    range(0xAE, 0xC0),
    range(0xC0, 0x2B0),
    range(0x370, 0x3E2),
    range(0x400, 0x482),
    range(0x48A, 0x500),
    range(0x1E00, 0x1F00),
)
_ARABIC = (range(0x620, 0x653), range(0x660, 0x66A), range(0x671, 0x6D4))
_MARKS = frozenset("\u00a0\u060c\u061b\u061f\u2013\u2014\u2018\u2019\u201c\u201d\u201e\u2026\u20ac")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_LEFT_TO_RIGHT = "L"

_ISOLATES = frozenset((LEFT_TO_RIGHT, END_OF_RUN))
_RUNS = re.compile(f"[{LEFT_TO_RIGHT}{END_OF_RUN}]|[^{LEFT_TO_RIGHT}{END_OF_RUN}]+")


def render_form(made: Made) -> bytes:
    """The PDF of a form, not yet signed. Raises `BrokenInputError` (UNAVAILABLE) when the pages can't be set."""
    inputs = {"view": msgspec.json.encode(_fields(made)).decode()}
    for number, content in enumerate(made.enclosed.values()):
        inputs[f"file{number}"] = content.decode()
    return compiled(_TEMPLATE, "form", inputs, standard="a-3a", at=made.view.at, fonts=_fonts())


def render_summary(view: FormView) -> bytes:
    """The PDF of a summary, not yet signed: nothing is enclosed. Raises `BrokenInputError` (UNAVAILABLE)."""
    return render_form(Made(Kind(view.form, view.version, view.audience, Language(view.language)), view, {}))


def typesetter() -> str:
    """What set the pages: part of the reason why two copies of one form may differ in bytes."""
    return f"typst {version('typst')}"


def _fields(made: Made) -> object:
    view = made.view
    said = dict(view.notes)
    sections = [
        {"letter": each.letter, "title": each.title, "entries": [_entry(entry, view) for entry in each.entries]}
        for each in view.sections
    ]
    shown = {
        "title": view.title,
        "basis": view.basis,
        "verified": view.verified,
        "author": view.issuer,
        "act": view.act,
        "head": [[label, _safe_run(value)] for label, value in view.head],
        "sections": sections,
        "daggers": not all(entry.verified for each in view.sections for entry in each.entries),
        **{name: said.get(key, "") for name, key in _SAID.items()},
    }
    return {
        **shown,
        "kind": made.kind.in_words(),
        "compact": not made.enclosed,
        "language": view.language,
        "right_to_left": view.right_to_left,
        "fonts": ["Amiri", _SERIF] if view.right_to_left else [_SERIF, "Amiri"],
        "files": [_file(number, name) for number, name in enumerate(made.enclosed)],
    }


_SAID: Mapping[str, str] = {
    "own_words": "own-words",
    "not_stated": "not-stated",
    "unverified": "unverified",
    "attached": "attached",
    "grade": "seal-grade",
    "explain": "explain",
    "page": "page",
    "version_label": "version",
}


def _file(number: int, name: str) -> Mapping[str, str]:
    first = name == ACT_FILE
    return {
        "name": name,
        "input": f"file{number}",
        "relationship": "source" if first else "supplement",
        "description": "the sealed act" if first else "the sealed order that the act answers",
    }


def _entry(entry: Entry, view: FormView) -> object:
    return {
        "label": entry.label,
        "verified": entry.verified,
        "missing": entry.missing,
        "own": any(value.kind is ValueKind.OWN for value in entry.values),
        "values": [_value(value, view) for value in entry.values],
    }


def _value(value: ValueShown, view: FormView) -> object:
    own = value.kind is ValueKind.OWN
    return {
        "text": _safe(value.text) if own else _safe_run(value.text),
        "kind": value.kind.value,
        "rtl": _begins_from_the_right(value.text) if own else view.right_to_left,
        # The author's language is not known by code: `und` keeps a screen reader from reading it as the form's.
        "lang": "und" if own else view.language,
    }


def _safe(text: str) -> str:
    """Text from outside: what can't be seen is written as its code, and so is a letter that no font here has."""
    lines = text[:_LONGEST].replace("\r\n", "\n").split("\n")
    return "\n".join("".join(map(_letter, plain(line, _LONGEST))) for line in lines)


def _safe_run(text: str) -> str:
    """As `_safe`, for a value of ours: the isolates in it are ours as well, because nobody else's get there."""
    return _RUNS.sub(lambda match: match[0] if match[0] in _ISOLATES else _safe(match[0]), text)


def _letter(letter: str) -> str:
    known = any(ord(letter) in letters for letters in _LATIN_TO_CYRILLIC)
    if letter.isascii() or known or letter in _MARKS or any(ord(letter) in letters for letters in _ARABIC):
        return letter
    return f"<U+{ord(letter):04X}>"


def _begins_from_the_right(text: str) -> bool:
    for letter in text:
        side = unicodedata.bidirectional(letter)
        if side in _RIGHT_TO_LEFT:
            return True
        if side == _LEFT_TO_RIGHT:
            return False
    return False


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[Path(str(fontpkg_amiri.ROOT)) / "files"])
