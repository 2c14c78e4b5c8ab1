"""Several items as one POSIX archive (tar, pax), streamed: each under the hash of its leaf, and with no name of its own."""

import tarfile
from collections.abc import Iterable, Iterator

from comity.casework.custody.consult import ItemLine

TAR = "application/x-tar"
_BLOCK = tarfile.BLOCKSIZE


def tar_of(contents: Iterable[tuple[ItemLine, Iterable[bytes]]]) -> Iterator[bytes]:
    """The archive in pieces, in bounded memory; it ends in two empty blocks, and without them it broke off."""
    for line, content in contents:
        head = tarfile.TarInfo(line.item)
        head.size = line.descriptor.size
        head.mode = 0o600
        yield head.tobuf(tarfile.PAX_FORMAT)
        yield from content
        if head.size % _BLOCK:
            yield bytes(_BLOCK - head.size % _BLOCK)
    yield bytes(2 * _BLOCK)
