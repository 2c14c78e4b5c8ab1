"""A report as a person reads it: one line per check, then what was found, then the verdict, last.

Text from the dossier is never markup and never a control sequence: it passes through `plain` and stands in `Text`.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.evidence.checks.verdicts import Check, Report, Subject, Verdict
from comity.evidence.dossier.words import count, plain, told
from comity.trust.anchors import TrustAnchor
from comity.vocabulary.errors import BrokenInputError

_STYLES = {Verdict.VALID: "green", Verdict.INDETERMINATE: "yellow", Verdict.INVALID: "bold red"}
_WORDS = {Verdict.VALID: "holds", Verdict.INDETERMINATE: "open", Verdict.INVALID: "FAILS"}
_MEANINGS = {
    Verdict.VALID: "every check holds",
    Verdict.INDETERMINATE: "nothing is wrong, but something needed is missing; do not rely on it as it is",
    Verdict.INVALID: "do not rely on it",
}
_ROWS = ("found", "expected", "do")


def print_report(
    console: Console, report: Report, dossier: Path, trust: Path | None, anchor: TrustAnchor | None
) -> None:
    """The whole report; its last line is the verdict."""
    _print_subject(console, report.subject, dossier)
    _print_trust(console, trust, anchor)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("No", justify="right", no_wrap=True)
    table.add_column("Check", no_wrap=True)
    table.add_column("Result", no_wrap=True)
    table.add_column("What it says", overflow="fold")
    for check in report.checks:
        result = Text(_WORDS[check.outcome], _STYLES[check.outcome])
        table.add_row(str(check.number), check.name, result, _sentence(check))
    console.print(table)
    _print_findings(console, "What is wrong or missing", report.checks, remarks=False)
    _print_findings(console, "Good to know", report.checks, remarks=True)
    console.print()
    _print_verdict(console, report)


def print_broken(console: Console, error: BrokenInputError) -> None:
    """Why there was nothing to judge, and what to do."""
    console.print(Text.assemble(("Nothing was judged: ", "bold red"), plain(error.what)), soft_wrap=True)
    for label in _ROWS:
        value = getattr(error, label)
        if value:
            console.print(Text(f"  {label:<9}{plain(value)}"), soft_wrap=True)


def _print_subject(console: Console, subject: Subject | None, dossier: Path) -> None:
    console.print(Text.assemble(("Dossier  ", "bold"), plain(str(dossier))), soft_wrap=True)
    if subject is None:
        return
    amount = ", ".join((count(subject.acts, "act"), count(subject.exhibits, "exhibit"), count(subject.files, "file")))
    console.print(Text(f"         says it is case {subject.case}"), soft_wrap=True)
    console.print(Text(f"         exported by {subject.authority} on {told(subject.exported_at)}"), soft_wrap=True)
    console.print(Text(f"         with {amount}"), soft_wrap=True)


def _print_trust(console: Console, trust: Path | None, anchor: TrustAnchor | None) -> None:
    source = plain(str(trust)) if trust else "no anchor was given"
    console.print(Text.assemble(("Trust    ", "bold"), source), soft_wrap=True)
    if anchor is not None:
        policy = anchor.witness_policy
        root = hashlib.sha256(anchor.root_bytes).hexdigest()
        names = ", ".join(plain(witness.name) for witness in policy.witnesses)
        console.print(Text(f"         directory root {root}"), soft_wrap=True)
        console.print(
            Text(f"         {policy.threshold} of {len(policy.witnesses)} witnesses: {names}"), soft_wrap=True
        )
    console.print()


def _print_findings(console: Console, title: str, checks: Iterable[Check], *, remarks: bool) -> None:
    """Those findings that change nothing (`remarks`), or those that do."""
    chosen = [
        (check, finding)
        for check in checks
        for finding in check.detail
        if (finding.outcome is Verdict.VALID) is remarks and not finding.what.startswith("not examined")
    ]
    if not chosen:
        return
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for check, finding in chosen:
        grid.add_row(
            str(check.number), Text(check.name, "" if remarks else _STYLES[finding.outcome]), plain_text(finding.what)
        )
        for label in () if remarks else ("file", *_ROWS):
            value = getattr(finding, label)
            if value:
                grid.add_row("", Text(f"  {label}", "dim"), plain_text(value))
    console.print()
    console.print(Text(title, "bold"))
    console.print(grid)


def _print_verdict(console: Console, report: Report) -> None:
    verdict, decided = report.verdict, report.deciding
    by = ""
    if decided is not None:
        where = f", {plain(decided.file)}" if decided.file else ""
        by = f"decided by check {decided.number} ({decided.name}{where}); "
    line = Text.assemble((f"verdict: {verdict.value}", _STYLES[verdict]), f" - {by}{_MEANINGS[verdict]}")
    console.print(line, soft_wrap=True)


def plain_text(text: str) -> Text:
    """Text from outside as something that rich prints and never interprets."""
    return Text(plain(text))


def _sentence(check: Check) -> Text:
    where = f" ({check.file})" if check.file else ""
    return plain_text(f"{check.what[:1].upper()}{check.what[1:].removesuffix('.')}{where}.")
