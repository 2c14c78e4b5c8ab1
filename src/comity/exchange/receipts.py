"""Receipts: a peer's signed word that acts reached it, with the proof that they stand in its ledger for good.

A receipt is worth more than an acknowledgement. The leaves are recomputed from the acts' ids and the salts in the
receipt, so they are those acts; the range proof leads to the root of a checkpoint that the peer's ledger key signed, so
the acts are in a history the peer cannot change without showing two; the witnesses co-sign later heads of it.

The sender knows each act's class, so the salts that come with the receipt let it see that the peer entered the act as
what it is: one entered under a false class would be missing when oversight counts that ledger.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from comity.acts.classes import ActClass
from comity.acts.receipt_format import (
    ActRejected,
    DeliveryAnswer,
    GivenReceipt,
    Receipt,
    ReceivedAct,
    SealedReceipt,
)
from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, read_signed_checkpoint, verify_checkpoint
from comity.ledger.entries import Entry, class_commitment, leaf_of
from comity.ledger.notes import VerifierKey, signatures_by
from comity.ledger.origins import authority_of, log_key, log_origin
from comity.ledger.proofs import verify_range
from comity.trust.directory import Directory
from comity.trust.jws import Sealer, SealFinding
from comity.trust.receipts import open_receipt, seal_receipt
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest

KEY_GRACE = timedelta(hours=1)
"""How long after a ledger key has ended the last head it signed may still be the newest one there is."""

ORIGIN_LIMIT = 96
"""Characters of a ledger's name on a checkpoint: an authority's name, what is around it, and an epoch."""


class VerifiedReceipt(Struct, frozen=True):
    """What a receipt proved: these acts stand in the receiver's ledger, of which `checkpoint` is a signed head.

    `skew` is our time less the receiver's `received_at`; the receiver's time starts its own clocks, ours starts ours.
    """

    acts: tuple[ActId, ...]
    sealed: SealedReceipt
    receipt: Receipt
    checkpoint: Checkpoint
    seal: SealFinding
    skew: timedelta


class Settlement(Struct, frozen=True):
    """What became of every act of an envelope: each stands in exactly one place. `unanswered` ones are sent again."""

    receipts: tuple[VerifiedReceipt, ...]
    waiting: tuple[ActId, ...]
    rejected: tuple[ActRejected, ...]
    unanswered: tuple[ActId, ...]


def make_receipt(
    *,
    receiver: AuthorityId,
    sender: AuthorityId,
    received_at: datetime,
    first: int,
    entries: Sequence[Entry],
    checkpoint: str,
    proof: Sequence[bytes],
    key: Sealer,
) -> GivenReceipt:
    """A receipt for the entries, which are the leaves from `first` on of the ledger whose signed head is `checkpoint`.

    Raises `BrokenInputError` (bad-proof, malformed) when the proof does not hold: a receipt the sender must refuse would
    be asked for again for ever, and hide that this ledger is damaged.
    """
    head = read_signed_checkpoint(checkpoint).checkpoint
    verify_range([entry.leaf_hash() for entry in entries], first, head.size, proof, head.root)
    receipt = Receipt(
        receiver=receiver,
        sender=sender,
        received_at=received_at,
        first=first,
        acts=tuple(map(_received, entries)),
        checkpoint=checkpoint,
        proof=tuple(node.hex() for node in proof),
    )
    return GivenReceipt(seal_receipt(receipt, key, at=received_at), tuple(entry.class_salt.hex() for entry in entries))


def verify_receipt(
    sealed: SealedReceipt,
    *,
    directory: Directory,
    receiver: AuthorityId,
    sender: AuthorityId,
    expected: Collection[ActId],
    at: datetime,
) -> VerifiedReceipt:
    """What a receipt proves. `expected` are the acts that were sent; `at` is when the receipt came.

    1. The seal: the party that the receipt names as receiver sealed it, with a key that is still valid (bad-seal,
       key-not-valid, unknown-sender).
    2. The parties: it is the receiver's receipt, and for this sender (not-addressed).
    3. The acts: at least one, each once, and all among those that were sent (id-differs).
    4. The checkpoint: it is of the receiver's own ledger and signed by its ledger key (bad-checkpoint, key-not-valid).
    5. The proof: the leaves, recomputed from each act's id, salt and class commitment, stand one after the other in the
       tree that the checkpoint is the head of (bad-proof).

    Raises `BrokenInputError` with these codes, or malformed where a part cannot be read at all.
    """
    # 1
    opened = open_receipt(sealed, directory, at=at)
    if not opened.seal.still_valid:
        raise BrokenInputError(ErrorCode.KEY_NOT_VALID, "the receipt's seal key has ended", found=opened.seal.x5t)
    receipt = opened.receipt
    # 2
    if (receipt.receiver, receipt.sender) != (receiver, sender):
        raise BrokenInputError(
            ErrorCode.NOT_ADDRESSED,
            "the receipt is between other parties",
            found=f"{receipt.receiver} to {receipt.sender}",
            expected=f"{receiver} to {sender}",
        )
    # 3
    acts = tuple(received.act for received in receipt.acts)
    _require_acts(acts, expected)
    # 4
    checkpoint = _verified_head(receipt, directory)
    # 5
    leaves = [_leaf(received) for received in receipt.acts]
    proof = [bytes.fromhex(node) for node in receipt.proof]
    verify_range(leaves, receipt.first, checkpoint.size, proof, checkpoint.root)
    return VerifiedReceipt(acts, sealed, receipt, checkpoint, opened.seal, at - receipt.received_at)


def verify_classes(verified: VerifiedReceipt, class_salts: Sequence[Digest], classes: Mapping[ActId, ActClass]) -> None:
    """The receiver entered each act under the class it was sent with; raises `BrokenInputError` (bad-proof) if not.

    1. There is one salt for each act of the receipt. 2. With it, the class that was sent makes the commitment that the
    receipt proved to stand in the leaf.
    """
    received = verified.receipt.acts
    # 1
    if len(class_salts) != len(received):
        raise BrokenInputError(
            ErrorCode.BAD_PROOF,
            "the receipt does not open the class of each act",
            found=f"{len(class_salts)} salts",
            expected=f"{len(received)}",
        )
    # 2
    for each, salt in zip(received, class_salts, strict=True):
        if class_commitment(bytes.fromhex(salt), classes[each.act]).hex() != each.class_commitment:
            raise BrokenInputError(
                ErrorCode.BAD_PROOF,
                f"{verified.receipt.receiver} entered an act under another class, or does not show under which",
                found=each.act,
                do="keep the receipt and tell the oversight body",
            )


def settle(
    answer: DeliveryAnswer,
    *,
    directory: Directory,
    receiver: AuthorityId,
    sender: AuthorityId,
    sent: Mapping[ActId, ActClass],
    at: datetime,
) -> Settlement:
    """What became of the acts of one envelope, every receipt verified. `sent` are the acts with their classes, in order.

    1. Every receipt holds (`verify_receipt`), for acts entered under their own class (`verify_classes`).
    2. No two of their checkpoints have one size and two roots (fork): both are signed, and are evidence.
    3. Nothing is said of an act that was not sent, and of none twice (malformed).
    4. What was sent and not spoken of is unanswered.
    """
    # 1
    receipts = tuple(
        verify_receipt(each.sealed, directory=directory, receiver=receiver, sender=sender, expected=sent, at=at)
        for each in answer.receipts
    )
    for verified, given in zip(receipts, answer.receipts, strict=True):
        verify_classes(verified, given.class_salts, sent)
    # 2
    _require_one_history([each.checkpoint for each in receipts], receiver)
    # 3
    spoken = [act for each in receipts for act in each.acts]
    spoken += [*answer.waiting, *(each.act for each in answer.rejected)]
    if len(set(spoken)) != len(spoken) or not set(sent).issuperset(spoken):
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "the answer speaks of an act twice, or of one that was not sent",
            found=f"{len(spoken)} acts",
            expected=f"each of {len(sent)} at most once",
        )
    # 4
    silent = set(sent).difference(spoken)
    unanswered = tuple(act for act in sent if act in silent)
    return Settlement(receipts, answer.waiting, answer.rejected, unanswered)


def _received(entry: Entry) -> ReceivedAct:
    commitment = class_commitment(entry.class_salt, entry.act_class)
    return ReceivedAct(entry.act, entry.salt.hex(), commitment.hex())


def _leaf(received: ReceivedAct) -> bytes:
    return leaf_of(bytes.fromhex(received.salt), received.act, bytes.fromhex(received.class_commitment))


def _require_acts(acts: tuple[ActId, ...], expected: Collection[ActId]) -> None:
    strangers = set(acts).difference(expected)
    if not acts or len(set(acts)) != len(acts) or strangers:
        raise BrokenInputError(
            ErrorCode.ID_DIFFERS,
            "the receipt is not for acts that were sent, each once",
            found=f"{len(acts)} acts, {len(strangers)} of them not sent",
            expected=f"some of {len(expected)} acts",
        )


def _verified_head(receipt: Receipt, directory: Directory) -> Checkpoint:
    signed = read_signed_checkpoint(receipt.checkpoint)
    origin = signed.checkpoint.origin
    # Length first: an origin is a name and a small number, and nothing else is worth parsing.
    if len(origin) > ORIGIN_LIMIT or authority_of(origin) != receipt.receiver:
        raise BrokenInputError(
            ErrorCode.BAD_CHECKPOINT,
            "the checkpoint is of another ledger",
            found=origin[:ORIGIN_LIMIT],
            expected=log_origin(receipt.receiver),
        )
    return verify_checkpoint(signed, _ledger_key(signed, receipt, directory))


def _ledger_key(signed: SignedCheckpoint, receipt: Receipt, directory: Directory) -> VerifierKey:
    """The receiver's ledger key that signed the head, if it was valid when the acts were received or shortly before."""
    note = signed.note()
    keys = [
        log_key(signed.checkpoint.origin, raw)
        for dated, raw in directory.ledger_keys(receipt.receiver)
        if dated.covers(receipt.received_at) or dated.covers(receipt.received_at - KEY_GRACE)
    ]
    if not keys:
        raise BrokenInputError(
            ErrorCode.KEY_NOT_VALID,
            "the receiver has no ledger key at that time",
            found=receipt.received_at.isoformat(),
        )
    return next((key for key in keys if signatures_by(note, key)), keys[0])


def _require_one_history(heads: Sequence[Checkpoint], receiver: AuthorityId) -> None:
    roots: dict[tuple[str, int], bytes] = {}
    for head in heads:
        if roots.setdefault((head.origin, head.size), head.root) != head.root:
            raise BrokenInputError(
                ErrorCode.FORK,
                f"{receiver} signed two ledgers of one size",
                found=head.root.hex(),
                expected=roots[head.origin, head.size].hex(),
                do="keep both receipts and tell the oversight body",
            )
