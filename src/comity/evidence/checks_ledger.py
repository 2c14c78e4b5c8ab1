"""Checks 7 and 8: every act stands in the exporter's own ledger, and others have seen that ledger.

The ledger alone proves order and completeness to nobody: its owner could keep two. Witnesses make that impossible, as
far as the reader trusts them; which of them, and how many, is said by the reader's anchor and never by the dossier.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from msgspec import Struct

from comity.evidence import dossier_format as layout
from comity.evidence.checks_directory import Registers
from comity.evidence.checks_receipts import ledger_key
from comity.evidence.dossier_format import DossierHeader, LedgerPlace, LedgerPlaces
from comity.evidence.dossier_read import Dossier
from comity.evidence.dossier_words import told
from comity.evidence.verdicts import Check, Examination
from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, read_signed_checkpoint, verify_checkpoint
from comity.ledger.cosignatures import Cosigned, verify_cosignature
from comity.ledger.entries import leaf_of
from comity.ledger.notes import NOTE_LIMIT, KeyKind, VerifierKey, signatures_by
from comity.ledger.origins import authority_of
from comity.ledger.proofs import verify_inclusion
from comity.trust.anchors import PinnedWitness, TrustAnchor
from comity.trust.directory import Directory
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import decode

LEDGER_NUMBER, LEDGER_NAME = 7, "ledger"
WITNESSES_NUMBER, WITNESSES_NAME = 8, "witnesses"

_LATEST = int(datetime.max.replace(tzinfo=UTC).timestamp())


class Witnessed(Struct, frozen=True):
    """What is known of the checkpoint: its tree, and since when trusted witnesses bind its owner to it (None: no one)."""

    checkpoint: Checkpoint | None
    since: datetime | None


def read_head(dossier: Dossier) -> SignedCheckpoint | BrokenInputError:
    """The exporter's signed checkpoint, or why it cannot be read."""
    try:
        text = dossier.read(layout.CHECKPOINT, limit=4 * NOTE_LIMIT).decode()
    except UnicodeDecodeError:
        return BrokenInputError(ErrorCode.MALFORMED, "the checkpoint is not text")
    except BrokenInputError as error:
        return error
    try:
        return read_signed_checkpoint(text)
    except BrokenInputError as error:
        return error


def check_ledger(dossier: Dossier, head: SignedCheckpoint | BrokenInputError) -> tuple[dict[ActId, int], Check]:
    """Where each act stands in the exporter's ledger, and check 7.

    Steps:
        1. Every act has a place, in the order the header lists them, and no other act has.
        2. The leaf recomputed from the act's id and salt is the one at that place of the checkpoint's tree (RFC 6962).
    """
    examination = Examination(LEDGER_NUMBER, LEDGER_NAME)
    places = _places(dossier, examination)
    # 1.
    _check_order(dossier.header, places, examination)
    # 2.
    if isinstance(head, BrokenInputError):
        examination.doubt("without a readable checkpoint no place in the ledger can be proven", file=layout.CHECKPOINT)
    else:
        for place in places:
            _check_place(place, head.checkpoint, examination)
    indexes = {place.act: place.index for place in places}
    return indexes, examination.close(
        f"Every act is proven to stand in the exporter's own ledger, in the order shown ({len(indexes):,} of them)."
    )


def _places(dossier: Dossier, examination: Examination) -> tuple[LedgerPlace, ...]:
    try:
        data = dossier.read(layout.ENTRIES, limit=layout.ENTRIES_LIMIT)
        return decode(data, LedgerPlaces, limit=layout.ENTRIES_LIMIT).places
    except BrokenInputError as error:
        examination.fault(
            f"the acts' places in the ledger cannot be read: {error.what}", file=layout.ENTRIES, found=error.found
        )
        return ()


def _check_order(header: DossierHeader, places: Sequence[LedgerPlace], examination: Examination) -> None:
    listed, placed = [line.act for line in header.acts], [place.act for place in places]
    if any(after.index <= before.index for before, after in pairwise(places)):
        examination.fault("the places in the ledger do not ascend", file=layout.ENTRIES)
    if listed == placed:
        return
    for act in sorted(set(listed).difference(placed)):
        examination.fault("an act has no place in the ledger", file=layout.act_path(act))
    if len(placed) > len(set(placed)) or set(placed).difference(listed):
        examination.fault("the places name an act twice, or one that is not in the dossier", file=layout.ENTRIES)
    elif sorted(listed) == sorted(placed):
        examination.fault("the header lists the acts in another order than the ledger", file=layout.HEADER)


def _check_place(place: LedgerPlace, checkpoint: Checkpoint, examination: Examination) -> None:
    try:
        leaf = leaf_of(bytes.fromhex(place.salt), place.act, bytes.fromhex(place.class_commitment))
        path = [bytes.fromhex(node) for node in place.path]
        verify_inclusion(leaf, place.index, checkpoint.size, path, checkpoint.root)
    except BrokenInputError as error:
        examination.fault(
            f"an act is not proven to be in the ledger: {error.what}",
            file=layout.act_path(place.act),
            found=error.found,
            expected=error.expected,
        )


def check_witnesses(
    dossier: Dossier, head: SignedCheckpoint | BrokenInputError, registers: Registers, anchor: TrustAnchor | None
) -> tuple[Witnessed, Check]:
    """What the checkpoint is worth, and check 8.

    Steps:
        1. The checkpoint is of the exporter's ledger.
        2. A ledger key that the exporter had then signed it.
        3. No cosignature by a witness the reader trusts is false.
        4. As many of these witnesses as the reader demands have cosigned it.
    """
    examination = Examination(WITNESSES_NUMBER, WITNESSES_NAME)
    if isinstance(head, BrokenInputError):
        examination.fault(f"the checkpoint cannot be read: {head.what}", file=layout.CHECKPOINT, found=head.found)
        return Witnessed(None, None), examination.close("")
    witnesses = anchor.witness_policy.witnesses if anchor else ()
    # 3.
    seen = _cosigned(head, witnesses, examination)
    # 1. and 2.
    _check_signature(dossier.header, head, registers, seen, examination)
    # 4.
    _check_policy(anchor, seen, examination)
    for each in seen:
        examination.remark(f"{each.witness} saw this ledger at {told(_instant(each.at))}", file=layout.CHECKPOINT)
    threshold = anchor.witness_policy.threshold if anchor else 0
    times = sorted(_instant(each.at) for each in seen)
    since = times[threshold - 1] if threshold and len(times) >= threshold else None
    return Witnessed(head.checkpoint, since), examination.close(
        f"The exporter signed its ledger of {head.checkpoint.size:,} leaves, and "
        f"{', '.join(each.witness for each in seen)} cosigned it."
    )


def _cosigned(head: SignedCheckpoint, witnesses: Iterable[PinnedWitness], examination: Examination) -> list[Cosigned]:
    note = head.note()
    seen = []
    for witness in witnesses:
        try:
            key = VerifierKey(witness.name, KeyKind.COSIGNATURE, witness.key)
            if signatures_by(note, key):
                seen.append(verify_cosignature(head, key, _LATEST))
        except BrokenInputError as error:
            examination.fault(
                f"the signature of the witness {witness.name} is false: {error.what}",
                file=layout.CHECKPOINT,
                found=error.found,
                expected=error.expected,
            )
    return seen


def _check_signature(
    header: DossierHeader,
    head: SignedCheckpoint,
    registers: Registers,
    seen: Sequence[Cosigned],
    examination: Examination,
) -> None:
    directory = registers.newest
    if directory is None:
        examination.doubt("there is no directory that says whose key signed the checkpoint", file=layout.CHECKPOINT)
        return
    try:
        _verify_head(header, head, directory, seen)
    except BrokenInputError as error:
        examination.fault(
            f"the checkpoint is not the exporter's: {error.what}",
            file=layout.CHECKPOINT,
            found=error.found,
            expected=error.expected,
        )


def _verify_head(header: DossierHeader, head: SignedCheckpoint, directory: Directory, seen: Sequence[Cosigned]) -> None:
    owner = authority_of(head.checkpoint.origin)
    if owner != header.authority:
        raise BrokenInputError(
            ErrorCode.BAD_CHECKPOINT, "it is of another's ledger", found=owner, expected=header.authority
        )
    # The head may be older than the export, and the key it was signed with may have been replaced in between.
    filed = max((line.filed_at for line in header.acts), default=header.exported_at)
    instants = (header.exported_at, filed, *(_instant(each.at) for each in seen))
    verify_checkpoint(head, ledger_key(head, directory, owner, instants))


def _check_policy(anchor: TrustAnchor | None, seen: Sequence[Cosigned], examination: Examination) -> None:
    if anchor is None:
        examination.doubt(
            "no witnesses are named that you trust, so nobody shows that the exporter keeps only one ledger",
            file=layout.CHECKPOINT,
            do="pass a trust.json with --trust",
        )
        return
    policy = anchor.witness_policy
    signed = {each.witness for each in seen}
    missing = [witness.name for witness in policy.witnesses if witness.name not in signed]
    if len(seen) < policy.threshold:
        examination.doubt(
            f"too few of the witnesses you trust have signed: {len(seen)} of the {policy.threshold} you demand",
            file=layout.CHECKPOINT,
            found=f"missing: {', '.join(missing)}",
            expected=f"{policy.threshold} of {len(policy.witnesses)}",
            do="ask the exporter for a newer dossier, or the witness whether it refused",
        )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
