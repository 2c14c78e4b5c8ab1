"""Setting a value as an archival, tagged PDF with typst: a template of ours, and everything else as data.

The PDF is archival (PDF/A-2a) and tagged for screen readers (PDF/UA-1), it carries its own fonts, and the same value gives
the same bytes: no font, no package and no clock of the machine is used. What the value says is never read as markup: it
reaches the template as JSON, and the template sets it as text.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
import typst

from comity.vocabulary.errors import BrokenInputError, ErrorCode

# What the serif inside typst has for certain: Latin with its extensions, Greek, Cyrillic, and marks of ordinary text.
# A letter without a shape would be an empty box, which PDF/A rightly forbids.
_LETTERS = (range(0xC0, 0x2B0), range(0x370, 0x3E2), range(0x400, 0x482), range(0x48A, 0x500), range(0x1E00, 0x1F00))
_MARKS = frozenset("\u2026\u2013\u2014\u2018\u2019\u201c\u201d\u20ac\u00a7\u00b0")


def set_pages(template: str, name: str, value: msgspec.Struct, at: datetime) -> bytes:
    """The PDF of a value; the template finds it as JSON in `sys.inputs` under that name. `at` is when it was made.

    A letter that the built-in fonts can't show is written as its code, `<U+6CD5>`. Raises `BrokenInputError`
    (UNAVAILABLE) when the document can't be set at all.
    """
    fields = msgspec.to_builtins(value)

    def spelled(spell: Callable[[str], str]) -> bytes:
        text = msgspec.json.encode(_spelled(fields, spell)).decode()
        return compiled(template, name, {name: text}, standard="a-2a", at=at)

    try:
        return spelled(_letter)
    except BrokenInputError:
        # Fonts change with typst; better every foreign letter as a code than no pages.
        return spelled(_code)


def compiled(
    template: str,
    name: str,
    inputs: Mapping[str, str],
    *,
    standard: Literal["a-2a", "a-3a"],
    at: datetime,
    fonts: typst.Fonts | None = None,
) -> bytes:
    """The PDF of a template and its inputs, in the built-in fonts and these. Raises `BrokenInputError` (UNAVAILABLE)."""
    try:
        return typst.compile(
            _template(template),
            sys_inputs=dict(inputs),
            pdf_standards=[standard, "ua-1"],
            font_paths=[] if fonts is None else fonts,
            ignore_system_fonts=True,
            timestamp=at.replace(microsecond=0),  # the compiler takes whole seconds only
        )
    except typst.TypstError:
        # The compiler's message may quote what is set, so it is not passed on: errors are logged.
        raise BrokenInputError(
            ErrorCode.UNAVAILABLE,
            f"the pages of the {name} could not be set",
            do="tell the maintainers: the template failed",
        ) from None


@cache
def _template(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


def _spelled(value: object, spell: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return value if value.isascii() else "".join(map(spell, value))
    if isinstance(value, Mapping):
        return {key: _spelled(each, spell) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [_spelled(each, spell) for each in value]
    return value


def _letter(letter: str) -> str:
    known = letter.isalpha() and any(ord(letter) in letters for letters in _LETTERS)
    return letter if known or letter in _MARKS else _code(letter)


def _code(letter: str) -> str:
    return letter if letter.isascii() else f"<U+{ord(letter):04X}>"
