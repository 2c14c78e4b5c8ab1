"""Re-verification of everything stored: what is broken is found, told and mended, at the rate that was set, over any kill."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from datetime import timedelta

import pytest

from comity.acts.care_bodies import FixityVerified
from comity.adapters.alarm_board import FileAlarmBoard
from comity.adapters.fixity_journal import FileFixityJournal
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.seconded import SecondedStore
from comity.adapters.pacing import EvenPace
from comity.casework.bench.reading import filed_acts
from comity.casework.custody.exhibits import destroy
from comity.casework.dossier.rereadings import rereadings
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.alarms import Alarm, AlarmCode, list_alarms
from comity.casework.ports.fixity import Outcome, Position, Verified
from comity.casework.upkeep import fixity
from comity.casework.upkeep.fixity import FixityStores, Verifier, verify_next_batch
from comity.casework.upkeep.fixity_standing import fixity_standing
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal

CASE = "a1" * 16
FAST = 1 << 34


class StopsAfter:
    """A pace that wants the work stopped after so many bytes."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self, count: int) -> bool:
        self._left -= count
        return self._left >= 0


@pytest.fixture
def second(tmp_path):
    return LocalEvidenceStore(tmp_path / "second")


@pytest.fixture
def verifier(world, tmp_path):
    bench = world.node.bench
    return Verifier(
        bench=bench,
        stores=FixityStores(bench.store),
        referred=bench.records.exhibits,
        journal=FileFixityJournal(tmp_path / "fixity"),
        board=FileAlarmBoard(tmp_path / "alarms"),
        pace=EvenPace(FAST),
        interval=timedelta(0),
    )


@pytest.fixture
def doubled(verifier, second):
    return with_(verifier, stores=FixityStores(verifier.bench.store, second))


def with_(verifier, **changes):
    return Verifier(**{**{name: getattr(verifier, name) for name in verifier.__struct_fields__}, **changes})


def acts(world):
    found = (filed.payload.body for filed in filed_acts(world.node.bench, world.house("provider")))
    return [body for body in found if isinstance(body, FixityVerified)]


def an_exhibits_object(world):
    referred = world.node.bench.records.exhibits.referred()
    return next(path for path in world.objects() if path.name in referred)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_round_is_one_act_that_lists_what_was_read_by_root_and_count(world, verifier):
    said = verify_next_batch(verifier)
    assert acts(world) == [said]
    assert said.objects == len(world.objects())
    assert said.size == sum(path.stat().st_size for path in world.objects())
    assert (said.last, said.damaged, said.missing, said.repaired) == (True, (), (), ())
    assert verifier.board.standing() == ()


def test_a_flipped_byte_is_found_and_is_an_alarm_that_officers_see(world, verifier, caplog):
    broken = world.objects()[1]
    flip(broken)
    said = verify_next_batch(verifier)
    assert said.damaged == (broken.name,)
    (alarm,) = list_alarms(verifier.board, world.officer)
    assert (alarm.code, alarm.subject, alarm.detail) == (AlarmCode.EVIDENCE_DAMAGED, broken.name, "damaged")
    assert f"ALARM evidence-damaged {broken.name}" in caplog.text
    assert fixity_standing(verifier.journal, verifier.board, world.officer).broken == 1


def test_an_object_that_is_gone_is_found_and_is_an_alarm(world, verifier):
    gone = an_exhibits_object(world)
    gone.unlink()
    assert verify_next_batch(verifier).missing == (gone.name,)
    assert [alarm.detail for alarm in verifier.board.standing()] == ["missing"]


def test_an_object_that_was_shortened_or_emptied_is_damage(world, verifier):
    first, other = world.objects()[:2]
    first.write_bytes(b"")
    other.write_bytes(other.read_bytes()[:-1])
    assert verify_next_batch(verifier).damaged == (first.name, other.name)


def test_an_alarm_stands_while_the_damage_does_and_ends_with_it(world, verifier):
    broken = world.objects()[1]
    whole = broken.read_bytes()
    flip(broken)
    verify_next_batch(verifier)
    since = verifier.board.standing()[0].since
    verify_next_batch(verifier)
    assert [alarm.since for alarm in verifier.board.standing()] == [since]
    broken.write_bytes(whole)
    verify_next_batch(verifier)
    assert verifier.board.standing() == ()


def test_an_alarm_about_what_was_rightly_destroyed_ends(world, verifier):
    exhibit = next(e for e in world.node.bench.records.exhibits.of_case(CASE) if e.role == "assembled")
    broken = next(path for path in world.objects() if path.name in exhibit.objects)
    flip(broken)
    verify_next_batch(verifier)
    destroy(world.node.bench, exhibit.exhibit)
    assert verify_next_batch(verifier).missing == ()
    assert verifier.board.standing() == ()


def test_a_second_store_is_filled_as_objects_are_found_intact(world, doubled, second):
    verify_next_batch(doubled)
    assert sorted(second.digests()) == [path.name for path in world.objects()]


def test_what_is_broken_or_gone_is_put_back_from_the_second_store(world, doubled):
    verify_next_batch(doubled)
    before = {path.name: path.read_bytes() for path in world.objects()}
    gone = an_exhibits_object(world)
    broken = next(path for path in world.objects() if path != gone)
    flip(broken)
    gone.unlink()
    said = verify_next_batch(doubled)
    assert set(said.repaired) == {broken.name, gone.name}
    assert {path.name: path.read_bytes() for path in world.objects()} == before
    assert doubled.board.standing() == ()


def test_broken_bytes_are_never_copied_to_the_second_store(world, doubled, second):
    broken = world.objects()[1]
    flip(broken)
    assert verify_next_batch(doubled).damaged == (broken.name,)
    assert second.size(broken.name) is None


def test_a_copy_that_is_broken_too_repairs_nothing(world, doubled, tmp_path):
    verify_next_batch(doubled)
    broken = world.objects()[1]
    flip(broken)
    as_found = broken.read_bytes()
    flip(tmp_path / "second" / "objects" / broken.name[:2] / broken.name)
    flip(tmp_path / "second" / "objects" / broken.name[:2] / broken.name)
    copy = tmp_path / "second" / "objects" / broken.name[:2] / broken.name
    copy.write_bytes(copy.read_bytes() + b"x")
    assert verify_next_batch(doubled).damaged == (broken.name,)
    assert broken.read_bytes() == as_found


def copy_of(tmp_path, path):
    """Where the second store has its copy of an object."""
    return tmp_path / "second" / "objects" / path.name[:2] / path.name


def test_copies_in_the_second_store_are_read_again_and_counted(doubled):
    assert verify_next_batch(doubled).copies == 0, "what was just copied was read while it was"
    said = verify_next_batch(doubled)
    assert (said.copies, said.copies_repaired) == (said.objects, ())
    assert doubled.board.standing() == ()


@pytest.mark.parametrize("content", [None, b"", b"x" * 9], ids=["flipped", "emptied", "other bytes"])
def test_a_copy_that_rots_is_found_told_and_replaced_by_the_object(world, doubled, tmp_path, caplog, content):
    verify_next_batch(doubled)
    broken = world.objects()[1]
    copy = copy_of(tmp_path, broken)
    flip(copy) if content is None else copy.write_bytes(content)
    said = verify_next_batch(doubled)
    assert (said.copies_repaired, said.repaired, said.damaged) == ((broken.name,), (), ())
    assert "ALARM second-store-failing second-store: damaged" in caplog.text
    assert copy_of(tmp_path, broken).read_bytes() == broken.read_bytes()
    assert verify_next_batch(doubled).copies_repaired == ()
    assert doubled.board.standing() == ()


def test_each_store_is_mended_from_the_other_in_one_round(world, doubled, tmp_path):
    verify_next_batch(doubled)
    here, there = world.objects()[:2]
    before = {path: path.read_bytes() for path in (here, there)}
    flip(here)
    flip(copy_of(tmp_path, there))
    said = verify_next_batch(doubled)
    assert (said.repaired, said.copies_repaired) == ((here.name,), (there.name,))
    for path, content in before.items():
        assert path.read_bytes() == copy_of(tmp_path, path).read_bytes() == content


def test_a_second_store_that_cannot_be_read_is_an_alarm_and_no_object_is_called_damaged(
    world, doubled, second, monkeypatch, caplog
):
    verify_next_batch(doubled)

    def away(*_args):
        raise BrokenInputError(ErrorCode.UNAVAILABLE, "the second store is away")

    with monkeypatch.context() as failing:
        failing.setattr(second, "open_range", away)
        said = verify_next_batch(doubled)
    assert (said.copies, said.copies_repaired, said.damaged, said.missing) == (0, (), (), ())
    assert said.objects == len(world.objects())
    assert "ALARM second-store-failing second-store: unavailable" in caplog.text


def test_reading_copies_keeps_to_the_set_rate(world, doubled):
    verify_next_batch(doubled)
    total = sum(path.stat().st_size for path in world.objects())
    paced = with_(doubled, pace=StopsAfter(total + 1))
    assert verify_next_batch(paced) is None, "the objects alone would have been within the measure"


def test_what_no_exhibit_refers_to_leaves_the_second_store(world, doubled, second):
    verify_next_batch(doubled)
    second.put(b"of an exhibit that was destroyed while this store was away")
    verify_next_batch(doubled)
    assert sorted(second.digests()) == [path.name for path in world.objects()]


def test_deleting_deletes_in_both_stores(second, tmp_path):
    store = SecondedStore(LocalEvidenceStore(tmp_path / "first"), second)
    kept = store.put(b"ciphertext")
    second.put(b"ciphertext")
    assert store.delete([kept.digest]) == 1
    assert list(store.digests()) == list(second.digests()) == []


def test_a_second_store_that_fails_is_an_alarm_and_keeps_nobody_from_verifying(world, doubled, second, monkeypatch):
    def full(*_args):
        raise BrokenInputError(ErrorCode.STORE_FULL, "the second store is full")

    with monkeypatch.context() as failing:
        failing.setattr(second, "begin", full)
        assert verify_next_batch(doubled).objects == len(world.objects())
    (alarm,) = doubled.board.standing()
    assert (alarm.code, alarm.detail) == (AlarmCode.SECOND_STORE_FAILING, "store-full")
    verify_next_batch(doubled)
    assert doubled.board.standing() == ()


def test_the_set_rate_is_kept(world, verifier):
    size = sum(path.stat().st_size for path in world.objects())
    began = time.monotonic()
    verify_next_batch(with_(verifier, pace=EvenPace(size)))
    assert time.monotonic() - began >= 0.8


def test_a_rate_is_even_and_nothing_is_caught_up_after_a_long_pause():
    pace = EvenPace(1000)
    pace._due -= 100
    began = time.monotonic()
    for _ in range(15):
        assert pace.take(100)
    assert time.monotonic() - began >= 0.4


def test_stopping_ends_a_long_wait():
    """Of a day."""
    pace = EvenPace(1)
    threading.Timer(0.1, pace.stop).start()
    assert not pace.take(86_400)


def test_what_was_stopped_goes_on_at_the_object_that_was_being_read(world, verifier):
    sizes = [path.stat().st_size for path in world.objects()]
    assert verify_next_batch(with_(verifier, pace=StopsAfter(sizes[0] + sizes[1] - 1))) is None
    assert [each.digest for each in verifier.journal.seen()] == [world.objects()[0].name]
    assert acts(world) == []
    said = verify_next_batch(with_(verifier, pace=StopsAfter(sum(sizes[1:]))))
    assert said.objects == len(sizes)


def test_batches_follow_each_other_and_the_last_one_ends_the_round(world, verifier, monkeypatch):
    monkeypatch.setattr(fixity, "BATCH", 3)
    said = []
    while not said or not said[-1].last:
        said.append(verify_next_batch(verifier))
    assert sum(each.objects for each in said) == len(world.objects())
    assert [each.batch for each in said] == list(range(len(said)))
    assert {each.round for each in said} == {1}
    assert verify_next_batch(verifier).round == 2


def test_what_the_rounds_found_of_an_exhibit_is_read_at_once_and_not_act_by_act(world, verifier, monkeypatch):
    bench, since = world.node.bench, world.now()
    monkeypatch.setattr(fixity, "BATCH", 3)
    kept = next(each for each in bench.records.exhibits.of_case(CASE) if each.objects)
    flip(next(path for path in world.objects() if path.name == min(kept.objects)))
    for _ in range(2):
        while not verify_next_batch(verifier).last:
            pass

    def alone(*_):
        raise AssertionError("an act was read by itself")

    monkeypatch.setattr(type(bench.records.cases), "act", alone)
    rounds = rereadings(bench, CASE, since)[kept.exhibit]
    assert [(each.objects, each.broken, each.mended) for each in rounds] == [(len(set(kept.objects)), 1, 0)] * 2
    assert rounds[0].act != rounds[1].act


def test_a_batch_that_was_filed_before_a_kill_is_not_filed_again(world, verifier, monkeypatch):
    def killed(_position):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(verifier.journal, "advance", lambda p: None if not p.batch and not p.resting else killed(p))
        verifier.journal.__class__.advance(verifier.journal, Position(1, verifier.bench.clock.now()))
        with pytest.raises(KeyboardInterrupt):
            verify_next_batch(verifier)
    assert len(acts(world)) == 1
    assert verify_next_batch(verifier).last
    assert len(acts(world)) == 1


def test_a_new_round_waits_for_its_interval(verifier):
    daily = with_(verifier, interval=timedelta(days=1))
    assert verify_next_batch(daily).last
    assert verify_next_batch(daily) is None


def test_the_check_of_the_whole_node_finds_nothing_wrong_afterwards(world, doubled, what_is_wrong):
    verify_next_batch(doubled)
    assert what_is_wrong(world.check()) == {}


def test_whoever_holds_no_office_sees_no_alarm_and_no_standing(verifier):
    nobody = OfficerRef("provider.guest", "provider", {})
    assert isinstance(list_alarms(verifier.board, nobody), Refusal)
    assert isinstance(fixity_standing(verifier.journal, verifier.board, nobody), Refusal)


def test_a_line_that_a_kill_cut_short_is_dropped(tmp_path, world):
    journal = FileFixityJournal(tmp_path / "fixity")
    journal.advance(Position(1, world.now()))
    whole = [Verified("ab" * 32, 5, Outcome.INTACT), Verified("cd" * 32, 6, Outcome.REPAIRED)]
    journal.note(whole[0])
    path = next((tmp_path / "fixity").glob("batch-*"))
    path.write_bytes(path.read_bytes() + b"ef" * 20)
    assert journal.seen() == (whole[0],)
    journal.note(whole[1])
    assert FileFixityJournal(tmp_path / "fixity").seen() == tuple(whole)


def test_one_verifier_at_a_time_and_a_dead_one_holds_nobody_off(tmp_path):
    journal = FileFixityJournal(tmp_path / "fixity")
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from comity.adapters.fixity_journal import FileFixityJournal
        with FileFixityJournal(Path(sys.argv[1])).claim() as mine:
            print(mine, flush=True)
            time.sleep(60)
    """)
    command = [sys.executable, "-c", script, str(tmp_path / "fixity")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) as other:
        assert other.stdout.readline().strip() == b"True"
        with journal.claim() as mine:
            assert not mine
        other.kill()
        other.wait()
    with journal.claim() as mine:
        assert mine


def test_alarms_are_shared_by_processes_and_each_stands_once(tmp_path, world):
    one, other = FileAlarmBoard(tmp_path / "alarms"), FileAlarmBoard(tmp_path / "alarms")
    alarm = Alarm(AlarmCode.EVIDENCE_DAMAGED, "ab" * 32, world.now(), "damaged")
    assert one.sound(alarm)
    assert not other.sound(alarm)
    assert other.standing() == (alarm,)
    assert other.end(alarm.code, alarm.subject)
    assert not one.end(alarm.code, alarm.subject)
    assert one.standing() == ()


def test_a_worker_verifies_and_ends_with_the_worker(world):
    from comity.entrypoints.worker.fixity import Fixity

    work = Fixity(world.node)
    work.turn()
    deadline = time.monotonic() + 120
    while not acts(world) and time.monotonic() < deadline:
        time.sleep(0.1)
    work.stop()
    assert acts(world)[0].objects == len(world.objects())


def test_verification_that_is_set_to_no_rate_does_nothing(world):
    from comity.bootstrap.care import verifying

    off = world.node.settings.model_copy(update={"fixity_bytes_per_second": 0})
    assert verifying(off, world.node.bench, world.node.records.exhibits, world.node.alarms) is None


def test_a_kill_in_the_middle_of_an_object_resumes_there_and_files_one_act(world, verifier, tmp_path):
    """A process of its own notes objects slowly and is killed; this one goes on behind its last whole line."""
    verifier.journal.advance(Position(1, world.now()))
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from comity.adapters.fixity_journal import FileFixityJournal
        from comity.adapters.objects.local import LocalEvidenceStore
        from comity.adapters.pacing import EvenPace
        from comity.casework.ports.fixity import Verified
        from comity.casework.upkeep.fixity_reading import hash_object
        journal, store = FileFixityJournal(Path(sys.argv[1])), LocalEvidenceStore(Path(sys.argv[2]))
        with journal.claim():
            for digest in sorted(store.digests()):
                size, outcome = hash_object(store, digest, EvenPace(20_000))
                journal.note(Verified(digest, size, outcome))
                print(digest, flush=True)
    """)
    command = [sys.executable, "-c", script, str(tmp_path / "fixity"), str(world.folder / "provider" / "evidence")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) as other:
        first = other.stdout.readline().decode().strip()
        other.kill()
        other.wait()
    noted = [each.digest for each in verifier.journal.seen()]
    assert noted[0] == first
    assert len(noted) < len(world.objects())
    said = verify_next_batch(verifier)
    assert (said.objects, len(acts(world))) == (len(world.objects()), 1)
