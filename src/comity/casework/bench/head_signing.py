"""Signing the ledger's head, unless the node might be signing a second history.

After a start nothing is signed until the ledger was compared with what witnesses have seen (`comity.casework.upkeep.standing`).
"""

import threading
from collections.abc import Callable

from comity.ledger.checkpoints import Checkpoint, sign_checkpoint
from comity.ledger.notes import Signer
from comity.ledger.origins import log_key
from comity.ledger.standing import Current, Standing, require_current
from comity.trust.keys import SigningKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class HeadSigner:
    """Call it with (origin, size, root) for the signed note; raises `BrokenInputError` while the node may not sign."""

    def __init__(self, key: Callable[[], SigningKey]) -> None:
        """`key` gives the ledger key that counts at the time of signing."""
        self._key = key
        self._standing: Standing | None = None
        self._lock = threading.Lock()

    def __call__(self, origin: str, size: int, root: bytes) -> str:
        """The note of that head under the ledger's key."""
        with self._lock:
            if self._standing is None:
                raise BrokenInputError(
                    ErrorCode.BEHIND_WITNESSES,
                    "the ledger has not been compared with its witnesses yet",
                    do="try again",
                )
            require_current(self._standing)
        key = self._key()
        sign: Signer = key.sign
        return sign_checkpoint(Checkpoint(origin, size, root), log_key(origin, key.public), sign).encode()

    @property
    def standing(self) -> Standing | None:
        """Where the node stands; None before the first comparison."""
        return self._standing

    def stand(self, standing: Standing) -> None:
        """Takes a comparison's result."""
        with self._lock:
            self._standing = standing

    def allow_new_epoch(self) -> None:
        """An operator bridges a restore: from now on a new origin is signed."""
        self.stand(Current())
