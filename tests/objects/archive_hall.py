"""Archives as anybody may make them, and a custodian who takes them in with tight limits."""

import gzip
import io
import itertools
import tarfile
import zipfile

from comity.acts.matters import ScopePart
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK, PipelineTerms
from comity.adapters.objects.segment_sealing import read_index
from comity.adapters.objects.unpacking_limits import UnpackingLimits
from comity.evidence.items.descriptors import unframe
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.vocabulary.categories import DataCategory

LOG = "".join(
    f'10.0.0.{day} - - [{day:02}/Nov/2026:{hour:02}:00:00 +0000] "GET /{hour} HTTP/1.1" 200 1\n'
    for day in (2, 3)
    for hour in range(24)
).encode()
PIPELINE = PipelineTerms(chunk=LEAST_CHUNK, lanes=1)
LIMITS = UnpackingLimits(depth=2, members=20, ratio=2, least=1 << 20)


def mailbox(days=(2, 3, 4)) -> bytes:
    return "\n".join(
        f"From ana Tue Nov  3 10:00:00 2026\nFrom: ana@example.org\nTo: rui@example.net\n"
        f"Date: {day} Nov 2026 10:00:00 +0000\nSubject: x\n\nneedle-{day}\n"
        for day in days
    ).encode()


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def tarred(members: dict[bytes, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


TAKEOUT = {
    "Takeout/Mail/All mail.mbox": mailbox(),
    "Takeout/logs/access.log": LOG,
    "Takeout/logs/access.log.gz": packed(LOG),
    "Takeout/photo.bin": bytes(range(256)),
    "Takeout/empty": b"",
}
ARCHIVES = {
    "zip": zipped(TAKEOUT),
    "zip-stored": zipped(TAKEOUT, zipfile.ZIP_STORED),
    "tar": tarred({name.encode(): content for name, content in TAKEOUT.items()}),
    "tar-gnu": tarred({name.encode(): content for name, content in TAKEOUT.items()}, tarfile.GNU_FORMAT),
    "tar.gz": packed(tarred({name.encode(): content for name, content in TAKEOUT.items()})),
}


class BrokenOffError(Exception):
    pass


class Hall:
    """A desk that takes one folder of files in and shows what became of it."""

    def __init__(self, desk, place) -> None:
        self.desk = desk
        self.place = place
        self.identity = desk.room.new_identity()
        self.seals = []

    def take_in(self, **files: bytes):
        """The files, their names with `__` for a point; all of them, or whatever is sealed before it breaks off."""
        for name, content in files.items():
            self.place.mkdir(exist_ok=True)
            (self.place / name.replace("__", ".")).write_bytes(content)
        return self.go_on()

    def go_on(self, seals: int = -1):
        """On from what is sealed, until all is done or after so many further seals it breaks off."""
        left = itertools.count(seals, -1)

        def on_segment(seal):
            if not next(left):
                raise BrokenOffError
            self.seals.append(seal)

        resume = tuple(self.seals)
        return self.desk.room.take_in(self.place, self.identity, on_segment, terms=IntakeTerms(), resume=resume)

    def indices(self):
        return [read_index(self.desk.store, self.desk.cipher, self.identity, seal) for seal in self.seals]

    def items(self):
        found = [unframe(item.frame) for index in self.indices() for item in index.items]
        assert len({each.name for each in found}) == len(found)
        return {each.name: each for each in found}

    def left_out(self):
        return [(entry.name, entry.reason) for index in self.indices() for entry in index.left_out]

    def contents(self, *scope: ScopePart):
        held = HeldExhibit("a" * 32, tuple(self.seals))
        disclosed, new = self.desk.disclose(held, self.identity, granted=scope)
        return self.desk.contents(disclosed.packed, new)

    def all_contents(self):
        found = self.items()
        everything = ScopePart("all", tuple(DataCategory))
        named = ScopePart("named", tuple(DataCategory), names=tuple(name for name in found if found[name].unpacked))
        return self.contents(everything, named) if named.names else self.contents(everything)


def split(content: dict[str, bytes], under: str) -> bytes:
    return b"".join(content[name] for name in sorted(content) if name.startswith(under))
