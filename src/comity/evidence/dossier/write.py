"""Assembling a dossier: values and streams in, one canonical archive out, in one pass and bounded memory.

The payload goes first, hashed while it is written. When all of it stands, its manifest is known, and the exporter makes
the act that seals that manifest; the act, the manifests and the archive's directory follow. So what is sealed is what
was written, and nothing is read twice.

Every size is known before the first byte, because the bag's information, which states them, comes first. An exhibit's
items are therefore asked for three times (to measure, to list, to copy) and must be the same each time.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from comity.evidence.archive import bag
from comity.evidence.archive.write import ArchiveWriter, ByteTarget
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import DossierHeader, DossierItem, ExhibitSeal, LedgerPlace, LedgerPlaces
from comity.evidence.items.descriptors import unframe
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest, ExhibitId
from comity.vocabulary.wire import encode

ExportAct = Callable[[Digest], bytes]
"""Makes the sealed `dossier-exported` act over this digest of the payload manifest, and gives its bytes as kept."""


class ExhibitContents(Protocol):
    """An exhibit as its holder can open it. Quarantined items are not among its items."""

    @property
    def seal(self) -> ExhibitSeal:
        """What the items prove themselves against, and how many items there are."""
        ...

    def items(self) -> Iterator[DossierItem]:
        """The items, numbered from 0 in their order; the same each time."""
        ...

    def content(self, number: int) -> Iterator[bytes]:
        """The plain content of an item, in pieces of any size."""
        ...


@dataclass(frozen=True)
class DossierContents:
    """Everything a dossier holds. `acts`, `receipts` and `rotations` are sealed bytes as they were kept.

    `directories` are the files of each version by TUF path. `checkpoint` is a signed note with its cosignatures.
    `pages` is a PDF, `index` text, `provenance` JSON-LD. `verifier` is the page for browsers whose digest the header names.
    `stamps` are time-stamp responses over the checkpoint's text. `derived` are the redacted copies that the header names.
    """

    header: DossierHeader
    acts: Mapping[ActId, bytes]
    receipts: Mapping[tuple[ActId, AuthorityId], bytes]
    rotations: Mapping[ActId, bytes]
    directories: Mapping[int, Mapping[str, bytes]]
    checkpoint: str
    places: tuple[LedgerPlace, ...]
    exhibits: Mapping[ExhibitId, ExhibitContents]
    pages: bytes
    index: str
    provenance: bytes
    verifier: bytes = b""
    stamps: tuple[bytes, ...] = ()
    derived: Mapping[ExhibitId, "DerivedContents"] = field(default_factory=dict)


@dataclass(frozen=True)
class DerivedContents:
    """A redacted copy: its size in bytes, and its content in pieces, which are taken once."""

    size: int
    content: Iterable[bytes]


@dataclass(frozen=True)
class _Part:
    path: str
    size: int
    chunks: Iterable[bytes]


@dataclass(frozen=True)
class _Measure:
    """Of one exhibit: bytes of its lines, bytes of its contents, how many items."""

    lines: int
    contents: int
    items: int


def write_dossier(target: ByteTarget, contents: DossierContents, export_act: ExportAct) -> Digest:
    """Write the whole dossier and give the digest of its payload manifest, which the export act names.

    Steps:
        1. Measure the payload.
        2. Write what the bag says of itself, then the payload, hashing it.
        3. Have the export act made over the payload manifest.
        4. Write the export act, the manifests and the archive's directory.

    Raises `NotCanonicalError` when a stream is not of the size its descriptor states: the archive is then worthless.
    """
    archive = ArchiveWriter(target)
    # 1.
    measures = {name: _measured(exhibit) for name, exhibit in contents.exhibits.items()}
    facts = _facts(contents, measures)
    # 2.
    tags = {
        bag.INFORMATION: _add(archive, bag.INFORMATION, bag.information(facts)),
        bag.DECLARATION: _add(archive, bag.DECLARATION, bag.DECLARATION_BYTES),
    }
    payload = {
        part.path: archive.add(bag.BASE + part.path, part.size, part.chunks) for part in _payload(contents, measures)
    }
    # 3.
    digest = hashlib.sha256()
    for line in bag.manifest(payload.items()):
        digest.update(line)
    exported = digest.hexdigest()
    # 4.
    tags[layout.EXPORT_ACT] = _add(archive, layout.EXPORT_ACT, export_act(exported))
    tags[bag.MANIFEST] = archive.add(
        bag.BASE + bag.MANIFEST, bag.joined_size(bag.manifest(payload.items())), bag.manifest(payload.items())
    )
    stamps = {layout.stamp_path(number): data for number, data in enumerate(contents.stamps[: layout.MOST_STAMPS])}
    tags.update((path, hashlib.sha256(data).digest()) for path, data in stamps.items())
    if contents.verifier:
        tags[layout.VERIFIER] = hashlib.sha256(contents.verifier).digest()
    _add(archive, bag.TAG_MANIFEST, b"".join(bag.manifest(sorted(tags.items()))))
    for path, data in stamps.items():
        _add(archive, path, data)
    if contents.verifier:
        _add(archive, layout.VERIFIER, contents.verifier)
    archive.finish()
    return exported


def _add(archive: ArchiveWriter, path: str, data: bytes) -> bytes:
    return archive.add(bag.BASE + path, len(data), (data,))


def _measured(exhibit: ExhibitContents) -> _Measure:
    lines, contents, count = 0, 0, 0
    for item in exhibit.items():
        lines += len(_line(item))
        contents += unframe(item.frame).size
        count += 1
    return _Measure(lines, contents, count)


def _facts(contents: DossierContents, measures: Mapping[ExhibitId, _Measure]) -> bag.BagFacts:
    rest = [part.size for part in (*_before_exhibits(contents), *_after_exhibits(contents))]
    seals = [len(encode(exhibit.seal)) for exhibit in contents.exhibits.values()]
    sizes = [measure.lines + measure.contents for measure in measures.values()]
    count = len(rest) + sum(2 + measure.items for measure in measures.values())
    header = contents.header
    return bag.BagFacts(header.authority, header.case, header.exported_at, sum(rest) + sum(seals) + sum(sizes), count)


def _payload(contents: DossierContents, measures: Mapping[ExhibitId, _Measure]) -> Iterator[_Part]:
    """Everything under `data/`, in the order of the names."""
    yield from _before_exhibits(contents)
    for name in sorted(contents.exhibits):
        yield from _exhibit(name, contents.exhibits[name], measures[name])
    yield from _after_exhibits(contents)


def _before_exhibits(contents: DossierContents) -> Iterator[_Part]:
    yield from _files((layout.act_path(act), sealed) for act, sealed in contents.acts.items())
    for name, each in sorted(contents.derived.items()):
        yield _Part(layout.derived_path(name), each.size, each.content)
    yield from _files(
        (layout.directory_folder(version) + name, data)
        for version, files in contents.directories.items()
        for name, data in files.items()
    )
    yield _part(layout.HEADER, encode(contents.header))
    yield _part(layout.PAGES, contents.pages)


def _exhibit(name: ExhibitId, exhibit: ExhibitContents, measure: _Measure) -> Iterator[_Part]:
    yield _Part(layout.items_path(name), measure.lines, map(_line, exhibit.items()))
    for item in exhibit.items():
        size = unframe(item.frame).size
        yield _Part(layout.content_path(name, item.number), size, exhibit.content(item.number))
    yield _part(layout.seal_path(name), encode(exhibit.seal))


def _after_exhibits(contents: DossierContents) -> Iterator[_Part]:
    yield _part(layout.INDEX, contents.index.encode())
    yield _part(layout.CHECKPOINT, contents.checkpoint.encode())
    yield _part(layout.ENTRIES, encode(LedgerPlaces(contents.places)))
    yield _part(layout.PROVENANCE, contents.provenance)
    yield from _files((layout.receipt_path(*key), sealed) for key, sealed in contents.receipts.items())
    yield from _files((layout.rotation_path(act), sealed) for act, sealed in contents.rotations.items())


def _line(item: DossierItem) -> bytes:
    return encode(item) + b"\n"


def _files(files: Iterable[tuple[str, bytes]]) -> Iterator[_Part]:
    return (_part(path, data) for path, data in sorted(files))


def _part(path: str, data: bytes) -> _Part:
    return _Part(path, len(data), (data,))
