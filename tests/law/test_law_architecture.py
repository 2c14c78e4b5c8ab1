"""Law is data: no country, treaty, article or limit stands in the engine's code."""

import ast
import re
from pathlib import Path

import pytest

from comity.law.packaged import packaged_files, packaged_law

ENGINE = Path(__file__).resolve().parents[2] / "src" / "comity" / "law"
MODULES = sorted(ENGINE.glob("*.py"))
HARMLESS_NUMBERS = {0, 1, 2, 7, 12, 24, 2001}
"""Positions, days of a week, months of a year, hours of a day, and a year that has no leap day."""

LAW = packaged_law()
PARTIES = [party for instrument in LAW.instruments.values() for party in instrument.parties.values()]
NAMES = {
    *(party.name for party in PARTIES if party.name),
    *LAW.instruments,
    *(instrument.head.cited_as for instrument in LAW.instruments.values()),
    *("Budapest", "CETS", "EPOC", "e-Evidence", "1182", "1543", "Cybercrime", "Directive", "Protocol of"),
}
COUNTRIES = {party.iso for party in PARTIES}
ARTICLE = re.compile(r"\b(art\.?|article|section|recital|§)\s*\d", re.IGNORECASE)
LIMIT = re.compile(r"\bP(T?\d+[YMWDH])+")


def constants(module):
    tree = ast.parse(module.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            yield node


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_no_name_of_a_country_or_an_instrument_stands_in_code(module):
    text = module.read_text()
    assert [name for name in NAMES if re.search(rf"\b{re.escape(name)}\b", text)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_no_country_code_article_or_length_of_time_stands_in_code(module):
    words = [node.value for node in constants(module) if isinstance(node.value, str)]
    assert [word for word in words if word in COUNTRIES or ARTICLE.search(word) or LIMIT.search(word)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_no_number_of_the_law_stands_in_code(module):
    numbers = {node.value for node in constants(module) if type(node.value) in (int, float)}
    assert numbers <= HARMLESS_NUMBERS


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_no_code_of_an_instrument_file_is_looked_for_by_the_engine(module):
    """A branch on a rule's id or on a ground, purpose, condition or offence would be law in code."""
    codes = {
        code
        for instrument in LAW.instruments.values()
        for row in (
            *instrument.file.ground,
            *instrument.file.condition,
            *instrument.file.purpose,
            *instrument.file.require,
        )
        for code in (row.id, getattr(row, "code", row.id))
    }
    codes |= {measure for instrument in LAW.instruments.values() for measure in instrument.measures}
    words = {node.value for node in constants(module) if isinstance(node.value, str)}
    assert words & codes == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_law_imports_only_acts_and_vocabulary(module):
    imported = {
        node.module
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    ours = {name for name in imported if name.startswith("comity.")}
    assert all(name.startswith(("comity.law.", "comity.acts.", "comity.vocabulary.")) for name in ours)


def test_only_the_reader_of_package_data_reads_files():
    touching = re.compile(r"\bopen\(|read_bytes|read_text|importlib\.resources|\bnow\(|utcnow|time\.time|random")
    assert [module.name for module in MODULES if touching.search(module.read_text())] == ["packaged.py"]


def test_the_package_carries_its_instrument_files():
    assert {"budapest.toml", "budapest.parties.toml", "eu-2023-1543.toml"} <= set(packaged_files())
