"""Unpredictable bytes, and for simulations bytes that repeat."""

import hashlib
import logging
import os
import threading

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from comity.casework.node_ports import Randomness

_log = logging.getLogger(__name__)


class SystemRandomness(Randomness):
    """The operating system's generator, which is seeded before a process can read from it. Safe for threads."""

    def take(self, count: int) -> bytes:
        """See `Randomness.take`."""
        return os.urandom(count)


class UnsafeSeededRandomness(Randomness):
    """The ChaCha20 stream (RFC 8439) under the hash of a seed: the same seed gives the same bytes, in the order they are taken.

    Unsafe: whoever knows the seed knows every key made from it. For simulations that must repeat to the byte.
    """

    def __init__(self, seed: bytes) -> None:
        key = hashlib.sha256(b"comity-unsafe-seeded-randomness-v1" + seed).digest()
        self._stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor()
        self._guard = threading.Lock()
        _log.warning("UNSAFE: keys, salts and identifiers of this process repeat; for simulations only")

    def take(self, count: int) -> bytes:
        """See `Randomness.take`."""
        with self._guard:
            return self._stream.update(bytes(count))
