"""`verify.html`: one file that judges a dossier in any current browser, with no network, no installation and no server.

It is put together from what stands beside this module: the checks (several `.js`, run by a worker), the page (`page.js`,
`timeline.js`, `page.css`, `page.html`), and the shapes that Python decodes by. Nothing in it comes from elsewhere, and the
same code gives the same bytes, so two people can compare their copies by hash.

A policy in the page forbids everything it does not need: it can load nothing and send nothing, whatever a dossier says.
"""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files

import msgspec

from comity.acts.rules import NEEDS_APPROVAL
from comity.evidence.browser.joining import joined
from comity.evidence.browser.shapes import shapes

_CHECKS_MAIN, _PAGE_MAIN = "worker", "page"


@cache
def verifier_page() -> bytes:
    """The whole page, UTF-8."""
    worker = worker_script()
    page = _script(_PAGE_MAIN, "")
    style = _text("page.css")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(page)}'",
            f"style-src '{_hash(style)}'",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    parts = {"POLICY": policy, "STYLE": style, "CHECKS": worker, "PAGE": page}
    html = _text("page.html")
    for name, text in parts.items():
        _require_inert(name, text)
        html = html.replace(f"@{name}@", text, 1)
    return html.encode()


@cache
def verifier_digest() -> str:
    """SHA-256 of the page, lower-case hexadecimal: what a dossier's header says of the page in it."""
    return hashlib.sha256(verifier_page()).hexdigest()


def worker_script() -> str:
    """The checks alone, as the page hands them to its worker: for tests that need no page."""
    return _script(_CHECKS_MAIN, f"const SHAPES = {shapes().decode()};\nconst FACTS = {_facts()};\n")


def _script(main: str, constants: str) -> str:
    parts = files(__package__).iterdir()
    modules = {part.name.removesuffix(".js"): part.read_text("utf-8") for part in parts if part.name.endswith(".js")}
    return f'"use strict";\n(() => {{\n{constants}{joined(modules, main=main)}}})();\n'


def _facts() -> str:
    """What the checks know beside shapes: which acts need an approval."""
    return msgspec.json.encode({"approved": sorted(NEEDS_APPROVAL)}).decode()


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """A source expression of a Content Security Policy (CSP level 3 section 2.3.1)."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _require_inert(name: str, text: str) -> None:
    """No part may end the element it stands in."""
    if "</script" in text.lower() or "</style" in text.lower() or "<!--" in text:
        raise ValueError(f"the part {name} would end its own element")
