"""The zone that is assumed of times which say none is committed to: in each item, in its segment, and for the act."""

import msgspec
import pytest

from comity.adapters.objects.segment_sealing import read_index
from comity.evidence.items.descriptors import unframe
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.vocabulary.errors import BrokenInputError, ErrorCode

TABLE = b"date,from,text\n2026-11-03 00:30:00,ana@example.org,a\n2026-11-03 23:30:00,ana@example.org,b\n"
KOLKATA = IntakeTerms(zone="Asia/Kolkata")


@pytest.fixture
def place(tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    (place / "messages.csv").write_bytes(TABLE)
    (place / "photo").write_bytes(bytes(9))
    return place


def taken(desk, place, terms, resume=()):
    seals, identity = [], desk.room.new_identity()
    intake = desk.room.take_in(place, identity, seals.append, terms=terms, resume=resume)
    return HeldExhibit(desk.exhibit_id(), tuple(seals)), identity, intake


def descriptors(desk, held, identity):
    indices = [read_index(desk.store, desk.cipher, identity, seal) for seal in held.seals]
    return {each.name: each for index in indices for each in (unframe(item.frame) for item in index.items)}


def test_a_table_without_zones_is_cut_by_the_days_of_the_stated_one(desk, place):
    held, identity, intake = taken(desk, place, KOLKATA)
    found = descriptors(desk, held, identity)
    assert sorted(found) == ["messages.csv/2026-11-02/000001", "messages.csv/2026-11-03/000002", "photo"]
    assert [found[name].zone for name in sorted(found)] == ["Asia/Kolkata", "Asia/Kolkata", ""]
    assert intake.zone == "Asia/Kolkata"


def test_without_a_zone_it_stays_whole_and_undated(desk, place):
    held, identity, intake = taken(desk, place, IntakeTerms())
    found = descriptors(desk, held, identity)
    assert found["messages.csv"].first is None
    assert {each.zone for each in found.values()} | {intake.zone} == {""}


def test_the_receiver_reads_the_same_times_and_puts_aside_what_names_another_zone(make_desk, desk, place, scopes):
    held, identity, _ = taken(desk, place, KOLKATA)
    disclosed, new = desk.disclose(held, identity, granted=[scopes["day"]])
    assert list(desk.receive(disclosed, new, scope=[scopes["day"]]).accepted()) == ["messages.csv/2026-11-03/000002"]

    def lie(descriptor):
        return msgspec.structs.replace(descriptor, zone="Europe/Lisbon" if descriptor.zone else "")

    liar = make_desk("liar", rules=msgspec.structs.replace(desk.settings["rules"], unsafe_describe=lie))
    held, identity, _ = taken(liar, place, KOLKATA)
    disclosed, new = liar.disclose(held, identity, granted=[scopes["day"]])
    assert liar.receive(disclosed, new, scope=[scopes["day"]]).counts() == {"descriptor-differs": 1}


def test_an_intake_goes_on_with_the_zone_that_it_was_begun_with_alone(desk, place):
    seals, identity = [], desk.room.new_identity()
    desk.room.take_in(place, identity, seals.append, terms=KOLKATA)
    desk.room.take_in(place, identity, seals.append, terms=KOLKATA, resume=tuple(seals))
    for zone in ("", "Europe/Lisbon"):
        with pytest.raises(BrokenInputError) as refused:
            desk.room.take_in(place, identity, print, terms=IntakeTerms(zone=zone), resume=tuple(seals))
        assert refused.value.code is ErrorCode.NOT_ALLOWED


def test_a_zone_that_nobody_knows_is_refused(desk, place):
    with pytest.raises(BrokenInputError) as refused:
        taken(desk, place, IntakeTerms(zone="Nowhere/Land"))
    assert refused.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "messages.json",
            b'[{"timestamp":"2026-11-03T10:00:00","body":"a","from":"x"},\n {"timestamp":"2026-11-04T10:00:00"}]',
        ),
        ("wide.csv", b"\xff\xfe" + TABLE.decode().encode("utf-16-le")),
    ],
)
def test_an_array_or_a_wide_table_in_a_stated_zone_is_cut_and_its_parts_pass_reception(desk, tmp_path, name, content):
    place = tmp_path / name
    place.write_bytes(content)
    held, identity, intake = taken(desk, place, KOLKATA)
    found = descriptors(desk, held, identity)
    assert (intake.items, len({each.first.date() for each in found.values()})) == (2, 2)
    disclosed, new = desk.disclose(held, identity)
    assert sorted(desk.receive(disclosed, new).accepted()) == sorted(found)
