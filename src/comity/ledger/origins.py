"""The names of ledgers: `comity/<authority>/ledger`, and after a restore `comity/<authority>/ledger/<epoch>`, from 2 on.

A restored node can't extend what its witnesses saw and it lost, so it begins a new origin over what it still has, with an
act that says so (`ledger-restored`). The old origin stays judged by its old checkpoints.
"""

import re

from comity.ledger.notes import KeyKind, VerifierKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId

_PREFIX = "comity/"
_ORIGIN = re.compile(r"comity/([a-z][a-z0-9.-]{0,62})/ledger(?:/([1-9][0-9]{0,8}))?")


def log_origin(authority: AuthorityId, epoch: int = 1) -> str:
    """The origin line of that authority's ledger in that epoch."""
    return f"{_PREFIX}{authority}/ledger" + (f"/{epoch}" if epoch > 1 else "")


def authority_of(origin: str) -> AuthorityId:
    """Whose ledger it is. Raises `BrokenInputError` (BAD_CHECKPOINT) for a name that is no origin of a node."""
    return _parted(origin)[0]


def epoch_of(origin: str) -> int:
    """Which of the authority's ledgers it is, from 1 on. Raises as `authority_of` does."""
    return _parted(origin)[1]


def _parted(origin: str) -> tuple[AuthorityId, int]:
    found = _ORIGIN.fullmatch(origin)
    authority, epoch = (found[1], int(found[2] or 1)) if found else ("", 1)
    plain = log_origin(authority, epoch)
    if not authority or plain != origin:
        raise BrokenInputError(ErrorCode.BAD_CHECKPOINT, "the checkpoint is of no ledger of this kind", found=origin)
    return authority, epoch


def log_key(origin: str, public: bytes) -> VerifierKey:
    """A ledger's own key under its origin."""
    return VerifierKey(origin, KeyKind.NOTE, public)


def witness_key(authority: AuthorityId, public: bytes) -> VerifierKey:
    """An authority's key as a witness of others' ledgers: named `comity/<authority>/witness`."""
    return VerifierKey(f"{_PREFIX}{authority}/witness", KeyKind.COSIGNATURE, public)
