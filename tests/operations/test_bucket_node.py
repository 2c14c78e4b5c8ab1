"""A node whose evidence lies in a bucket works as every other does, and leaves nothing there that it disposed of."""

import secrets
import shutil
import threading
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from obstore.store import S3Store

from comity.adapters.fixity_journal import FileFixityJournal
from comity.adapters.objects.bucket_requests import BucketRequests, BucketTerms, object_key
from comity.adapters.pacing import EvenPace
from comity.bootstrap.running import books
from comity.casework.custody.dispose import LOCKED, CloseCase, DisposeCase, close, dispose
from comity.casework.custody.hold import TakeIn
from comity.casework.custody.legal_hold import SetLegalHold, set_legal_hold
from comity.casework.ports.alarms import AlarmCode
from comity.casework.upkeep.evidence_lock import watch_lock
from comity.casework.upkeep.fixity import FixityStores, Verifier, verify_next_batch
from comity.casework.upkeep.sweeping import first_look, second_look
from comity.entrypoints.worker import tidying
from comity.vocabulary.categories import LegalHoldReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode

SETTINGS = """
evidence_endpoint = "{endpoint}"
evidence_bucket = "{bucket}"
evidence_account = "account"
"""
LOCK = timedelta(days=30)


def made_bucket(server: str, name: str, **headers: str) -> S3Store:
    """The bucket as its owner sees it."""
    urllib3.request("PUT", f"{server}/{name}", headers=headers)
    return S3Store(
        name,
        endpoint=server,
        region="us-east-1",
        access_key_id="account",
        secret_access_key="secret",
        client_options={"allow_http": True},
    )


def move(world, bucket: S3Store, server: str, name: str, more: str = "") -> None:
    """The node's evidence to the bucket; the node is opened again."""
    folder = world.folder / "provider"
    with (folder / "node.toml").open("a") as settings:
        settings.write(SETTINGS.format(endpoint=server, bucket=name) + more)
    (folder / "bucket-secret").write_text("secret\n")
    (folder / "bucket-secret").chmod(0o600)
    for path in world.objects():
        bucket.put(f"provider/objects/{path.parent.name}/{path.name}", path)
    shutil.rmtree(folder / "evidence")
    world.node.bench.case_keys.close()
    world.open()
    world.stand()


@pytest.fixture
def bucket(bucket_server):
    return made_bucket(bucket_server, "evidence-of-provider")


@pytest.fixture
def moved(world, bucket, bucket_server):
    """The world after its node's evidence was moved to the bucket."""
    move(world, bucket, bucket_server, "evidence-of-provider")
    return world


@pytest.fixture
def verifier(tmp_path):
    """Re-verification of a world's store, as fast as it goes."""

    def make(world) -> Verifier:
        bench = world.node.bench
        return Verifier(
            bench=bench,
            stores=FixityStores(bench.store),
            referred=bench.records.exhibits,
            journal=FileFixityJournal(tmp_path / "fixity"),
            board=world.node.alarms,
            pace=EvenPace(1 << 34),
            interval=timedelta(0),
        )

    return make


@pytest.fixture
def locked(world, bucket_server, verifier):
    """The world with its evidence in a bucket that locks; what was there before is locked since its first re-verification."""
    name = "locked-" + secrets.token_hex(8)
    bucket = made_bucket(bucket_server, name, **{"x-amz-bucket-object-lock-enabled": "true"})
    move(world, bucket, bucket_server, name, f"evidence_lock_days = {LOCK.days}\n")
    verify_next_batch(verifier(world))
    return world


@pytest.fixture
def let_pass(locked):
    """Of the locks of these objects so much is left: as if that much time had passed."""
    settings = locked.node.settings
    terms = BucketTerms(
        settings.evidence_bucket, "provider", settings.evidence_endpoint, "us-east-1", "account", "secret"
    )

    def leave(digests, left: timedelta) -> None:
        for digest in digests:
            BucketRequests(terms).lock(object_key(digest), datetime.now(UTC) + left)

    return leave


def keys_of(bucket) -> set[str]:
    return {each["path"] for portion in bucket.list() for each in portion}


def test_evidence_is_held_disclosed_checked_and_disposed_of_in_a_bucket(moved, bucket, what_is_wrong):
    before = keys_of(bucket)
    case = "b7" * 16
    held = moved.hold(moved.order(case))
    moved.disclose(case, held.act)
    moved.send_out()
    moved.publish()
    assert len(keys_of(bucket)) > len(before)
    assert all(key.startswith("provider/objects/") for key in keys_of(bucket))
    assert what_is_wrong(moved.check()) == {}
    local = (moved.folder / "provider" / "evidence").rglob("*")
    assert {path.name for path in local if path.is_file()} <= {"lock"}
    disposed = moved.close_and_dispose(case)
    assert any("older versions" in each.what for each in disposed.certificate.unreachable)
    assert keys_of(bucket) == before
    moved.publish()
    assert what_is_wrong(moved.check()) == {}


def test_an_object_that_the_bucket_lost_is_a_finding(moved, bucket, what_is_wrong):
    bucket.delete(min(keys_of(bucket)))
    assert what_is_wrong(moved.check()) != {}


def test_a_secret_that_others_may_read_is_refused(moved):
    (moved.folder / "provider" / "bucket-secret").chmod(0o644)
    with pytest.raises(BrokenInputError) as caught:
        moved.open()
    assert caught.value.code is ErrorCode.NOT_ALLOWED


def test_while_the_bucket_hangs_officers_and_peers_are_answered_and_acts_delivered(
    world, bucket, wire, desk_server, what_is_wrong
):
    move(world, bucket, wire.address, "evidence-of-provider")
    world.hold(world.order("b7" * 16))
    order, peer = world.order("b8" * 16), world.played["de"]
    wire.plan("hang", "PUT")
    answers = []
    with desk_server.serving(world) as desk:
        lee = desk.officer("provider.lee")
        command = TakeIn(order, str(world.folder / "source"), "provider-desk")
        taking = threading.Thread(target=lambda: answers.append(lee.call("POST", "/api/holds", command)))
        taking.start()
        assert wire.hanging.wait(120)
        assert b"b8b8b8b8" in lee.call("GET", "/api/cases")[0]
        assert desk.call("GET", "/health")[0] == 200
        arrived = peer.arrivals
        world.send_out()
        assert peer.arrivals > arrived
        world.order("b9" * 16)
        world.publish()
        assert taking.is_alive()
        assert answers == []
        wire.let_go()
        taking.join(120)
    assert len(answers) == 1
    assert what_is_wrong(world.check()) == {}


def referred_of(world, case: str) -> set[str]:
    return {digest for each in world.node.bench.records.exhibits.of_case(case) for digest in each.objects}


def locked_now(world, digests) -> set[str]:
    lock = world.node.bench.store.lock
    return {digest for digest in digests if lock.until(digest) is not None}


def last_lock(world, digests) -> datetime:
    return max(map(world.node.bench.store.lock.until, digests))


def told_locked(certificate) -> list[datetime | None]:
    """Until when the certificate says that objects are locked."""
    return [each.until for each in certificate.unreachable if each.what == LOCKED]


def swept(world):
    """Two looks, and the alarms after them, as the worker takes them."""
    bench = world.node.bench
    done = second_look(bench, books(world.node), first_look(bench, books(world.node)))
    watch_lock(bench, world.node.alarms, done.locked)
    return done


def alarms_of(world) -> dict[AlarmCode, str]:
    return {each.code: each.detail for each in world.node.alarms.standing()}


def test_what_a_disposal_could_not_delete_is_in_its_certificate_and_an_alarm_and_goes_later(
    locked, let_pass, what_is_wrong
):
    case, store = "b7" * 16, locked.node.bench.store
    held = locked.hold(locked.order(case))
    locked.disclose(case, held.act)
    locked.send_out()
    locked.publish()
    assert what_is_wrong(locked.check()) == {}
    mine = referred_of(locked, case)
    assert locked_now(locked, mine) == mine
    certificate = locked.close_and_dispose(case).certificate
    assert told_locked(certificate) == [last_lock(locked, mine)]
    assert mine <= set(store.digests())
    locked.publish()
    (custody,) = [each for each in locked.check() if each.number == 5]
    assert custody.ok
    assert any(f"{len(mine)} objects that nothing refers to any more are locked" in each for each in custody.problems)
    done = swept(locked)
    assert (done.removed, done.locked) == (0, len(mine))
    assert alarms_of(locked) == {AlarmCode.EVIDENCE_STILL_LOCKED: f"{len(mine)} objects"}
    let_pass(mine, timedelta(seconds=-1))
    done = swept(locked)
    assert (done.removed, done.locked) == (len(mine), 0)
    assert alarms_of(locked) == {}
    assert mine.isdisjoint(store.digests())
    assert what_is_wrong(locked.check()) == {}


def test_a_certificate_says_how_long_the_bucket_locks_and_not_what_the_settings_say_today(locked, let_pass):
    """The locks were set when the setting was a year; one object's is the last to end."""
    case = "b7" * 16
    locked.hold(locked.order(case))
    locked.send_out()
    mine = sorted(referred_of(locked, case))
    let_pass(mine, timedelta(days=300))
    let_pass(mine[:1], timedelta(days=365))
    end = last_lock(locked, mine)
    assert told_locked(locked.close_and_dispose(case).certificate) == [end]
    assert end > datetime.now(UTC) + timedelta(days=360)


@pytest.mark.parametrize("held", [False, True], ids=["no object", "no object locked"])
def test_a_certificate_tells_of_no_lock_where_nothing_is_locked(locked, let_pass, held):
    case = "b7" * 16
    order = locked.order(case)
    if held:
        locked.hold(order)
        let_pass(referred_of(locked, case), timedelta(seconds=-1))
    locked.send_out()
    assert told_locked(locked.close_and_dispose(case).certificate) == []


def test_a_worker_tells_of_what_is_still_locked_and_removes_it_later_without_being_started_anew(
    locked, let_pass, monkeypatch
):
    monkeypatch.setattr(tidying, "_ROUND", 0.0)
    worker, store = tidying.Tidying(locked.node), locked.node.bench.store
    worker._pause = 0.0
    worker.begin()
    left = store.put(b"nobody refers to this").digest

    def turns() -> None:
        for _ in range(5):
            worker.turn()
            worker._errand.wait(60)

    turns()
    assert alarms_of(locked) == {AlarmCode.EVIDENCE_STILL_LOCKED: "1 objects"}
    assert store.size(left) is not None
    let_pass([left], timedelta(seconds=-1))
    turns()
    assert alarms_of(locked) == {}
    assert store.size(left) is None


def test_a_legal_hold_holds_in_the_bucket_too_because_locks_are_renewed_while_it_stands(locked, let_pass, verifier):
    case, bench = locked.cases["held"], locked.node.bench
    mine = referred_of(locked, case)
    close(bench, locked.officer, CloseCase(case, "provider-desk", "done"))
    set_legal_hold(bench, locked.officer, SetLegalHold(case, "provider-desk", LegalHoldReason.APPEAL_PENDING))
    let_pass(mine, timedelta(days=1))
    assert dispose(bench, locked.officer, DisposeCase(case, "provider-desk", "retention-over")).code == "legal-hold"
    verify_next_batch(verifier(locked))
    assert all(bench.store.lock.until(digest) > datetime.now(UTC) + LOCK / 2 for digest in mine)
    assert locked_now(locked, mine) == mine


def test_a_lock_is_not_renewed_for_what_nothing_refers_to_any_more(locked, let_pass, verifier):
    left = locked.node.bench.store.put(b"nobody refers to this").digest
    let_pass([left], timedelta(days=1))
    verify_next_batch(verifier(locked))
    assert locked.node.bench.store.lock.until(left) < datetime.now(UTC) + timedelta(days=2)


def test_an_object_that_lost_its_lock_is_a_finding(locked, let_pass, what_is_wrong):
    assert what_is_wrong(locked.check()) == {}
    one = min(referred_of(locked, locked.cases["held"]))
    let_pass([one], timedelta(seconds=-1))
    (problem,) = what_is_wrong(locked.check())[5]
    assert one in problem
    assert problem.endswith("is not locked by the evidence store")


def test_a_bucket_that_does_not_lock_is_a_finding_and_an_alarm_and_takes_nothing_in(
    world, bucket, bucket_server, what_is_wrong
):
    move(world, bucket, bucket_server, "evidence-of-provider", "evidence_lock_days = 30\n")
    told = what_is_wrong(world.check(deep=False))
    assert any("offers no object lock" in each for each in told[5])
    watch_lock(world.node.bench, world.node.alarms, 0)
    assert set(alarms_of(world)) == {AlarmCode.EVIDENCE_NOT_LOCKED}
    order = world.order("b7" * 16)
    with pytest.raises(BrokenInputError) as caught:
        world.hold(order)
    assert caught.value.code is ErrorCode.UNAVAILABLE


@pytest.mark.parametrize("more", ["", "fixity_bytes_per_second = 0\n"])
def test_a_lock_without_a_bucket_or_without_what_renews_it_is_refused(world, more):
    with (world.folder / "provider" / "node.toml").open("a") as settings:
        settings.write(f"evidence_lock_days = 30\n{more}")
        if more:
            settings.write(SETTINGS.format(endpoint="https://bucket.example", bucket="evidence"))
    with pytest.raises(BrokenInputError) as caught:
        world.open()
    assert "evidence_lock_days" in caught.value.found
