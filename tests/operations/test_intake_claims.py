"""One order is carried out once at a time: a second intake beside the first can spoil nothing."""

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.acts.matters import SkippedCount
from comity.adapters.intakes import FileIntakes
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.custody.exhibits import KeptIntake, Role, keep_intake, opened, unfinished_intake
from comity.casework.custody.hold import TakeIn, take_into_hold
from comity.casework.custody.intake_pace import intake_progress
from comity.evidence.items.exhibits import Extent, IntakeTerms
from comity.vocabulary.categories import OfficeKind, SkipReason
from comity.vocabulary.errors import BrokenInputError, Refusal
from comity.vocabulary.wire import encode

CASE = "c7" * 16

_HOLD_THE_CLAIM = """
import sys
from pathlib import Path
from comity.adapters.intakes import FileIntakes
with FileIntakes(Path(sys.argv[1])).claim(sys.argv[2]) as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def command(world) -> TakeIn:
    source = world.folder / "many"
    source.mkdir()
    for n in range(300):
        (source / f"{n}").write_bytes(hashlib.shake_128(str(n).encode()).digest(3000))
    return TakeIn(world.order(CASE), str(source), "provider-desk")


@pytest.fixture
def take(world, command):
    return lambda: take_into_hold(world.node.bench, world.officer, command)


def in_a_thread(work) -> threading.Thread:
    """Begun; its connection to the database ends with it."""

    def run():
        from django.db import connection

        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.fixture
def in_the_middle(world, monkeypatch):
    """The room stops once inside its first intake, between what was sealed and the end, until it is let go."""
    reached, go_on, room = threading.Event(), threading.Event(), type(world.node.bench.evidence)
    take_in = room.take_in

    def wait_inside(self, *args, **more):
        intake = take_in(self, *args, **more)
        if not reached.is_set():
            reached.set()
            assert go_on.wait(60)
        return intake

    monkeypatch.setattr(room, "take_in", wait_inside)
    return reached, go_on


def kinds(world) -> list[ActType]:
    return [step.type for step in state_of(world.node.bench, CASE).steps]


def test_a_second_intake_beside_the_first_is_refused_and_the_hold_can_be_disclosed(
    world, take, in_the_middle, what_is_wrong
):
    reached, go_on = in_the_middle
    first: list[object] = []
    working = in_a_thread(lambda: first.append(take()))
    assert reached.wait(60)
    before = kinds(world)
    second = take()
    assert isinstance(second, Refusal)
    assert second.code == "intake-under-way"
    assert second.do
    assert kinds(world) == before
    go_on.set()
    working.join()
    assert world.disclose(CASE, first[0].act)
    assert what_is_wrong(world.check()) == {}


def test_two_intakes_begun_at_once_make_one_hold(world, take, what_is_wrong):
    gate, found = threading.Barrier(3), []

    def go():
        gate.wait()
        found.append(take())

    for each in [in_a_thread(go) for _ in range(3)]:
        each.join()
    (taken,) = [each for each in found if not isinstance(each, Refusal)]
    assert kinds(world).count(ActType.HOLD_CONFIRMED) == 1
    assert world.disclose(CASE, taken.act)
    assert what_is_wrong(world.check()) == {}


def test_an_intake_in_another_process_is_under_way_too_and_ends_with_it(world, command, take):
    folder = world.node.settings.folder / "intakes"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD_THE_CLAIM, str(folder), command.order],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "True\n"
        assert take().code == "intake-under-way"
        other.kill()
    assert take().intake.items == 300


def test_another_order_is_carried_out_meanwhile(world, take, in_the_middle):
    reached, go_on = in_the_middle
    working = in_a_thread(take)
    assert reached.wait(60)
    assert world.hold(world.order("c8" * 16)).intake.items == 3
    go_on.set()
    working.join()


def test_how_far_each_order_is_can_be_asked_of_any_process(world, command, take):
    intakes = FileIntakes(world.node.settings.folder / "intakes")
    assert intakes.progress(command.order) is None
    take()
    world.hold(world.order("c8" * 16))
    far = intakes.progress(command.order)
    assert (far.far.files, far.far.size, far.total) == (300, 900_000, Extent(300, 900_000))
    assert far.begun_at <= far.at


def test_an_order_that_was_carried_out_is_refused_before_anything_is_stored(world, take, what_is_wrong):
    take()
    before = world.objects()
    again = take()
    assert isinstance(again, Refusal)
    assert world.objects() == before
    assert unfinished_intake(world.node.bench, CASE, state_of(world.node.bench, CASE).steps[0].act) is None
    assert what_is_wrong(world.check()) == {}


def test_a_disposed_case_leaves_no_name_of_its_order_in_the_folder_of_claims(world, take):
    folder = world.node.settings.folder / "intakes"
    before = set(folder.iterdir())
    take()
    assert set(folder.iterdir()) != before
    world.send_out()
    world.close_and_dispose(CASE)
    assert set(folder.iterdir()) == before


def test_seals_that_do_not_continue_the_kept_ones_are_not_kept(world, take):
    bench, exhibit = world.node.bench, take().exhibit
    kept = opened(bench, exhibit, Role.HELD, KeptIntake)
    forged = kept.seals[0].__class__(**{**_fields(kept.seals[0]), "root": "ab" * 32})
    for spoilt in (
        KeptIntake(kept.identity, kept.order),
        KeptIntake(kept.identity, kept.order, (forged,)),
        KeptIntake(bench.evidence.new_identity(), kept.order, kept.seals),
        KeptIntake(kept.identity, "ab" * 32, kept.seals),
    ):
        with pytest.raises(BrokenInputError, match="do not continue"):
            keep_intake(bench, CASE, exhibit, spoilt, kept)
    # What somebody else has kept meanwhile, or in another case, is not written over either.
    for case, stale in ((CASE, None), (CASE, KeptIntake(kept.identity, kept.order)), (world.cases["held"], kept)):
        with pytest.raises(BrokenInputError, match="not what this continues"):
            keep_intake(bench, case, exhibit, kept, stale)
    assert opened(bench, exhibit, Role.HELD, KeptIntake) == kept


@pytest.mark.parametrize("spoil", ["root", "missing", "count"])
def test_5_kept_seals_that_the_confirmed_root_does_not_bind(world, take, what_is_wrong, spoil):
    from comity.casework.custody.exhibits import keep

    bench, exhibit = world.node.bench, take().exhibit
    kept = opened(bench, exhibit, Role.HELD, KeptIntake)
    first = kept.seals[0]
    other = {
        "root": (first.__class__(**{**_fields(first), "root": "ab" * 32}), *kept.seals[1:]),
        "missing": kept.seals[:-1],
        "count": (first.__class__(**{**_fields(first), "items": first.items + 1}), *kept.seals[1:]),
    }[spoil]
    objects = tuple(each.digest for seal in other for each in (*seal.objects, seal.index))
    keep(
        bench,
        CASE,
        exhibit,
        Role.HELD,
        secret=KeptIntake(kept.identity, kept.order, other, complete=True),
        objects=objects,
    )
    found = what_is_wrong(world.check(deep=False))
    assert any("cannot be disclosed" in each and exhibit in each for each in found[5])


def _fields(seal) -> dict:
    return {name: getattr(seal, name) for name in seal.__struct_fields__}


@pytest.mark.parametrize("what", ["a pipe", "a folder with a link alone", "an empty folder"])
def test_what_yields_nothing_is_refused_and_nothing_of_it_is_kept(world, command, what_is_wrong, what):
    place = world.folder / "odd"
    if what == "a pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    if what == "a folder with a link alone":
        (place / "link").symlink_to("/etc/hostname")
    with pytest.raises(BrokenInputError, match=r"neither a folder nor a file|nothing at that place that can be"):
        take_into_hold(world.node.bench, world.officer, replace(command, source=str(place)))
    assert kinds(world) == [ActType.PRESERVATION_ORDERED]
    assert unfinished_intake(world.node.bench, CASE, command.order) is None
    assert what_is_wrong(world.check()) == {}


def test_the_confirming_act_says_what_was_left_out_and_one_of_a_whole_source_says_nothing_of_it(world, command, take):
    (Path(command.source) / "link").symlink_to("/etc/hostname")
    body = payload_of(world.node.bench, take().act).body
    assert body.left_out.counts == (SkippedCount(SkipReason.LINK, 1),)
    assert b"left_out" not in encode(payload_of(world.node.bench, world.known["hold"]).body)
    assert b"left_out" in encode(body)


def test_the_confirming_act_names_the_zone_that_was_assumed_and_an_unknown_one_confirms_nothing(world, command):
    (Path(command.source) / "messages.csv").write_text("date,text\n2026-11-03 00:30:00,a\n")
    bench = world.node.bench
    with pytest.raises(BrokenInputError, match="no time zone of that name"):
        take_into_hold(bench, world.officer, replace(command, terms=IntakeTerms(zone="Nowhere/Land")))
    taken = take_into_hold(bench, world.officer, replace(command, terms=IntakeTerms(zone="Asia/Kolkata")))
    assert payload_of(bench, taken.act).body.zone == "Asia/Kolkata"
    assert b"zone" not in encode(payload_of(bench, world.known["hold"]).body)


def test_how_far_it_is_is_told_to_who_may_read_the_case_alone(world, command, take):
    take()
    stranger = replace(world.officer, offices={"provider-desk": OfficeKind.OVERSIGHT})
    bench = world.node.bench
    assert intake_progress(bench, stranger, command.order).code == "not-permitted"
    assert intake_progress(bench, world.officer, command.order).far.files == 300
