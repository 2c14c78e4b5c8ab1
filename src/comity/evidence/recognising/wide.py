"""Text in UTF-16 behind its mark: recognised as the same text in UTF-8, and cut where that is cut, losing no byte.

Every part begins with the mark, so that each is told for what it is. A surrogate without its other half goes through both ways
unchanged; half a character at the very end is a byte that no text has, and what it stands in has no time.
"""

import codecs
from collections.abc import Callable

from comity.evidence.items.recognised import Recognised, Recogniser
from comity.evidence.recognising.runs import BOM, RunCutter

_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UNIT = 2
_HALVES = "surrogatepass"


def wide_encoding(head: bytes) -> str | None:
    """Which UTF-16 the bytes begin with the mark of, or None."""
    return None if head.startswith(codecs.BOM_UTF32_LE) else _MARKS.get(head[:_UNIT])


def narrowed(head: bytes, encoding: str) -> bytes:
    """The beginning of a wide text in UTF-8, as far as its characters are whole."""
    return _Narrowing(encoding).feed(head)


class WideRecogniser:
    """The facts of a wide text, by the recogniser of what it is in UTF-8."""

    def __init__(self, encoding: str, head: bytes, inner_of: Callable[[bytes], Recogniser]) -> None:
        self._narrowing = _Narrowing(encoding)
        self._inner = inner_of(self._narrowing.feed(head))

    @property
    def wants_more(self) -> bool:
        """Whether the content must still be fed."""
        return self._inner.wants_more

    def feed(self, data: bytes) -> None:
        """More of the content."""
        self._inner.feed(self._narrowing.feed(data))

    def finish(self) -> Recognised:
        """The facts, once all of the content was fed."""
        text, half = self._narrowing.finish()
        self._inner.feed(text + half)
        return self._inner.finish()


class WideCutter:
    """Cuts a wide log or table as the same in UTF-8 is cut."""

    def __init__(self, encoding: str, inner: RunCutter) -> None:
        self._encoding = encoding
        self._narrowing = _Narrowing(encoding)
        self._text = codecs.getincrementaldecoder("utf-8")(_HALVES)
        self._inner = inner
        self.opening = self._widened(BOM + inner.opening.removeprefix(BOM))

    def feed(self, data: bytes) -> list[tuple[str | None, bytes]]:
        """Pieces in order; a piece that begins a run bears what the inner cutter says of it."""
        return self._wide(self._inner.feed(self._narrowing.feed(data)))

    def finish(self) -> list[tuple[str | None, bytes]]:
        """What was kept back."""
        text, half = self._narrowing.finish()
        pieces = self._wide([*self._inner.feed(text), *self._inner.finish()])
        return [*pieces, (None, half)] if half else pieces

    def _wide(self, pieces: list[tuple[str | None, bytes]]) -> list[tuple[str | None, bytes]]:
        return [(begins, self._widened(piece)) for begins, piece in pieces]

    def _widened(self, text: bytes) -> bytes:
        # A piece may end inside a character where a line is longer than is looked at: the rest follows in the same part.
        return self._text.decode(text).encode(self._encoding, _HALVES)


class _Narrowing:
    """Turns wide text into UTF-8 in pieces of any size."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(_HALVES)
        self._half = b""

    def feed(self, data: bytes) -> bytes:
        """The characters that are whole by now."""
        data = self._half + data
        whole = len(data) - len(data) % _UNIT
        self._half = data[whole:]
        return self._decoder.decode(data[:whole]).encode("utf-8", _HALVES)

    def finish(self) -> tuple[bytes, bytes]:
        """What was kept back as a character, and as a byte that is none."""
        return self._decoder.decode(b"", final=True).encode("utf-8", _HALVES), self._half
