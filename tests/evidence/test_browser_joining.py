"""Joining modules of JavaScript: what can't be joined is refused when the page is built, and the page is whole and alone."""

import hashlib
import re

import pytest

from comity.evidence.browser.joining import joined
from comity.evidence.browser.page import verifier_digest, verifier_page

LEAF = "export const ONE = 1;\nexport function two() {\n  return 2;\n}\nconst hidden = 3;\n"
MAIN = 'import { ONE, two } from "./leaf.js";\n\nconst sum = ONE + two();\n'


def test_each_module_stands_once_and_before_those_that_take_from_it():
    between = 'import { ONE } from "./leaf.js";\nexport const AGAIN = ONE;\n'
    main = 'import { AGAIN } from "./between.js";\n' + MAIN
    text = joined({"leaf": LEAF, "between": between, "main": main, "idle": "x"}, main="main")
    assert re.findall(r"^const (\w+)_js = ", text, re.MULTILINE) == ["leaf", "between", "main"]
    assert "return { ONE, two };" in text
    assert "const { ONE, two } = leaf_js;" in text


@pytest.mark.parametrize(
    "main",
    [
        'import { three } from "./leaf.js";\n',
        'import { hidden } from "./leaf.js";\n',
        'import leaf from "./leaf.js";\n',
        'import * as leaf from "./leaf.js";\n',
        'import "./leaf.js";\n',
        "export default 1;\n",
        "const a = 1;\nexport { a };\n",
        'import { main } from "./main.js";\nexport const main = 1;\n',
    ],
)
def test_what_cannot_be_joined_is_refused(main):
    with pytest.raises(ValueError, match=r"main|leaf"):
        joined({"leaf": LEAF, "main": main}, main="main")


def test_the_page_is_the_same_each_time_and_its_digest_is_its_own():
    again = verifier_page.__wrapped__()
    assert again == verifier_page()
    assert verifier_digest() == hashlib.sha256(again).hexdigest()


def test_the_page_names_nothing_outside_itself_and_makes_no_markup_or_code_from_text():
    text = verifier_page().decode()
    addresses = set(re.findall(r"\b(?:https?|wss?|ftp)://[\w./-]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert re.findall(r"(?:src|href)\s*=\s*[\"'][^#\"']", text) == []
    forbidden = r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function|importScripts|fetch|XMLHttpRequest|WebSocket|localStorage|sendBeacon)\b"
    assert re.findall(forbidden, text) == []


def test_the_policy_allows_the_pages_own_script_and_style_and_nothing_else():
    text = verifier_page().decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["default-src"] == "'none'"
    assert set(parts) == {"default-src", "script-src", "style-src", "worker-src", "base-uri", "form-action"}
    assert "unsafe" not in policy


def _colours(text, medium):
    """The colours by name in one of the blocks of the style sheet."""
    block = re.search(medium + r"[^{]*\{(?:\s*:root \{)?([^}]*)\}", text)[1]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))


def _luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("medium", [r":root", r"@media \(prefers-color-scheme: dark\)"], ids=["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_asks_for(medium):
    colours = _colours(verifier_page().decode(), medium)
    pairs = [
        *((ink, paper) for ink in ("ink", "faint") for paper in ("paper", "shade")),
        *((each, paper) for each in ("valid", "open", "invalid") for paper in ("paper", f"{each}-back")),
        *(("ink", f"{each}-back") for each in ("valid", "open", "invalid")),
        ("accent", "paper"),
        ("on-accent", "accent"),
    ]
    for ink, paper in pairs:
        lighter, darker = sorted((_luminance(colours[ink]), _luminance(colours[paper])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ink, paper)
