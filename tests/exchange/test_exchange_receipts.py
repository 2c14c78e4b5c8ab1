from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.bodies import KeyRotated
from comity.acts.classes import ActClass, ActType
from comity.acts.receipt_format import ActRejected, GivenReceipt, Receipt, SealedReceipt
from comity.exchange.receipts import KEY_GRACE, make_receipt, settle, verify_classes, verify_receipt
from comity.ledger.origins import log_origin
from comity.trust.keys import SigningKey
from comity.trust.receipts import seal_receipt
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url, decode, from_b64url


class Filed:
    """Five acts of `pt` in the ledger of `de`, among others'; and the receipt for them."""

    def __init__(self, world) -> None:
        self.world = world
        self.acts = [world.act() for _ in range(5)]
        self.ids = [world.id_of(act) for act in self.acts]
        world.file(world.de, *(world.act() for _ in range(9)))
        self.first = world.file(world.de, *self.acts)
        world.file(world.de, *(world.act() for _ in range(7)))
        self.at = world.at + timedelta(minutes=1)

    def receipt(self, **changed) -> SealedReceipt:
        return self.given(**changed).sealed

    def given(self, first: int = 0, count: int = 5, **changed) -> GivenReceipt:
        """The receipt for acts `first..first+count` as it comes in an answer."""
        return self.world.given(self.world.de, self.first + first, count, **changed)

    def forge(self, sealer=None, **changed) -> SealedReceipt:
        """A receipt with other contents, properly sealed: what a hostile receiver can make."""
        honest = decode(from_b64url(self.receipt().payload), Receipt, limit=1 << 20)
        sealer = sealer or self.world.de.sealer
        return seal_receipt(msgspec.structs.replace(honest, **changed), sealer, at=honest.received_at)

    def verify(self, sealed, **changed):
        known = {
            "directory": self.world.directory,
            "receiver": "de",
            "sender": "pt",
            "expected": self.ids,
            "at": self.at,
        }
        return verify_receipt(sealed, **(known | changed))

    def refused(self, sealed, **changed) -> ErrorCode:
        with pytest.raises(BrokenInputError) as caught:
            self.verify(sealed, **changed)
        return caught.value.code

    def settle(self, *receipts, waiting=(), rejected=(), sent=None):
        answer = self.world.answer(*receipts, waiting=waiting, rejected=rejected)
        return settle(
            answer,
            directory=self.world.directory,
            receiver="de",
            sender="pt",
            sent=dict.fromkeys(self.ids, self.world.act_class) if sent is None else sent,
            at=self.at,
        )


@pytest.fixture
def filed(world) -> Filed:
    return Filed(world)


_FILED: list[Filed] = []


def filed_once(world) -> Filed:
    if not _FILED:
        _FILED.append(Filed(type(world)()))
    return _FILED[0]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["payload", "protected", "signature"]), st.integers(0, 10**9), st.integers(0, 7))
def test_any_flipped_bit_is_refused(still_world, part, place, bit):
    filed = filed_once(still_world)
    honest = filed.receipt()
    data = bytearray(getattr(honest, part).encode())
    data[place % len(data)] ^= 1 << bit
    text = data.decode("latin-1")
    filed.refused(msgspec.structs.replace(honest, **{part: text}))


def test_a_receipt_for_acts_that_were_not_sent_is_refused(world, filed):
    first = world.file(world.de, world.act())
    assert filed.refused(world.receipt(world.de, first, 1)) is ErrorCode.ID_DIFFERS


def test_a_receipt_for_sent_acts_and_one_more_is_refused(world, filed):
    assert filed.refused(world.receipt(world.de, filed.first, 6)) is ErrorCode.ID_DIFFERS


def test_a_receipt_that_names_an_act_twice_is_refused(world, filed):
    first = world.file(world.de, filed.acts[0], filed.acts[0])
    assert filed.refused(world.receipt(world.de, first, 2)) is ErrorCode.ID_DIFFERS


def test_a_receipt_without_acts_is_refused(filed):
    assert filed.refused(filed.forge(acts=(), proof=())) is ErrorCode.ID_DIFFERS


def test_one_acts_leaf_does_not_prove_another_act(filed):
    # The leaf is recomputed from the id: the same salt and commitment under another name make another leaf.
    honest = filed.verify(filed.receipt()).receipt.acts
    swapped = (
        msgspec.structs.replace(honest[0], act=filed.ids[1]),
        msgspec.structs.replace(honest[1], act=filed.ids[0]),
    )
    assert filed.refused(filed.forge(acts=(*swapped, *honest[2:]))) is ErrorCode.BAD_PROOF


@pytest.mark.parametrize("field", ["salt", "class_commitment"])
def test_another_salt_or_commitment_is_refused(filed, field):
    honest = filed.verify(filed.receipt()).receipt.acts
    changed = msgspec.structs.replace(honest[0], **{field: "ab" * 32})
    assert filed.refused(filed.forge(acts=(changed, *honest[1:]))) is ErrorCode.BAD_PROOF


def test_the_proof_of_another_tree_is_refused(world, filed):
    world.de.entries.pop()
    proof = tuple(node.hex() for node in world.tree(world.de).range_proof(filed.first, 5))
    world.file(world.de, world.act())
    assert filed.refused(filed.forge(proof=proof)) is ErrorCode.BAD_PROOF


@pytest.mark.parametrize("change", ["shorter", "longer", "turned round", "empty"])
def test_a_proof_with_other_hashes_is_refused(filed, change):
    proof = filed.verify(filed.receipt()).receipt.proof
    changed = {"shorter": proof[1:], "longer": (*proof, proof[0]), "turned round": proof[::-1], "empty": ()}
    assert filed.refused(filed.forge(proof=changed[change])) is ErrorCode.BAD_PROOF


@pytest.mark.parametrize("first", [-1, 0, 8, 10, 20, 1 << 62, 1 << 100])
def test_another_place_in_the_ledger_is_refused(filed, first):
    assert filed.refused(filed.forge(first=first)) in {ErrorCode.BAD_PROOF, ErrorCode.MALFORMED}


def test_a_checkpoint_of_another_key_is_refused(world, filed):
    note = world.checkpoint(world.de, key=SigningKey(bytes(32)))
    assert filed.refused(filed.forge(checkpoint=note)) is ErrorCode.BAD_CHECKPOINT


def test_a_checkpoint_under_the_receivers_name_by_another_nodes_key_is_refused(world, filed):
    note = world.checkpoint(world.de, key=world.provider.ledger_key)
    assert filed.refused(filed.forge(checkpoint=note)) is ErrorCode.BAD_CHECKPOINT


def test_the_checkpoint_of_another_ledger_is_refused(world, filed):
    world.file(world.provider, *(world.act() for _ in range(21)))
    assert filed.refused(filed.forge(checkpoint=world.checkpoint(world.provider))) is ErrorCode.BAD_CHECKPOINT


MISSPELT = ["de", "comity/de", "comity/de/ledger/1", "comity/de/ledger/02", "comity/DE/ledger"]


@pytest.mark.parametrize("origin", [*MISSPELT, "comity/de/ledger/" + "9" * 5000], ids=lambda origin: origin[:20])
def test_a_checkpoint_of_a_misspelt_ledger_is_refused(world, filed, origin):
    note = world.checkpoint(world.de, origin=origin)
    assert filed.refused(filed.forge(checkpoint=note)) is ErrorCode.BAD_CHECKPOINT


@pytest.mark.parametrize("note", ["", "x", "comity/de/ledger\n1\nAA==\n\n"])
def test_a_checkpoint_that_is_no_note_is_refused(filed, note):
    assert filed.refused(filed.forge(checkpoint=note)) is ErrorCode.MALFORMED


def test_a_checkpoint_with_another_root_is_refused(world, filed):
    note = world.checkpoint(world.de, root=bytes(32))
    assert filed.refused(filed.forge(checkpoint=note)) is ErrorCode.BAD_PROOF


@pytest.mark.parametrize("size", [9, 13, 40, 1 << 40])
def test_a_checkpoint_of_another_size_is_refused(world, filed, size):
    note = world.checkpoint(world.de, size=size)
    assert filed.refused(filed.forge(checkpoint=note)) is ErrorCode.BAD_PROOF


def test_a_receipt_sealed_by_another_node_is_refused(world, filed):
    assert filed.refused(filed.forge(sealer=world.provider.sealer)) is ErrorCode.KEY_NOT_VALID


def test_another_nodes_receipt_does_not_pass_for_the_receivers(world, filed):
    world.provider.entries = world.de.entries
    receipt = world.receipt(world.provider, filed.first, 5)
    assert filed.refused(receipt) is ErrorCode.NOT_ADDRESSED
    assert filed.verify(receipt, receiver="provider").acts == tuple(filed.ids)


def test_a_receipt_for_another_sender_is_refused(filed):
    assert filed.refused(filed.receipt(sender="provider")) is ErrorCode.NOT_ADDRESSED


def test_a_receiver_that_is_in_no_directory_is_refused(filed):
    assert filed.refused(filed.forge(receiver="nobody")) is ErrorCode.UNKNOWN_SENDER


def test_a_receipt_under_a_ledger_key_that_ended_long_ago_is_refused(world, filed):
    new = SigningKey(b"n" * 32)
    rotated = KeyRotated(key="ledger", public=b64url(new.public), valid_from=world.at)
    directory = world.directory.with_rotation("de", rotated, "ab" * 32, world.at - timedelta(days=1))
    at = world.at + KEY_GRACE + timedelta(minutes=1)
    late = filed.receipt(received_at=at)
    assert filed.refused(late, directory=directory, at=at) is ErrorCode.BAD_CHECKPOINT
    # Just after the rotation the newest head may still be the one the old key signed; and the new key is known.
    assert filed.verify(filed.receipt(), directory=directory).acts
    fresh = filed.receipt(received_at=at, checkpoint=world.checkpoint(world.de, key=new))
    assert filed.verify(fresh, directory=directory, at=at).acts


def test_a_receipt_under_a_seal_key_that_has_ended_is_refused(filed):
    long_after = filed.at.replace(year=2029)
    assert filed.refused(filed.receipt(), at=long_after) is ErrorCode.KEY_NOT_VALID


def test_a_receipt_whose_proof_does_not_hold_is_not_made(filed):
    with pytest.raises(BrokenInputError) as caught:
        filed.receipt(proof=filed.world.tree(filed.world.de).range_proof(filed.first + 1, 5))
    assert caught.value.code is ErrorCode.BAD_PROOF


def test_a_receipt_proves_its_acts(filed):
    found = filed.verify(filed.receipt())
    assert found.acts == tuple(filed.ids)
    assert found.checkpoint.size == 21
    assert found.skew == timedelta(seconds=10)
    assert found.seal.authority == "de"


def test_a_receipt_for_some_of_the_acts_proves_those(world, filed):
    found = filed.verify(world.receipt(world.de, filed.first + 1, 2))
    assert found.acts == tuple(filed.ids[1:3])


def test_a_receipt_from_a_ledger_that_was_restored_is_accepted(world, filed):
    note = world.checkpoint(world.de, origin=log_origin("de", 2))
    assert filed.verify(filed.receipt(checkpoint=note)).checkpoint.origin == "comity/de/ledger/2"


@settings(max_examples=40, deadline=None)
@given(before=st.integers(0, 20), count=st.integers(1, 12), after=st.integers(0, 20))
def test_every_run_of_leaves_can_be_receipted(still_world, before, count, after):
    world = still_world
    party = type(world.de)("de")
    acts = [world.act() for _ in range(count)]
    world.file(party, *([world.act()] * before), *acts, *([world.act()] * after))
    sealed = world.receipt(party, before, count)
    ids = [world.id_of(act) for act in acts]
    found = verify_receipt(
        sealed, directory=world.directory, receiver="de", sender="pt", expected=ids, at=world.at + timedelta(minutes=1)
    )
    assert list(found.acts) == ids


def test_acts_without_a_receipt_stay_unanswered_and_in_order(filed):
    settled = filed.settle(filed.given(1, 2), waiting=filed.ids[4:])
    assert settled.unanswered == (filed.ids[0], filed.ids[3])
    assert settled.waiting == (filed.ids[4],)
    assert [each.acts for each in settled.receipts] == [tuple(filed.ids[1:3])]


def test_an_empty_answer_leaves_everything_unanswered(filed):
    assert filed.settle().unanswered == tuple(filed.ids)


def test_an_act_both_receipted_and_rejected_is_a_contradiction(filed):
    rejected = ActRejected(filed.ids[0], ErrorCode.BAD_SEAL, "", retry=False)
    with pytest.raises(BrokenInputError) as caught:
        filed.settle(filed.given(), rejected=(rejected,))
    assert caught.value.code is ErrorCode.MALFORMED


def test_an_answer_about_an_act_that_was_not_sent_is_refused(filed):
    with pytest.raises(BrokenInputError) as caught:
        filed.settle(waiting=("ab" * 32,))
    assert caught.value.code is ErrorCode.MALFORMED


def test_one_bad_receipt_spoils_the_answer(filed):
    good = filed.given(0, 1)
    with pytest.raises(BrokenInputError):
        filed.settle(good, GivenReceipt(filed.forge(first=1), filed.given().class_salts))


def test_two_ledgers_of_one_size_are_a_fork(world, filed):
    good = filed.given(0, 1)
    world.de.entries[0] = world.de.entries[-1]
    with pytest.raises(BrokenInputError) as caught:
        filed.settle(good, filed.given(1, 1))
    assert caught.value.code is ErrorCode.FORK


def test_a_receipt_is_the_same_for_the_same_arguments(world, filed):
    proof = world.tree(world.de).range_proof(filed.first, 5)
    made = [
        make_receipt(
            receiver="de",
            sender="pt",
            received_at=filed.at,
            first=filed.first,
            entries=world.de.entries[filed.first : filed.first + 5],
            checkpoint=world.checkpoint(world.de),
            proof=proof,
            key=world.de.sealer,
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]


def test_a_peer_that_enters_an_act_under_another_class_is_caught(world, filed):
    # The receipt itself holds: seal, proof and all. Only the class that stands in the leaf is not the act's.
    other = ActClass(ActType.CASE_CLOSED, "CETS185", world.act_class.urgency, ("without-validation",))
    world.de.entries[filed.first + 2] = msgspec.structs.replace(world.de.entries[filed.first + 2], act_class=other)
    assert filed.verify(filed.receipt()).acts == tuple(filed.ids)
    with pytest.raises(BrokenInputError) as caught:
        filed.settle(filed.given())
    assert (caught.value.code, caught.value.found) == (ErrorCode.BAD_PROOF, filed.ids[2])


@pytest.mark.parametrize("change", ["none", "one too few", "one too many", "turned round", "another"])
def test_a_receipt_without_the_salt_that_opens_each_class_is_refused(filed, change):
    given = filed.given()
    salts = {
        "none": (),
        "one too few": given.class_salts[1:],
        "one too many": (*given.class_salts, given.class_salts[0]),
        "turned round": given.class_salts[::-1],
        "another": ("ab" * 32, *given.class_salts[1:]),
    }
    with pytest.raises(BrokenInputError) as caught:
        verify_classes(filed.verify(given.sealed), salts[change], dict.fromkeys(filed.ids, filed.world.act_class))
    assert caught.value.code is ErrorCode.BAD_PROOF


def test_the_sealed_receipt_says_nothing_that_opens_a_class(filed):
    # It goes into the dossier of one case, and a batch mixes cases.
    given = filed.given()
    shown = from_b64url(given.sealed.payload).decode()
    assert not [salt for salt in given.class_salts if salt in shown]
