"""Whether a field of a form can be filled: its path, in the copy of every audience, leads to a value of its kind."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import get_args, get_origin

from comity.acts.matters import NonExecution, RequestedItem, ScopePart
from comity.acts.particulars import EarlierRequest, Party
from comity.forms.form_format import FieldRow, FormFile, Head
from comity.forms.paths import types_at
from comity.forms.terms import Audience, FieldKind
from comity.law.fields import UnknownFieldError, plain
from comity.law.shapes import Fault
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target


def field_faults(form: FormFile, position: int, field: FieldRow) -> Iterator[Fault]:
    """Everything wrong with one field, each with the way to it."""
    for key, wrong, reason in (
        ("source", field.source not in form.sources, f"the file has no source {field.source!r}"),
        ("kind", (field.kind is FieldKind.CHOICE) != bool(field.options), "a choice has options, and nothing else has"),
        ("path", (field.kind is FieldKind.CHOICE) == bool(field.path), "every field but a choice has one path"),
        ("kind", field.kind in _CODED and not field.codes, "a code needs the group of words it stands in"),
        ("options", bool(field.options) and bool(field.options[-1].given), "the last option is for every other case"),
    ):
        if wrong:
            yield ("sheet", "field", position, key), reason
    for audience in form.readers(field):
        for key, path in _paths(field):
            reason = _path_fault(form.form, audience, field, path)
            if reason:
                yield ("sheet", "field", position, key), reason


def _paths(field: FieldRow) -> Iterator[tuple[str, str]]:
    if field.path:
        yield "path", field.path
    yield from (("required_when", path) for path in field.required_when)
    yield from (("options", path) for option in field.options for path in option.given)


def _path_fault(head: Head, audience: Audience, field: FieldRow, path: str) -> str:
    try:
        found = types_at(head, audience, path)
    except UnknownFieldError as error:
        return str(error)
    if path == field.path and not any(_fits(field.kind, each) for each in found):
        return f"what stands at {path!r} cannot be shown as {field.kind.value}"
    return ""


def _fits(kind: FieldKind, hint: object) -> bool:
    shape = plain(hint)
    inner = plain(get_args(shape)[0]) if get_origin(shape) is tuple else None
    return _FITS[kind](inner if inner is not None and kind in _IN_LISTS else shape)


def _is(*types: type) -> Callable[[object], bool]:
    return lambda shape: isinstance(shape, type) and issubclass(shape, types)


_CODED = frozenset({FieldKind.CODE, FieldKind.CHOICE, FieldKind.OPTIONS, FieldKind.EARLIER})

_IN_LISTS = frozenset(
    {
        *(FieldKind.WORDS, FieldKind.CODE, FieldKind.NAME, FieldKind.TARGETS, FieldKind.ITEMS, FieldKind.OPTIONS),
        *(FieldKind.PARTS, FieldKind.REASONS, FieldKind.EARLIER),
    }
)

_FITS: Mapping[FieldKind, Callable[[object], bool]] = {
    FieldKind.WORDS: _is(str),
    FieldKind.NAME: _is(str),
    FieldKind.NUMBER: _is(int),
    FieldKind.CODE: _is(StrEnum, str),
    FieldKind.FLAG: _is(bool),
    FieldKind.MOMENT: _is(datetime),
    FieldKind.SPAN: _is(Period),
    FieldKind.TARGETS: _is(Target),
    FieldKind.ITEMS: _is(RequestedItem),
    FieldKind.PARTS: _is(ScopePart),
    FieldKind.REASONS: _is(NonExecution),
    FieldKind.CHOICE: lambda _shape: True,
    FieldKind.OPTIONS: _is(RequestedItem),
    FieldKind.PARTY: _is(Party),
    FieldKind.EARLIER: _is(EarlierRequest),
}
