"""What of a case's items goes into a dossier: exhibits with their items, and redacted copies beside or instead of originals.

The acts of redacting decide which. While a provisional one stands, nobody here opens the original, and a dossier opens it to
everyone: then the copy goes in its place, and of the original only the proof that it was held. Otherwise both go.

What nobody may use now stays out whole: what came under an order that was taken back, what was restricted, and what a clock of the law
keeps closed. The acts about it stay in: the law forbids the use of the data, and a court weighs what was done from the acts.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from comity.acts.matters import LeftOut
from comity.acts.redaction_bodies import ItemRedacted
from comity.cases.state import CaseState
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.derived_copies import copy_of
from comity.casework.custody.exhibits import KeptExhibit, Role, opened
from comity.casework.custody.opening import kept_back
from comity.casework.custody.redactions import lifted, redactions
from comity.casework.ports.evidence import EvidenceRoom, ExhibitReader
from comity.evidence.dossier.format import DossierItem, ExhibitSeal, KeptOut
from comity.evidence.dossier.write import DerivedContents, ExhibitContents
from comity.evidence.items.exhibits import ListedItem
from comity.vocabulary.categories import LeftOutReason
from comity.vocabulary.identifiers import Digest, ExhibitId


class _Redacted(Struct, frozen=True):
    """Items by the hashes of their leaves: all that have a redacted copy, and those whose original stays out."""

    items: frozenset[Digest]
    standing: frozenset[Digest]


class _Seen(Struct, frozen=True):
    """What one reading of an exhibit's list found of redacted items; `size` is in bytes of what stays out."""

    redacted: frozenset[Digest]
    kept_out: tuple[KeptOut, ...]
    size: int


class ShownExhibit(ExhibitContents):
    """A received exhibit as it goes into a dossier; its items come in the order of the manifest each time."""

    def __init__(self, room: EvidenceRoom, kept: KeptExhibit, redacted: _Redacted) -> None:
        self._room = room
        self._kept = kept
        self._redacted = redacted
        self._listed: dict[int, ListedItem] = {}
        self._reader: ExhibitReader | None = None

    @property
    def redacted(self) -> frozenset[Digest]:
        """Its items of which a redacted copy was made."""
        return self._seen.redacted

    @cached_property
    def seal(self) -> ExhibitSeal:
        """What the items prove themselves against."""
        kept, seen = self._kept, self._seen
        return ExhibitSeal(
            exhibit=kept.packed.exhibit,
            hold_exhibit=kept.hold_exhibit,
            hold_root=kept.hold_root,
            segments=self._room.segments(kept.packed, kept.identity),
            items=kept.packed.items - len(seen.kept_out),
            size=kept.packed.size - seen.size,
            kept_out=seen.kept_out,
        )

    def items(self) -> Iterator[DossierItem]:
        """The items that are shown."""
        shown = (each for each in self._each() if each.item not in self._redacted.standing)
        for number, each in enumerate(shown):
            self._listed[number] = each
            record = each.record
            yield DossierItem(number, record.frame, record.salt, record.segment, record.leaf, record.path)

    def content(self, number: int) -> Iterator[bytes]:
        """One item's content."""
        # One reader for all: small items lie together in an object, which is then decrypted once for its whole run.
        self._reader = self._reader or self._room.reader(self._kept.packed, self._kept.identity)
        return self._reader.read(self._listed[number])

    @cached_property
    def _seen(self) -> _Seen:
        if not self._redacted.items:
            return _Seen(frozenset(), (), 0)
        found = [each for each in self._each() if each.item in self._redacted.items]
        out = [each for each in found if each.item in self._redacted.standing]
        return _Seen(
            redacted=frozenset(each.item for each in found),
            kept_out=tuple(KeptOut(each.item, each.record.segment, each.record.leaf, each.record.path) for each in out),
            size=sum(each.descriptor.size for each in out),
        )

    def _each(self) -> Iterator[ListedItem]:
        return self._room.each_item(self._kept.packed, self._kept.identity)


def left_out(bench: Workbench, state: CaseState) -> tuple[LeftOut, ...]:
    """The exhibits that were received and that nobody may look at now: a dossier would show them to everyone."""
    received = sorted(each.exhibit for each in bench.records.exhibits.of_case(state.case) if each.role == Role.RECEIVED)
    known = (state.exhibits[each] for each in received if each in state.exhibits)
    why = ((each.exhibit, kept_back(bench, state.case, state.matters[each.matter], each)) for each in known)
    return tuple(LeftOut(exhibit, LeftOutReason(refusal.code)) for exhibit, refusal in why if refusal is not None)


def shown_exhibits(bench: Workbench, state: CaseState, out: Collection[ExhibitId]) -> dict[ExhibitId, ShownExhibit]:
    """The exhibits that were received, but for those left `out`."""
    made, no_more = redactions(bench, state), lifted(bench, state)
    standing = {body.item for derived, (_, body) in made.items() if body.provisional and derived not in no_more}
    redacted = _Redacted(frozenset(body.item for _, body in made.values()), frozenset(standing))
    return {
        stored.exhibit: ShownExhibit(
            bench.evidence, opened(bench, stored.exhibit, Role.RECEIVED, KeptExhibit), redacted
        )
        for stored in bench.records.exhibits.of_case(state.case)
        if stored.role == Role.RECEIVED and stored.exhibit in state.exhibits and stored.exhibit not in out
    }


def shown_copies(
    bench: Workbench, state: CaseState, exhibits: Mapping[ExhibitId, ShownExhibit]
) -> dict[ExhibitId, DerivedContents]:
    """The redacted copies of those exhibits' items that are still kept. What lies in quarantine has its copies there too."""
    items = frozenset[Digest]().union(*(each.redacted for each in exhibits.values()))
    return {
        derived: DerivedContents(body.size, _pieces(bench, body))
        for derived, (_, body) in redactions(bench, state).items()
        if body.item in items and bench.records.exhibits.get(derived, Role.DERIVED) is not None
    }


def _pieces(bench: Workbench, body: ItemRedacted) -> Iterator[bytes]:
    """The copy in one piece, read when it is taken: several large ones are never in memory together."""
    yield copy_of(bench, body)
