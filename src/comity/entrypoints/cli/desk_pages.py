"""Lists of the desk as a person reads them on a terminal: drafts, approvals, readings; and how a list is paged through."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import chain, islice
from typing import Protocol, TypeVar

import msgspec

from comity.acts.payload import Payload, read_payload
from comity.casework.approvals import ApprovalLine
from comity.casework.drafts import DraftLine, DraftText
from comity.casework.readings import ReadingLine
from comity.casework.search import FoundPage, Search
from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.cli.pages import moment, say
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


def print_drafts(drafts: Iterable[DraftLine]) -> None:
    """What waits for approval: what it would be, for whom, and whose it is."""
    none = True
    for each in drafts:
        none = False
        say(f"{each.type.value}  -> {', '.join(each.to) or 'nobody else'}  ({each.instrument})")
        say(f"{_INDENT}draft    {each.draft}", f"{_INDENT}case     {each.case}")
        say(f"{_INDENT}author   {each.author}, {moment(each.made_at)}")
    if none:
        say("no drafts that you wrote or may approve")


def print_draft(text: DraftText, data: bytes) -> None:
    """Exactly what would be approved, read from its bytes, and what binds an approval to them."""
    print_payload(read_payload(data))
    say("", f"These {len(data)} bytes are the draft, and the act it becomes once approved (hash computed here):")
    say(f"{_INDENT}sha-256    {sha256(data).hexdigest()}", f"{_INDENT}challenge  {text.challenge}")
    say("", "Next: approve it, or have it discarded:", f"  comity case approve {text.draft} ...")
    say(f"  comity case discard-draft {text.draft}")


def print_payload(payload: Payload) -> None:
    """What an act says: head and body, the body as the JSON that is sealed."""
    say(f"{payload.act.type.value}  {payload.issuer} -> {', '.join(payload.to) or 'nobody else'}")
    say(f"{_INDENT}case     {payload.case}", f"{_INDENT}at       {moment(payload.at)}")
    say(f"{_INDENT}basis    {payload.act.instrument}, {payload.act.urgency.value}")
    for answered in payload.re:
        say(f"{_INDENT}answers  {answered}")
    if payload.author:
        say(f"{_INDENT}author   {payload.author.officer} ({payload.author.office})")
    say(*msgspec.json.format(msgspec.json.encode(payload.body), indent=2).decode().splitlines())


def print_approvals(approvals: Iterable[ApprovalLine]) -> None:
    """What was approved in the officer's name, and with which credential."""
    none = True
    for each in approvals:
        none = False
        say(f"{moment(each.filed_at)}  {each.type or 'disposed of'}  -> {', '.join(each.to) or 'nobody else'}")
        say(f"{_INDENT}act         {each.act}", f"{_INDENT}case        {each.case}")
        say(f"{_INDENT}office      {each.office}", f"{_INDENT}credential  {each.credential}")
    if none:
        say("nothing was approved with your credentials here")
    else:
        say("", "You did not approve one of these? Tell your node's operator at once: the credential must be rotated.")


def print_readings(readings: Iterable[ReadingLine]) -> None:
    """Who read what of which case; never what it says."""
    none = True
    for each in readings:
        none = False
        say(f"{moment(each.at)}  {each.officer} ({each.office})  {each.what.value}")
        say(f"{_INDENT}case     {each.case or 'none found'}")
        if each.subject:
            say(f"{_INDENT}subject  {each.subject}")
    if none:
        say("no readings")
