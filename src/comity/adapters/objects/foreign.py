"""Reading what others packed, to judge it: every file once, hashed by the algorithms that its manifests use."""

import hashlib
from pathlib import Path

from comity.adapters.objects.sources import FileSource, LeftOut, walk
from comity.evidence.age_header import HEADER_LIMIT
from comity.evidence.descriptors import raw_name
from comity.evidence.foreign import (
    ALGORITHMS,
    MANIFEST,
    MOST_FILES,
    TAG_LIMIT,
    Foreign,
    ForeignFile,
    is_age,
    judge_age,
    judge_bag,
)
from comity.evidence.verdicts import Report
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_BLOCK = 1 << 20
_TAGS = frozenset({"bagit.txt", "bag-info.txt"})


def judge(place: Path) -> tuple[str, Report]:
    """What it is (`bagit` or `age`) and the verdict on it. Raises `BrokenInputError` (unknown-type) for anything else."""
    if place.is_file():
        with place.open("rb") as file:
            head = file.read(HEADER_LIMIT)
        if is_age(head):
            return "age", judge_age(head)
    elif (place / "bagit.txt").is_file():
        return "bagit", judge_bag(read_folder(place))
    raise BrokenInputError(
        ErrorCode.UNKNOWN_TYPE,
        "that is neither a bag nor an age file",
        expected="a folder with bagit.txt, or an age file",
    )


def read_folder(place: Path) -> Foreign:
    """Every ordinary file below the folder; nothing is followed out of it."""
    matches = [MANIFEST.match(path.name) for path in place.iterdir()]
    algorithms = sorted({match[2] for match in matches if match} & set(ALGORITHMS))
    left_out = LeftOut()
    files: dict[str, ForeignFile] = {}
    tags: dict[str, bytes] = {}
    for source in walk(place, left_out):
        try:
            name = raw_name(source.name).decode("utf-8", "backslashreplace")
            if len(files) == MOST_FILES:
                raise BrokenInputError(ErrorCode.OVERSIZED, "the bag has too many files", expected=f"{MOST_FILES:,}")
            keeps = name in _TAGS or MANIFEST.match(name) is not None
            files[name], content = _read(source, algorithms, keeps=keeps)
            if keeps:
                tags[name] = content
        finally:
            source.close()
    return Foreign(files, tags, [each.name for each in left_out.examples])


def _read(source: FileSource, algorithms: list[str], *, keeps: bool) -> tuple[ForeignFile, bytes]:
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
