"""The node's keys as they are used: which one counts at an instant is said by the directory, never guessed.

A rotation by act names the instant from which the new key counts. Both keys lie in the folder around that time; the one
that the directory in force lists for the present is used, in every process alike.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from comity.adapters.keys.node_key_format import KeyKind
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.exchange.hpke import HybridPrivateKey, key_ring
from comity.trust.directory import Directory
from comity.trust.keys import SealKey, SigningKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId


class Keyring:
    """Safe for threads. Parsed keys are kept by their public half, the seal's by its certificate."""

    def __init__(
        self, folder: FileNodeKeys, me: AuthorityId, directory: Callable[[], Directory], now: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self._me = me
        self._directory = directory
        self._now = now
        self._lock = threading.Lock()
        self._seals: dict[str, SealKey] = {}
        self._signing: dict[tuple[KeyKind, bytes], SigningKey] = {}
        self._agreements: Mapping[bytes, HybridPrivateKey] = {}

    def seal_key(self) -> SealKey:
        """The key this node seals with now, under the certificate the directory lists for it."""
        certificate = self._directory().current_seal_certificate(self._me, self._now())
        with self._lock:
            if certificate.x5t not in self._seals:
                private = self._private(KeyKind.SEAL, certificate.public_bytes)
                self._seals[certificate.x5t] = SealKey(private, certificate.der)
            return self._seals[certificate.x5t]

    def ledger_key(self) -> SigningKey:
        """The key that signs the ledger's heads now."""
        return self._sign_with(KeyKind.LEDGER, self._directory().ledger_key(self._me, self._now()))

    def witness_key(self) -> SigningKey:
        """The key that co-signs others' heads now."""
        return self._sign_with(KeyKind.WITNESS, self._directory().witness_key(self._me, self._now()))

    def agreement_keys(self) -> Mapping[bytes, HybridPrivateKey]:
        """Every agreement key that envelopes may still be for, by key id; newest first."""
        with self._lock:
            raw = self._folder.agreements()
            if len(raw) != len(self._agreements) or any(each not in self._known for each in raw):
                self._known = frozenset(raw)
                self._agreements = key_ring(HybridPrivateKey(each) for each in raw)
            return self._agreements

    _known: frozenset[bytes] = frozenset()

    def _sign_with(self, kind: KeyKind, public: bytes) -> SigningKey:
        with self._lock:
            if (kind, public) not in self._signing:
                self._signing[kind, public] = SigningKey(self._private(kind, public))
            return self._signing[kind, public]

    def _private(self, kind: KeyKind, public: bytes) -> bytes:
        private = self._folder.private(kind, public)
        if private is None:
            raise BrokenInputError(
                ErrorCode.KEY_NOT_VALID,
                f"the directory lists another {kind} key for this node than its folder holds",
                do="bring the node's key folder and the directory together",
            )
        return private
