import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, sign_checkpoint
from comity.ledger.notes import KeyKind, NoteSignature, VerifierKey
from comity.ledger.tree import EMPTY_ROOT, StoredTree, leaf_hash
from comity.ledger.witness import (
    REQUEST_LIMIT,
    Accepted,
    AddCheckpoint,
    Conflict,
    Epochs,
    WitnessRefusal,
    WitnessRefusalCode,
    WitnessState,
    consider,
    consider_epoch,
    read_add_checkpoint,
    read_conflict,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
OTHER_PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
KEY = VerifierKey("pt.example/ledger", KeyKind.NOTE, PRIVATE.public_key().public_bytes_raw())
NEXT_KEY = VerifierKey(KEY.name, KeyKind.NOTE, OTHER_PRIVATE.public_key().public_bytes_raw())
LEAVES = [leaf_hash(bytes([number])) for number in range(20)]
TREE = StoredTree(LEAVES)
REWRITTEN = StoredTree([*LEAVES[:3], leaf_hash(b"another"), *LEAVES[4:]])
AT_7 = WitnessState(7, TREE.root(7))


def _request(old, size, tree=TREE, proof=None, origin=KEY.name):
    head = Checkpoint(origin, size, tree.root(size))
    signed = SignedCheckpoint(head, (NoteSignature(KEY.name, KEY.key_id, PRIVATE.sign(head.text().encode())),))
    return AddCheckpoint(old, tree.consistency_proof(old, size) if proof is None else proof, signed)


def _resigned(request, *signatures):
    return AddCheckpoint(request.old_size, request.proof, SignedCheckpoint(request.signed.checkpoint, signatures))


def _refusal(code, state, request, keys=(KEY,)):
    answer = consider(state, request, keys)
    assert isinstance(answer, WitnessRefusal)
    assert answer.code is code
    return answer


def test_a_log_that_is_not_known_is_refused():
    assert _refusal(WitnessRefusalCode.UNKNOWN_ORIGIN, None, _request(0, 7), ()).status == 404
    assert _refusal(WitnessRefusalCode.UNKNOWN_ORIGIN, None, _request(0, 7, origin="de.example/ledger")).status == 404


def test_a_head_without_a_signature_by_a_trusted_key_is_refused():
    assert _refusal(WitnessRefusalCode.BAD_SIGNATURE, None, _request(0, 7), (NEXT_KEY,)).status == 403


def test_a_head_with_a_false_signature_by_a_trusted_key_is_refused_even_beside_a_true_one():
    request = _request(0, 7)
    true = request.signed.signatures[0]
    false = NoteSignature(NEXT_KEY.name, NEXT_KEY.key_id, bytes(64))
    _refusal(WitnessRefusalCode.BAD_SIGNATURE, None, _resigned(request, true, false), (KEY, NEXT_KEY))
    _refusal(WitnessRefusalCode.BAD_SIGNATURE, None, _resigned(request, NoteSignature(KEY.name, KEY.key_id, bytes(64))))


def test_either_key_will_do_while_a_log_changes_its_key():
    assert isinstance(consider(None, _request(0, 7), (NEXT_KEY, KEY)), Accepted)


def test_an_old_size_above_the_head_is_refused():
    request = _request(0, 7)
    larger = AddCheckpoint(8, (), request.signed)
    assert _refusal(WitnessRefusalCode.OLD_SIZE_LARGER, AT_7, larger).status == 400


@pytest.mark.parametrize("old", [0, 3, 7])
def test_another_root_for_the_cosigned_size_is_a_fork_whatever_old_size_is_named(old):
    assert _refusal(WitnessRefusalCode.FORK, AT_7, _request(old, 7, REWRITTEN)).status == 409


@pytest.mark.parametrize(("old", "size"), [(0, 9), (6, 9), (8, 9), (3, 3), (3, 6), (0, 0)])
def test_another_old_size_than_the_cosigned_one_is_a_conflict_that_tells_the_right_one(old, size):
    answer = consider(AT_7, _request(old, size), (KEY,))
    assert answer == Conflict(7)
    assert answer.body() == "7\n"
    assert read_conflict(answer.body()) == answer


@pytest.mark.parametrize("body", ["", "\n", "07\n", "7\n\n", "-7\n", "seven\n"])
def test_a_conflict_answer_in_any_other_form_is_malformed(body):
    with pytest.raises(BrokenInputError):
        read_conflict(body)


def test_a_rewritten_log_is_refused():
    assert _refusal(WitnessRefusalCode.BAD_PROOF, AT_7, _request(7, 9, REWRITTEN)).status == 422


@pytest.mark.parametrize("proof", [(), (LEAVES[0],), (LEAVES[0],) * 63, (LEAVES[0],) * 64])
def test_a_proof_that_does_not_hold_is_refused(proof):
    _refusal(WitnessRefusalCode.BAD_PROOF, AT_7, _request(7, 9, proof=proof))


@pytest.mark.parametrize("size", [0, 7])
def test_a_proof_from_an_empty_tree_must_be_empty(size):
    _refusal(WitnessRefusalCode.BAD_PROOF, None, _request(0, size, proof=(LEAVES[0],)))


def test_a_proof_for_the_same_head_must_be_empty():
    _refusal(WitnessRefusalCode.BAD_PROOF, AT_7, _request(7, 7, proof=(LEAVES[0],)))


def test_a_first_head_the_same_head_and_a_larger_one_are_accepted():
    assert consider(None, _request(0, 7), (KEY,)) == Accepted(AT_7, Checkpoint(KEY.name, 7, TREE.root(7)))
    assert consider(AT_7, _request(7, 7), (KEY,)).state == AT_7
    assert consider(AT_7, _request(7, 20), (KEY,)).state == WitnessState(20, TREE.root())


def test_an_empty_log_is_accepted_once_and_grows_from_there():
    empty = consider(None, _request(0, 0), (KEY,)).state
    assert empty == WitnessState(0, EMPTY_ROOT)
    assert consider(empty, _request(0, 5), (KEY,)).state.size == 5


BODY = _request(7, 9).encode()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", ErrorCode.MALFORMED),
        (b"\n\n", ErrorCode.MALFORMED),
        (b"old 7\n", ErrorCode.MALFORMED),
        (BODY[:-1], ErrorCode.MALFORMED),
        (BODY + b"\n", ErrorCode.MALFORMED),
        (b"\n" + BODY, ErrorCode.MALFORMED),
        (BODY.replace(b"old 7", b"old  7"), ErrorCode.MALFORMED),
        (BODY.replace(b"old 7", b"old 07"), ErrorCode.MALFORMED),
        (BODY.replace(b"old 7", b"old -7"), ErrorCode.MALFORMED),
        (BODY.replace(b"old 7", b"Old 7"), ErrorCode.MALFORMED),
        (BODY.replace(b"old 7", b"7"), ErrorCode.MALFORMED),
        (BODY.replace(b"old 7\n", b"old 7\nAAAA\n"), ErrorCode.MALFORMED),
        (BODY.replace(b"old 7\n", b"old 7\n!\n"), ErrorCode.MALFORMED),
        (BODY.replace(b"\n", b"\r\n"), ErrorCode.MALFORMED),
        (
            BODY.replace(b"old 7\n", b"old 7\n" + (b"A" * 43 + b"=\n") * 64),
            ErrorCode.OVERSIZED,
        ),
        (b"\xff" + BODY, ErrorCode.MALFORMED),
        (BODY + b"\xe2", ErrorCode.MALFORMED),
        (b"old 7\n" + b"x" * REQUEST_LIMIT, ErrorCode.OVERSIZED),
    ],
    ids=[
        "empty",
        "blank",
        "no note",
        "cut",
        "newline behind",
        "newline before",
        "two spaces",
        "leading zero",
        "negative",
        "capital",
        "no word",
        "short hash",
        "no hash",
        "carriage returns",
        "64 hashes",
        "not UTF-8 before",
        "not UTF-8 behind",
        "oversized",
    ],
)
def test_a_request_in_any_other_form_is_refused(body, code):
    with pytest.raises(BrokenInputError) as caught:
        read_add_checkpoint(body)
    assert caught.value.code is code


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_request_with_any_one_byte_changed_never_moves_the_witness_elsewhere(data):
    at, change = data.draw(st.integers(0, len(BODY) - 1)), data.draw(st.integers(1, 255))
    forged = BODY[:at] + bytes([BODY[at] ^ change]) + BODY[at + 1 :]
    try:
        request = read_add_checkpoint(forged)
    except BrokenInputError:
        return
    assert request.encode() == forged
    assert not isinstance(consider(AT_7, request, (KEY,)), Accepted)


def test_a_request_is_read_back_from_its_body():
    for request in (_request(0, 7), _request(7, 9), _request(3, 20)):
        assert read_add_checkpoint(request.encode()) == request


class DishonestLog(RuleBasedStateMachine):
    """A log that keeps several histories asks one witness for cosignatures, with every kind of request it can make."""

    def __init__(self):
        super().__init__()
        self.histories = [[]]
        self.state = None
        self.cosigned = []

    @rule(which=st.integers(0, 5), count=st.integers(1, 9), mark=st.binary(min_size=1, max_size=2))
    def grow(self, which, count, mark):
        history = self.histories[which % len(self.histories)]
        history += [leaf_hash(mark + bytes([number])) for number in range(count)]

    @precondition(lambda self: len(self.histories) < 5)
    @rule(which=st.integers(0, 5), keep=st.integers(0, 40))
    def branch(self, which, keep):
        self.histories.append(self.histories[which % len(self.histories)][:keep])

    @rule(
        which=st.integers(0, 5),
        proven=st.integers(0, 5),
        size=st.integers(0, 60),
        old=st.integers(0, 60),
        told=st.booleans(),
    )
    def ask(self, which, proven, size, old, told):
        history = self.histories[which % len(self.histories)]
        size = min(size, len(history))
        if told and self.state:
            old = self.state.size
        other = StoredTree(self.histories[proven % len(self.histories)])
        fits = old <= size <= other.size
        request = AddCheckpoint(old, other.consistency_proof(old, size) if fits else (), self._head(history[:size]))
        self._answer(request, history[:size])

    @rule(which=st.integers(0, 5))
    def ask_honestly(self, which):
        history = self.histories[which % len(self.histories)]
        old = self.state.size if self.state else 0
        if old <= len(history):
            proof = StoredTree(history).consistency_proof(old)
            self._answer(AddCheckpoint(old, proof, self._head(history)), history)

    def _head(self, leaves):
        return sign_checkpoint(Checkpoint(KEY.name, len(leaves), StoredTree(leaves).root()), KEY, PRIVATE.sign)

    def _answer(self, request, leaves):
        answer = consider(self.state, read_add_checkpoint(request.encode()), (KEY,))
        if isinstance(answer, Accepted):
            self.state = answer.state
            self.cosigned.append(list(leaves))

    @invariant()
    def cosigned_heads_are_one_history(self):
        for older, newer in zip(self.cosigned, self.cosigned[1:], strict=False):
            assert newer[: len(older)] == older


TestDishonestLog = DishonestLog.TestCase
TestDishonestLog.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)


AT_5 = WitnessState(5, TREE.root(5))
OTHER_AT_5 = WitnessState(5, REWRITTEN.root(5))


def test_a_new_epoch_over_other_leaves_than_were_cosigned_is_refused():
    request = _request(7, 9, REWRITTEN)
    answer = consider_epoch(None, Epochs((AT_7,), earlier=True), request, (KEY,))
    assert isinstance(answer, WitnessRefusal)
    assert answer.code is WitnessRefusalCode.BAD_PROOF


@pytest.mark.parametrize("old", [0, 3, 8])
def test_the_first_head_of_an_epoch_is_tied_to_what_the_witness_chooses_and_not_to_what_the_log_names(old):
    answer = consider_epoch(None, Epochs((AT_7, AT_5), earlier=True), _request(old, 9), (KEY,))
    assert answer == Conflict(7)


def test_an_epoch_with_fewer_leaves_than_anything_cosigned_is_refused():
    answer = consider_epoch(None, Epochs((), earlier=True), _request(0, 3), (KEY,))
    assert isinstance(answer, WitnessRefusal)
    assert (answer.code, answer.status) == (WitnessRefusalCode.UNTIED_EPOCH, 422)


@pytest.mark.parametrize("state", [None, AT_5])
def test_an_epoch_is_over_once_a_later_one_was_cosigned(state):
    answer = consider_epoch(state, Epochs(later=True), _request(5, 9), (KEY,))
    assert isinstance(answer, WitnessRefusal)
    assert answer.code is WitnessRefusalCode.EPOCH_OVER


@pytest.mark.parametrize("epochs", [Epochs(later=True), Epochs((), earlier=True), Epochs((AT_7,), earlier=True)])
def test_whoever_is_not_the_log_learns_nothing_of_its_epochs(epochs):
    answer = consider_epoch(None, epochs, _request(0, 7), (NEXT_KEY,))
    assert isinstance(answer, WitnessRefusal)
    assert answer.code is WitnessRefusalCode.BAD_SIGNATURE


def test_the_first_head_of_an_epoch_that_extends_what_was_cosigned_is_accepted():
    epochs = Epochs((AT_7, AT_5), earlier=True)
    for old in (7, 5):
        assert isinstance(consider_epoch(None, epochs, _request(old, 9), (KEY,)), Accepted)
    same = consider_epoch(None, Epochs((AT_7,), earlier=True), _request(7, 7), (KEY,))
    assert isinstance(same, Accepted)


def test_of_two_epochs_with_one_size_and_two_roots_the_one_that_is_extended_counts():
    for ties in ((OTHER_AT_5, AT_5), (AT_5, OTHER_AT_5)):
        assert isinstance(consider_epoch(None, Epochs(ties, earlier=True), _request(5, 9), (KEY,)), Accepted)


def test_behind_its_first_head_an_epoch_is_a_log_like_any_other():
    epochs = Epochs((AT_5,), earlier=True)
    assert isinstance(consider_epoch(AT_7, epochs, _request(7, 9), (KEY,)), Accepted)
    assert consider_epoch(AT_7, epochs, _request(5, 9), (KEY,)) == Conflict(7)
    assert isinstance(consider_epoch(None, Epochs(), _request(0, 9), (KEY,)), Accepted)
