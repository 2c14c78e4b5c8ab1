"""Check 6: whoever the exporter sent an act to has confirmed, under its own seal, that the act is in its own ledger.

This is what keeps an exporter from inventing a request after the event: the addressee's ledger would have to be forged
as well. A receipt that has not come yet proves nothing against anyone, so a missing one leaves the check open.

An addressee that the directory lists without a node has no ledger and gives no receipt. What went to it by hand is told as what
it is: the exporter's own word.
"""

from datetime import datetime, timedelta

from comity.acts.paper_bodies import SentByHand
from comity.acts.receipt_format import Receipt, ReceivedAct, SealedReceipt
from comity.evidence.checks.acts import LoadedActs
from comity.evidence.checks.directory import Registers
from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import ActDirection, ActOnFile
from comity.evidence.dossier.read import Dossier
from comity.evidence.dossier.words import count, told
from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, read_signed_checkpoint, verify_checkpoint
from comity.ledger.entries import leaf_of
from comity.ledger.notes import KeyKind, VerifierKey, signatures_by
from comity.ledger.origins import authority_of
from comity.ledger.proofs import verify_range
from comity.trust.directory import Directory
from comity.trust.directory_format import DatedKey
from comity.trust.receipts import RECEIPT_LIMIT, open_receipt
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.wire import decode

NUMBER, NAME = 6, "receipts"

KEY_GRACE = timedelta(hours=1)
"""How long after a ledger key has ended the last head it signed may still be the newest one there is."""

_SEALED_LIMIT = 2 * RECEIPT_LIMIT


def check_receipts(dossier: Dossier, loaded: LoadedActs, registers: Registers) -> Check:
    """Check 6, for every act the exporter issued to others and each of its addressees.

    Steps:
        1. There is a receipt of that addressee for that act.
        2. The addressee sealed it, for this exporter, and it names the act.
        3. Its checkpoint is of the addressee's own ledger, signed by a ledger key it had then.
        4. The leaves recomputed from the receipt lead to the checkpoint's root.
        5. No two checkpoints of one ledger have the same size and different roots.
    """
    examination = Examination(NUMBER, NAME)
    judge = _Judge(dossier, registers)
    owed = 0
    times: dict[AuthorityId, list[datetime]] = {}
    by_hand = _by_hand(loaded, registers)
    for act in loaded.acts:
        if act.direction is not ActDirection.ISSUED:
            continue
        for peer in act.payload.to:
            if (act.id, peer) in by_hand:
                continue
            owed += 1
            received_at = _check_one(judge, dossier, act, peer, examination)
            if received_at is not None:
                times.setdefault(peer, []).append(received_at)
    for peer, received in sorted(times.items()):
        examination.remark(
            f"{peer} confirmed {len(received)} of them, received from {told(min(received))} to {told(max(received))}"
        )
    if by_hand:
        examination.remark(
            f"{count(len(by_hand), 'act')} went by hand to an authority without a node, as the exporter itself recorded: "
            "no receipt can prove that it came"
        )
    return examination.close(
        "For every act the exporter sent there is its addressee's sealed receipt, with proof that the act is in the "
        f"addressee's own ledger ({owed:,} of them)."
        if owed
        else "The exporter sent nothing to others in this case, so no receipt is owed."
    )


def _by_hand(loaded: LoadedActs, registers: Registers) -> frozenset[tuple[ActId, AuthorityId]]:
    """The acts, each with its addressee, that the exporter recorded as sent by hand to one who had no node by the act's directory."""
    recorded = {
        (body.act, body.partner)
        for act in loaded.acts
        if act.direction is ActDirection.ISSUED and isinstance(body := act.payload.body, SentByHand)
    }
    return frozenset(
        (act.id, peer)
        for act in loaded.acts
        for peer in act.payload.to
        if act.direction is ActDirection.ISSUED
        and (act.id, peer) in recorded
        and (directory := registers.versions.get(act.payload.directory)) is not None
        and directory.by_hand(peer)
    )


def _check_one(
    judge: "_Judge", dossier: Dossier, act: ActOnFile, peer: AuthorityId, examination: Examination
) -> datetime | None:
    path = layout.receipt_path(act.id, peer)
    # 1.
    if dossier.file(path) is None:
        examination.doubt(
            f"there is no receipt of {peer} for a {act.payload.act.type} act",
            file=path,
            do="ask the exporter for a newer dossier: the receipt may have come since",
        )
        return None
    # 2. to 5.
    try:
        return judge.judge(path, act.id, peer)
    except BrokenInputError as error:
        note = examination.doubt if error.code is ErrorCode.DIRECTORY_UNKNOWN else examination.fault
        note(
            f"the receipt of {peer} does not hold: {error.what}", file=path, found=error.found, expected=error.expected
        )
        return None


class _Judge:
    """Judges receipts. One receipt covers a batch, so the proof of one already judged is not computed again."""

    def __init__(self, dossier: Dossier, registers: Registers) -> None:
        self._dossier = dossier
        self._directory = registers.newest
        self._judged: dict[bytes, Receipt] = {}
        self._roots: dict[tuple[str, int], bytes] = {}

    def judge(self, path: str, act: ActId, peer: AuthorityId) -> datetime:
        """When the peer received the act, by its own proven word."""
        if self._directory is None:
            raise BrokenInputError(ErrorCode.DIRECTORY_UNKNOWN, "there is no directory to judge it by")
        data = self._dossier.read(path, limit=_SEALED_LIMIT)
        receipt = self._judged.get(data)
        if receipt is None:
            receipt = self._judged[data] = self._opened(data, self._directory)
        # 2.
        me = self._dossier.header.authority
        if (receipt.receiver, receipt.sender) != (peer, me):
            raise BrokenInputError(
                ErrorCode.NOT_ADDRESSED,
                "it is between other parties",
                found=f"{receipt.receiver} to {receipt.sender}",
                expected=f"{peer} to {me}",
            )
        if all(received.act != act for received in receipt.acts):
            raise BrokenInputError(
                ErrorCode.ID_DIFFERS, "it is for other acts", found=f"{len(receipt.acts)} others", expected=act
            )
        return receipt.received_at

    def _opened(self, data: bytes, directory: Directory) -> Receipt:
        sealed = decode(data, SealedReceipt, limit=_SEALED_LIMIT)
        receipt = open_receipt(sealed, directory, at=self._dossier.header.exported_at).receipt
        # 3.
        head = _head(receipt, directory)
        # 4.
        leaves = [_leaf(received) for received in receipt.acts]
        verify_range(leaves, receipt.first, head.size, [bytes.fromhex(node) for node in receipt.proof], head.root)
        # 5.
        if self._roots.setdefault((head.origin, head.size), head.root) != head.root:
            raise BrokenInputError(
                ErrorCode.FORK,
                f"{receipt.receiver} signed two ledgers of one size",
                found=head.root.hex(),
                expected=self._roots[head.origin, head.size].hex(),
            )
        return receipt


def _head(receipt: Receipt, directory: Directory) -> Checkpoint:
    signed = read_signed_checkpoint(receipt.checkpoint)
    owner = authority_of(signed.checkpoint.origin)
    if owner != receipt.receiver:
        raise BrokenInputError(
            ErrorCode.BAD_CHECKPOINT, "its checkpoint is of another's ledger", found=owner, expected=receipt.receiver
        )
    return verify_checkpoint(signed, ledger_key(signed, directory, owner, (receipt.received_at,)))


def ledger_key(
    signed: SignedCheckpoint, directory: Directory, owner: AuthorityId, instants: tuple[datetime, ...]
) -> VerifierKey:
    """The owner's ledger key that a head says it was signed with, if it was valid at one of the instants or shortly before.

    Where none of its keys signed, the newest is given, and the head will not verify with it. Raises `BrokenInputError`
    (KEY_NOT_VALID) when the owner had no key then.
    """
    keys = [
        VerifierKey(signed.checkpoint.origin, KeyKind.NOTE, raw)
        for dated, raw in directory.ledger_keys(owner)
        if any(in_use(dated, instant) for instant in instants)
    ]
    if not keys:
        raise BrokenInputError(
            ErrorCode.KEY_NOT_VALID, f"{owner} had no ledger key at that time", found=told(instants[0])
        )
    note = signed.note()
    return next((key for key in keys if signatures_by(note, key)), keys[0])


def in_use(key: DatedKey, at: datetime) -> bool:
    """Whether the key was valid then, or had ended so shortly before that what it signed may still be the newest."""
    return key.covers(at) or (key.valid_until is not None and timedelta() <= at - key.valid_until < KEY_GRACE)


def _leaf(received: ReceivedAct) -> bytes:
    return leaf_of(bytes.fromhex(received.salt), received.act, bytes.fromhex(received.class_commitment))
