"""What one act costs on the wire: request body and answer body together, without HTTP and TLS."""

from msgspec.structs import replace

from comity.acts.receipt_format import GivenReceipt, Receipt, ReceivedAct
from comity.exchange.answers import open_answer, seal_answer
from comity.exchange.bundle import pack
from comity.ledger.checkpoints import Checkpoint, sign_checkpoint
from comity.ledger.origins import log_key, log_origin
from comity.trust.receipts import seal_receipt
from comity.vocabulary.wire import encode

LEDGER = 1_000_000
PROOF = 20  # hashes: the audit path of one leaf among a million


def receipt_from_a_large_ledger(world, *acts, first=700_001):
    """A receipt of the size a million leaves give it; its hashes are random, which is how hashes look to deflate."""
    key = log_key(log_origin("de"), world.de.ledger_key.public)
    head = Checkpoint(key.name, LEDGER, world.noise(32))
    received = tuple(ReceivedAct(world.id_of(act), world.noise(32).hex(), world.noise(32).hex()) for act in acts)
    note = sign_checkpoint(head, key, world.de.ledger_key.sign).encode()
    proof = tuple(world.noise(32).hex() for _ in range(PROOF))
    receipt = Receipt("de", "pt", world.at, first, received, note, proof)
    return GivenReceipt(seal_receipt(receipt, world.de.sealer, at=world.at), tuple(world.noise(32).hex() for _ in acts))


def exchange(world, *acts):
    bundle = world.bundle(*acts)
    envelope = world.post(bundle)
    opened = world.arrive(envelope.data)
    assert opened.bundle == bundle
    receipt = receipt_from_a_large_ledger(world, *acts)
    answer = seal_answer(world.answer(receipt), envelope=opened, salt=world.noise(32))
    assert open_answer(answer, bundle=bundle, envelope=envelope, at=world.at).receipts == (receipt,)
    return len(envelope.data), len(answer)


def full_act(world):
    body = world.request_body()
    approval = world.approval()
    assert 1450 <= len(encode(body)) <= 1600
    assert 550 <= len(encode(approval)) <= 650
    return world.act(body=body, author=world.author(), approvals=(approval,))


def test_an_act_and_its_receipt_stay_under_the_heading(world, record_property):
    request, answer = exchange(world, full_act(world))
    record_property("bytes", f"{request} + {answer}")
    assert request + answer <= 4300, f"{request} + {answer}"


def test_words_that_do_not_compress_stay_under_the_limit(world):
    body = replace(world.request_body(), facts=world.noise(220).hex())
    act = world.act(body=body, author=world.author(), approvals=(world.approval(),))
    assert sum(exchange(world, act)) <= 8000


def test_a_batch_shares_the_key_encapsulation_the_checkpoint_and_the_proof(world):
    request, answer = exchange(world, *(full_act(world) for _ in range(100)))
    assert (request + answer) / 100 <= 1500


def test_the_same_words_deflate_to_the_same_bytes(world):
    bundle = world.bundle(full_act(world))
    assert pack(bundle) == pack(bundle)
