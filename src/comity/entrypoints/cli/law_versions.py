"""Two versions of the law compared, and golden cases run; both laid out so that nothing that changes is overlooked."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from comity.casework.desk.law_versions import KeptLaw
from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.cli.client_options import client
from comity.entrypoints.cli.law_dockets import Node
from comity.entrypoints.cli.law_files import PACKAGED, law_named, own_files, read_triggers
from comity.entrypoints.cli.law_layout import Sheet
from comity.law.calendars import day_in_words
from comity.law.changes import ChangeKind, ClockChange, LawChanges, clock_changes, law_changes
from comity.law.corpus import Law
from comity.law.golden import Outcome
from comity.law.packaged import run_golden_cases
from comity.law.triggers import triggered
from comity.vocabulary.errors import BrokenInputError, ErrorCode

AT_NODE = "node"
"""The word for the law in force at a node."""

_DIGEST = re.compile(r"[0-9a-f]{8,64}\Z")
"""A version that a node keeps, by the beginning of its digest."""


def ask_changes(old: str, new: str, facts: Sequence[Path], at: datetime, *, node: Node) -> LawChanges:
    """What differs between two versions, and for which cases. Raises `BrokenInputError`."""
    if _kept(old) or _kept(new):
        return _at_node(old, new, node)
    before, after = law_named(old), law_named(new)
    return law_changes(before, after, (change for path in facts for change in _of_file(before, after, path, at)))


def _kept(name: str) -> bool:
    """Whether the name is that of a law which only a node has."""
    return name == AT_NODE or (_DIGEST.match(name) is not None and not Path(name).is_dir())


def _at_node(old: str, new: str, node: Node) -> LawChanges:
    if not _kept(old) and old != PACKAGED:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "a node compares what it keeps with a folder only as the newer of both",
            found=old,
            expected=f"{AT_NODE}, {PACKAGED}, or the digest of a version that the node keeps",
        )
    named = new if _kept(new) else PACKAGED
    files = {} if named == new else own_files(Path(new))
    laid = {name: data.decode("utf-8", errors="replace") for name, data in files.items()}
    return _asked(node).post(LawChanges, "law-changes", {"files": laid, "old": old, "new": named})


def ask_versions(node: Node) -> KeptLaw:
    """The versions of the law that a node keeps."""
    return _asked(node).get(KeptLaw, "law-versions")


def _asked(node: Node) -> NodeClient:
    url, token_file = node
    if not url or token_file is None:
        raise BrokenInputError(ErrorCode.MALFORMED, "which node?", expected="--url and --token-file")
    return client(url, token_file)


def print_versions(found: KeptLaw) -> None:
    """Each digest whole, so that it can be copied."""
    sheet = Sheet()
    sheet.title(f"{len(found.versions)} versions of the law are kept")
    for version in found.versions:
        sheet.line(f"{version}{'  in force' if version == found.in_force else ''}")


def _of_file(before: Law, after: Law, path: Path, at: datetime) -> Iterator[ClockChange]:
    """The clocks of one file of facts under both laws, each with the fields its own clocks look at."""
    file = read_triggers(path, before)
    history = triggered(after if set(before.instruments) <= set(after.instruments) else before, file)
    return clock_changes(before, after, file.name, history, at=file.at or at, calendars=file.calendars())


def print_changes(found: LawChanges) -> None:
    """Rules first, then cases."""
    sheet = Sheet()
    sheet.title(f"law {found.old[:12]} -> {found.new[:12]}")
    cases = sorted({change.case for change in found.clocks})
    sheet.line(f"{len(found.rules)} rules differ; {len(found.clocks)} clocks in {len(cases)} of the cases looked at.")
    if found.old == found.new:
        sheet.line("Both are the same law, to the byte.")
    for instrument, rules in groupby(found.rules, key=lambda rule: rule.instrument):
        sheet.heading(instrument)
        sheet.labelled(
            (
                (
                    rule.kind.value,
                    f"{rule.table} {rule.id} [{rule.article}]" + (f": {', '.join(rule.fields)}" if rule.fields else ""),
                )
                for rule in rules
            ),
            width=8,
        )
    for case in cases:
        sheet.heading(f"case {case}")
        for change in found.clocks:
            if change.case == case:
                sheet.labelled(moved_in_words(change), width=8)


def moved_in_words(change: ClockChange) -> Iterator[tuple[str, str]]:
    """What another law does to a clock: labels, and where it stands by both."""
    yield change.kind.value, f"{change.clock} ({change.instrument})"
    if change.kind is not ChangeKind.ADDED:
        yield "was", _standing(change.old_state, change.old_due, change.old_consequence)
    if change.kind is not ChangeKind.REMOVED:
        yield "will be", _standing(change.new_state, change.new_due, change.new_consequence)


def _standing(state: str, due: datetime | None, consequence: str) -> str:
    utc = due.astimezone(UTC) if due else None
    end = f", due {day_in_words(utc.date())} {utc:%H:%M} UTC" if utc else ", without an end"
    return f"{state}{end}" + (f", otherwise {consequence}" if consequence else "")


def run_folder(folder: Path, own: Path | None) -> tuple[Outcome, ...]:
    """Every golden case of the folder. Raises `BrokenInputError(NOT_FOUND)` where there is none."""
    if not folder.is_dir() or not any(folder.glob("*.toml")):
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "there are no golden cases",
            found=str(folder),
            expected="a folder with *.toml files of cases",
            do="run it in a checkout of this project (law/cases), or name your office's folder; docs/law.md says how to write one",
        )
    return run_golden_cases(folder, own_files(own))


def print_outcomes(found: Sequence[Outcome], *, every: bool) -> None:
    """What does not hold, each with its place and every difference; and how many do."""
    sheet = Sheet()
    for outcome in found:
        if not outcome.passed:
            sheet.line()
            sheet.line(f"{outcome.file}:{outcome.line}: {outcome.name}", style="bold red")
            sheet.labelled((("differs", each) for each in outcome.differences), width=8)
        elif every:
            sheet.line(f"holds  {outcome.instrument} {outcome.article}: {outcome.name}")
    held, no = sum(outcome.passed for outcome in found), sum(outcome.negative for outcome in found)
    sheet.line()
    sheet.line(f"{held} of {len(found)} golden cases hold; {no} of them expect a no.")
