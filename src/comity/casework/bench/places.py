"""Where legal time is counted: each side of a matter by the zone and holidays that the directory gives its authority.

A case may hold matters in both directions, so the sides are looked up by the act that started a clock: whoever issued the
act that opened its matter is the side that asks or orders, its first addressee the side that is asked or ordered.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from comity.cases.state import CaseState
from comity.law.calendars import Calendar, no_holidays, public_holidays
from comity.law.clocks import Calendars, CalendarsOf
from comity.law.terms import Side
from comity.trust.directory import Directory
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import ActId, AuthorityId


def calendars_of(directory: Directory, me: AuthorityId, state: CaseState) -> CalendarsOf:
    """Where each side works, by the act that started the clock; this node's own place where no matter tells."""
    openings = {step.act: step for step in state.steps}
    matters = {step.act: step.matter for step in state.steps}
    known: dict[AuthorityId, Calendar] = {}

    def place(authority: AuthorityId) -> Calendar:
        if authority not in known:
            known[authority] = calendar_at(directory, authority)
        return known[authority]

    def places(act: ActId | None) -> Calendars:
        opening = openings.get(matters.get(act or "", ""))
        if opening is None:
            return dict.fromkeys(Side, place(me))
        asked = next(iter(opening.to), opening.issuer)
        return {Side.SENDING: place(opening.issuer), Side.RECEIVING: place(asked)}

    return places


def calendar_at(directory: Directory, authority: AuthorityId) -> Calendar:
    """The zone and holidays an authority works by; what is not known here is said in the calendar's name, never guessed."""
    if not directory.knows(authority):
        return Calendar(zone="UTC", holidays=no_holidays, name=f"{authority} is not in the directory: UTC, no holidays")
    entry = directory.authority(authority)
    country, _, subdivision = entry.calendar.partition("-")
    try:
        return Calendar(
            zone=_zone(entry.time_zone), holidays=public_holidays(country, subdivision), name=entry.calendar
        )
    except BrokenInputError:
        name = f"the holidays of {entry.calendar} are not known here: none looked at"
        return Calendar(zone=_zone(entry.time_zone), holidays=no_holidays, name=name)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
