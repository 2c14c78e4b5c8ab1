"""Lists of the desk as a person reads them on a terminal: drafts, approvals, readings; and how a list is paged through."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import chain, islice
from typing import Protocol, TypeVar

from comity.acts.payload import read_payload
from comity.casework.bench.readings import ReadingLine
from comity.casework.desk.approvals import ApprovalLine
from comity.casework.desk.drafts import DraftLine, DraftText
from comity.casework.desk.search import FoundPage, Search
from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.cli.pages import moment, print_payload, say
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId
from comity.vocabulary.targets import TargetKind

T_co = TypeVar("T_co", covariant=True)
L = TypeVar("L")

_INDENT = "    "


class _Lines(Protocol[T_co]):
    """A page of lines."""

    @property
    def lines(self) -> Sequence[T_co]: ...


def lines_of(pages: Iterable[_Lines[L]], most: int) -> tuple[L, ...]:
    """The first lines of a list, or with 0 all; no page is asked for that is not needed."""
    lines = chain.from_iterable(page.lines for page in pages)
    return tuple(islice(lines, most) if most else lines)


def cases_found(node: NodeClient, kind: str, value: str, most: int) -> tuple[CaseId, ...]:
    """The cases of every page of a search."""
    if kind not in set(TargetKind):
        raise BrokenInputError(ErrorCode.MALFORMED, "there is no such kind", found=kind, expected=", ".join(TargetKind))
    found: list[CaseId] = []
    after: str | None = ""
    while after is not None and not (most and len(found) >= most):
        page = node.post(FoundPage, "searches", Search(TargetKind(kind), value, after))
        found.extend(page.lines)
        after = page.next
    return tuple(found[:most] if most else found)


def print_drafts(drafts: Sequence[DraftLine]) -> None:
    """What waits for approval: what it would be, for whom, and whose it is."""
    for each in drafts:
        say(f"{each.type.value}  -> {', '.join(each.to) or 'nobody else'}  ({each.instrument})")
        say(f"{_INDENT}draft    {each.draft}", f"{_INDENT}case     {each.case}")
        say(f"{_INDENT}author   {each.author}, {moment(each.made_at)}")
    if not drafts:
        say("no drafts that you wrote or may approve")


def print_draft(text: DraftText, data: bytes) -> None:
    """Exactly what would be approved, read from its bytes, and what binds an approval to them."""
    print_payload(read_payload(data))
    say("", f"These {len(data)} bytes are the draft, and the act it becomes once approved (hash computed here):")
    say(f"{_INDENT}sha-256    {sha256(data).hexdigest()}", f"{_INDENT}challenge  {text.challenge}")
    say("", "Next: approve it, or have it discarded:", f"  comity case approve {text.draft} ...")
    say(f"  comity case discard-draft {text.draft}")


def print_approvals(approvals: Sequence[ApprovalLine]) -> None:
    """What was approved in the officer's name, and with which credential."""
    for each in approvals:
        say(f"{moment(each.filed_at)}  {each.type or 'disposed of'}  -> {', '.join(each.to) or 'nobody else'}")
        say(f"{_INDENT}act         {each.act}", f"{_INDENT}case        {each.case}")
        say(f"{_INDENT}office      {each.office}", f"{_INDENT}credential  {each.credential}")
    if not approvals:
        say("nothing was approved with your credentials here")
    else:
        say("", "You did not approve one of these? Tell your node's operator at once: the credential must be rotated.")


def print_readings(readings: Sequence[ReadingLine]) -> None:
    """Who read what of which case; never what it says."""
    for each in readings:
        say(f"{moment(each.at)}  {each.officer} ({each.office})  {each.what.value}")
        say(f"{_INDENT}case     {each.case or 'none found'}")
        if each.subject:
            say(f"{_INDENT}subject  {each.subject}")
    if not readings:
        say("no readings")
