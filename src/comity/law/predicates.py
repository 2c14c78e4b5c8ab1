"""The tests a rule can make of a field, compiled once at load into plain functions.

An absent value fails every test but `be-absent`, `be-false` and `be-none-of`, so one rule says both that something is
missing and that it is wrong. Text of blanks only is absent.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from comity.law.durations import parse_duration
from comity.law.rows import Value
from comity.law.terms import (
    Must,
)

Predicate = Callable[[object, object], bool]
"""From the value of the field, and of the field that ends the span where there is one."""

LENGTHS = frozenset({Must.LAST_AT_LEAST, Must.LAST_AT_MOST})
"""Tests of how long it is from one instant to another."""

SPANS = LENGTHS | {Must.NOT_BE_AFTER}
"""Tests of one instant against another."""

NUMBERS = frozenset({Must.BE_AT_LEAST, Must.BE_AT_MOST})
"""Tests of whole numbers."""

CHOICES = frozenset({Must.BE_ONE_OF, Must.BE_NONE_OF, Must.ALL_BE_AMONG, Must.HAVE_ONE_OF})
"""Tests against a set of codes."""

ADMISSIBLE = frozenset({Must.BE_A_GROUND, Must.BE_A_CONDITION, Must.BE_A_PURPOSE})
"""Tests against what the measure's own file lists."""


def is_there(value: object) -> bool:
    """Whether a field says anything: not None, not an empty list, not blank text. False and zero are values."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value != ()


def compile_predicate(must: Must, values: tuple[Value, ...]) -> Predicate:
    """The test as a function. The values must have been checked to fit the test."""
    if must in CHOICES:
        return _CHOICES[must](frozenset(values))
    if must in NUMBERS:
        return _NUMBERS[must](int(values[0]))
    if must in LENGTHS:
        return _SPANS[must](parse_duration(str(values[0])).whole_days())
    return _PLAIN[must]


def _among(value: object, codes: frozenset[Value]) -> bool:
    return isinstance(value, Iterable) and is_there(value) and all(part in codes for part in value)


def _one_among(value: object, codes: frozenset[Value]) -> bool:
    return isinstance(value, Iterable) and any(part in codes for part in value)


def _days(start: object, end: object) -> int | None:
    """Calendar days between two instants, by their dates in UTC: a day may be 23 or 25 hours long where it was lived."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        return (end.date() - start.date()).days
    return None


def _at_least(days: int) -> Predicate:
    def test(start: object, end: object) -> bool:
        length = _days(start, end)
        return length is not None and length >= days

    return test


def _at_most(days: int) -> Predicate:
    def test(start: object, end: object) -> bool:
        length = _days(start, end)
        return length is not None and 0 <= length <= days

    return test


_PLAIN: Mapping[Must, Predicate] = {
    Must.BE_PRESENT: lambda value, _end: is_there(value),
    Must.BE_ABSENT: lambda value, _end: not is_there(value),
    Must.BE_TRUE: lambda value, _end: value is True,
    Must.BE_FALSE: lambda value, _end: value is not True,
    Must.NOT_BE_AFTER: lambda value, end: isinstance(value, datetime) and isinstance(end, datetime) and value <= end,
}
_CHOICES: Mapping[Must, Callable[[frozenset[Value]], Predicate]] = {
    Must.BE_ONE_OF: lambda codes: lambda value, _end: value in codes,
    Must.BE_NONE_OF: lambda codes: lambda value, _end: value not in codes,
    Must.ALL_BE_AMONG: lambda codes: lambda value, _end: _among(value, codes),
    Must.HAVE_ONE_OF: lambda codes: lambda value, _end: _one_among(value, codes),
}
_NUMBERS: Mapping[Must, Callable[[int], Predicate]] = {
    Must.BE_AT_LEAST: lambda bound: lambda value, _end: isinstance(value, int) and value >= bound,
    Must.BE_AT_MOST: lambda bound: lambda value, _end: isinstance(value, int) and value <= bound,
}
_SPANS: Mapping[Must, Callable[[int], Predicate]] = {Must.LAST_AT_LEAST: _at_least, Must.LAST_AT_MOST: _at_most}
