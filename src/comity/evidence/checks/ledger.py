"""Check 7: every act stands in the exporter's own ledger, at the place and in the order that the dossier shows."""

from collections.abc import Sequence
from itertools import pairwise

from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import DossierHeader, LedgerPlace, LedgerPlaces
from comity.evidence.dossier.read import Dossier
from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, read_signed_checkpoint
from comity.ledger.entries import leaf_of
from comity.ledger.notes import NOTE_LIMIT
from comity.ledger.proofs import verify_inclusion
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import decode

NUMBER, NAME = 7, "ledger"


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
    examination = Examination(NUMBER, NAME)
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
