import hashlib
import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import urllib3
from tests.objects.archive_hall import LIMITS, Hall

from comity.acts.matters import ScopePart
from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.bucket import BucketEvidenceStore
from comity.adapters.objects.bucket_requests import BucketTerms
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK, PipelineTerms
from comity.adapters.objects.intake import IntakeRules
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.room import ObjectsEvidenceRoom
from comity.evidence.items.exhibits import Disclosed, HeldExhibit, Intake, IntakeTerms, PackedExhibit, Received
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Period

DAY = datetime(2026, 11, 3, tzinfo=UTC)
EVERYTHING = ScopePart("all", tuple(DataCategory))
ON_THE_DAY = ScopePart("day", (DataCategory.CONTENT, DataCategory.TRAFFIC), Period(DAY, DAY + timedelta(days=1)))
SMALL = IntakeRules(pipeline=PipelineTerms(chunk=LEAST_CHUNK, lanes=2), seal_items=8)


class Chance:
    def take(self, count: int) -> bytes:
        return os.urandom(count)


class Desk:
    """One custodian or receiver with a store, and the few steps the tests play again and again."""

    def __init__(self, root: Path, **settings) -> None:
        self.store = LocalEvidenceStore(root)
        self.cipher = AgeCipher()
        self.settings = {"rules": SMALL, **settings}
        self._numbers = itertools.count(1)

    @property
    def room(self) -> ObjectsEvidenceRoom:
        return ObjectsEvidenceRoom(self.store, self.cipher, Chance(), **self.settings)

    def exhibit_id(self) -> str:
        return f"{next(self._numbers):032x}"

    def hold(self, place: Path) -> tuple[HeldExhibit, str, Intake]:
        identity, seals = self.room.new_identity(), []
        intake = self.room.take_in(place, identity, seals.append, terms=IntakeTerms(source="test"))
        return HeldExhibit(self.exhibit_id(), tuple(seals)), identity, intake

    def disclose(self, held: HeldExhibit, identity: str, granted=(EVERYTHING,), refused=()) -> tuple[Disclosed, str]:
        new = self.room.new_identity()
        exhibit = self.exhibit_id()
        return (
            self.room.disclose(held, identity, granted=granted, refused=refused, exhibit=exhibit, new_identity=new),
            new,
        )

    def receive(self, disclosed: Disclosed, identity: str, scope=(EVERYTHING,), **changes) -> "Taken":
        clean, closed = self.room.new_identity(), self.room.new_identity()
        fields = {
            "hold_exhibit": disclosed.hold_exhibit,
            "hold_root": disclosed.hold_root,
            "scope": scope,
            "clean_identity": clean,
            "quarantine_exhibit": "f" * 32,
            "quarantine_recipient": self.room.recipient_of(closed),
            **changes,
        }
        received = self.room.receive(changes.pop("packed", disclosed.packed), identity, **without(fields, "packed"))
        return Taken(self, received, clean if received.repacked else identity, closed)

    def contents(self, packed: PackedExhibit, identity: str) -> dict[str, bytes]:
        reader = self.room.reader(packed, identity)
        return {each.descriptor.name: b"".join(reader.read(each)) for each in self.room.each_item(packed, identity)}


class Taken:
    """A received exhibit and the identities that open its two halves."""

    def __init__(self, desk: Desk, received: Received, identity: str, closed: str) -> None:
        self.received = received
        self.identity = identity
        self.closed = closed
        self._desk = desk

    def accepted(self) -> dict[str, bytes]:
        return self._desk.contents(self.received.accepted, self.identity)

    def quarantined(self) -> dict[str, bytes]:
        return self._desk.contents(self.received.quarantined, self.closed)

    def counts(self) -> dict[str, int]:
        return {each.code.value: each.items for each in self.received.counts}


def without(fields: dict, name: str) -> dict:
    return {key: value for key, value in fields.items() if key != name}


def message(day: int, text: str) -> str:
    return (
        f"From ana Tue Nov  3 10:00:00 2026\nFrom: ana@example.org\nTo: rui@example.net\n"
        f"Date: {day} Nov 2026 10:00:00 +0000\nSubject: {text}\n\n{text}\n"
    )


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "store")


@pytest.fixture
def make_desk(tmp_path):
    return lambda name="other", **settings: Desk(tmp_path / name, **settings)


@pytest.fixture
def hall(make_desk, tmp_path):
    ticks = itertools.count(0.0, 26.0)
    rules = msgspec.structs.replace(
        make_desk().settings["rules"], monotonic=lambda: next(ticks), unpacking=LIMITS, seal_items=3
    )
    return Hall(make_desk("store", rules=rules), tmp_path / "in")


@pytest.fixture
def folder(tmp_path):
    """Three messages on three days, a log over two days, a subscriber record, and two opaque files."""
    place = tmp_path / "evidence"
    (place / "logs").mkdir(parents=True)
    (place / "mail.mbox").write_text("\n".join(message(day, f"needle-{day}") for day in (2, 3, 4)))
    (place / "logs" / "access.log").write_text(
        "".join(
            f'10.0.0.{day} - - [{day:02}/Nov/2026:{hour:02}:00:00 +0000] "GET /{hour} HTTP/1.1" 200 1\n'
            for day in (2, 3)
            for hour in range(24)
        )
    )
    (place / "subscriber.json").write_text('{"category":"subscriber","account":"ana","email":"ana@example.org"}')
    (place / "notes.bin").write_bytes(b"\x00" + bytes(range(256)) * 1_000)
    (place / "empty").write_bytes(b"")
    return place


@pytest.fixture
def scopes():
    return {"everything": EVERYTHING, "day": ON_THE_DAY}


PATIENCE = timedelta(seconds=3)


@pytest.fixture
def terms(bucket_server, request) -> BucketTerms:
    bucket = "b" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]
    assert urllib3.request("PUT", f"{bucket_server}/{bucket}").status == 200
    return BucketTerms(bucket, "evidence", bucket_server, "us-east-1", "account", "secret", PATIENCE)


@pytest.fixture
def bucket_store(tmp_path, terms):
    return BucketEvidenceStore(tmp_path / "staging", terms)
