"""The format of golden cases: facts, a question and the answer a lawyer expects, in tables that need no code to write.

A file holds `[given."a name"]` tables, each a whole act that cases start from, and `[[case]]` tables. `docs/law.md` says
how to write one. What is given in one file can be used in all of them.
"""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct, field

from comity.law.rows import Country, Text
from comity.law.terms import Side
from comity.vocabulary.categories import OfficeKind

Tree = dict[str, object]
"""Part of an act as TOML reads it."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of a file of cases."""


class Asks(StrEnum):
    """What a case asks. Append only."""

    ACT = "act"
    CLOCKS = "clocks"
    ROUTES = "routes"
    MAY_OPEN = "may-open"
    GROUND = "ground"
    PASS_ON = "pass-on"  # noqa: S105 - a question, no password


class Happened(_Table, frozen=True, kw_only=True):
    """An act of a case's story: a given act, changed, when it was issued and received, and which acts (from 1) it answers."""

    act: Text
    at: datetime
    received: datetime | None = None
    answers: tuple[int, ...] = ()
    change: Tree = {}
    leave_out: tuple[str, ...] = ()
    measure: str | None = None


class Limit(_Table, frozen=True, kw_only=True):
    """What is expected of one limit; what is not said is not looked at.

    `due` is the legal end, `strict` the target, `settled` when it was met or ended.
    """

    id: Text
    article: str = ""
    state: str = ""
    due: datetime | None = None
    strict: datetime | None = None
    settled: datetime | None = None
    who: str = ""
    then: str | None = None
    consequence: str | None = None
    verified: bool | None = None


class Case(_Table, frozen=True, kw_only=True):
    """One case, on a day (taken at noon, UTC) or at an instant. Which fields count depends on what it asks.

    `act`: `act` with `change` and `leave_out`, `states` (issuer's, then addressees'), `side`, `approved_by`,
    `drafted_by`, `answering` (the act that opened the measure), `measure`, `addressee`, `facts`; expects exactly
    `blocks`, `refusable` and `advises`, and that those in `unverified` say so.
    `clocks`: `happened`, `place` and `zone` (of the side that asks `asking_place` and `asking_zone`, where it works elsewhere);
    expects `limits`, and none of `absent`.
    `routes`: `way`, the fields of a `comity.law.questions.Question` without its day; expects `open` in this order (all open ones), `uncertain` (these among them), `closed` with the codes
    of reasons that each must have, `takes`: ids of prerequisites, refusals, notes and contents, by route, `lacks`: such
    ids that a route must not show, and `nowhere`: routes that must not be among any.
    `pass-on`: `measure` and `conditions`. `may-open` and `ground`: `measure`, `purpose` and `conditions`, or `ground` and `country`; expects `refused`, a code.
    """

    name: Text
    article: Text
    asks: Asks
    instrument: Text
    on: date | None = None
    at: datetime | None = None
    act: str = ""
    change: Tree = {}
    leave_out: tuple[str, ...] = ()
    states: tuple[Country, ...] = ()
    side: Side = Side.SENDING
    approved_by: tuple[OfficeKind, ...] | None = None
    drafted_by: OfficeKind | None = None
    answering: str = ""
    answering_change: Tree = {}
    addressee: OfficeKind | None = None
    facts: Tree = {}
    measure: str | None = None
    blocks: tuple[str, ...] = ()
    refusable: tuple[str, ...] = ()
    advises: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    happened: tuple[Happened, ...] = ()
    place: str = ""
    zone: str = "UTC"
    asking_place: str = ""
    asking_zone: str = ""
    limits: tuple[Limit, ...] = ()
    absent: tuple[str, ...] = ()
    way: Tree = {}
    open: tuple[str, ...] | None = None
    uncertain: tuple[str, ...] = ()
    closed: dict[str, tuple[str, ...]] = {}
    takes: dict[str, tuple[str, ...]] = {}
    lacks: dict[str, tuple[str, ...]] = {}
    nowhere: tuple[str, ...] = ()
    purpose: str = ""
    conditions: tuple[str, ...] = ()
    ground: str = ""
    country: Country = "XX"
    refused: str = ""

    @property
    def negative(self) -> bool:
        """Whether the answer expected is a no of some kind."""
        noes = (self.blocks, self.refusable, self.closed, self.refused, self.lacks, self.nowhere)
        return any(noes) or any(limit.state == "lapsed" for limit in self.limits)


class CaseFile(_Table, frozen=True, kw_only=True):
    """One file of cases."""

    given: dict[str, Tree] = {}
    cases: tuple[Case, ...] = field(default=(), name="case")
