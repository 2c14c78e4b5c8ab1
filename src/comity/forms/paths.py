"""Paths of form fields: `order` or `answer`, then `act` (its outside) or `says` (its words), then names with dots."""

from collections.abc import Iterator

from msgspec import Struct

from comity.acts.classes import ActType
from comity.forms.copies import PROVIDER_WORDS, ActHead, Copy, seen_as_provider
from comity.forms.form_format import Head
from comity.forms.terms import Audience
from comity.law.fields import BODIES, UnknownFieldError, body_reader, type_at

_OUTSIDE, _WORDS = "act", "says"


def types_at(head: Head, audience: Audience, path: str) -> tuple[object, ...]:
    """The types a path leads to in that audience's copy, one for each act type that has it.

    Raises `UnknownFieldError` where no act of the form has it for that audience.
    """
    role, _, rest = path.partition(".")
    where, _, inner = rest.partition(".")
    if where not in (_OUTSIDE, _WORDS) or not inner:
        raise UnknownFieldError(f"{path!r} does not begin with the act and its part, e.g. order.says")
    found = tuple(_types(_shapes(head, audience, role, where), inner))
    if not found:
        raise UnknownFieldError(f"no {role} of this form has {inner!r} for the audience {audience.value}")
    return found


def value_at(copy: Copy, path: str) -> object:
    """The value in that copy; None where the act, or anything on the way, is not there."""
    role, _, rest = path.partition(".")
    where, _, inner = rest.partition(".")
    sheet = getattr(copy, role)
    if sheet is None:
        return None
    inside = getattr(sheet, where)
    if inner.split(".")[0].removesuffix("[]") not in inside.__struct_fields__:
        return None
    return body_reader(inner)(inside)


def _types(shapes: tuple[type[Struct], ...], inner: str) -> Iterator[object]:
    for shape in shapes:
        try:
            yield type_at(shape, inner, {})
        except UnknownFieldError:
            continue


def _shapes(head: Head, audience: Audience, role: str, where: str) -> tuple[type[Struct], ...]:
    acts: tuple[ActType, ...] = head.order if role == "order" else (head.answer,) if head.answer else ()
    if where == _OUTSIDE:
        return (ActHead,) if acts else ()
    if seen_as_provider(audience):
        return tuple(PROVIDER_WORDS[act] for act in acts if act in PROVIDER_WORDS)
    return tuple(BODIES[act] for act in acts if act in BODIES)
