"""Reading the times that logs and mails write, strictly: a time without a zone proves nothing and is no time.

Unless whoever takes the data in says which zone it is in: then a time that the clocks there showed once is one.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from comity.vocabulary.instants import Instant

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}

ISO = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})? ?(?:Z|[+-]\d\d:?\d\d)(?![\w:])"
"""RFC 3339 in the spellings that logs use: a blank for the T or before the zone, a comma for the point."""

_ABBREVIATIONS = (
    rb"ACDT|ACST|ADDT|ADT|AEDT|AEST|AHDT|AHST|AKDT|AKST|AST|AWDT|AWST|BDT|BST|CAST|CAT|CDT|CEST|CET|CHST|CST|EAT|EDT|"
    rb"EEST|EET|EST|GDT|GMT|GST|HDT|HKST|HKT|HST|IDT|IST|JST|KDT|KST|MDT|MEST|MET|MMT|MSD|MSK|MST|NDDT|NDT|NST|NZDT|"
    rb"NZST|PDT|PKST|PKT|PST|SAST|SST|UTC?|WAST|WAT|WEST|WET|WIB|WIT|WITA|YDT|YST"
)
"""What the IANA database has called a zone's time since 1970; nearly all others end in T too."""

_AREAS = rb"Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Etc|Europe|Indian|Pacific"
_NO_ZONES = rb"ALERT|AUDIT|CRIT|EVENT|EXIT|FAULT|GET|HINT|INIT|POST|PUT|START|TEST"
"""What logs write in capitals behind a time that only looks like a zone: levels, methods, steps."""

_ZONED = (
    rb"\W{0,8}(?:[+-]\d|(?i:[AP]\.?M|Z|" + _ABBREVIATIONS + rb")\b|(?i:" + _AREAS + rb")/"
    rb"|(?!(?:" + _NO_ZONES + rb")\b)[A-Z]{1,4}T\b)"
)
"""What makes a time another than the clocks showed, whatever stands before it: half of the day, or a zone."""

LOCAL = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?![\w:]|[.,]\d|" + _ZONED + rb")"
"""The same without a zone, also without one in letters or one that cannot be read."""

_ISO = re.compile(rb"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?( ?(?:Z|[+-]\d\d:?\d\d))?\Z")
_CLF = re.compile(rb"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\Z")
_MAIL = re.compile(
    rb"(?:[A-Za-z]{3},?\s{0,8})?(\d{1,2})\s{1,8}([A-Za-z]{3})\s{1,8}(\d{4})\s{1,8}"
    rb"(\d\d):(\d\d)(?::(\d\d))?\s{1,8}([+-]\d{4}|GMT|UTC?|Z)(?:\s{0,8}\([^()]{0,64}\))?\s{0,8}\Z"
)
_MICROSECONDS = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = range(100_000_000, 10_000_000_000)
_MILLISECONDS = range(100_000_000_000, 10_000_000_000_000)


def iso_instant(text: bytes, assumed: tzinfo | None = None) -> Instant | None:
    """The instant of an ISO 8601 text with a zone, or None. Finer than microseconds is cut.

    One that says no zone is in the `assumed` one; what its clocks showed twice or never, as they were turned, is none.
    """
    match = _ISO.match(text)
    if match is None or (match[8] is None and assumed is None):
        return None
    fraction = int((match[7] or b"")[:_MICROSECONDS].ljust(_MICROSECONDS, b"0"))
    parts = (int(match[1]), int(match[2]), int(match[3]), int(match[4]), int(match[5]), int(match[6]))
    return _instant(parts, assumed if match[8] is None else match[8].strip(), fraction)


def file_instant(nanoseconds: int) -> Instant | None:
    """The instant that a file system or an archive states, in nanoseconds since 1970; None outside 1973 to 2286."""
    if nanoseconds // 10**9 not in _SECONDS:
        return None
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of that IANA name, or None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def clf_instant(text: bytes) -> Instant | None:
    """The instant of a common log format time (`13/Jan/2016:19:31:16 +0000`), or None."""
    match = _CLF.match(text)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    return _instant((int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6])), match[7])


def mail_instant(text: bytes) -> Instant | None:
    """The instant of an RFC 5322 section 3.3 date, or None. The obsolete zones with letters are read as far as GMT."""
    match = _MAIL.match(text.strip())
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    zone = match[7] if match[7][:1] in b"+-" else b"Z"
    return _instant((int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), int(match[6] or 0)), zone)


def epoch_instant(number: float) -> Instant | None:
    """The instant of a Unix time in seconds or milliseconds between 1973 and 2286, or None."""
    whole = int(number) if abs(number) < _MILLISECONDS.stop else 0
    if whole in _SECONDS:
        return _EPOCH + timedelta(seconds=number)
    if whole in _MILLISECONDS:
        return _EPOCH + timedelta(milliseconds=number)
    return None


def _instant(
    parts: tuple[int, int, int, int, int, int], zone: bytes | tzinfo | None, microsecond: int = 0
) -> Instant | None:
    year, month, day, hour, minute, second = parts
    try:
        there = _zone(zone) if isinstance(zone, bytes) else zone
        local = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=there)
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            return None
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: bytes) -> timezone:
    if text in (b"Z", b"+0000", b"-0000", b"+00:00"):
        return UTC
    digits = text[1:].replace(b":", b"")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[:1] == b"-" else offset)
