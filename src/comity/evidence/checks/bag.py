"""Check 2: the bag is complete and fixed, and the exporter vouches for it.

A bag can be packed again by anybody: its manifests are no signature. What ties it to the exporter is the export act,
which is sealed (check 4) and names the digest of the payload manifest. Without it the acts still prove themselves one by
one, but nobody answers for their selection, nor for the pages written for people.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256

from comity.acts.bodies import DossierExported
from comity.acts.seal_format import SEALED_LIMIT
from comity.evidence.archive import bag
from comity.evidence.archive.read import Archive
from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.read import Dossier
from comity.trust.seals import OpenedSeal, read_sealed
from comity.vocabulary.errors import BrokenInputError

NUMBER, NAME = 2, "bag"

_MANIFEST_LIMIT = 512 << 20
_DIGEST_AND_GAP = 64 + 2
_CONTENT = re.compile(r"data/exhibits/([0-9a-f]{32})/items/[0-9]{8}\.bin\Z")
_DIRECTORY = re.compile(r"data/directory/v([1-9][0-9]{0,9})/(?:metadata|targets)/.")


def open_bag(archive: Archive) -> tuple[Dossier | None, Examination]:
    """The dossier in the archive, with check 2 begun; None when there is no readable header."""
    examination = Examination(NUMBER, NAME)
    try:
        return Dossier(archive), examination
    except BrokenInputError as error:
        examination.fault(
            f"the dossier's header cannot be read: {error.what}",
            file=layout.HEADER,
            found=error.found,
            expected=error.expected,
        )
        return None, examination


def check_bag(dossier: Dossier, archive: Archive, examination: Examination) -> tuple[OpenedSeal | None, Check]:
    """The export act if there is one, and check 2.

    Steps:
        1. Everything lies in the bag.
        2. The bag's declaration, its information and both manifests are the ones its files determine (RFC 8493).
        3. Every file the header speaks of is there, and no other; the page for browsers is the one it names.
        4. The export act names this payload manifest.
    """
    # 1.
    for name in archive.files:
        if not name.startswith(bag.BASE):
            examination.fault("a file lies outside the bag", file=name, expected=f"everything in {bag.BASE}")
    # 2.
    count = _check_tags(dossier, examination)
    # 3.
    _check_files(dossier, examination)
    _check_page(dossier, examination)
    # 4.
    exported = _check_export(dossier, examination)
    return exported, examination.close(
        f"Every file is listed with its hash, and the exporter's sealed act names exactly this list ({count:,} files)."
    )


def _check_tags(dossier: Dossier, examination: Examination) -> int:
    """Step 2; gives the number of files in the payload."""
    sizes = [file.size for path, file in dossier.files() if bag.is_payload(path)]
    header = dossier.header
    facts = bag.BagFacts(header.authority, header.case, header.exported_at, sum(sizes), len(sizes))

    def payload() -> Iterable[bytes]:
        return bag.manifest((path, file.digest) for path, file in dossier.files() if bag.is_payload(path))

    def tags() -> Iterable[bytes]:
        return bag.manifest(
            (path, file.digest)
            for path, file in dossier.files()
            if not bag.is_payload(path) and path != bag.TAG_MANIFEST
        )

    texts: tuple[tuple[str, Callable[[], Iterable[bytes]]], ...] = (
        (bag.DECLARATION, lambda: (bag.DECLARATION_BYTES,)),
        (bag.INFORMATION, lambda: (bag.information(facts),)),
        (bag.MANIFEST, payload),
        (bag.TAG_MANIFEST, tags),
    )
    for path, expected in texts:
        _check_text(dossier, examination, path, expected)
    return len(sizes)


def _check_text(dossier: Dossier, examination: Examination, path: str, expected: Callable[[], Iterable[bytes]]) -> None:
    """The file says exactly this; where it does not, the first line that differs names the file that it is about."""
    file = dossier.file(path)
    if file is None:
        examination.fault("a file that every bag has is missing", file=path)
        return
    digest = sha256()
    for line in expected():
        digest.update(line)
    if file.digest == digest.digest():
        return
    if file.size > _MANIFEST_LIMIT:
        examination.fault("a file of the bag is larger than it can be", file=path, found=f"{file.size} bytes")
        return
    found = dossier.read(path, limit=_MANIFEST_LIMIT).splitlines()
    differing = min(set(b"".join(expected()).splitlines()) ^ set(found), default=b"").decode("ascii", "replace")
    about = differing[_DIGEST_AND_GAP:] if path in (bag.MANIFEST, bag.TAG_MANIFEST) else ""
    examination.fault(
        f"{path} does not list the files as they are" if about else f"{path} is not what it has to be",
        file=about or path,
        found=differing[:200],
        do="the dossier was changed after its export: ask the exporter for the original",
    )


def _check_files(dossier: Dossier, examination: Examination) -> None:
    header = dossier.header
    required = {layout.HEADER, layout.PAGES, layout.INDEX, layout.PROVENANCE, layout.CHECKPOINT, layout.ENTRIES}
    required.update(layout.act_path(line.act) for line in header.acts)
    required.update(layout.rotation_path(act) for act in header.rotations)
    for exhibit in header.exhibits:
        required.update((layout.seal_path(exhibit), layout.items_path(exhibit)))
    required.update(map(layout.derived_path, header.derived))
    if header.verifier is not None:
        required.add(layout.VERIFIER)
    for path in sorted(required):
        if dossier.file(path) is None:
            examination.fault("a file that the header speaks of is missing", file=path)
    own = {bag.DECLARATION, bag.INFORMATION, bag.MANIFEST, bag.TAG_MANIFEST, layout.EXPORT_ACT}
    acts = {line.act for line in header.acts}
    for path in dossier.paths():
        if path not in required and path not in own and not _is_foreseen(path, dossier, acts):
            examination.fault("there is a file that the header does not speak of", file=path)


def _check_page(dossier: Dossier, examination: Examination) -> None:
    """The page that verifies in a browser is no payload; the header, which is, binds it to the export act."""
    page, named = dossier.file(layout.VERIFIER), dossier.header.verifier
    if page is not None and named is not None and page.digest.hex() != named:
        examination.fault(
            "the page that verifies in a browser is another than the exporter put there",
            file=layout.VERIFIER,
            found=page.digest.hex(),
            expected=named,
            do="do not open it: take the page from someone you trust, or make it with `comity verify --html`",
        )


def _is_foreseen(path: str, dossier: Dossier, acts: set[str]) -> bool:
    if layout.STAMP.match(path):
        return True
    receipt = layout.read_receipt_path(path)
    if receipt is not None:
        return receipt[0] in acts
    content = _CONTENT.match(path)
    if content is not None:
        return content[1] in dossier.header.exhibits
    directory = _DIRECTORY.match(path)
    return directory is not None and int(directory[1]) in dossier.header.directories


def _check_export(dossier: Dossier, examination: Examination) -> OpenedSeal | None:
    if dossier.file(layout.EXPORT_ACT) is None:
        examination.doubt(
            "nobody vouches for the selection: the exporter's sealed act over the payload manifest is missing",
            file=layout.EXPORT_ACT,
            do="ask the exporter for the dossier as it was exported",
        )
        return None
    try:
        exported = read_sealed(dossier.read(layout.EXPORT_ACT, limit=SEALED_LIMIT))
    except BrokenInputError as error:
        examination.fault(f"the export act cannot be read: {error.what}", file=layout.EXPORT_ACT, found=error.found)
        return None
    manifest = dossier.file(bag.MANIFEST)
    body = exported.payload.body
    named = body.digest if isinstance(body, DossierExported) else f"a {exported.payload.act.type} act"
    actual = manifest.digest.hex() if manifest else "no manifest"
    if named != actual:
        examination.fault(
            "the exporter vouched for another payload than this one",
            file=layout.EXPORT_ACT,
            found=actual,
            expected=named,
            do="the dossier was changed after its export: ask the exporter for the original",
        )
    return exported
