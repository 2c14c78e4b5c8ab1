"""The rows about figures that an instrument has its States and those it binds count, year by year.

What can be counted from acts is a closed list (`Counted`); an instrument says what it calls a figure, which orders it is
about, and by what it is split.
"""

from enum import StrEnum

from comity.acts.classes import ActType
from comity.law.rows import Provision, Text
from comity.law.terms import Side


class Counted(StrEnum):
    """What a figure counts, or of what it is the mean. Append only."""

    ORDERS = "orders"
    UNVALIDATED = "unvalidated-orders"
    OUTCOMES = "outcomes"
    NOTICES_AND_REFUSALS = "notices-and-refusals"
    TIME_TO_DATA = "time-to-data"
    TIME_TO_FOLLOW_UP = "time-to-follow-up"
    ENFORCEMENT = "enforcement"
    VALIDATION_REFUSED = "validation-refused"
    REMEDIES = "remedies"
    COSTS = "costs"


class SplitBy(StrEnum):
    """What a figure is split by. Append only."""

    DATA = "data"
    ADDRESSEE = "addressee"
    EMERGENCY = "emergency"
    GROUND = "ground"
    ISSUING_STATE = "issuing-state"


class FigureRule(Provision, frozen=True, kw_only=True):
    """One figure. `side` is that of the node which counts: the one that orders, or the one that is ordered."""

    text: Text
    counts: Counted
    side: Side = Side.SENDING
    orders: tuple[ActType, ...] = (ActType.PRODUCTION_ORDERED, ActType.PRESERVATION_ORDERED)
    split: tuple[SplitBy, ...] = ()
