"""Identifiers have one spelling: what is written otherwise is brought into it, and what is none is refused."""

import pytest

from comity.vocabulary.targets import Target, TargetKind, normalise


@pytest.mark.parametrize(
    ("kind", "written", "normal"),
    [
        (TargetKind.MAC, " 00-1B-44-11-3A-B7 ", "00:1b:44:11:3a:b7"),
        (TargetKind.IP_RANGE, "192.0.2.0/24", "192.0.2.0-192.0.2.255"),
        (TargetKind.IP_RANGE, "192.0.2.9 - 192.0.2.10", "192.0.2.9-192.0.2.10"),
        (
            TargetKind.IP_RANGE,
            "2001:DB8::/120",
            "2001:0db8:0000:0000:0000:0000:0000:0000-2001:0db8:0000:0000:0000:0000:0000:00ff",
        ),
    ],
)
def test_an_identifier_is_brought_into_its_normal_form_and_stays_there(kind, written, normal):
    assert normalise(kind, written) == normal
    assert normalise(kind, normal) == normal
    assert Target(kind, normal).value == normal


@pytest.mark.parametrize(
    ("kind", "written", "because"),
    [
        (TargetKind.MAC, "00:1b:44:11:3a", "not a MAC address"),
        (TargetKind.MAC, "00:1b:44:11:3a:zz", "not a MAC address"),
        (TargetKind.IP_RANGE, "192.0.2.10-192.0.2.9", "not a range"),
        (TargetKind.IP_RANGE, "192.0.2.1/24", "host bits"),
        (TargetKind.IP_RANGE, "192.0.2.1", "not appear to be"),
        (TargetKind.IP_RANGE, "192.0.2.1-2001:db8::1", "not a range"),
        (TargetKind.IP_RANGE, "fe80::1%eth0-fe80::2%eth0", "zone"),
    ],
)
def test_what_is_no_such_identifier_is_refused(kind, written, because):
    with pytest.raises(ValueError, match=because):
        normalise(kind, written)


def test_an_identifier_in_another_spelling_is_no_target():
    with pytest.raises(ValueError, match="normal form"):
        Target(TargetKind.MAC, "00-1B-44-11-3A-B7")
