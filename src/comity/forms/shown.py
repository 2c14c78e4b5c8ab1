"""Field values as text: codes in the words of the language, an author's own words as they are and marked as such."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from comity.acts.matters import NonExecution, RequestedItem, ScopePart
from comity.acts.particulars import EarlierRequest, Party
from comity.forms.form_format import FieldRow
from comity.forms.terms import FieldKind
from comity.forms.words import EARLIER, PARTY, Words
from comity.vocabulary.instants import Period, to_utc
from comity.vocabulary.targets import Target


class ValueKind(StrEnum):
    """Whose words a value is: ours in the form's language, the author's, or nobody's (numbers, names, times)."""

    CODED = "coded"
    OWN = "own"
    PLAIN = "plain"


class ValueShown(Struct, frozen=True):
    """One value of a field."""

    text: str
    kind: ValueKind


def shown(row: FieldRow, value: object, words: Words) -> tuple[ValueShown, ...]:
    """What a field shows of a value; nothing where there is none."""
    if value is None or value in ("", ()):
        return ()
    each = value if isinstance(value, tuple) else (value,)
    return tuple(text for one in each for text in _SHOWN[row.kind](row, one, words))


def moment(at: datetime) -> str:
    """A point in time in UTC, to the second."""
    return f"{to_utc(at):%Y-%m-%d %H:%M:%S} UTC"


LEFT_TO_RIGHT, END_OF_RUN = "\u2066", "\u2069"
"""Unicode isolates (UAX 9): what stands between them is read from left to right, and does not turn round what is beside it."""

_ISOLATES = str.maketrans(dict.fromkeys("\u2066\u2067\u2068\u2069", "\ufffd"))


def isolated(text: str, words: Words) -> str:
    """A name, number or time; within words that run from right to left kept in its own order. No isolate of its own is left."""
    bare = text.translate(_ISOLATES)
    return f"{LEFT_TO_RIGHT}{bare}{END_OF_RUN}" if words.language.right_to_left else bare


def _words(_row: FieldRow, value: object, _words: Words) -> Iterator[ValueShown]:
    if str(value).strip():
        yield ValueShown(str(value), ValueKind.OWN)


def _plain(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    yield ValueShown(isolated(str(value), words), ValueKind.PLAIN)


def _code(row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    yield _coded(words, row.codes, str(value))


def _coded(words: Words, group: str, code: str) -> ValueShown:
    meant = words.code(group, code)
    return ValueShown(meant, ValueKind.CODED) if meant else ValueShown(isolated(code, words), ValueKind.PLAIN)


def _flag(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    yield ValueShown(words.page("yes" if value else "no"), ValueKind.CODED)


def _moment(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, datetime):
        yield ValueShown(isolated(moment(value), words), ValueKind.PLAIN)


def _span(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, Period):
        yield ValueShown(_period(value, words), ValueKind.CODED)


def _period(period: Period, words: Words) -> str:
    start, end = (isolated(moment(at), words) for at in (period.start, period.end))
    return f"{words.page('from')} {start} {words.page('until')} {end}"


def _target(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, Target):
        yield ValueShown(_one_target(value, words), ValueKind.CODED)


def _one_target(target: Target, words: Words) -> str:
    return f"{words.code('target', target.kind.value)}: {isolated(target.value, words)}"


def _categories(value: RequestedItem | ScopePart, words: Words) -> str:
    return ", ".join(words.code("category", each.value) or each.value for each in value.categories)


def _item(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, RequestedItem):
        said = [isolated(value.label, words), _one_target(value.target, words), _categories(value, words)]
        yield ValueShown(" · ".join([*said, *_of_period(value.period, words)]), ValueKind.CODED)


def _part(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, ScopePart):
        names = [isolated(", ".join(value.names), words)] if value.names else []
        targets = [_one_target(each, words) for each in value.targets or ()]
        said = [isolated(value.label, words), _categories(value, words), *names, *targets]
        yield ValueShown(" · ".join([*said, *_of_period(value.period, words)]), ValueKind.CODED)


def _of_period(period: Period | None, words: Words) -> list[str]:
    return [_period(period, words)] if period else []


def _reason(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, NonExecution):
        reason = _coded(words, "non-execution", value.code)
        about = f" ({isolated(', '.join(value.items), words)})" if value.items else ""
        yield ValueShown(reason.text + about, reason.kind)
        if value.explanation:
            yield ValueShown(value.explanation, ValueKind.OWN)


def _options(row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, RequestedItem) and value.options:
        meant = "; ".join(_coded(words, row.codes, each).text for each in value.options)
        yield ValueShown(f"{isolated(value.label, words)}: {meant}", ValueKind.CODED)


def _party(_row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, Party):
        yield from _lines(PARTY, value, words)


def _earlier(row: FieldRow, value: object, words: Words) -> Iterator[ValueShown]:
    if isinstance(value, EarlierRequest):
        if value.code:
            yield _coded(words, row.codes, value.code)
        yield from (ValueShown(f"· {line.text}", line.kind) for line in _lines(EARLIER, value, words))


def _lines(table: Mapping[str, str], value: object, words: Words) -> Iterator[ValueShown]:
    """A line for each thing that is said of it, under the label that it has as a field of its own."""
    for key, name in table.items():
        said = getattr(value, name)
        text = moment(said) if isinstance(said, datetime) else ", ".join(said) if isinstance(said, tuple) else said
        if text:
            yield ValueShown(f"{words.label(key)}: {isolated(text, words)}", ValueKind.CODED)


_SHOWN: Mapping[FieldKind, Callable[[FieldRow, object, Words], Iterator[ValueShown]]] = {
    FieldKind.WORDS: _words,
    FieldKind.NAME: _plain,
    FieldKind.NUMBER: _plain,
    FieldKind.CODE: _code,
    FieldKind.FLAG: _flag,
    FieldKind.MOMENT: _moment,
    FieldKind.SPAN: _span,
    FieldKind.TARGETS: _target,
    FieldKind.ITEMS: _item,
    FieldKind.PARTS: _part,
    FieldKind.REASONS: _reason,
    FieldKind.OPTIONS: _options,
    FieldKind.PARTY: _party,
    FieldKind.EARLIER: _earlier,
}
