"""What fields of a shape must say together: the rules of the page against those of the classes, on every combination."""

import base64
import itertools

import pytest

from comity.acts.retention_bodies import CopiesReported, RetentionSet
from comity.vocabulary.categories import CopiesStanding
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.wire import decode, encode

EARLY, LATE = "2026-11-22T10:00:00Z", "2027-11-22T10:00:00Z"


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
