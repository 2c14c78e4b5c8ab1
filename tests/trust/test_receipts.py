import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.receipt_format import Receipt, ReceivedAct, SealedReceipt
from comity.trust.receipts import open_receipt, seal_receipt
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url, decode, encode, from_b64url


@pytest.fixture
def receipt(world) -> Receipt:
    act = ReceivedAct(act="a" * 64, salt="b" * 64, class_commitment="c" * 64)
    return Receipt(
        receiver="de",
        sender="pt",
        received_at=world.now,
        first=7,
        acts=(act,),
        checkpoint="de\n8\nAAAA\n",
        proof=("d" * 64,),
    )


def test_a_sealed_receipt_opens_to_what_was_sealed(world, receipt) -> None:
    sealed = seal_receipt(receipt, world.seal_key(authority="de"), at=world.now)
    opened = open_receipt(sealed, world.directory, at=world.now + timedelta(seconds=1))
    assert opened.receipt == receipt
    assert (opened.seal.authority, opened.seal.skew) == ("de", timedelta(seconds=1))


def test_a_receipt_sealed_by_somebody_else_is_refused(world, receipt, refused) -> None:
    with refused(ErrorCode.KEY_NOT_VALID):
        open_receipt(seal_receipt(receipt, world.seal_key(), at=world.now), world.directory, at=world.now)


def test_a_receipt_under_a_replaced_key_is_refused(world, receipt, refused) -> None:
    sealed = seal_receipt(receipt, world.seal_key("replaced", "de"), at=world.now)
    with refused(ErrorCode.KEY_NOT_VALID):
        open_receipt(sealed, world.directory, at=world.now)


def test_a_receipt_of_an_unlisted_receiver_is_refused(world, receipt, refused) -> None:
    stranger = msgspec.structs.replace(receipt, receiver="fr")
    with refused(ErrorCode.UNKNOWN_SENDER):
        open_receipt(seal_receipt(stranger, world.seal_key(), at=world.now), world.directory, at=world.now)


def test_a_receipt_sealed_before_it_was_received_is_refused(world, receipt, refused) -> None:
    sealed = seal_receipt(receipt, world.seal_key(authority="de"), at=world.now - timedelta(seconds=1))
    with refused(ErrorCode.BAD_SEAL, "older"):
        open_receipt(sealed, world.directory, at=world.now)


def test_an_act_cannot_pass_for_a_receipt(world, refused) -> None:
    act = world.sealed()
    (one,) = act.signatures
    with refused(ErrorCode.MALFORMED):
        open_receipt(SealedReceipt(act.payload, one.protected, one.signature), world.directory, at=world.now)


def test_a_receipt_with_a_key_twice_is_refused(world, receipt, refused) -> None:
    sealed = seal_receipt(receipt, world.seal_key(authority="de"), at=world.now)
    doubled = from_b64url(sealed.payload).replace(b'{"receiver"', b'{"sender":"fr","receiver"', 1)
    with refused(ErrorCode.DUPLICATE_KEY):
        open_receipt(msgspec.structs.replace(sealed, payload=b64url(doubled)), world.directory, at=world.now)


def test_a_receipt_that_carries_approvals_is_refused(world, receipt, refused) -> None:
    (one,) = world.sealed().signatures
    sealed = SealedReceipt(b64url(encode(receipt)), one.protected, one.signature)
    with refused(ErrorCode.MALFORMED, "approvals"):
        open_receipt(sealed, world.directory, at=world.now)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_single_bit_flipped_in_a_receipt_is_refused(world, data) -> None:
    act = ReceivedAct(act="a" * 64, salt="b" * 64, class_commitment="c" * 64)
    receipt = Receipt("de", "pt", world.now, 0, (act,), "note", ())
    original = encode(seal_receipt(receipt, world.seal_key(authority="de"), at=world.now))
    spoiled = bytearray(original)
    bit = data.draw(st.integers(0, len(spoiled) * 8 - 1))
    spoiled[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenInputError):
        open_receipt(decode(bytes(spoiled), SealedReceipt, limit=1 << 20), world.directory, at=world.now)


def test_a_receipt_is_a_flattened_jws_that_another_parser_reads(world, receipt) -> None:
    sealed = json.loads(encode(seal_receipt(receipt, world.seal_key(authority="de"), at=world.now)))
    assert set(sealed) == {"payload", "protected", "signature"}
    assert json.loads(from_b64url(sealed["protected"]))["alg"] == "EdDSA"
