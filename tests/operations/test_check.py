"""Every planted fault is found, and told by the check that is about it."""

import msgspec
import pytest
from msgspec.structs import replace

from comity.cases.state import CaseState, Phase
from comity.casework.bench.reading import view_of
from comity.casework.bench.views import CaseView, close_view, open_view
from comity.ledger.checkpoints import Checkpoint, read_signed_checkpoint, sign_checkpoint
from comity.ledger.entries import PADDING_CLASS, Entry
from comity.ledger.origins import log_key, log_origin
from comity.trust.seals import read_sealed
from comity.vocabulary.wire import b64url, encode, from_b64url


def test_a_node_with_a_history_is_in_order(world, what_is_wrong):
    results = world.check()
    assert what_is_wrong(results) == {}
    assert [each.number for each in results] == list(range(1, 12))
    assert all(each.counted for each in results[:9])


def test_a_check_that_is_not_deep_believes_seals_and_hashes(world, what_is_wrong):
    results = world.check(deep=False)
    assert what_is_wrong(results) == {}
    assert results[8].counted == 0


def test_a_check_changes_nothing(world):
    before = world.value("SELECT count(*) FROM comity_act"), world.value("SELECT note FROM comity_ledgerhead")
    world.check()
    assert before == (world.value("SELECT count(*) FROM comity_act"), world.value("SELECT note FROM comity_ledgerhead"))


# 1 ledger -------------------------------------------------------------------------------------------------------------


def test_1_an_altered_leaf(world, found):
    assert found(world.execute("UPDATE comity_ledgerentry SET leaf = sha512(leaf) WHERE index = 3")) == {1}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE comity_ledgerentry SET salt = sha256(salt) WHERE act = %s",
        "UPDATE comity_ledgerentry SET class_salt = sha256(class_salt) WHERE act = %s",
    ],
)
def test_1_an_entry_that_does_not_make_its_leaf(world, found, change):
    assert found(world.execute(change, bytes.fromhex(world.known["order"]))) == {1}


def test_1_a_missing_entry_leaves_its_act_without_one(world, found):
    planted = world.execute("DELETE FROM comity_ledgerentry WHERE act = %s", bytes.fromhex(world.known["order"]))
    assert found(planted) == {1, 2}


def test_1_two_entries_that_changed_places(world, found):
    world.execute("UPDATE comity_ledgerentry SET index = -1 WHERE index = 4")
    world.execute("UPDATE comity_ledgerentry SET index = 4 WHERE index = 5")
    assert 1 in found(world.execute("UPDATE comity_ledgerentry SET index = 5 WHERE index = -1"))


def test_1_an_altered_partial_tile(world, found):
    # The edge is padded to a multiple of 16, so level 0 has a partial tile.
    assert found(world.execute("UPDATE comity_ledgerhead SET edge = set_byte(edge, 40, get_byte(edge, 40) # 1)")) == {1}


@pytest.mark.parametrize(
    "change",
    ["UPDATE comity_tile SET hashes = set_byte(hashes, 9, get_byte(hashes, 9) # 1)", "DELETE FROM comity_tile"],
)
def test_1_an_altered_or_missing_full_tile(world, found, change):
    while world.value("SELECT size FROM comity_ledgerhead") < 260:
        world.publish()
    assert found(world.execute(change)) == {1}


def test_1_a_head_with_another_root(world, found):
    assert found(world.execute("UPDATE comity_ledgerhead SET root = sha256(root)")) == {1}


def test_1_a_head_that_was_not_signed(world, found):
    note = world.value("SELECT note FROM comity_ledgerhead")
    signature = note.rstrip("\n").rsplit(" ", 1)[1]
    forged = note.replace(signature, signature[:40] + ("A" if signature[40] != "A" else "B") + signature[41:])
    assert found(world.execute("UPDATE comity_ledgerhead SET note = %s", forged)) == {1}


def test_1_leaves_beyond_the_head(world, found):
    planted = world.execute(
        "INSERT INTO comity_ledgerentry SELECT index + 1, sha256(act), salt, class_salt, act_class, leaf"
        " FROM comity_ledgerentry WHERE index = (SELECT max(index) FROM comity_ledgerentry)"
    )
    assert found(planted) == {1}


def test_1_a_witnessed_checkpoint_of_another_history(world, found):
    size = world.value("SELECT max(size) FROM comity_witnessedcheckpoint")
    key = world.node.keyring.ledger_key()
    other = sign_checkpoint(
        Checkpoint(log_origin("provider"), size, bytes(32)), log_key(log_origin("provider"), key.public), key.sign
    )
    planted = world.execute("UPDATE comity_witnessedcheckpoint SET note = %s WHERE size = %s", other.encode(), size)
    assert found(planted) == {1}


def test_1_a_witnessed_checkpoint_larger_than_the_ledger(world, found):
    planted = world.execute(
        "UPDATE comity_witnessedcheckpoint SET size = size + 1000 WHERE size = (SELECT max(size) FROM comity_witnessedcheckpoint)"
    )
    assert found(planted) == {1}


def test_1_a_false_cosignature(world, found):
    size, note = (
        world.value("SELECT max(size) FROM comity_witnessedcheckpoint"),
        world.value("SELECT note FROM comity_witnessedcheckpoint ORDER BY size DESC LIMIT 1"),
    )
    signed = read_signed_checkpoint(note)
    line = signed.signatures[-1]
    false = replace(line, signature=line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    forged = replace(signed, signatures=(*signed.signatures[:-1], false)).encode()
    planted = world.execute("UPDATE comity_witnessedcheckpoint SET note = %s WHERE size = %s", forged, size)
    assert found(planted) == {1}
    assert found(deep=False) == set()


# 2 acts and entries ---------------------------------------------------------------------------------------------------


def test_2_an_act_that_was_taken_away(world, found):
    assert found(world.execute("DELETE FROM comity_act WHERE id = %s", bytes.fromhex(world.known["order"]))) == {2}


def test_2_an_act_that_was_altered(world, found):
    planted = world.execute(
        "UPDATE comity_act SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE id = %s",
        bytes.fromhex(world.known["order"]),
    )
    assert found(planted) == {2}


def test_2_an_act_under_the_name_of_another(world, found):
    cipher, case = world.node.bench.cipher, world.cases["held"]
    stored = world.node.bench.records.cases.act(world.known["order"])
    box = cipher.encrypt(case, f"act:{world.known['hold']}", cipher.open_act(stored))
    assert found(
        world.execute("UPDATE comity_act SET sealed = %s WHERE id = %s", box, bytes.fromhex(world.known["hold"]))
    ) == {2}


def test_2_an_act_without_an_entry(world, found):
    cipher, case = world.node.bench.cipher, world.cases["held"]
    sealed = world.played["de"].act(case, msgspec.convert({"type": "case-closed", "reason": "x"}, type_of_bodies()))
    from comity.acts.payload import act_id

    name = act_id(from_b64url(msgspec.json.decode(sealed)["payload"]))
    planted = world.execute(
        "INSERT INTO comity_act (id, case_id, direction, filed_at, sealed) VALUES (%s, %s, 'received', now(), %s)",
        bytes.fromhex(name),
        bytes.fromhex(case),
        cipher.encrypt(case, f"act:{name}", sealed),
    )
    assert found(planted) == {2}


def type_of_bodies():
    from comity.acts.bodies import AnyBody

    return AnyBody


def test_2_an_act_under_another_class_breaks_its_leaf_too(world, found):
    planted = world.execute(
        "UPDATE comity_ledgerentry SET act_class = %s WHERE act = %s",
        encode(replace(read_sealed(world.played["de"].acts[world.known["order"]]).payload.act, marks=("x",))),
        bytes.fromhex(world.known["order"]),
    )
    assert found(planted) == {1, 2}


def test_2_an_entry_that_passes_as_padding(world, found):
    bench = world.node.bench
    bench.records.ledger.pad(lambda _: [Entry("ab" * 32, PADDING_CLASS, b"1" * 32, b"2" * 32)], bench.sign_head)
    assert found() == {2}


def test_2_an_entry_whose_act_was_never_here(world, found):
    bench = world.node.bench
    wanted = read_sealed(world.played["de"].acts[world.known["order"]]).payload.act
    bench.records.ledger.pad(lambda _: [Entry("ab" * 32, wanted, b"1" * 32, b"2" * 32)], bench.sign_head)
    assert found() == {2}


def test_2_a_certificate_of_disposal_that_was_taken_away(world, found):
    gone = bytes.fromhex(world.cases["gone"])
    # The tombstone's view names it.
    assert found(world.execute("DELETE FROM comity_act WHERE case_id = %s", gone)) == {2}


# 3 views --------------------------------------------------------------------------------------------------------------


def test_3_a_view_that_does_not_open(world, found):
    planted = world.execute(
        "UPDATE comity_case SET view = set_byte(view, 40, get_byte(view, 40) # 1) WHERE id = %s",
        bytes.fromhex(world.cases["held"]),
    )
    assert found(planted) == {3}


def test_3_a_view_that_its_acts_do_not_lead_to(world, found):
    bench, case = world.node.bench, world.cases["held"]
    view = view_of(bench, case)
    forged = close_view(bench.cipher, CaseView(replace(view.state, holds={}), view.past))
    assert found(world.execute("UPDATE comity_case SET view = %s WHERE id = %s", forged, bytes.fromhex(case))) == {3}


@pytest.mark.parametrize("phase", ["closed", "disposed"])
def test_3_a_row_in_another_phase(world, found, phase):
    planted = world.execute(
        "UPDATE comity_case SET phase = %s WHERE id = %s", phase, bytes.fromhex(world.cases["held"])
    )
    # A case that counts as disposed of and still has its key is told by the check of keys.
    assert found(planted) == ({3} if phase == "closed" else {8})


def test_3_the_version_of_a_row_means_nothing(world, found):
    assert found(world.execute("UPDATE comity_case SET version = version + 5")) == set()


# 4 search tokens ------------------------------------------------------------------------------------------------------


def test_4_a_token_that_is_missing(world, found):
    assert found(world.execute("DELETE FROM comity_token WHERE case_id = %s", bytes.fromhex(world.cases["held"]))) == {
        4
    }


def test_4_a_token_that_no_act_explains(world, found):
    planted = world.execute(
        "INSERT INTO comity_token (case_id, token) VALUES (%s, %s)", bytes.fromhex(world.cases["held"]), bytes(16)
    )
    assert found(planted) == {4}


# 6 clocks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 400])
def test_6_a_case_that_is_due_without_a_cause(world, found, days):
    planted = world.execute(
        "UPDATE comity_case SET next_due = now() + %s * interval '1 day' WHERE id = %s",
        days,
        bytes.fromhex(world.cases["held"]),
    )
    assert found(planted) == {6}


# 7 deliveries ---------------------------------------------------------------------------------------------------------


def test_7_a_delivery_that_is_missing(world, found):
    planted = world.execute("DELETE FROM comity_delivery WHERE act_id = %s", bytes.fromhex(world.known["hold"]))
    assert found(planted) == {7}


def test_7_a_delivery_to_somebody_else(world, found):
    planted = world.execute(
        "INSERT INTO comity_delivery (act_id, peer, enclosing, state, urgency) VALUES (%s, 'pt', '', 'pending', 'urgent')",
        bytes.fromhex(world.known["hold"]),
    )
    assert found(planted) == {7}


def test_7_a_delivery_without_its_receipt(world, found):
    planted = world.execute(
        "UPDATE comity_delivery SET receipt_id = NULL WHERE act_id = %s", bytes.fromhex(world.known["hold"])
    )
    assert found(planted, deep=False) == {7}


def test_7_a_receipt_that_was_altered_is_found_by_a_deep_check(world, found):
    planted = world.execute(
        "UPDATE comity_receipt SET sealed = set_byte(sealed, 60, get_byte(sealed, 60) # 1) WHERE id ="
        " (SELECT min(id) FROM comity_receipt)"
    )
    assert found(planted) == {7}
    assert found(deep=False) == set()


def test_7_a_receipt_for_another_leaf_is_found_by_a_deep_check(world, found):
    planted = world.execute(
        "UPDATE comity_delivery SET leaf = leaf + 1 WHERE act_id = %s", bytes.fromhex(world.known["hold"])
    )
    assert found(planted) == {7}


def test_7_a_receipt_of_another_act_is_found_by_a_deep_check(world, found):
    planted = world.execute(
        "UPDATE comity_delivery SET receipt_id = (SELECT receipt_id FROM comity_delivery WHERE act_id = %s LIMIT 1)"
        " WHERE act_id = %s",
        bytes.fromhex(world.known["hand-over"]),
        bytes.fromhex(world.known["hold"]),
    )
    assert found(planted) == {7}


# 8 keys ---------------------------------------------------------------------------------------------------------------


def slots(world):
    return world.folder / "provider" / "case-keys" / "case-keys.slots"


def slot_of(world, case: str) -> int:
    return slots(world).read_bytes().index(bytes.fromhex(case)) // 128


def test_8_a_damaged_slot(world, found):
    number = slot_of(world, world.cases["held"])
    world.node.bench.case_keys.close()
    data = bytearray(slots(world).read_bytes())
    data[number * 128 + 60] ^= 1
    slots(world).write_bytes(data)
    world.open()
    assert found() == {8}


def test_8_the_key_of_a_live_case_was_destroyed(world, found):
    world.node.bench.case_keys.destroy(world.cases["held"])
    assert found() == {8}


def test_8_a_disposed_case_that_kept_its_key(world, found):
    case = "f1" * 16
    bench = world.node.bench
    bench.case_keys.ensure([case])
    stone = close_view(bench.cipher, CaseView(CaseState(case, Phase.DISPOSED)))
    planted = world.execute(
        "INSERT INTO comity_case (id, version, view, phase, changed_at) VALUES (%s, 1, %s, 'disposed', now())",
        bytes.fromhex(case),
        stone,
    )
    assert found(planted) == {8}


# 9 seals --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["signature", "protected"])
def test_9_a_seal_that_does_not_hold_is_found_by_a_deep_check(world, found, part):
    bench, case, act = world.node.bench, world.cases["held"], world.known["order"]
    sealed = read_sealed(bench.cipher.open_act(bench.records.cases.act(act))).sealed
    one = sealed.signatures[0]
    if part == "signature":
        raw = bytearray(from_b64url(one.signature))
        raw[5] ^= 1
        forged = replace(one, signature=b64url(bytes(raw)))
    else:
        # Without its approval: the header is another one than was signed.
        header = msgspec.json.decode(from_b64url(one.protected))
        header["apprs"] = []
        forged = replace(one, protected=b64url(encode(header)))
    box = bench.cipher.encrypt(case, f"act:{act}", encode(replace(sealed, signatures=(forged,))))
    planted = world.execute("UPDATE comity_act SET sealed = %s WHERE id = %s", box, bytes.fromhex(act))
    assert found(planted) == {9}
    assert found(deep=False) == set()


# 10 waiting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "wrong"), [(-1, {10}), (60, set())])
def test_10_an_act_that_waits_past_its_deadline(world, found, minutes, wrong):
    planted = world.execute(
        'INSERT INTO comity_waitingact (id, "case", missing, sender, sealed, deadline)'
        " VALUES (%s, %s, %s, 'de', '', now() + %s * interval '1 minute')",
        bytes(32),
        bytes(16),
        bytes(32),
        minutes,
    )
    assert found(planted) == wrong


# ----------------------------------------------------------------------------------------------------------------------


def test_problems_name_rows_and_codes_and_nothing_of_a_case(world):
    world.execute(
        "UPDATE comity_act SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE sealed <> '' AND get_byte(sealed, 0) = 1"
    )
    told = " ".join(problem for each in world.check() for problem in each.problems)
    assert told
    assert "suspect" not in told
    assert "mail.example" not in told


def test_many_problems_are_counted_and_a_few_told(world):
    world.execute("UPDATE comity_ledgerentry SET leaf = sha512(leaf)")
    ledger = world.check(deep=False)[0]
    assert len(ledger.problems) == 21
    assert ledger.problems[-1].startswith("and ")


def test_the_view_of_the_disposed_case_is_its_tombstone(world):
    row = world.node.bench.records.cases.view(world.cases["gone"])
    assert open_view(world.node.bench.cipher, row).state.phase is Phase.DISPOSED
