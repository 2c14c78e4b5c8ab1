"""A blank form of any act an officer can write, made from the act's own definition: every field, what it takes, if it must be."""

from collections.abc import Iterator
from typing import get_args

import msgspec.inspect as shapes

from comity.acts.bodies import AnyBody
from comity.acts.classes import ActType
from comity.acts.rules import BY_HAND, NEEDS_APPROVAL

_ID_LENGTH = 64
_PLAIN = {
    shapes.StrType: ('""', "text"),
    shapes.IntType: ("0", "a whole number"),
    shapes.BoolType: ("false", "true or false"),
    shapes.DateTimeType: ("2026-01-01T00:00:00Z", "an instant with its zone"),
}


def form_types() -> dict[str, type]:
    """The definition of every act that an officer writes, by its type: all but those that a step makes when it was done."""
    bodies = {str(body.__struct_config__.tag): body for body in get_args(AnyBody)}
    return {name: body for name, body in sorted(bodies.items()) if ActType(name) in BY_HAND}


def form_of(act_type: str) -> str:
    """The blank form of that type, as TOML; what may be left out is commented out."""
    body = form_types()[act_type]
    command = "draft" if ActType(act_type) in NEEDS_APPROVAL else "file"
    purpose = (body.__doc__ or "").partition("\n")[0]
    return "\n".join(
        (
            f"# {purpose}",
            "# What its instrument demands of it: comity law explain INSTRUMENT MEASURE",
            f"# Send it:  comity case {command} FILE --case CASE --re ACT",
            "",
            'instrument = ""     # its id: comity law instruments',
            'office = ""         # the office you act in, by its id in the directory',
            "to = []             # authorities, by their names in the directory",
            'urgency = "ordinary"    # ordinary, urgent or emergency',
            "",
            "[body]",
            f'type = "{act_type}"',
            *_fields(shapes.type_info(body), "body"),
            "",
        )
    )


def _fields(shape: shapes.Type, table: str) -> Iterator[str]:
    """A line for each field; what holds nothing but what may be left out is a table of its own, behind the others."""
    if not isinstance(shape, shapes.StructType):
        return
    tables = {field.encode_name: _inside(field.type) for field in shape.fields if _is_optional_throughout(field)}
    for field in shape.fields:
        if field.encode_name not in tables:
            value, meaning = _value(field.type)
            line = f"{field.encode_name} = {value}    # {meaning}"
            yield line if field.required else f"# {line}"
    for name, inside in tables.items():
        yield from ("", f"# [{table}.{name}]")
        yield from _fields(inside, f"{table}.{name}")


def _is_optional_throughout(field: shapes.Field) -> bool:
    inside = _inside(field.type)
    return (
        not field.required
        and isinstance(inside, shapes.StructType)
        and not any(each.required for each in inside.fields)
    )


def _inside(shape: shapes.Type) -> shapes.Type:
    """The shape without the choice of leaving it out."""
    if isinstance(shape, shapes.UnionType):
        return next(each for each in shape.types if not isinstance(each, shapes.NoneType))
    return shape


def _value(shape: shapes.Type) -> tuple[str, str]:
    """A value that stands for the field's, and what belongs there in words."""
    shape = _inside(shape)
    if isinstance(shape, shapes.VarTupleType):
        value, meaning = _value(shape.item_type)
        return f"[{value}]", f"any number of: {meaning}"
    if isinstance(shape, shapes.StructType):
        parts = [(field.encode_name, *_value(field.type)) for field in shape.fields]
        inside = ", ".join(f"{name} = {value}" for name, value, _ in parts)
        return f"{{ {inside} }}", "; ".join(f"{name}: {meaning}" for name, _, meaning in parts)
    if isinstance(shape, shapes.EnumType):
        words = [str(each.value) for each in shape.cls]
        return f'"{words[0]}"', " or ".join(words)
    if isinstance(shape, shapes.StrType) and shape.pattern and "{64}" in shape.pattern:
        return f'"{"0" * _ID_LENGTH}"', "an act's id or a digest"
    return _PLAIN.get(type(shape), ('""', "see the API's document"))
