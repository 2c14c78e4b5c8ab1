"""What fields of a shape must say together: the rules of the page against those of the classes, on every combination."""

import base64
import itertools

import pytest

from comity.acts.custody_bodies import ItemOpened
from comity.acts.quarantine_bodies import ScreenSet
from comity.acts.retention_bodies import CopiesReported, RetentionSet
from comity.vocabulary.categories import CopiesStanding
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.targets import TargetKind, normalise
from comity.vocabulary.wire import decode, encode

EARLY, LATE = "2026-11-22T10:00:00Z", "2027-11-22T10:00:00Z"
ONE, TWO = ("1" * 64,), ("2" * 64,)


@pytest.mark.parametrize(
    ("shape", "always", "fields"),
    [
        (
            RetentionSet,
            {"type": "retention-set", "rule": "own-rule", "citation": "a rule of the office"},
            {"at_least": (EARLY, LATE), "at_most": (EARLY, LATE), "review_days": (30,)},
        ),
        (
            CopiesReported,
            {"type": "copies-reported", "about": "0" * 32},
            {
                "standing": tuple(CopiesStanding),
                "ground": ("appeal-pending",),
                "until": (LATE,),
                "certificate": ("0" * 64,),
            },
        ),
        (
            ScreenSet,
            {"type": "screen-set"},
            {
                "counsel": ((), ({"kind": "email", "value": "Q@chambers.example"},)),
                "names": ((), ("",), ("/", "//"), ("\n",), ("letters", "/")),
            },
        ),
        (
            ItemOpened,
            {"type": "item-opened", "exhibit": "0" * 32, "item": "0" * 64, "purpose": "trial", "reasons": ""},
            {
                "derived": ("0" * 32,),
                "names": (True,),
                "listed": ((), ONE, ONE + TWO, TWO + ONE, ONE + ONE),
            },
        ),
    ],
)
def test_what_fields_must_say_together_is_asked_alike(lab, shape, always, fields):
    """Every combination of what each field may say, and of its being left out."""
    cases = [
        encode(always | {name: value for name, value in zip(fields, chosen, strict=True) if value is not None})
        for chosen in itertools.product(*((None, *values) for values in fields.values()))
    ]

    def taken(document: bytes) -> bool:
        try:
            decode(document, shape, limit=1 << 20)
        except BrokenInputError:
            return False
        return True

    found = lab(
        "given.map(([shape, document]) => { try { values_js.decode(bytesOf(document), shape, 1 << 20); return true; }"
        " catch (error) { return error.what ? false : `${error}`; } })",
        [[shape.__name__, base64.b64encode(document).decode()] for document in cases],
    )
    assert found == [taken(document) for document in cases]
    assert {True, False} == set(found)


IDENTIFIERS = (
    *("00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "001b44113ab7", "00:1b:44:11:3a", "00:1b:44:11:3a:b7:00"),
    *(
        "192.0.2.0-192.0.2.255",
        "192.0.2.9-192.0.2.10",
        "192.0.2.10-192.0.2.9",
        "192.0.2.0/24",
        "192.0.2.1",
        "192.0.2.1-",
    ),
    *("2001:0db8:0000:0000:0000:0000:0000:0000-2001:0db8:0000:0000:0000:0000:0000:00ff", "2001:db8::-2001:db8::ff"),
    *("192.0.2.1-2001:0db8:0000:0000:0000:0000:0000:0000", "1.1.1.1-1.1.1.2-1.1.1.3", "fe80::1%a-fe80::2%a", ""),
)


@pytest.mark.parametrize("kind", ["mac", "ip-range"])
def test_an_identifier_in_its_normal_form_is_asked_for_alike(lab, kind):
    taken = []
    for value in IDENTIFIERS:
        try:
            taken.append(normalise(TargetKind(kind), value) == value)
        except ValueError:
            taken.append(False)
    found = lab(
        "given.map(([kind, value]) => rules_js.RULES.Target({ kind, value }))", [[kind, value] for value in IDENTIFIERS]
    )
    assert found == taken
    assert {True, False} == set(found)
