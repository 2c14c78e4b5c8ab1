"""What an order matches: of what was taken in for whoever orders, and what has to stay where some is refused or suspended."""

from types import SimpleNamespace

from comity.acts.bodies import ExhibitTakenIn, ProductionOrdered
from comity.acts.classes import ActType
from comity.acts.matters import DataSought, ScopePart
from comity.casework.custody import matching
from comity.casework.custody.matching import Match
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

HERS, HIS, THEIRS = (Target(TargetKind.EMAIL, f"{name}@mail.example") for name in ("hers", "his", "theirs"))


def test_of_two_items_of_one_label_neither_may_go_when_that_label_is_held_up():
    parts = tuple(ScopePart(label, (DataCategory.CONTENT,)) for label in ("mails", "mails", "others"))
    match = Match("a" * 32, parts, targets=(("mails", HERS), ("mails", HIS), ("others", THEIRS)))
    held_up = match.held_up(["mails"])
    assert (len(held_up.parts), held_up.targets, held_up.free) == (2, (HERS, HIS), (THEIRS,))


class Provider:
    """A case in which two authorities have ordered production, and for each something was taken in."""

    def __init__(self, monkeypatch):
        self.acts = {}
        self.steps = []
        monkeypatch.setattr(matching, "payload_of", lambda _bench, act: self.acts[act])
        monkeypatch.setattr(matching, "state_of", lambda *_: SimpleNamespace(steps=self.steps))

    def add(self, act, issuer, body, *re):
        kind = ActType.EXHIBIT_TAKEN_IN if isinstance(body, ExhibitTakenIn) else ActType.PRODUCTION_ORDERED
        self.acts[act] = SimpleNamespace(issuer=issuer, case="c" * 32, body=body, re=re)
        self.steps.append(SimpleNamespace(act=act, type=kind))
        return self.acts[act]


def test_what_was_taken_in_for_one_authority_is_found_after_others_and_goes_to_no_other_authority(monkeypatch):
    provider = Provider(monkeypatch)
    sought = DataSought((HERS,), (DataCategory.CONTENT,))
    order = ProductionOrdered(measure="production", issuing_kind=OfficeKind.JUDGE, data=sought)
    ours, theirs = (provider.add(act, issuer, order) for act, issuer in (("a" * 64, "pt"), ("b" * 64, "fr")))
    provider.add("d" * 64, "provider", ExhibitTakenIn("1" * 32, "0" * 64, 1, 1, 1), "a" * 64)
    provider.add("e" * 64, "provider", ExhibitTakenIn("2" * 32, "0" * 64, 1, 1, 1), "b" * 64)
    assert matching.match_of(None, ours, "1" * 32).encloses == ("d" * 64,)
    assert matching.match_of(None, theirs, "2" * 32).encloses == ("e" * 64,)
    assert matching.match_of(None, ours, "2" * 32) is None
    assert matching.match_of(None, theirs, "1" * 32) is None
