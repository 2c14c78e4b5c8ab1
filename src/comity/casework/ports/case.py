"""What a node keeps of its cases, each with its guarantee: rows, acts, acts that wait, drafts, and what opens exhibits."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from comity.acts.seal_format import Approval
from comity.cases.state import Direction, Phase
from comity.casework.ports.alarms import AlarmCode
from comity.casework.ports.paging import PAGE_LIMIT, Place
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, ExhibitId


class Attention(Struct, frozen=True):
    """From when on a case is a matter for people, and the alarm that tells them why."""

    at: datetime
    code: AlarmCode


class LimitDue(Struct, frozen=True):
    """A limit of the law that people of this node are told about: its clock, the act that started it, and both its ends.

    `strict` is the stricter end, `legal` the one after which it has passed, `consequence` the code of what follows then.
    `ahead`: told of before it ends, and not only once it has passed.
    """

    act: ActId
    clock: str
    strict: datetime
    legal: datetime
    consequence: str
    ahead: bool

    @property
    def told_from(self) -> datetime:
        """The end from which on, or, with some lead, before which people are told."""
        return self.strict if self.ahead else self.legal


class Outlook(Struct, frozen=True):
    """What is written beside a case's view, to be found without opening it: see `StoredView`."""

    next_due: datetime | None = None
    attention: Attention | None = None
    limits: tuple[LimitDue, ...] = ()


class StoredView(Struct, frozen=True):
    """A case's row: its state encrypted under the case key, and the little that must be seen without it.

    `law` is the version under which all its acts were read for what clocks look at (`comity.casework.upkeep.refold`).
    """

    case: CaseId
    version: int
    view: bytes
    phase: Phase
    next_due: datetime | None
    attention: Attention | None = None
    limits: tuple[LimitDue, ...] = ()
    law: str = ""


class PlacedView(Struct, frozen=True):
    """A case's row and its place among all: by its last change, then by its id."""

    place: Place
    row: StoredView


class StoredAct(Struct, frozen=True):
    """An act's row. `sealed` is encrypted under the case key. `approvals` are written, to be found by officer; not read."""

    id: ActId
    case: CaseId
    direction: Direction
    filed_at: datetime
    sealed: bytes
    index: int = -1
    approvals: tuple[Approval, ...] = ()


class WaitingAct(Struct, frozen=True):
    """A received act whose predecessor has not come. `sealed` is encrypted: see `comity.casework.bench.waiting`."""

    id: ActId
    case: CaseId
    missing: ActId
    sender: AuthorityId
    sealed: bytes
    deadline: datetime


class CaseReader(Protocol):
    """Reading what was committed, without locks."""

    def view(self, case: CaseId) -> StoredView | None:
        """The case's row."""
        ...

    def versions(self, cases: Collection[CaseId]) -> Mapping[CaseId, int]:
        """The versions of those of the cases that are here, in one reading."""
        ...

    def cases(self) -> Iterator[StoredView]:
        """All rows, newest change first."""
        ...

    def recent(self, after: Place | None, limit: int) -> Sequence[PlacedView]:
        """At most so many rows after that place, newest change first. Reads no others."""
        ...

    def live(self, after: CaseId, limit: int) -> Sequence[CaseId]:
        """The next cases that are not disposed of, in the order of their ids; "" is before the first."""
        ...

    def under_another_law(self, law: str, but: Collection[CaseId], limit: int) -> Sequence[StoredView]:
        """Rows of at most so many cases, none disposed of and none of these, that were read under another version of the law."""
        ...

    def half_disposed(self) -> Sequence[CaseId]:
        """Disposed cases that were not cleared to the end: a disposal is under way, or was cut short. Costs one look."""
        ...

    def disposed(self) -> Sequence[CaseId]:
        """Cases of which a tombstone is left."""
        ...

    def due(self, at: datetime) -> Sequence[CaseId]:
        """Cases with a clock that is due at or before the instant."""
        ...

    def wanting(self, at: datetime, limit: int) -> Sequence[tuple[CaseId, Attention]]:
        """At most so many cases that have been a matter for people since the instant or before, the longest first."""
        ...

    def limited(self, until: datetime, limit: int) -> Sequence[tuple[CaseId, Sequence[LimitDue]]]:
        """At most so many cases with a limit that people are told of until the instant, the earliest first; all their limits."""
        ...

    def acts(self, case: CaseId) -> Sequence[StoredAct]:
        """The case's acts in the order of the ledger."""
        ...

    def act(self, act: ActId) -> StoredAct | None:
        """One act."""
        ...

    def many(self, acts: Collection[ActId]) -> Mapping[ActId, StoredAct]:
        """Those of the acts that are here, in one reading; in no order."""
        ...

    def by_token(self, tokens: Mapping[CaseId, bytes]) -> Sequence[CaseId]:
        """Cases that carry the search token computed for them."""
        ...

    def waiting_for(self, acts: Collection[ActId]) -> Sequence[WaitingAct]:
        """Acts that wait for one of these."""
        ...

    def waiting_in(self, case: CaseId) -> Sequence[WaitingAct]:
        """Acts of the case that wait for any."""
        ...

    def overdue(self, at: datetime) -> Sequence[WaitingAct]:
        """Acts that have waited past their deadline."""
        ...


class StoredDraft(Struct, frozen=True):
    """Payload bytes that wait for approval, encrypted under the case key."""

    id: ActId
    case: CaseId
    payload: bytes
    drafted_by: str
    made_at: datetime


class Drafts(Protocol):
    """Drafts: not acts yet, seen by their own authority only."""

    def keep(self, draft: StoredDraft) -> None:
        """Durable when it returns."""
        ...

    def get(self, draft: ActId) -> StoredDraft | None:
        """One draft; None once it has become an act or was dropped."""
        ...

    def many(self, drafts: Collection[ActId]) -> Sequence[StoredDraft]:
        """Those of the drafts that exist."""
        ...

    def there(self, drafts: Collection[ActId]) -> Collection[ActId]:
        """Those of the drafts that exist, in one look at their names."""
        ...

    def open(self, after: Place | None = None, limit: int = PAGE_LIMIT) -> Sequence[StoredDraft]:
        """At most so many drafts after that place, oldest first."""
        ...

    def drop(self, drafts: Collection[ActId]) -> None:
        """They are gone."""
        ...


class StoredExhibitKey(Struct, frozen=True):
    """An exhibit's age identity, encrypted under the case key; `role` is one of `comity.casework.custody.exhibits.Role`."""

    exhibit: ExhibitId
    role: str
    case: CaseId
    wrapped: bytes
    objects: tuple[Digest, ...] = ()
    index: bytes = b""


class ExhibitKeys(Protocol):
    """Keys and object lists of exhibits this node stores."""

    def keep(self, key: StoredExhibitKey) -> None:
        """Durable when it returns; replaces what was kept for the same exhibit and role."""
        ...

    def extend(self, key: StoredExhibitKey, listed: int | None) -> None:
        """Durable when it returns; the objects come behind the `listed` ones that are kept, of which none is written again.

        `listed` is None where nothing is kept of the exhibit in that role. Raises `BrokenInputError(OUT_OF_ORDER)`, with nothing
        changed, when it is kept otherwise: in another case, with another number of objects, or at all.
        """
        ...

    def get(self, exhibit: ExhibitId, role: str) -> StoredExhibitKey | None:
        """The key, or None when there is none or it was destroyed."""
        ...

    def of_case(self, case: CaseId) -> Sequence[StoredExhibitKey]:
        """All of the case's."""
        ...

    def destroy_key(self, exhibit: ExhibitId) -> Sequence[Digest]:
        """What opened the exhibit is gone, durably; its objects stay listed, and those are given that nothing else lists."""
        ...

    def drop(self, exhibit: ExhibitId) -> Sequence[Digest]:
        """The rows are gone; the objects that nothing refers to any more."""
        ...

    def referred(self) -> Collection[Digest]:
        """Every object any exhibit refers to."""
        ...
