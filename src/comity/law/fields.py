"""Paths to fields of acts, as rules write them: checked against the act bodies when a file is loaded, then compiled.

A path is names with dots; `[]` after a name goes into every element of a list (`scope[].categories`). Without a root it
starts at the act's body, where what it says in several fields together is named as a field is; `payload.`, `issuer.` and `addressees[].` start at the whole act and at the authorities,
`opening.` at the body of the act that opened the measure, `body.` at the act's body from within an element of its lists; `fact.NAME` is a fact the file declares, for what no act says.
"""

import types
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Union, get_args, get_origin, get_type_hints

from msgspec import UNSET, Struct, UnsetType

from comity.acts.bodies import AnyBody
from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.acts.payload import Payload
from comity.law.matters import FactValue, Matter, Participant

Reader = Callable[[object, Matter], object]
"""Reads a field's value: from a body (or an element of one of its lists), or from what is known around the act."""

BODIES: Mapping[ActType, type[Body]] = {
    ActType(str(body.__struct_config__.tag)): body for body in get_args(AnyBody) if issubclass(body, Body)
}
"""The body of every act type that has one."""

_ROOTS: Mapping[str, type[Struct]] = {"payload": Payload, "issuer": Participant, "addressees[]": Participant}
_OPENING = "opening"
_WHOLE = "body"
_FACTS = "fact"
_EACH = "[]"


class UnknownFieldError(Exception):
    """A path that leads to no field; the text says where it ends."""


def type_at(
    body: type[Struct],
    path: str,
    facts: Mapping[str, str],
    opening: type[Struct] | None = None,
    whole: type[Struct] | None = None,
) -> object:
    """The type a path leads to; `object` for a declared fact. Raises `UnknownFieldError`.

    `opening` is the body of the act that opens the measure, where the measure has one; `whole` the act's body, where
    `body` is an element of one of its lists.
    """
    first, *rest = path.split(".")
    if first == _FACTS:
        if ".".join(rest) not in facts:
            raise UnknownFieldError(f"the file declares no fact {'.'.join(rest)!r}")
        return object
    root = opening if first == _OPENING else whole or body if first == _WHOLE else _ROOTS.get(first)
    at: object = root or body
    for part in rest if root else (first, *rest):
        at = _step(at, part)
    return at


def element_type(body: type[Struct], path: str) -> type[Struct]:
    """The struct that the list at a path holds. Raises `UnknownFieldError`."""
    at = _step(body, path + _EACH)
    if not (isinstance(at, type) and issubclass(at, Struct)):
        raise UnknownFieldError(f"{path!r} is no list of tables")
    return at


def _step(at: object, part: str) -> object:
    name = part.removesuffix(_EACH)
    if not (isinstance(at, type) and issubclass(at, Struct)) or name not in _hints(at):
        raise UnknownFieldError(f"there is no field {name!r} in {getattr(at, '__name__', at)}")
    found = plain(_hints(at)[name])
    if not part.endswith(_EACH):
        return found
    if get_origin(found) is not tuple:
        raise UnknownFieldError(f"{name!r} is not a list")
    return plain(get_args(found)[0])


@cache
def _hints(shape: type[Struct]) -> Mapping[str, object]:
    """The fields, and what a body says in several of them together: its properties."""
    said = {name: each.fget for name, each in vars(shape).items() if isinstance(each, property) and each.fget}
    properties = {name: get_type_hints(read)["return"] for name, read in said.items()}
    fields = get_type_hints(shape)
    return {**{name: fields[name] for name in shape.__struct_fields__}, **properties}


def plain(hint: object) -> object:
    """A type without its constraints, and without what says that it is absent."""
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) in (Union, types.UnionType):
        some = [arg for arg in get_args(hint) if arg not in (type(None), UnsetType)]
        return plain(some[0]) if len(some) == 1 else hint
    return hint


def reader(path: str) -> Reader:
    """A function that reads the path's value, None where anything on the way is absent. The path must have been checked."""
    first, *rest = path.split(".")
    if first == _FACTS:
        name = ".".join(rest)
        return lambda _subject, matter: matter.facts.get(name)
    if first in _ROOTS or first == _OPENING:
        walk = _walker((first, *rest))
        return lambda _subject, matter: walk(matter)
    if first == _WHOLE:
        walk = _walker(tuple(rest))
        return lambda _subject, matter: walk(matter.payload.body)
    walk = _walker((first, *rest))
    return lambda subject, _matter: walk(subject)


def body_reader(path: str) -> Callable[[object], object]:
    """As `reader`, for a path that starts at the body."""
    return _walker(tuple(path.split(".")))


def starts_at_body(path: str) -> bool:
    """Whether a path needs nothing but the body."""
    return path.split(".", maxsplit=1)[0] not in (*_ROOTS, _OPENING, _WHOLE, _FACTS)


def _walker(parts: tuple[str, ...]) -> Callable[[object], object]:
    if any(part.endswith(_EACH) for part in parts):
        return lambda value: _spread(value, parts)
    if len(parts) == 1:
        (only,) = parts
        return lambda value: _stated(value, only)

    def walk(value: object) -> object:
        for part in parts:
            if value is None:
                return None
            value = _stated(value, part)
        return value

    return walk


def _stated(value: object, name: str) -> object:
    """A field's value; None also where the act was written without the field."""
    found = getattr(value, name)
    return None if found is UNSET else found


def _spread(value: object, parts: tuple[str, ...]) -> tuple[object, ...]:
    """Every value the path leads to, lists opened."""
    if value is None:
        return ()
    if not parts:
        return value if isinstance(value, tuple) else (value,)
    name, rest = parts[0].removesuffix(_EACH), parts[1:]
    inner = _stated(value, name)
    if not parts[0].endswith(_EACH):
        return _spread(inner, rest)
    return tuple(found for element in (inner if isinstance(inner, tuple) else ()) for found in _spread(element, rest))


def fact(value: object) -> FactValue:
    """A field's value as a small fact: codes, numbers and times as they are; anything larger only as being there.

    Of several times the last is kept.
    """
    if value is None or isinstance(value, str | int | datetime):
        return value
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return tuple(str(part) for part in value)
    if isinstance(value, tuple) and (times := [part for part in value if isinstance(part, datetime)]):
        return max(times)
    return True
