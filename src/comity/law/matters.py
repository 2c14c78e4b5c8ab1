"""What a rule is asked about: an act, and what is known around it that the act itself does not say."""

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

from comity.acts.bodies import AnyBody
from comity.acts.payload import Payload
from comity.law.rows import Country
from comity.law.terms import (
    Side,
)
from comity.vocabulary.categories import OfficeKind

FactValue = str | int | bool | datetime | tuple[str, ...] | None
"""A plain value of a field, small enough to keep beside an act: no words of the case, only codes, numbers and times."""


class Participant(Struct, frozen=True, forbid_unknown_fields=True):
    """The state and the kind of one authority, as the directory had them at the time."""

    country: Country
    kind: OfficeKind | None = None


class Matter(Struct, frozen=True):
    """One act before the law, on the day of `at`. `approvers` is None for a draft that nobody has approved yet.

    `opening` is the body of the act that opened the measure, where that is another act and is at hand.
    """

    payload: Payload
    opening: AnyBody | None
    side: Side
    at: datetime
    issuer: Participant
    addressees: tuple[Participant, ...]
    approvers: tuple[OfficeKind, ...] | None
    drafter: OfficeKind | None
    facts: Mapping[str, FactValue]


Check = Callable[[object, Matter], bool]
"""A compiled test: of a body (or an element of one of its lists), with what is known around the act."""
