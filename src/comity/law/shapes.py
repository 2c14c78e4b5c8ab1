"""Strict reading of one table tree into its struct, telling every fault at once and where it is.

A plain conversion stops at the first fault. Here it is tried first, because files are nearly always right; only when it
fails is the tree walked, table by table and key by key, to name everything that is wrong.
"""

from collections.abc import Iterator
from typing import TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct

from comity.law.fields import plain
from comity.law.positions import Where

T = TypeVar("T", bound=Struct)
Fault = tuple[Where, str]


def read_table(shape: type[T], tree: dict[str, object]) -> T | tuple[Fault, ...]:
    """The struct, or every fault with the way to it."""
    try:
        return msgspec.convert(tree, shape)
    except msgspec.ValidationError as error:
        return tuple(_faults(shape, tree, ())) or (((), _reason(error)),)


def _faults(hint: object, value: object, where: Where) -> Iterator[Fault]:
    shape = plain(hint)
    if isinstance(shape, type) and issubclass(shape, Struct) and isinstance(value, dict):
        yield from _table_faults(shape, value, where)
    elif get_origin(shape) is tuple and isinstance(value, list):
        for position, element in enumerate(value):
            yield from _faults(get_args(shape)[0], element, (*where, position))
    elif get_origin(shape) is dict and isinstance(value, dict):
        for key, inner in value.items():
            yield from _faults(get_args(shape)[1], inner, (*where, key))
    else:
        try:
            msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            yield where, _reason(error)


def _table_faults(shape: type[Struct], table: dict[str, object], where: Where) -> Iterator[Fault]:
    known = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for key in table:
        if key not in known:
            yield (*where, key), f"unknown key {key!r}; known are {', '.join(known)}"
    for name, field in known.items():
        if name in table:
            yield from _faults(field.type, table[name], (*where, name))
        elif field.required:
            yield where, f"the key {name!r} is missing"


def _reason(error: msgspec.ValidationError) -> str:
    return str(error).partition(" - at ")[0]
