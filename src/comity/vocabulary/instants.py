"""Points in time and spans between them. All times are UTC-aware; nothing here reads a clock."""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""A point in time with a zone; RFC 3339 on the wire, UTC inside."""

ZoneName = Annotated[str, Meta(pattern=r"^(?:[A-Za-z][A-Za-z0-9_+/-]{0,63})?\Z")]
"""A time zone by its IANA name, or nothing for none."""


class Period(Struct, frozen=True, forbid_unknown_fields=True):
    """From `start` inclusive to `end` exclusive."""

    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a period must end after it starts")

    def contains(self, instant: datetime) -> bool:
        """Whether the instant lies in the period, its start included and its end not."""
        return self.start <= instant < self.end


def to_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises `ValueError` for a naive datetime: a time without a zone proves nothing."""
    if instant.tzinfo is None:
        raise ValueError("a time must carry its zone")
    return instant.astimezone(UTC)


def rfc3339(instant: datetime) -> str:
    """RFC 3339 UTC with a trailing Z and microseconds only where there are any."""
    return to_utc(instant).isoformat().replace("+00:00", "Z")
