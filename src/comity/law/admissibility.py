"""Which grounds, conditions and purposes a measure admits on a day, for the party that relies on them."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from comity.law.instruments import (
    ConditionRule,
    Ground,
    Parties,
    Party,
    Purpose,
)
from comity.law.matters import Check, Matter
from comity.law.terms import (
    Must,
)


class AskedGround(Struct, frozen=True):
    """A refusal ground, with the test of the opening act."""

    rule: Ground
    asked: Check


class Reserved(StrEnum):
    """Whether a party has reserved an article, as far as the party table tells."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Admitted(Struct, frozen=True):
    """What one measure's file lists. `parties` are those of the instrument, with the flag their table uses.

    A table that is not `complete` cannot tell whether a state it does not list has reserved anything.
    """

    grounds: tuple[AskedGround, ...]
    conditions: tuple[ConditionRule, ...]
    purposes: tuple[Purpose, ...]
    parties: Mapping[str, Party]
    reservation_flag: str
    complete: bool = True

    def codes(self, must: Must, matter: Matter) -> frozenset[str]:
        """The codes a field may hold, by what the rule wants it to be. A reservation that may have been made counts."""
        day = matter.at.date()
        if must is Must.BE_A_GROUND:
            return frozenset(ground.rule.code for ground in self.grounds if self.stands(ground, matter))
        rows = self.conditions if must is Must.BE_A_CONDITION else self.purposes
        return frozenset(row.code for row in rows if row.holds_on(day))

    def stands(self, ground: AskedGround, matter: Matter) -> bool:
        """Whether the ground is open to the issuer of this act: in force, reserved where it must be, and in point."""
        day = matter.at.date()
        if not ground.rule.holds_on(day):
            return False
        if self.reserved(ground.rule.reservation, matter.issuer.country, day) is Reserved.NO:
            return False
        return matter.opening is None or ground.asked(matter.opening, matter)

    def reserved(self, article: str, country: str, day: date) -> Reserved:
        """Whether the state has reserved the article that day; an empty article needs no reservation."""
        party = self.parties.get(country)
        if not article:
            return Reserved.YES
        if party is None:
            return Reserved.NO if self.complete else Reserved.UNKNOWN
        made = [reservation for reservation in party.reservations if reservation.article == article]
        if any((r.since is None or r.since <= day) and (r.until is None or day < r.until) for r in made):
            return Reserved.YES
        flagged = bool(self.reservation_flag) and self.reservation_flag in party.flags
        return Reserved.UNKNOWN if flagged and not party.reservations else Reserved.NO


def admitted(
    grounds: tuple[AskedGround, ...],
    conditions: tuple[ConditionRule, ...],
    purposes: tuple[Purpose, ...],
    parties: Parties | None,
) -> Admitted:
    """What a measure admits, with the party table of its instrument."""
    return Admitted(
        grounds=grounds,
        conditions=conditions,
        purposes=purposes,
        parties={party.iso: party for party in parties.rows} if parties else {},
        reservation_flag=parties.reservation_flag if parties else "",
        complete=parties.complete if parties else True,
    )
