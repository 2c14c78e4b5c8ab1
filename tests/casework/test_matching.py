"""What an order matches: what has to stay where something of it is refused or suspended."""

from comity.acts.matters import ScopePart
from comity.casework.matching import Match
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.targets import Target, TargetKind

HERS, HIS, THEIRS = (Target(TargetKind.EMAIL, f"{name}@mail.example") for name in ("hers", "his", "theirs"))


def test_of_two_items_of_one_label_neither_may_go_when_that_label_is_held_up():
    parts = tuple(ScopePart(label, (DataCategory.CONTENT,)) for label in ("mails", "mails", "others"))
    match = Match("a" * 32, parts, targets=(("mails", HERS), ("mails", HIS), ("others", THEIRS)))
    held_up = match.held_up(["mails"])
    assert (len(held_up.parts), held_up.targets, held_up.free) == (2, (HERS, HIS), (THEIRS,))
