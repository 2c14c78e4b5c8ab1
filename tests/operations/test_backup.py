"""Backup and restore of a real node: what is in a backup, what never is, and what a restored node may do."""

import json
import shutil
import threading

import psycopg
import pytest

from comity.cases.state import Phase
from comity.casework.bench.reading import payload_of
from comity.casework.bench.views import open_view
from comity.casework.upkeep import restore as restoring
from comity.casework.upkeep.restore import Bridged, clear_destroyed
from comity.entrypoints.operations.backup import back_up
from comity.entrypoints.operations.check import check_folder
from comity.entrypoints.operations.restore import recover, restore
from comity.ledger.origins import log_origin
from comity.ledger.standing import Behind, Current
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal


class Operator:
    """Works on a node's folder by the commands."""

    def __init__(self, world, place) -> None:
        self.world = world
        self.place = place
        self.folder = world.folder / "provider"
        self.said: list[str] = []

    def back_up(self) -> str:
        return back_up(self.folder, self.place, self.said.append)

    def restore(self, name: str | None = None) -> None:
        self.world.node.bench.case_keys.close()
        restore(self.folder, self.place, name, self.said.append)
        self.world.open()
        clear_destroyed(self.world.node.bench)

    def recover(self):
        return recover(self.world.node, self.said.append)

    def files(self):
        return [path for path in self.place.rglob("*") if path.is_file()]


@pytest.fixture
def operator(world, tmp_path, monkeypatch) -> Operator:
    monkeypatch.setenv("COMITY_DATABASE", world.url)
    return Operator(world, tmp_path / "backups")


# What a restored node may do ------------------------------------------------------------------------------------------


def test_a_restored_node_signs_nothing_until_it_is_recovered(world, operator, what_is_wrong):
    operator.back_up()
    lost = world.order("b1" * 16)
    world.publish()
    operator.restore()
    assert isinstance(world.stand(), Behind)
    for attempt in (lambda: world.order("b2" * 16), world.publish):
        with pytest.raises(BrokenInputError) as refused:
            attempt()
        assert refused.value.code is ErrorCode.BEHIND_WITNESSES
    assert what_is_wrong(world.check()) == {}
    bridged = operator.recover()
    assert isinstance(bridged, Bridged)
    assert bridged.lost > 0
    assert isinstance(world.stand(), Current)
    # It tells everyone, and what a peer sends again is filed anew.
    world.send_out()
    assert bridged.act in world.played["de"].acts
    answer = world.played["de"].send(world.played["de"].acts[lost])
    assert len(answer.receipts) == 1
    assert world.node.bench.records.ledger.head().origin == log_origin("provider", 2)
    assert what_is_wrong(world.check()) == {}


def test_a_node_that_published_nothing_since_its_backup_goes_on(world, operator, what_is_wrong):
    operator.back_up()
    operator.restore()
    assert isinstance(world.stand(), Current)
    assert isinstance(operator.recover(), Refusal)
    world.order("b1" * 16)
    assert what_is_wrong(world.check()) == {}


def test_the_mark_beside_the_keys_is_enough_when_no_witness_answers(world, operator):
    operator.back_up()
    world.order("b1" * 16)
    world.publish()
    operator.restore()
    for peer in world.played.values():
        peer.down = True
    assert isinstance(world.stand(), Behind)


def test_the_witnesses_are_enough_when_the_mark_is_lost(world, operator):
    operator.back_up()
    world.order("b1" * 16)
    world.publish()
    operator.restore()
    (operator.folder / "keys" / "head-mark.txt").unlink()
    assert isinstance(world.stand(), Behind)


@pytest.mark.parametrize("told_by", ["witnesses", "mark"])
def test_a_backup_from_before_an_earlier_restore_never_uses_an_epoch_again(world, operator, what_is_wrong, told_by):
    first = operator.back_up()
    world.order("b1" * 16)
    world.publish()
    operator.restore(first)
    operator.recover()
    world.publish()
    operator.restore(first)
    if told_by == "witnesses":
        (operator.folder / "keys" / "head-mark.txt").unlink()
    else:
        for peer in world.played.values():
            peer.cosigned.clear()
            peer.heads.clear()
    assert isinstance(world.stand(), Behind)
    assert isinstance(operator.recover(), Bridged)
    assert world.node.bench.records.ledger.head().origin == log_origin("provider", 3)
    assert what_is_wrong(world.check()) == {}


def test_a_case_disposed_of_after_the_backup_stays_cleared(world, operator, what_is_wrong):
    case = world.cases["held"]
    operator.back_up()
    objects = world.objects()
    world.close_and_dispose(case)
    assert len(world.objects()) < len(objects)
    world.publish()
    operator.restore()
    row = world.node.bench.records.cases.view(case)
    assert row.phase is Phase.DISPOSED
    assert open_view(world.node.bench.cipher, row).state.phase is Phase.DISPOSED
    assert world.value("SELECT count(*) FROM comity_act WHERE case_id = %s", bytes.fromhex(case)) == 0
    assert len(world.objects()) < len(objects)
    with pytest.raises(BrokenInputError) as gone:
        world.node.bench.case_keys.key(case)
    assert gone.value.code is ErrorCode.KEY_DESTROYED
    world.stand()
    assert isinstance(operator.recover(), Bridged)
    assert what_is_wrong(world.check()) == {}
    # Found again on every start, and nothing is left to do.
    assert clear_destroyed(world.node.bench) == 0


def test_a_lost_disk_comes_back_whole(world, operator, what_is_wrong):
    operator.back_up()
    objects = world.objects()
    shutil.rmtree(operator.folder / "evidence")
    (operator.folder / "node.toml").unlink()
    shutil.rmtree(operator.folder / "directory")
    world.execute("DROP SCHEMA public CASCADE")
    world.execute("CREATE SCHEMA public")
    operator.restore()
    assert world.objects() == objects
    assert isinstance(world.stand(), Current)
    assert what_is_wrong(world.check()) == {}
    assert check_folder(operator.folder, deep=True, tell=operator.said.append)


def test_a_restore_that_is_done_again_comes_to_the_same(world, operator, what_is_wrong):
    operator.back_up()
    world.objects()[0].unlink()
    operator.restore()
    operator.restore()
    world.stand()
    assert what_is_wrong(world.check()) == {}


def test_a_backup_taken_while_the_node_works_is_consistent(world, operator, what_is_wrong):
    from django.db import connection

    stop = threading.Event()
    filed = []

    def work() -> None:
        while not stop.is_set():
            filed.append(world.order(f"{len(filed):032x}"))
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        operator.back_up()
    finally:
        stop.set()
        worker.join()
    assert filed
    world.publish()
    operator.restore()
    world.stand()
    assert what_is_wrong(world.check()) == {}


def test_witnesses_go_along_with_a_new_epoch_from_the_restored_leaves_on(world, operator, what_is_wrong):
    operator.back_up()
    for number in range(3):
        world.order(f"b{number}" * 16)
        world.publish()
    lost = world.value("SELECT max(size) FROM comity_witnessedcheckpoint")
    operator.restore()
    world.stand()
    size = world.node.bench.records.ledger.head().size
    operator.recover()
    # More leaves than were lost: heads that were lost lie between the restored leaves and the first checkpoint.
    while world.node.bench.records.ledger.head().size <= lost:
        world.order(world.node.bench.random.take(16).hex())
    published = world.publish()
    assert published.missing == ()
    assert set(world.played["oversight"].heads[log_origin("provider", 2)]) == {size, published.size}
    assert what_is_wrong(world.check()) == {}


def test_witnesses_do_not_go_along_with_a_new_epoch_over_other_leaves(world, operator):
    operator.back_up()
    world.order("b1" * 16)
    world.publish()
    operator.restore()
    world.stand()
    operator.recover()
    # What an operator who rewrites history has witnesses remember of the history before it.
    for witness in world.played.values():
        for heads in witness.heads.values():
            heads.update(dict.fromkeys(heads, bytes(32)))
    assert world.publish().cosigned == ()


def test_the_epoch_before_is_over_for_witnesses(world, operator):
    name = operator.back_up()
    world.order("b1" * 16)
    world.publish()
    operator.restore(name)
    world.stand()
    operator.recover()
    world.publish()
    # The old epoch goes on elsewhere, under a mark and a standing that know nothing of the new one.
    operator.restore(name)
    world.node.bench.sign_head.stand(Current())
    assert {code for _, code in world.publish().missing} == {ErrorCode.BAD_CHECKPOINT}


def test_a_bridge_that_broke_off_is_built_once_more(world, operator, monkeypatch, what_is_wrong):
    operator.back_up()
    lost = world.order("b1" * 16)
    world.publish()
    operator.restore()
    world.stand()

    def crash(*_: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(restoring, "file_own", crash)
        with pytest.raises(KeyboardInterrupt):
            operator.recover()
    # The epoch has begun and nobody was told: the next start knows.
    world.node.bench.case_keys.close()
    world.open()
    assert isinstance(world.stand(), Behind)
    bridged = operator.recover()
    body = payload_of(world.node.bench, bridged.act).body
    assert (body.from_epoch, body.epoch) == (1, 3)
    assert isinstance(world.stand(), Current)
    assert world.publish().missing == ()
    assert world.played["de"].send(world.played["de"].acts[lost]).receipts
    assert what_is_wrong(world.check()) == {}


# What is in a backup --------------------------------------------------------------------------------------------------


def secrets_of(operator) -> list[bytes]:
    """Every private key of the node's key folder, as text and as bytes, and the wrapped case keys."""
    found: list[bytes] = []

    def gather(value: object) -> None:
        if isinstance(value, dict):
            for each in value.values():
                gather(each)
        elif isinstance(value, list):
            for each in value:
                gather(each)
        elif isinstance(value, str) and len(value) >= 64:
            found.extend([value.encode(), bytes.fromhex(value)])

    for path in (operator.folder / "keys").glob("*.json"):
        gather(json.loads(path.read_bytes()))
    slots = (operator.folder / "case-keys" / "case-keys.slots").read_bytes()
    found.extend(slots[at + 32 : at + 64] for at in range(128, len(slots), 128) if any(slots[at + 32 : at + 64]))
    return found


def test_no_key_is_in_a_backup(operator):
    operator.back_up()
    secrets = secrets_of(operator)
    assert len(secrets) > 10
    for path in operator.files():
        data = path.read_bytes()
        assert not [secret for secret in secrets if secret in data], path.name


def test_a_backup_says_in_words_what_is_not_in_it_and_when_it_was_taken(operator):
    name = operator.back_up()
    words = (operator.place / "backups" / name / "manifest.txt").read_text()
    assert words in operator.said
    assert "NOT in this backup" in words
    assert "case keys" in words
    assert name[:10] in words


def test_only_the_owner_can_read_a_backup(operator):
    operator.back_up()
    assert {path.stat().st_mode & 0o077 for path in operator.files()} == {0}


def test_a_second_backup_takes_only_what_is_new(world, operator):
    operator.back_up()
    before = set((operator.place / "objects").rglob("*"))
    world.hold(world.order("b1" * 16))
    operator.back_up()
    after = set((operator.place / "objects").rglob("*"))
    assert before < after
    assert len(list((operator.place / "backups").iterdir())) == 2
    assert {path.name for path in after if path.is_file()} == {path.name for path in world.objects()}


def test_an_older_backup_stays_whole_when_the_node_has_destroyed_its_objects(world, operator):
    name = operator.back_up()
    world.close_and_dispose(world.cases["held"])
    operator.back_up()
    operator.restore(name)


def test_a_damaged_object_is_not_taken_into_a_backup(world, operator):
    path = world.objects()[0]
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    with pytest.raises(BrokenInputError) as damaged:
        operator.back_up()
    assert (damaged.value.code, damaged.value.found) == (ErrorCode.STORE_DAMAGED, path.name)


def test_a_place_in_the_nodes_own_folder_is_refused(operator):
    operator.place = operator.folder / "backups"
    with pytest.raises(BrokenInputError) as refused:
        operator.back_up()
    assert refused.value.code is ErrorCode.NOT_ALLOWED


def test_a_backup_that_broke_off_is_no_backup(operator):
    operator.back_up()
    (operator.place / "backups" / ".2026-broken").mkdir()
    operator.restore()
    operator.back_up()
    assert not list((operator.place / "backups").glob(".*"))


# What is refused ------------------------------------------------------------------------------------------------------


def refused(operator, world) -> ErrorCode:
    """The code with which a restore is refused; nothing was changed."""
    before = world.value("SELECT note FROM comity_ledgerhead")
    with pytest.raises(BrokenInputError) as caught:
        restore(operator.folder, operator.place, None, operator.said.append)
    assert world.value("SELECT note FROM comity_ledgerhead") == before
    return caught.value.code


@pytest.mark.parametrize("change", ["flipped", "shortened", "missing", "one more"])
@pytest.mark.parametrize("kind", ["database.dump", "objects.txt", "directory/root.json", "node.toml"])
def test_a_backup_with_an_altered_file_is_refused(world, operator, kind, change):
    name = operator.back_up()
    world.order("b1" * 16)
    path = operator.place / "backups" / name / kind
    data = path.read_bytes()
    if change == "missing":
        path.unlink()
    elif change == "one more":
        path.with_name("more").write_bytes(b"")
    else:
        middle = len(data) // 2
        path.write_bytes(
            data[:-1] if change == "shortened" else data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        )
    assert refused(operator, world) is ErrorCode.STORE_DAMAGED


@pytest.mark.parametrize("change", ["flipped", "missing"])
def test_a_backup_with_an_altered_object_is_refused(world, operator, change):
    operator.back_up()
    path = next(path for path in (operator.place / "objects").rglob("*") if path.is_file())
    data = bytearray(path.read_bytes())
    path.unlink()
    if change == "flipped":
        data[7] ^= 1
        path.write_bytes(data)
    assert refused(operator, world) is ErrorCode.STORE_DAMAGED


def test_a_manifest_that_names_a_file_outside_the_backup_is_refused(world, operator):
    name = operator.back_up()
    path = operator.place / "backups" / name / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"path":"node.toml"', b'"path":"../node.toml"'))
    assert refused(operator, world) is ErrorCode.MALFORMED


def test_another_authoritys_backup_is_refused(world, operator):
    name = operator.back_up()
    path = operator.place / "backups" / name / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"authority":"provider"', b'"authority":"de"'))
    assert refused(operator, world) is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("keys", ["keys", "case-keys"])
def test_nothing_is_restored_where_the_keys_are_missing(world, operator, keys):
    operator.back_up()
    (operator.folder / keys).rename(operator.folder / "elsewhere")
    assert refused(operator, world) is ErrorCode.NOT_FOUND


def test_nothing_is_restored_while_a_process_of_the_node_is_connected(world, operator):
    operator.back_up()
    with psycopg.connect(world.url):
        assert refused(operator, world) is ErrorCode.NOT_ALLOWED


def test_nothing_is_restored_from_a_place_without_a_backup(world, operator):
    assert refused(operator, world) is ErrorCode.NOT_FOUND
