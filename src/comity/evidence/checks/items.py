"""Check 9: every item is one of those that were held, and its content is what was committed to then.

Withheld items stay hidden: the proof of one item shows hashes of its neighbours, and each of those has a salt of its own.
"""

from collections import Counter

from msgspec import Struct

from comity.acts.bodies import ExhibitHandedOver, ExhibitTakenIn, HoldConfirmed, PreservationConfirmed
from comity.evidence.checks.acts import LoadedActs
from comity.evidence.checks.derived import Redactions, check_derived, redactions_of
from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import DossierItem, ExhibitSeal, KeptOut
from comity.evidence.dossier.read import Dossier
from comity.evidence.items.descriptors import unframe
from comity.evidence.items.exhibit_seal import LeafPlaces, check_segments
from comity.ledger.proofs import Inclusions
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest, ExhibitId
from comity.vocabulary.wire import decode

NUMBER, NAME = 9, "items"


class Contained(Struct, frozen=True):
    """What the dossier contains of an exhibit, as far as its lines could be read, and how many items it keeps out."""

    seal: ExhibitSeal
    items: int
    size: int
    kept_out: int


def check_items(dossier: Dossier, loaded: LoadedActs) -> tuple[dict[ExhibitId, Contained], Check]:
    """What was found of each exhibit, and check 9.

    Steps:
        1. The seal is about this exhibit, and its hold root is the one in the acts that confirmed the hold.
        2. The segments lead to the hold root.
        3. Each item's salt and descriptor are a leaf of a segment, each leaf once.
        4. Each item's content has the size and the SHA-256 of its descriptor, and no content is left over.
        5. Kept out are items of the hold of which a provisional redaction stands, and those are not shown.
        6. Each redacted copy is the one that an act made, of such an item (`comity.evidence.checks.derived`).
    """
    examination = Examination(NUMBER, NAME)
    redactions = redactions_of(loaded.acts, dossier.header.authority)
    originals: dict[Digest, bytes | None] = {}
    files = Counter(
        path.split("/")[2] for path in dossier.paths() if path.startswith("data/exhibits/") and path.endswith(".bin")
    )
    contained: dict[ExhibitId, Contained] = {}
    for exhibit in dossier.header.exhibits:
        path = layout.seal_path(exhibit)
        try:
            seal = decode(dossier.read(path, limit=layout.SEAL_LIMIT), ExhibitSeal, limit=layout.SEAL_LIMIT)
        except BrokenInputError as error:
            examination.fault(f"an exhibit's seal cannot be read: {error.what}", file=path, found=error.found)
            continue
        examiner = _Examiner(
            dossier, exhibit, seal, redactions=redactions, originals=originals, examination=examination
        )
        examiner.check_root(loaded)  # 1
        examiner.check_segments()  # 2
        contained[exhibit] = examiner.check_items(files.get(exhibit, 0))  # 3, 4, 5
    check_derived(dossier, redactions, originals, examination)  # 6
    total = sum(each.items for each in contained.values())
    return contained, examination.close(
        f"Every item is unaltered and proves itself part of what was held ({total:,} of them)."
        if contained
        else "The dossier contains no items."
    )


class _Examiner:
    """Examines one exhibit; what was redacted of it and proves itself is put among the originals."""

    def __init__(
        self,
        dossier: Dossier,
        exhibit: ExhibitId,
        seal: ExhibitSeal,
        *,
        redactions: Redactions,
        originals: dict[Digest, bytes | None],
        examination: Examination,
    ) -> None:
        self._dossier = dossier
        self._exhibit = exhibit
        self._seal = seal
        self._redactions = redactions
        self._originals = originals
        self._examination = examination
        self._path = layout.seal_path(exhibit)
        self._seen = LeafPlaces()
        self._proving: tuple[int, Inclusions] | None = None

    def check_root(self, loaded: LoadedActs) -> None:
        """Step 1."""
        seal = self._seal
        self._require_equal("the seal is of another exhibit", seal.exhibit, self._exhibit)
        confirmed = False
        for act in loaded.acts:
            body, kind = act.body, act.payload.act.type
            if isinstance(body, HoldConfirmed | PreservationConfirmed | ExhibitTakenIn):
                if body.exhibit == seal.hold_exhibit:
                    confirmed = True
                    self._require_equal(f"the hold's root is another in a {kind} act", seal.hold_root, body.root)
            elif isinstance(body, ExhibitHandedOver) and body.exhibit == self._exhibit:
                self._require_equal(
                    "the exhibit was handed over for another hold", seal.hold_exhibit, body.hold_exhibit
                )
                self._require_equal("the exhibit was handed over with another root", seal.hold_root, body.hold_root)
        if not confirmed:
            self._examination.fault(
                "no act confirms a hold with this root: the items prove themselves against a root nobody committed to",
                file=self._path,
                found=seal.hold_root,
                expected="a hold-confirmed, preservation-confirmed or exhibit-taken-in act",
            )

    def check_segments(self) -> None:
        """Step 2."""
        try:
            check_segments(self._seal.segments, bytes.fromhex(self._seal.hold_root))
        except BrokenInputError as error:
            self._examination.fault(error.what, file=self._path, found=error.found, expected=error.expected)

    def check_items(self, files: int) -> Contained:
        """Steps 3 to 5; `files` is how many contents the dossier has for the exhibit."""
        items, size = 0, 0
        lines = layout.items_path(self._exhibit)
        try:
            for line in self._dossier.lines(lines):
                item = decode(line, DossierItem, limit=layout.ITEM_LINE_LIMIT)
                size += self._check_item(item, items)
                self._see(item, layout.content_path(self._exhibit, items))
                items += 1
        except BrokenInputError as error:
            self._examination.fault(
                f"the list of items cannot be read: {error.what}",
                file=lines,
                found=error.found,
                expected=error.expected,
            )
        self._require_equal("the exhibit's seal counts other items than are listed", items, self._seal.items)
        self._require_equal("the exhibit's seal states another size than its items have", size, self._seal.size)
        self._require_equal("there are other contents than items", files, items)
        for kept_out in self._seal.kept_out:
            self._check_kept_out(kept_out)
        return Contained(self._seal, items, size, len(self._seal.kept_out))

    def _see(self, item: DossierItem | KeptOut, file: str) -> None:
        if not self._seen.add(item.segment, item.leaf):
            self._examination.fault("an item stands twice", file=file)

    def _check_item(self, item: DossierItem, number: int) -> int:
        """Steps 3 and 4 for one item; gives the size of its content by its descriptor."""
        path = layout.content_path(self._exhibit, number)
        try:
            # 3.
            descriptor = unframe(item.frame)
            leaf = item.leaf_hash()
            self._prove(leaf, item)
        except BrokenInputError as error:
            self._examination.fault(
                f"an item does not prove itself part of the hold: {error.what}",
                file=path,
                found=error.found,
                expected=error.expected,
                do="treat the item as not held; its giver has to explain it",
            )
            return 0
        # 4.
        file = self._dossier.file(path)
        if item.number != number or file is None:
            self._examination.fault(
                "an item's content is missing, or its number is another", file=path, found=str(item.number)
            )
        elif (file.size, file.digest) != (descriptor.size, descriptor.sha256):
            self._examination.fault(
                "an item's content is not the one that was held",
                file=path,
                found=f"{file.size} bytes, SHA-256 {file.digest.hex()}",
                expected=f"{descriptor.size} bytes, SHA-256 {descriptor.sha256.hex()}",
                do="treat the item as altered",
            )
        # 5.
        if self._redactions.items:
            self._note_original(leaf.hex(), descriptor.sha256, path)
        return descriptor.size

    def _note_original(self, item: Digest, content: bytes, path: str) -> None:
        """Step 5 for an item that the dossier shows."""
        if item in self._redactions.standing:
            self._examination.fault(
                "the original of a provisional redaction lies in the dossier",
                file=path,
                do="ask the exporter, who says in an act that nobody opens it",
            )
        if item in self._redactions.items:
            self._originals[item] = content

    def _check_kept_out(self, item: KeptOut) -> None:
        """Step 5 for an item that the dossier does not show."""
        self._see(item, self._path)
        try:
            self._prove(bytes.fromhex(item.item), item)
        except BrokenInputError as error:
            self._examination.fault(
                f"an item that is kept out does not prove itself part of the hold: {error.what}",
                file=self._path,
                found=error.found,
                expected=error.expected,
            )
            return
        if item.item not in self._redactions.standing:
            self._examination.fault(
                "an item is kept out of which no provisional redaction stands", file=self._path, found=item.item
            )
        self._originals.setdefault(item.item, None)

    def _prove(self, leaf: bytes, item: DossierItem | KeptOut) -> None:
        if item.segment >= len(self._seal.segments):
            raise BrokenInputError(
                ErrorCode.BAD_PROOF,
                "the hold has no such segment",
                found=str(item.segment),
                expected=f"below {len(self._seal.segments)}",
            )
        # Items come segment by segment: what the one before has proven is of no more use.
        if self._proving is None or self._proving[0] != item.segment:
            segment = self._seal.segments[item.segment]
            self._proving = item.segment, Inclusions(segment.items, segment.root)
        self._proving[1].verify(leaf, item.leaf, item.path)

    def _require_equal(self, what: str, found: str | int, expected: str | int) -> None:
        if found != expected:
            self._examination.fault(what, file=self._path, found=str(found), expected=str(expected))
