"""Law is data everywhere, not only in the engine: no code knows a country, an instrument or a legal limit.

Help texts and filled-in examples of the command line may name one; nothing may decide by one. The demo plays a story and is
left out.
"""

import ast
import re

import pytest

from comity.law.packaged import packaged_law

LAW = packaged_law()
PARTIES = [party for instrument in LAW.instruments.values() for party in instrument.parties.values()]
COUNTRIES = {party.iso for party in PARTIES} | {"EU"}
INSTRUMENTS = set(LAW.instruments)
NAMES = {
    *(party.name for party in PARTIES if party.name),
    *(instrument.head.cited_as for instrument in LAW.instruments.values()),
    *("Budapest", "CETS", "EPOC"),
}
LENGTH = re.compile(r"\bP(T?\d+[YMWDH])+\b")
WITH_LIMITS = ("law", "cases", "acts", "safeguards")
"""Layers in which a number of days would be a legal one."""


def prose(tree):
    """Strings that nobody computes with: docstrings and the texts of attributes."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def texts(tree):
    """Every string of the code that is not prose."""
    said = prose(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node


def deciding(tree):
    """Strings that something is decided by: compared (also within what is looked in), matched, keys, members of a set."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others):
                inside = [each for part in (left, *others) for each in ast.walk(part)]
            case ast.MatchValue(value=value):
                inside = [value]
            case ast.Dict(keys=inside) | ast.Set(elts=inside):
                pass
            case _:
                inside = []
        yield from (each for each in inside if isinstance(each, ast.Constant) and isinstance(each.value, str))


def decides_by_law(tree):
    """Where code decides by a country or an instrument."""
    return [f"{node.lineno} {node.value}" for node in deciding(tree) if node.value in COUNTRIES | INSTRUMENTS]


def names_law(tree):
    """Where a string of the code names an instrument, a state, or a length of time in the law's writing."""
    found = []
    for node in texts(tree):
        named = any(re.search(rf"\b{re.escape(name)}\b", node.value) for name in NAMES | INSTRUMENTS)
        if named or LENGTH.search(node.value):
            found.append(f"{node.lineno} {node.value[:60]}")
    return found


def counts_days(tree):
    """Where more than one day is counted with a number of the code."""
    return [
        f"{node.lineno} {keyword.arg}={keyword.value.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "timedelta"
        for keyword in node.keywords
        if isinstance(keyword.value, ast.Constant)
        and (keyword.arg, keyword.value.value) not in (("days", 1), ("hours", 1))
    ]


def found_in(sources, search, leave_out=("demo",)):
    return [
        f"{source.place}:{each}"
        for source in sources
        if not set(leave_out) & set(source.path.parts)
        for each in search(source.tree)
    ]


def test_no_code_decides_by_a_country_or_an_instrument(sources) -> None:
    """Adapters speak to the world in its own two letters (an environment variable, a class of Unicode), and apply no law."""
    assert found_in(sources, decides_by_law, ("demo", "adapters")) == []


def test_no_code_behind_the_command_line_names_an_instrument_a_state_or_a_limit(sources) -> None:
    assert found_in(sources, names_law, ("demo", "entrypoints")) == []


def test_no_legal_number_of_days_stands_where_law_is_applied(sources) -> None:
    assert found_in([source for source in sources if source.package in WITH_LIMITS], counts_days) == []


@pytest.mark.parametrize(
    ("search", "code"),
    [
        (decides_by_law, 'if country == "DK": refuse()'),
        (decides_by_law, 'if country in ("DK", "IE"): refuse()'),
        (decides_by_law, 'LIMITS = {"CETS185": 90}'),
        (decides_by_law, 'match instrument:\n    case "EU-2023-1543":\n        pass'),
        (names_law, 'BASIS = "under the Budapest Convention"'),
        (names_law, 'def f():\n    return "Denmark"'),
        (names_law, 'LIMIT = "P90D"'),
        (counts_days, "from datetime import timedelta\nend = start + timedelta(days=60)"),
        (counts_days, "end = start + timedelta(hours=48)"),
    ],
)
def test_law_in_code_would_be_found(search, code) -> None:
    assert search(ast.parse(code)) != []


@pytest.mark.parametrize(
    ("search", "code"),
    [
        (decides_by_law, 'if unit == "hours": pass'),
        (names_law, '"""About Denmark and the Budapest Convention."""'),
        (names_law, 'text = "nothing of law"'),
        (counts_days, "end = start + timedelta(days=1)"),
    ],
)
def test_what_is_no_law_is_left_alone(search, code) -> None:
    assert search(ast.parse(code)) == []
