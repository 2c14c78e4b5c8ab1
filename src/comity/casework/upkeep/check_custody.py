"""Check 5: no evidence without custody, and no custody without its evidence.

Every exhibit that is kept was brought by an act of its case; every object in the store is referred to by an exhibit, by a
review, or by a transfer under way; every object referred to is there, in its size and, if the check is deep, in its hash, and
locked where the store is to lock. What a store that locks still holds of what was destroyed is told, and is not wrong.
While something is being taken in, assembled or received, objects stand in the store that no row refers to yet; then such
objects are left alone. `comity.casework.upkeep.sweeping` removes what a broken-off intake has left.
"""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.matters import StoredObject
from comity.acts.quarantine_bodies import QuarantineDecided
from comity.acts.review_bodies import ReviewAnswered
from comity.cases.state import CaseState, CustodyState, Direction, Phase
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import KeptExhibit, KeptIntake, Role, objects_of
from comity.casework.ports.case import StoredExhibitKey
from comity.casework.upkeep.check_cases import OpenedCase
from comity.casework.upkeep.check_findings import Findings
from comity.evidence.items.exhibit_seal import BoundSegment, SegmentSeal, binding_root
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId
from comity.vocabulary.instants import Instant
from comity.vocabulary.procedures import Procedure

_BLOCK = 1 << 20

_HANDING = frozenset({Procedure.DISCLOSURE, Procedure.PRODUCTION})
"""Procedures in which a node that was ordered to assembles and hands over."""


class _Brought(Struct):
    """What a case's acts say came into being here or was brought here."""

    acts: frozenset[ActId]
    exhibits: set[ExhibitId] = msgspec.field(default_factory=set)
    holds: set[ExhibitId] = msgspec.field(default_factory=set)
    sealed: dict[ExhibitId, dict[int, Digest]] = msgspec.field(default_factory=dict)
    bound: dict[ExhibitId, tuple[Digest, int, int, int]] = msgspec.field(default_factory=dict)
    quarantined: bool = False

    def note_intake(self, body: b.AnyBody) -> None:
        """What this node's own acts say that an intake sealed, and bound at its end."""
        match body:
            case b.SegmentSealed():
                self.sealed.setdefault(body.exhibit, {})[body.number] = body.root
            case b.HoldConfirmed() | b.ExhibitTakenIn():
                self.bound[body.exhibit] = (body.root, body.segments, body.items, body.size)
            case _:
                pass

    def differs(self, exhibit: ExhibitId, seals: Sequence[SegmentSeal]) -> str:
        """In which way the segments kept of the exhibit are not those that its acts say; empty where they are."""
        sealed = self.sealed.get(exhibit, {})
        if any(number >= len(seals) or seals[number].root != root for number, root in sealed.items()):
            return "are not those that were sealed"
        bound = self.bound.get(exhibit)
        root = binding_root([BoundSegment(bytes.fromhex(seal.root), seal.items) for seal in seals]).hex()
        kept = (root, len(seals), sum(seal.items for seal in seals), sum(seal.size for seal in seals))
        return "" if bound in (None, kept) else "are not those that the confirmed root binds"


class CustodyExamination:
    """Examines the exhibits of one case after the other, then the store as a whole."""

    def __init__(self, bench: Workbench, found: Findings, *, deep: bool) -> None:
        self._bench = bench
        self._found = found
        self._deep = deep
        self._referred: set[bytes] = set()
        self._under_way = False

    @property
    def referred(self) -> frozenset[bytes]:
        """SHA-256 of every object that exhibits, reviews and transfers of the cases seen so far refer to."""
        return frozenset(self._referred)

    @property
    def under_way(self) -> bool:
        """Whether in one of the cases seen something is being taken in, assembled or received."""
        return self._under_way

    def examine(self, case: OpenedCase) -> None:
        """1. What the acts brought. 2. Every exhibit kept is among that. 3. Its objects are there."""
        # 1.
        brought = self._brought(case)
        for stored in case.rows.exhibits:
            self._found.count()
            # 2.
            objects = self._accounted(stored, brought)
            # 3.
            for each in objects:
                self._check_object(stored.exhibit, each)
                self._check_lock(stored.exhibit, each.digest)
        self._under_way = self._under_way or _assembling(case.view.state)

    def refer(self, stored: StoredExhibitKey) -> None:
        """The objects of an exhibit whose case could not be opened are referred to all the same."""
        self._referred.update(bytes.fromhex(each) for each in stored.objects)

    def close(self, strays: int) -> None:
        """The store as a whole: nothing in it that nothing refers to."""
        if strays:
            self._found.problem(f"{strays} exhibits are kept in no case of this node")
        lock = self._bench.store.lock
        if lock is not None and not lock.offered():
            self._found.problem("the evidence store offers no object lock, and the settings want one")
        if self._under_way:
            return
        held: list[Instant] = []
        for digest in sorted(self._bench.store.digests()):
            if bytes.fromhex(digest) not in self._referred:
                until = lock.until(digest) if lock is not None else None
                if until is None:
                    self._found.problem(f"nothing refers to the object {digest}")
                else:
                    held.append(until)
        if held:
            what = f"{len(held)} objects that nothing refers to any more are locked by the evidence store"
            self._found.remark(f"{what}, the last until {max(held).isoformat()}")

    def _brought(self, case: OpenedCase) -> _Brought:
        brought = _Brought(frozenset(filed.id for filed, _ in case.acts))
        for filed, _ in case.acts:
            body = filed.payload.body
            if filed.direction is Direction.ISSUED:
                brought.note_intake(body)
            match body:
                case b.HoldConfirmed() | b.ExhibitTakenIn() | b.SegmentSealed() | b.ExhibitReceived():
                    brought.exhibits.add(body.exhibit)
                    brought.holds.add(body.exhibit)
                case b.ExhibitHandedOver():
                    brought.exhibits.add(body.exhibit)
                    brought.holds.add(body.hold_exhibit)
                    self._note_transfer(case, body)
                case QuarantineDecided(released=str(released)):
                    brought.exhibits.add(released)
                case ReviewAnswered():
                    self._referred.add(bytes.fromhex(body.openings.digest))
                    if filed.direction is Direction.ISSUED:
                        self._check_object("review", body.openings)
                case _:
                    pass
        return brought

    def _note_transfer(self, case: OpenedCase, body: b.ExhibitHandedOver) -> None:
        known = case.view.state.exhibits.get(body.exhibit)
        if known is not None and known.state is CustodyState.OFFERED:
            self._referred.update(bytes.fromhex(each.digest) for each in (body.manifest, *body.objects))

    def _accounted(self, stored: StoredExhibitKey, brought: _Brought) -> tuple[StoredObject, ...]:
        """The objects of the exhibit, as its secret part lists them; told as a problem where no act brought it."""
        self.refer(stored)
        try:
            kept = self._opened(stored)
        except (BrokenInputError, msgspec.DecodeError, ValueError):
            self._found.problem(f"what is kept of exhibit {stored.exhibit} ({stored.role}) does not open")
            return ()
        if isinstance(kept, KeptIntake):
            objects = tuple(each for seal in kept.seals for each in (*seal.objects, seal.index))
            self._under_way = self._under_way or not kept.complete
            if differs := brought.differs(stored.exhibit, kept.seals):
                self._found.problem(f"the segments kept of exhibit {stored.exhibit} {differs}: it cannot be disclosed")
        else:
            objects = objects_of(kept.packed)
        if not _has_cause(stored, kept, brought):
            self._found.problem(f"exhibit {stored.exhibit} ({stored.role}) is kept and no act of its case brought it")
        if tuple(each.digest for each in objects) != stored.objects:
            self._found.problem(f"the row of exhibit {stored.exhibit} ({stored.role}) lists other objects than it has")
        return objects

    def _opened(self, stored: StoredExhibitKey) -> KeptIntake | KeptExhibit:
        purpose = f"exhibit:{stored.exhibit}:{stored.role}"
        plain = self._bench.cipher.decrypt(stored.case, purpose, stored.wrapped)
        if Role(stored.role) is Role.HELD:
            return msgspec.msgpack.decode(plain, type=KeptIntake)
        return msgspec.msgpack.decode(plain, type=KeptExhibit)

    def _check_object(self, owner: str, each: StoredObject) -> None:
        self._found.count()
        self._referred.add(bytes.fromhex(each.digest))
        size = self._bench.store.size(each.digest)
        if size is None:
            self._found.problem(f"the object {each.digest} of {owner} is not in the store")
        elif size != each.size:
            self._found.problem(f"the object {each.digest} of {owner} has {size} bytes instead of {each.size}")
        elif self._deep and self._hash(each.digest) != each.digest:
            self._found.problem(f"the object {each.digest} of {owner} was altered")

    def _check_lock(self, exhibit: ExhibitId, digest: Digest) -> None:
        lock = self._bench.store.lock
        if self._deep and lock is not None and lock.until(digest) is None:
            self._found.problem(f"the object {digest} of {exhibit} is not locked by the evidence store")

    def _hash(self, digest: Digest) -> str:
        reader = self._bench.store.open_range(digest)
        hashed = hashlib.sha256()
        try:
            while block := reader.read(_BLOCK):
                hashed.update(block)
        finally:
            reader.close()
        return hashed.hexdigest()


def _assembling(state: CaseState) -> bool:
    """Whether an order to hand over may be in the middle of being carried out here, or an offer of being taken."""
    if state.phase is not Phase.OPEN:
        return False
    issued = {step.act for step in state.steps if step.direction is Direction.ISSUED}
    given = {step.matter for step in state.steps if step.type is ActType.EXHIBIT_HANDED_OVER}
    ordered = any(
        matter.procedure in _HANDING and matter.opened_by not in issued and matter.opened_by not in given
        for matter in state.matters.values()
    )
    return ordered or any(each.state is CustodyState.OFFERED for each in state.exhibits.values())


def _has_cause(stored: StoredExhibitKey, kept: KeptIntake | KeptExhibit, brought: _Brought) -> bool:
    """Whether an act of the case brought the exhibit, or something under way that an act may still name."""
    if stored.exhibit in brought.exhibits:
        return True
    if isinstance(kept, KeptIntake):
        return not kept.complete and kept.order in brought.acts
    if stored.role in (Role.DERIVED, Role.NAMES, Role.PAPER):
        # A redaction or a record of paper that was cut short is named by no act: it is under the case's key and ends with it.
        return True
    return stored.role in (Role.QUARANTINE, Role.ASSEMBLED) and kept.hold_exhibit in brought.holds
