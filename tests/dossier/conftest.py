"""The main case, played in a mini-federation, and what tests do to its dossier.

Tests alter files and pack them again, with or without the exporter's own seal over the result.
"""

import importlib.util
import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import msgspec
import pytest

from comity.acts import bodies as b
from comity.acts.custody_bodies import ItemOpened
from comity.acts.matters import Contact, DataSought, PartDecision, Reopened, ScopePart, StoredObject, Withheld
from comity.evidence.archive import bag
from comity.evidence.archive.read import read_archive
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import DossierHeader
from comity.evidence.items.exhibit_seal import objects_root
from comity.trust.anchors import TrustAnchor
from comity.vocabulary.categories import DataCategory, QuarantineCode, WithheldReason
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind
from comity.vocabulary.wire import encode

T = TypeVar("T")


def _beside(name: str) -> ModuleType:
    """A module of this folder: tests are not packages, so it is loaded by its place."""
    spec = importlib.util.spec_from_file_location(f"dossier_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault(spec.name, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


_federation: Any = _beside("federation")
Federation, Exhibit = _federation.Federation, _federation.Exhibit
BEGAN, seed, zipped = _federation.BEGAN, _federation.seed, _federation.zipped


def unpacked(dossier: bytes) -> dict[str, bytes]:
    """The files of a dossier by their paths in the bag."""
    archive = read_archive(io.BytesIO(dossier))
    return {name.removeprefix(bag.BASE): archive.read(name, limit=1 << 30) for name in archive.files}


@dataclass
class Story31:
    """The acts of the case by what they are, in the order they happened."""

    requested: str = ""
    held: str = ""
    confirmed: str = ""
    asked: str = ""
    decided: str = ""
    given: str = ""
    taken: str = ""
    passed_on: str = ""
    received: str = ""
    opened: str = ""


def played(federation: Federation, *, exhibits: tuple[Exhibit, ...] | None = None) -> Story31:
    """The main case: hold, disclosure of a part, two hand-overs, quarantine, a look. Gives the acts' names."""
    made = exhibits or (Exhibit("mail", 12, 7, content=lambda number: f"letter {number}\n".encode() * 20),)
    acts = Story31()
    play = federation.act
    data = DataSought((Target(TargetKind.EMAIL, "suspect@mail.example"),), (DataCategory.CONTENT,))
    contact = Contact("Prosecution", "desk", "Maria Costa")
    acts.requested = play(
        "pt", b.PreservationRequested("expedited-preservation", contact, data=data, facts="fraud"), to=("de",)
    )
    ordered = play(
        "de", b.PreservationOrdered("preservation", data, 90, "urgent"), to=("provider",), re=(acts.requested,)
    )
    orders: dict[str, str] = {}
    for exhibit in made:
        if exhibit.hold_exhibit not in orders:
            orders[exhibit.hold_exhibit] = _hold(federation, exhibit, acts, ordered)
        if exhibit.reopened:
            orders[exhibit.hold_exhibit] = _ordered_further(federation, acts)
        _custody(federation, exhibit, acts, orders[exhibit.hold_exhibit])
    return acts


def _ordered_further(federation: Federation, acts: Story31) -> str:
    """What was withheld is asked for once more, and ordered of the same hold."""
    play, scope = federation.act, (ScopePart("what was withheld", (DataCategory.CONTENT,)),)
    acts.asked = play(
        "pt", b.DisclosureRequested("disclosure", acts.confirmed, scope=scope), to=("de",), re=(acts.confirmed,)
    )
    parts = (PartDecision("what was withheld", granted=True),)
    acts.decided = play("de", b.DisclosureDecided(parts), to=("pt",), re=(acts.asked,))
    return play("de", b.DisclosureOrdered("disclosure", acts.held, scope), to=("provider",), re=(acts.decided,))


def _hold(federation: Federation, exhibit: Exhibit, acts: Story31, ordered: str) -> str:
    """From the hold to the order to disclose a part of it, which it gives."""
    play, hold = federation.act, exhibit.seal
    total = sum(segment.items for segment in exhibit.segments)
    until = BEGAN + timedelta(days=90)
    acts.held = play(
        "provider",
        b.HoldConfirmed(hold.hold_exhibit, hold.hold_root, 2, total, 9999, federation.now, until),
        to=("de",),
        re=(ordered,),
    )
    acts.confirmed = play(
        "de",
        b.PreservationConfirmed(hold.hold_exhibit, hold.hold_root, total, 9999, federation.now, until, (acts.held,)),
        to=("pt",),
        re=(acts.requested,),
        enclosing=(acts.held,),
    )
    period = Period(BEGAN - timedelta(days=60), BEGAN)
    scope = (
        ScopePart("letters", (DataCategory.CONTENT,), period),
        ScopePart(
            "everything else",
            (DataCategory.TRAFFIC,),
            targets=(Target(TargetKind.PHONE, "351910000001"), Target(TargetKind.IP_RANGE, "192.0.2.0-192.0.2.255")),
        ),
    )
    acts.asked = play(
        "pt", b.DisclosureRequested("disclosure", acts.confirmed, scope=scope), to=("de",), re=(acts.confirmed,)
    )
    parts = (
        PartDecision("letters", granted=True),
        PartDecision("everything else", granted=False, ground="ground-29-5", reasons="too wide"),
    )
    acts.decided = play("de", b.DisclosureDecided(parts), to=("pt",), re=(acts.asked,))
    return play(
        "de", b.DisclosureOrdered("disclosure", acts.held, scope[:1], scope[1:]), to=("provider",), re=(acts.held,)
    )


def _custody(federation: Federation, exhibit: Exhibit, acts: Story31, order: str) -> None:
    """Two hand-overs, what was put aside of the last, and a look."""
    play = federation.act
    body = _hand_over(exhibit, order, acts.given)
    acts.given = play("provider", body, to=("de",), re=(order,))
    acts.taken = play("de", _received(body, acts.given, body.items, opened=False), to=("provider",), re=(acts.given,))
    onward = msgspec.structs.replace(body, order=acts.asked, encloses=(acts.held, acts.given, acts.taken))
    acts.passed_on = play("de", onward, to=("pt",), re=(acts.asked,), enclosing=(acts.held, acts.given, acts.taken))
    received = _received(onward, acts.passed_on, body.items - 1, opened=True)
    received = msgspec.structs.replace(received, remaining=seed("left", exhibit.exhibit).hex())
    acts.received = play("pt", received, to=("de",), re=(acts.passed_on,))
    aside = b.ItemsQuarantined(exhibit.exhibit, 1, QuarantineCode.OUT_OF_SCOPE)
    play("pt", aside, to=("de",), re=(acts.passed_on,))
    leaf = next(exhibit.items()).leaf_hash().hex()
    acts.opened = play("pt", ItemOpened(exhibit.exhibit, leaf, "trial", "to read it"), to=("de",), re=(acts.passed_on,))
    federation.exhibits[exhibit.exhibit] = exhibit


def _hand_over(exhibit: Exhibit, order: str, before: str) -> b.ExhibitHandedOver:
    seal_ = exhibit.seal
    total = sum(segment.items for segment in exhibit.segments)
    slipped_in = 1
    portion = exhibit.portion
    if portion and exhibit.reopened:
        portion = msgspec.structs.replace(portion, reopened=Reopened(before, exhibit.reopened))
    elsewhere = portion.before + portion.later if portion else 0
    return b.ExhibitHandedOver(
        exhibit=seal_.exhibit,
        hold_exhibit=seal_.hold_exhibit,
        hold_root=seal_.hold_root,
        items=seal_.items + slipped_in,
        size=seal_.size,
        manifest=StoredObject(seed("manifest", seal_.exhibit).hex(), 1000),
        objects=tuple(StoredObject(seed("object", seal_.exhibit, number).hex(), 1 << 20) for number in range(3)),
        withheld=(
            Withheld(WithheldReason.OUT_OF_SCOPE, total - elsewhere - seal_.items - slipped_in - 1),
            Withheld(WithheldReason.REFUSED, 1),
        ),
        key="a2V5",
        order=order,
        portion=portion,
    )


def _received(body: b.ExhibitHandedOver, given: str, items: int, *, opened: bool) -> b.ExhibitReceived:
    return b.ExhibitReceived(body.exhibit, given, body.manifest.digest, objects_root(body.objects).hex(), items, opened)


@dataclass(repr=False)
class Workshop:
    """What tests work with; everything a test may need beside its own words."""

    federation: Federation
    acts: Story31
    dossier: bytes
    files: dict[str, bytes]

    new_federation = staticmethod(Federation)
    play = staticmethod(played)
    exhibit = staticmethod(Exhibit)
    unpack = staticmethod(unpacked)
    zip = staticmethod(zipped)
    seed = staticmethod(seed)

    def altered(self, changes: Mapping[str, bytes | None], *, vouch: bool = True) -> bytes:
        """The dossier with some files replaced or (None) removed, packed as the exporter would pack it."""
        files = {path: data for path, data in (self.files | dict(changes)).items() if data is not None}
        return self.federation.pack(files, vouch=vouch)

    def without(self, *acts: str) -> dict[str, bytes | None]:
        """What changes when these acts are left out of header, places and files, as an exporter could leave them out."""
        header = msgspec.json.decode(self.files[layout.HEADER], type=DossierHeader)
        places = msgspec.json.decode(self.files[layout.ENTRIES], type=layout.LedgerPlaces).places
        lines = tuple(line for line in header.acts if line.act not in acts)
        left = tuple(place for place in places if place.act not in acts)
        gone = {path: None for path in self.files if any(act in path for act in acts)}
        return {
            **gone,
            layout.HEADER: encode(msgspec.structs.replace(header, acts=lines)),
            layout.ENTRIES: encode(layout.LedgerPlaces(left)),
        }

    def rewritten(self, path: str, shape: type[T], change: Callable[[T], T]) -> dict[str, bytes | None]:
        """One JSON file with its value changed."""
        return {path: encode(change(msgspec.json.decode(self.files[path], type=shape)))}

    def failing(self, dossier: bytes, anchor: TrustAnchor | None = None) -> dict[int, Verdict]:
        """The checks that do not hold, by number."""
        report = self.federation.verify(dossier, anchor)
        return {check.number: check.outcome for check in report.checks if check.outcome is not Verdict.VALID}


def workshop_of(federation: Federation, exhibits: tuple[Exhibit, ...] | None = None) -> Workshop:
    """The case played in that federation, and `pt`'s dossier of it."""
    acts = played(federation, exhibits=exhibits)
    dossier = federation.dossier()
    return Workshop(federation, acts, dossier, unpacked(dossier))


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    return workshop_of(Federation())


@pytest.fixture(scope="session")
def make_workshop() -> Callable[..., Workshop]:
    return workshop_of
