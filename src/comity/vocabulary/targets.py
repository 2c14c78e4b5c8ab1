"""Identifiers of the accounts, lines and devices a measure is aimed at, in ETSI TS 103 280 forms.

Normalised at the edges so that the same target is the same text everywhere: search and scope depend on it.
"""

import ipaddress
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property

from msgspec import Struct


class TargetKind(StrEnum):
    """Append only."""

    EMAIL = "email"
    PHONE = "phone"
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    ACCOUNT = "account"
    IMEI = "imei"
    MAC = "mac"
    IP_RANGE = "ip-range"


class Target(Struct, frozen=True, forbid_unknown_fields=True):
    """One identifier. `value` is in normal form (see `normalise`)."""

    kind: TargetKind
    value: str

    def __post_init__(self) -> None:
        if normalise(self.kind, self.value) != self.value:
            raise ValueError(f"a target of kind {self.kind} must be in its normal form")


class Aim:
    """Identifiers that something is aimed at, made ready to be asked about many others."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._targets = frozenset(targets)
        self._ranges = [_addresses(each) for each in self._targets if each.kind is TargetKind.IP_RANGE]

    def covers(self, target: Target) -> bool:
        """Whether the identifier is one of them, or nothing but addresses inside one of their ranges."""
        if target in self._targets:
            return True
        if not self._ranges or target.kind not in _ADDRESSES:
            return False
        version, first, last = _addresses(target)
        return any(version == of and begins <= first and last <= ends for of, begins, ends in self._ranges)

    def meets(self, target: Target) -> bool:
        """Whether the identifier is one of them, or any of its addresses one of theirs."""
        if target in self._targets:
            return True
        if target.kind not in _ADDRESSES:
            return False
        version, first, last = _addresses(target)
        return any(version == of and begins <= last and first <= ends for of, begins, ends in self._every_address)

    @cached_property
    def _every_address(self) -> list[tuple[int, int, int]]:
        return [_addresses(each) for each in self._targets if each.kind in _ADDRESSES]


_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,253}\Z")
_PHONE = re.compile(r"[0-9]{5,15}\Z")
_IMEI = re.compile(r"[0-9]{14,15}\Z")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")
_MAX_ACCOUNT = 256
_ADDRESSES = frozenset((TargetKind.IPV4, TargetKind.IPV6, TargetKind.IP_RANGE))


def normalise(kind: TargetKind, text: str) -> str:
    """The normal form: e-mail domain in lower case, E.164 without +, IPv6 fully expanded in lower case, MAC with colons.

    A range of IP addresses is its first and its last one; a block (CIDR) becomes that.

    Raises `ValueError` when the text is no identifier of that kind.
    """
    return _FORMS[kind](text.strip())


def _email(text: str) -> str:
    if not _EMAIL.match(text):
        raise ValueError("not an e-mail address")
    local, domain = text.rsplit("@", 1)
    return f"{local}@{domain.lower()}"


def _phone(text: str) -> str:
    digits = re.sub(r"[ ()./-]", "", text).removeprefix("+")
    if not _PHONE.match(digits):
        raise ValueError("not an E.164 number")
    return digits


def _ipv4(text: str) -> str:
    return str(ipaddress.IPv4Address(text))


def _ipv6(text: str) -> str:
    return ipaddress.IPv6Address(text).exploded.lower()


def _imei(text: str) -> str:
    digits = re.sub(r"[ /-]", "", text)
    if not _IMEI.match(digits):
        raise ValueError("not an IMEI")
    return digits


def _mac(text: str) -> str:
    pairs = text.lower().replace("-", ":")
    if not _MAC.match(pairs):
        raise ValueError("not a MAC address")
    return pairs


def _ip_range(text: str) -> str:
    if "%" in text:
        raise ValueError("a zone is of one machine's own network")
    if "/" in text:
        block = ipaddress.ip_network(text)
        first, last = block.network_address, block.broadcast_address
    else:
        begins, _, ends = text.partition("-")
        first, last = ipaddress.ip_address(begins.strip()), ipaddress.ip_address(ends.strip())
    if first.version != last.version or int(first) > int(last):
        raise ValueError("not a range of addresses of one kind")
    return f"{first.exploded}-{last.exploded}"


def _addresses(target: Target) -> tuple[int, int, int]:
    """The version of IP, and the first and the last address as numbers; an address alone is both."""
    begins, _, ends = target.value.partition("-")
    first, last = ipaddress.ip_address(begins), ipaddress.ip_address(ends or begins)
    return first.version, int(first), int(last)


def _account(text: str) -> str:
    if not text or len(text) > _MAX_ACCOUNT or any(ord(c) < ord(" ") for c in text):
        raise ValueError("not an account name")
    return text


_FORMS = {
    TargetKind.EMAIL: _email,
    TargetKind.PHONE: _phone,
    TargetKind.IPV4: _ipv4,
    TargetKind.IPV6: _ipv6,
    TargetKind.ACCOUNT: _account,
    TargetKind.IMEI: _imei,
    TargetKind.MAC: _mac,
    TargetKind.IP_RANGE: _ip_range,
}
