"""The shapes of everything a dossier's files can say, as one table that the page decodes by.

Nobody writes a shape twice: the table is read from the very structs that `comity verify` decodes with. What a struct
checks beyond its fields (`__post_init__`) is marked, and the page refuses to work without a check of that name of its own.

A shape is a list: a kind, then what the kind needs.

    ["int", least, most]  ["str", shortest, longest, pattern]  ["bytes", shortest, longest]  ["bool"]  ["time"]
    ["enum", values]  ["list", shape, longest]  ["struct", name]  ["union", tag field, {tag: name}]
    ["optional", shape]  null is allowed

A struct is {"fields": [[name, shape] or [name, shape, default], ...], "strict", "array", "tag": [field, value], "checked"}.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, inspect

from comity.acts.payload import Payload
from comity.acts.receipt_format import Receipt, SealedReceipt
from comity.acts.seal_format import SealedAct, SealHeader
from comity.evidence.dossier.format import DossierHeader, DossierItem, ExhibitSeal, LedgerPlaces
from comity.evidence.items.descriptors import ItemDescriptor
from comity.trust.anchors import TrustAnchor
from comity.trust.approvals import ClientData
from comity.trust.directory_format import AuthorityEntry

ROOTS = (
    DossierHeader,
    LedgerPlaces,
    ExhibitSeal,
    DossierItem,
    ItemDescriptor,
    SealedAct,
    SealHeader,
    Payload,
    ClientData,
    SealedReceipt,
    Receipt,
    AuthorityEntry,
    TrustAnchor,
)
"""What the page decodes; whatever they contain follows."""

Shape = list[Any]  # JSON: each kind has parts of its own, listed at the head of this module


def shapes() -> bytes:
    """The table as JSON: every struct by its name, ascending, so that the same code gives the same bytes."""
    table: dict[str, object] = {}
    for root in ROOTS:
        _add(inspect.type_info(root), table)
    return msgspec.json.encode({name: table[name] for name in sorted(table)})


def _add(info: inspect.Type, table: dict[str, object]) -> None:
    if not isinstance(info, inspect.StructType) or info.cls.__name__ in table:
        return
    described: dict[str, object] = {"strict": info.forbid_unknown_fields, "array": info.array_like}
    table[info.cls.__name__] = described
    if info.tag is not None:
        described["tag"] = [info.tag_field, info.tag]
    described["checked"] = hasattr(info.cls, "__post_init__")
    described["fields"] = [_field(field, table) for field in info.fields]


def _field(field: inspect.Field, table: dict[str, object]) -> Shape:
    described: Shape = [field.encode_name, _shape(field.type, table)]
    if field.default_factory is not msgspec.NODEFAULT:
        described.append(msgspec.to_builtins(field.default_factory()))
    elif not field.required:
        absent = field.default is UNSET or field.default is msgspec.NODEFAULT
        described.append(None if absent else msgspec.to_builtins(field.default))
    return described


def _shape(info: inspect.Type, table: dict[str, object]) -> Shape:
    describe = _DESCRIBED.get(type(info))
    if describe is None:
        raise TypeError(f"no dossier has had a {type(info).__name__} yet: teach the page to read it")
    return describe(info, table)


def _int(info: inspect.IntType, _table: dict[str, object]) -> Shape:
    if info.gt is not None or info.lt is not None or info.multiple_of is not None:
        raise TypeError("bounds are stated by ge and le")
    # As text: a script's numbers are exact to 53 bits only.
    return ["int", *(None if bound is None else str(bound) for bound in (info.ge, info.le))]


def _str(info: inspect.StrType, _table: dict[str, object]) -> Shape:
    pattern = None
    if info.pattern is not None:
        if not info.pattern.startswith("^") or not info.pattern.endswith(r"\Z"):
            raise TypeError(f"a pattern is about a whole text: {info.pattern}")
        pattern = info.pattern.removesuffix(r"\Z") + "$"
    return ["str", info.min_length, info.max_length, pattern]


def _bytes(info: inspect.BytesType, _table: dict[str, object]) -> Shape:
    return ["bytes", info.min_length, info.max_length]


def _time(info: inspect.DateTimeType, _table: dict[str, object]) -> Shape:
    if info.tz is not True:
        raise TypeError("a time without a zone proves nothing")
    return ["time"]


def _enum(info: inspect.EnumType, _table: dict[str, object]) -> Shape:
    return ["enum", [member.value for member in info.cls]]


def _list(info: inspect.VarTupleType, table: dict[str, object]) -> Shape:
    return ["list", _shape(info.item_type, table), info.max_length]


def _struct(info: inspect.StructType, table: dict[str, object]) -> Shape:
    _add(info, table)
    return ["struct", info.cls.__name__]


def _union(info: inspect.UnionType, table: dict[str, object]) -> Shape:
    others = [each for each in info.types if not isinstance(each, inspect.NoneType)]
    if len(others) == 1:
        return ["optional", _shape(others[0], table)]
    tagged = {str(each.tag): _struct(each, table)[1] for each in others if isinstance(each, inspect.StructType)}
    if len(tagged) != len(info.types):
        raise TypeError("a choice is between tagged structs")
    return ["union", "type", tagged]


_DESCRIBED: dict[type, Callable[[Any, dict[str, object]], Shape]] = {
    inspect.IntType: _int,
    inspect.StrType: _str,
    inspect.BytesType: _bytes,
    inspect.BoolType: lambda _info, _table: ["bool"],
    inspect.DateTimeType: _time,
    inspect.EnumType: _enum,
    inspect.VarTupleType: _list,
    inspect.StructType: _struct,
    inspect.UnionType: _union,
}
