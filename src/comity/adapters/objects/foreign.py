"""Judging what others packed, from a private copy: every file hashed by the algorithms that the manifests use."""

import hashlib

from comity.adapters.objects.private_copy import CopiedSource, PrivateCopy
from comity.evidence.age.header import HEADER_LIMIT
from comity.evidence.checks.foreign import (
    ALGORITHMS,
    MANIFEST,
    TAG_LIMIT,
    Foreign,
    ForeignFile,
    is_age,
    judge_age,
    judge_bag,
)
from comity.evidence.checks.verdicts import Report
from comity.evidence.items.descriptors import raw_name
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_BLOCK = 1 << 20
_TAGS = frozenset({"bagit.txt", "bag-info.txt"})


def judge(copy: PrivateCopy) -> tuple[str, Report]:
    """What it is (`bagit` or `age`) and the verdict on it. Raises `BrokenInputError` (unknown-type) for anything else."""
    if not copy.is_folder:
        head = b"".join(_head(source) for source in copy.sources())
        if is_age(head):
            return "age", judge_age(head)
    elif any(source.name == "bagit.txt" for source in copy.sources()):
        return "bagit", judge_bag(_folder(copy))
    raise BrokenInputError(
        ErrorCode.UNKNOWN_TYPE,
        "that is neither a bag nor an age file",
        expected="a folder with bagit.txt, or an age file",
    )


def _head(source: CopiedSource) -> bytes:
    room = memoryview(bytearray(HEADER_LIMIT))
    return bytes(room[: source.readinto(room) or 0])


def _folder(copy: PrivateCopy) -> Foreign:
    """Every ordinary file of the folder; nothing was followed out of it."""
    matches = [MANIFEST.match(source.name) for source in copy.sources()]
    algorithms = sorted({match[2] for match in matches if match} & set(ALGORITHMS))
    files: dict[str, ForeignFile] = {}
    tags: dict[str, bytes] = {}
    for source in copy.sources():
        name = raw_name(source.name).decode("utf-8", "backslashreplace")
        keeps = name in _TAGS or MANIFEST.match(name) is not None
        files[name], content = _read(source, algorithms, keeps=keeps)
        if keeps:
            tags[name] = content
    return Foreign(files, tags, [each.name for each in copy.left_out.examples])


def _read(source: CopiedSource, algorithms: list[str], *, keeps: bool) -> tuple[ForeignFile, bytes]:
    digests = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    room = memoryview(bytearray(_BLOCK))
    content = bytearray()
    size = 0
    while not source.ended:
        read = source.readinto(room) or 0
        size += read
        for digest in digests.values():
            digest.update(room[:read])
        if keeps:
            content += room[:read]
            if size > TAG_LIMIT:
                raise BrokenInputError(ErrorCode.OVERSIZED, "a file of the bag that tells of others is too large")
    return ForeignFile(size, {name: digest.hexdigest() for name, digest in digests.items()}), bytes(content)
