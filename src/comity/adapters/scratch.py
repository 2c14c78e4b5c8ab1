"""A scratch file that nobody can read afterwards: encrypted under a key that only this process has, and without a name.

A dossier is written with a step back for each entry's checksum, so it cannot be streamed as it is made; and it must not lie
in the clear on the node's disk, not even in blocks that a deleted file leaves behind.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR

from comity.casework.ports.export import Scratch
from comity.casework.ports.node import Randomness

_BLOCK = 16
_PIECE = 1 << 20


class EncryptedScratch(Scratch):
    """AES-256 in counter mode at the file's own offsets. For one thread.

    Bytes written twice at one place (a checksum after its zeros) show their difference to whoever reads the disk: that is a
    checksum of content, under no key, of a file without a name; everything else is written once.
    """

    def __init__(self, folder: Path, random: Randomness) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as the stream made of it
        self._key = AES256(random.take(32))
        self._at = 0
        self.size = 0

    def write(self, data: bytes, /) -> int:
        """See `ByteTarget`."""
        self._file.write(self._keystream(self._at).update(data))
        self._at += len(data)
        self.size = max(self.size, self._at)
        return len(data)

    def seek(self, offset: int, /) -> int:
        """See `ByteTarget`."""
        self._file.seek(offset)
        self._at = offset
        return offset

    def pieces(self) -> Iterator[bytes]:
        """See `Scratch`."""
        try:
            self.seek(0)
            stream = self._keystream(0)
            while piece := self._file.read(_PIECE):
                yield stream.update(piece)
        finally:
            self.close()

    def close(self) -> None:
        """See `Scratch`."""
        self._file.close()

    def _keystream(self, offset: int) -> "_Keystream":
        return _Keystream(self._key, offset)


class _Keystream:
    """The cipher's stream from a byte offset on; encrypting and decrypting are the same."""

    def __init__(self, key: AES256, offset: int) -> None:
        block, inside = divmod(offset, _BLOCK)
        self._context = Cipher(key, CTR(block.to_bytes(_BLOCK))).encryptor()
        self._context.update(bytes(inside))

    def update(self, data: bytes) -> bytes:
        """As many bytes as came in."""
        return self._context.update(data)
