"""Taking words out of text so that nobody finds them there again.

A word is found however it is written: in either case, with or without accents, in compatibility forms, with invisible
characters inside. What is left is looked at once more, also for the encodings in which text commonly hides: a text in which
a removed word still stands in some form is not given out at all.
"""

import base64
import re
import unicodedata
from collections.abc import Iterator, Sequence

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

SHORTEST = 2
"""Characters of a word that can be removed; a single letter would remove everything."""

_KEPT_CONTROLS = frozenset("\n\t")
_ENCODED_FROM = 4
"""Characters from which a word is looked for in encodings; shorter ones stand in every encoded text by chance."""


_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Swap(Struct, frozen=True):
    """Every occurrence of the words is replaced by the mark. `number` tells whose swap it is."""

    words: tuple[str, ...]
    mark: str
    number: int


def visible(text: str) -> str:
    """The text with what cannot be seen taken out: controls, invisible and private characters; lines end alike."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter for letter in text if letter in _KEPT_CONTROLS or unicodedata.category(letter)[0] != "C")


def swap(text: str, swaps: Sequence[Swap]) -> tuple[str, list[int]]:
    """The visible text with every word replaced, longest first where they overlap; and how often for each swap."""
    text = visible(text)
    folded, places = _fold(text)
    found: list[tuple[int, int, Swap]] = []
    for each in swaps:
        for word in each.words:
            found.extend((places[start], places[end - 1] + 1, each) for start, end in _occurrences(folded, word))
    found.sort(key=lambda hit: (hit[0], -hit[1]))
    counts = [0] * len(swaps)
    out: list[str] = []
    at = 0
    for start, end, each in found:
        if start >= at:
            out += (text[at:start], each.mark)
            counts[each.number] += 1
        at = max(at, end)
    return "".join((*out, text[at:])), counts


def require_gone(content: bytes, swaps: Sequence[Swap]) -> None:
    """No removed word stands in the content any more, in any of the forms looked for.

    Raises `BrokenInputError` (not-allowed) without saying which: then nothing may be given out.
    """
    for each in swaps:
        # What stands in the place of a word may itself be made of words.
        content = content.replace(each.mark.encode(), b"\x00")
    folded, _ = _fold(content.decode("utf-8", "replace"))
    lowered = content.lower()
    for each in swaps:
        for word in each.words:
            forms = _forms(word) if len(word) >= _ENCODED_FROM else ()
            if next(_occurrences(folded, word), None) or any(form in lowered for form in forms):
                raise BrokenInputError(
                    ErrorCode.NOT_ALLOWED,
                    "a word that is to be removed stands in the item in another form as well",
                    do="name that form too, or remove the column or part it stands in",
                )


def _occurrences(folded: str, word: str) -> Iterator[tuple[int, int]]:
    """Where it stands; a blank in it stands for blanks and line ends of any number."""
    wanted, _ = _fold(visible(word))
    parts = [re.escape(part) for part in wanted.split()]
    if len("".join(wanted.split())) < SHORTEST:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "a word to be removed is too short", expected=f"at least {SHORTEST} characters"
        )
    return (match.span() for match in re.finditer(r"\s+".join(parts), folded))


def _fold(text: str) -> tuple[str, Sequence[int]]:
    """The text as words are compared, and for each of its characters the place in the text it comes from."""
    if text.isascii():
        return text.lower(), range(len(text))
    folded: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for plain in unicodedata.normalize("NFKD", letter).casefold():
            if plain in _KEPT_CONTROLS or not (unicodedata.combining(plain) or unicodedata.category(plain)[0] == "C"):
                folded.append(plain)
                places.append(place)
    return "".join(folded), places


def _forms(word: str) -> Iterator[bytes]:
    """How the word would stand in text that carries other text, in lower case."""
    for spelt in {word, word.lower(), word.upper()}:
        raw = spelt.encode()
        yield raw.hex().encode()
        yield spelt.encode("utf-16-le")
        yield spelt.encode("utf-16-be")
        yield from (
            form.lower() for form in (_percent(raw, plain=frozenset()), _percent(raw, plain=_UNRESERVED)) if form != raw
        )
        escaped = "".join(f"\\u{ord(c):04x}" if ord(c) > 0x7F else c for c in spelt)  # noqa: PLR2004 - the end of ASCII
        if escaped != spelt:
            yield escaped.lower().encode()
        yield "".join(f"\\u{ord(c):04x}" for c in spelt).encode()
        yield "".join(f"&#{ord(c)};" for c in spelt).encode()
        yield "".join(f"&#x{ord(c):x};" for c in spelt).encode()
        # The three ways in which base64 can cut it; without the ends, which its neighbours share.
        for shift in range(3):
            whole = base64.b64encode(bytes(shift) + raw)
            yield whole[(0, 2, 3)[shift] : len(whole) - (0, 3, 2)[(shift + len(raw)) % 3] or None].lower()


def _percent(raw: bytes, *, plain: frozenset[int]) -> bytes:
    """As an address writes it (RFC 3986 section 2.1)."""
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in raw).encode()
