"""The kinds of matter a case can hold, and where one of them can stand. Append only: states in views are compared by value."""

from enum import StrEnum


class Procedure(StrEnum):
    """The kinds of matter a case can hold; each has its transition table."""

    PRESERVATION = "preservation"
    DISCLOSURE = "disclosure"
    PRODUCTION = "production"
    REVIEW = "review"
    HOUSEKEEPING = "housekeeping"
    COPIES = "copies"


class Stage(StrEnum):
    """Where one matter stands at a node."""

    ASKED = "asked"
    ORDERED = "ordered"
    HOLDING = "holding"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    DECIDED = "decided"
    HANDED_OVER = "handed-over"
    RECEIVED = "received"
    VALIDATED = "validated"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    CONCLUDED = "concluded"
    KEPT = "kept"
