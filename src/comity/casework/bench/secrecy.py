"""Encryption under a case's key: bodies of acts, views and exhibit identities at rest, and search tokens.

Destroying the key makes all of it unreadable wherever a copy lies: rows, write-ahead log, base backups.
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.casework.ports.case import StoredAct, StoredDraft
from comity.casework.ports.node import CaseKeys, Randomness
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, CaseId

_NONCE = 12

_BOX = b"\x01"
"""First byte of every box: its format, and what tells it from JSON in the clear."""


_T = TypeVar("_T")


def unless_disposed(opening: Callable[[], _T]) -> _T | None:
    """What the call opens; None where the key that it takes is destroyed: its case was disposed of just now."""
    try:
        return opening()
    except BrokenInputError as error:
        if error.code is ErrorCode.KEY_DESTROYED:
            return None
        raise


class CaseCipher:
    """AES-256-GCM under the case key, bound to what the text is for; random 96-bit nonces, far below 2^32 texts a case."""

    def __init__(self, keys: CaseKeys, random: Randomness) -> None:
        self._keys = keys
        self._random = random

    def encrypt(self, case: CaseId, purpose: str, plain: bytes) -> bytes:
        """Nonce and ciphertext. `purpose` names the row it belongs to: a text moved elsewhere does not decrypt."""
        nonce = self._random.take(_NONCE)
        return _BOX + nonce + AESGCM(self._keys.key(case)).encrypt(nonce, plain, purpose.encode())

    def decrypt(self, case: CaseId, purpose: str, box: bytes) -> bytes:
        """The text. Raises `BrokenInputError`: KEY_DESTROYED, NOT_FOUND, or STORE_DAMAGED when it was altered or moved."""
        try:
            nonce, text = box[1 : 1 + _NONCE], box[1 + _NONCE :]
            return AESGCM(self._keys.key(case)).decrypt(nonce, text, purpose.encode())
        except (InvalidTag, ValueError):
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED, f"a stored text of the kind {purpose.split(':', maxsplit=1)[0]} was altered"
            ) from None

    def open_act(self, stored: StoredAct) -> bytes:
        """A filed act's JWS bytes. A disposal's certificate is kept in the clear: its case key is gone."""
        if stored.sealed[:1] == b"{":
            return stored.sealed
        return self.decrypt(stored.case, f"act:{stored.id}", stored.sealed)

    def close_draft(self, case: CaseId, draft: ActId, payload: bytes) -> bytes:
        """A draft's payload bytes, encrypted."""
        return self.encrypt(case, f"draft:{draft}", payload)

    def open_draft(self, stored: StoredDraft) -> bytes:
        """A draft's payload bytes: exactly those that are to be approved."""
        return self.decrypt(stored.case, f"draft:{stored.id}", stored.payload)

    def token(self, case: CaseId, term: str) -> bytes:
        """A blind index token: equal for equal terms of one case, meaningless without its key, gone with it."""
        index_key = hmac.digest(self._keys.key(case), b"comity-search-v1", hashlib.sha256)
        return hmac.digest(index_key, term.encode(), hashlib.sha256)[:16]
