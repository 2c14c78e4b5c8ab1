"""Forms on a terminal, and the files of forms on this machine."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.cli.pages import say
from comity.entrypoints.cli.telling import plain, tell_done
from comity.evidence.dossier.words import size_words
from comity.forms.outline import FormLine, Outline
from comity.forms.terms import Audience, Language
from comity.vocabulary.errors import BrokenInputError, ErrorCode

if TYPE_CHECKING:
    from comity.forms.readings import Reading

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_LARGEST = 17 << 20
"""Bytes read of a file before it is looked at: a little more than the largest form."""


def language_of(text: str) -> Language:
    """The language of a code. Raises `BrokenInputError(MALFORMED)`, naming those there are."""
    if text not in set(Language):
        raise BrokenInputError(
            ErrorCode.MALFORMED, "no form is in that language", found=text[:20], expected=", ".join(sorted(Language))
        )
    return Language(text)


def audience_of(text: str) -> Audience | None:
    """The audience of a code; None where nothing is said. Raises `BrokenInputError(MALFORMED)`."""
    if text and text not in set(Audience):
        raise BrokenInputError(
            ErrorCode.MALFORMED, "no form is for that audience", found=text[:40], expected=", ".join(sorted(Audience))
        )
    return Audience(text) if text else None


def print_forms(forms: Iterable[FormLine]) -> None:
    """One line for each form."""
    table = _table("Form", "Citation", "For", "Provision read")
    for each in forms:
        said = (f"{each.id} (version {each.version})", each.citation, ", ".join(each.audiences), _read(each.verified))
        table.add_row(*(plain(one) for one in said))
    _console().print(table)


def print_outline(found: Outline) -> None:
    """Every field of a form, section by section."""
    line = found.line
    say(f"{line.title}: {line.citation}", f"made of: {', '.join(line.acts)}")
    for section in found.sections:
        say("", f"{section.letter} {section.title}".strip())
        table = _table("Field", "From", "Seen by", "Required", "Text read")
        for field in section.fields:
            when = "yes" if field.required else f"with {', '.join(field.required_when)}" if field.required_when else ""
            row = (field.label, field.path or "a choice", ", ".join(field.audiences), when, _read(field.verified))
            table.add_row(*(plain(one) for one in row))
        _console().print(table)


def print_codes(found: Outline) -> None:
    """What an act can say in each field that takes a code, by where it says it."""
    for field in (each for section in found.sections for each in section.fields if each.codes):
        say("", f"{field.label}: {field.path}")
        table = _table("Code", "Meaning")
        for each in field.codes:
            table.add_row(plain(each.code), plain(each.meaning))
        _console().print(table)


def write_pdf(node: NodeClient, path: str, command: object, output: Path) -> None:
    """Has the node make it, and writes it to a file that was not there before."""
    with node.stream(path, command) as (_headers, pieces):
        content = b"".join(pieces)
    with output.open("xb") as target:
        target.write(content)
    tell_done(f"wrote {output} ({size_words(len(content))})")


class _SummaryText(Struct, frozen=True):
    """What the node answers; what a newer one adds is let be."""

    text: str


def print_summary(node: NodeClient, command: object) -> None:
    """The node's summary as lines of text."""
    say(*node.post(_SummaryText, "summaries/text", command).text.splitlines())


def read_file(file: Path, fingerprint: str) -> "Reading":
    """The reading of a file; `fingerprint` is the seal certificate's, where it is known."""
    from comity.bootstrap.papers import papers
    from comity.forms.packaged import packaged_forms

    wanted = re.sub(r"[\s:]", "", fingerprint).lower()
    if wanted and not _FINGERPRINT.fullmatch(wanted):
        raise BrokenInputError(
            ErrorCode.MALFORMED, "that is no fingerprint", found=fingerprint[:80], expected="64 hexadecimal digits"
        )
    with file.open("rb") as source:
        data = source.read(_LARGEST)
    return papers().read(data, packaged_forms(), lambda _issuer, found: found == wanted if wanted else None)


def save_acts(reading: "Reading", folder: Path) -> None:
    """Writes the enclosed acts, byte for byte, to files that were not there before."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in reading.sealed.items():
        if name not in _NAMES:
            continue  # a stranger's name for a file is not taken as a path here
        with (folder / name).open("xb") as target:
            target.write(content)


_NAMES = frozenset({"act.json", "order.json"})


def print_reading(reading: "Reading") -> None:
    """Every check, then what was read, then the verdict."""
    for each in reading.checks:
        say(f"{each.standing.value:<14}{each.name.value:<12}{each.words}")
    said = {
        "form": reading.kind.in_words().removeprefix("comity-form ") if reading.kind else "",
        "act": reading.act or "",
        "issuer": reading.issuer or "",
        "seal of": reading.signed_by,
        "fingerprint": reading.fingerprint,
    }
    say(
        "", *(f"{label:<14}{value}" for label, value in said.items() if value), "", f"verdict: {reading.standing.value}"
    )


def _read(verified: bool) -> str:
    return "yes" if verified else "no: unverified"


def _table(*titles: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)
