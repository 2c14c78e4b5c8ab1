"""The time stamps that came with a dossier, for check 12: which hold, of whom, and what is said of the others.

They only add. Anybody can put one into a dossier or take one out, so one that is missing or worthless changes nothing and is
told; one that holds, of an authority whose certificate the reader pinned, dates the ledger.
"""

from datetime import datetime

from msgspec import Struct

from comity.evidence.dossier import format as layout
from comity.evidence.dossier.read import Dossier
from comity.evidence.dossier.timestamp_tokens import TOKEN_LIMIT, Standing, TimestampToken, read_token
from comity.evidence.dossier.words import plain, told
from comity.ledger.checkpoints import SignedCheckpoint
from comity.trust.anchors import TrustAnchor
from comity.vocabulary.errors import BrokenInputError

_NAME = 120


class StampRemark(Struct, frozen=True):
    """What is said of one time stamp."""

    what: str
    file: str
    found: str = ""


class Stamps(Struct, frozen=True):
    """What the time stamps say; `earliest` is when a trusted authority first saw the checkpoint, None when none did."""

    remarks: tuple[StampRemark, ...] = ()
    earliest: datetime | None = None


def read_stamps(dossier: Dossier, head: SignedCheckpoint | BrokenInputError, anchor: TrustAnchor | None) -> Stamps:
    """Every time stamp in the dossier, judged against the reader's anchor; the first of an authority pinned there counts."""
    paths = sorted(path for path in dossier.paths() if layout.STAMP.match(path))
    if isinstance(head, BrokenInputError):
        return Stamps(tuple(StampRemark("a time stamp is over no checkpoint that can be read", each) for each in paths))
    stamped, roots = head.checkpoint.text().encode(), anchor.timestamp_roots if anchor else ()
    remarks, times = [], []
    for path in paths:
        try:
            token = read_token(dossier.read(path, limit=TOKEN_LIMIT), stamped, roots)
        except BrokenInputError as error:
            remarks.append(StampRemark(f"a time stamp counts for nothing: {error.what}", path, error.found))
            continue
        remarks.append(StampRemark(_said(token), path))
        if token.standing is Standing.ANCHORED:
            times.append(token.at)
    return Stamps(tuple(remarks), min(times, default=None))


def _said(token: TimestampToken) -> str:
    name = plain(token.authority, _NAME)
    if token.standing is Standing.ANCHORED:
        return f"the time-stamp authority {name} saw this ledger at {told(token.at)} (number {token.serial})"
    return (
        f"a time stamp says that {name} saw this ledger at {told(token.at)}; it counts for nothing, because the trust anchor "
        "names no time-stamp authority"
    )
