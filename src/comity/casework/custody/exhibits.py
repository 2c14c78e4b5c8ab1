"""Exhibits as this node keeps them: identity and lists under the case key, found by exhibit and role."""

from enum import StrEnum
from typing import TypeVar

import msgspec
from msgspec import Struct

from comity.acts.matters import Portion, StoredObject, Withheld
from comity.casework.bench.reading import state_of
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.case import StoredExhibitKey
from comity.evidence.items.exhibit_seal import SegmentSeal
from comity.evidence.items.exhibits import HeldExhibit, PackedExhibit
from comity.exchange.hpke import HybridPublicKey, Purpose
from comity.exchange.wrapped_keys import unwrap_key, wrap_key
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, ExhibitId

T = TypeVar("T")


class Role(StrEnum):
    """What a node has an exhibit for."""

    HELD = "held"
    ASSEMBLED = "assembled"
    TRANSIT = "transit"
    RECEIVED = "received"
    QUARANTINE = "quarantine"
    DERIVED = "derived"
    NAMES = "names"
    PAPER = "paper"


class KeptIntake(Struct, frozen=True):
    """An exhibit taken in, or being taken in, under an order: its identity and the segments sealed so far."""

    identity: str
    order: ActId
    seals: tuple[SegmentSeal, ...] = ()
    complete: bool = False


class KeptExhibit(Struct, frozen=True):
    """An exhibit assembled, passed through or received: its identity, its objects, and the root its items prove against.

    `under` is the order it was assembled under, the hand-over it was examined from, or what it was released by
    (`comity.cases.state.Aside`). `origin` is the exhibit that what lies in quarantine, or was released from there, came with.
    `after` are the acts under the order that it was assembled after. Append only: such values are stored.
    """

    identity: str
    packed: PackedExhibit
    hold_exhibit: ExhibitId
    hold_root: Digest
    under: str | None = None
    withheld: tuple[Withheld, ...] = ()
    origin: ExhibitId | None = None
    portion: Portion | None = None
    after: tuple[ActId, ...] = ()


def keep(
    bench: Workbench, case: CaseId, exhibit: ExhibitId, role: Role, *, secret: object, objects: tuple[Digest, ...]
) -> None:
    """Keeps what opens the exhibit, encrypted under the case key; durable when it returns."""
    before = bench.records.exhibits.get(exhibit, role)
    if before is not None and before.case != case:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "an exhibit of that id belongs to another case",
            do="have its giver assemble it anew under an id of its own",
        )
    box = bench.cipher.encrypt(case, f"exhibit:{exhibit}:{role}", msgspec.msgpack.encode(secret))
    bench.records.exhibits.keep(StoredExhibitKey(exhibit, role, case, box, objects))


def opened(bench: Workbench, exhibit: ExhibitId, role: Role, shape: type[T]) -> T:
    """What was kept. Raises `BrokenInputError(NOT_FOUND)` when there is none, or it was destroyed."""
    stored = bench.records.exhibits.get(exhibit, role)
    if stored is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "this node keeps no such exhibit", found=exhibit, expected=role)
    return msgspec.msgpack.decode(
        bench.cipher.decrypt(stored.case, f"exhibit:{exhibit}:{role}", stored.wrapped), type=shape
    )


def keep_intake(
    bench: Workbench, case: CaseId, exhibit: ExhibitId, kept: KeptIntake, before: KeptIntake | None
) -> None:
    """Keeps an intake with every object its segments name, those that it had `before` not written again. None is for a new one.

    Raises `BrokenInputError(OUT_OF_ORDER)` where it does not continue that, or that is not what is kept of the exhibit.
    """
    if before is not None and before != KeptIntake(
        kept.identity, kept.order, kept.seals[: len(before.seals)], before.complete
    ):
        raise BrokenInputError(
            ErrorCode.OUT_OF_ORDER,
            "these segments do not continue those that are kept of the exhibit",
            found=f"{len(kept.seals)} segments",
            expected=f"the {len(before.seals)} kept, and those behind them",
        )
    listed = None if before is None else sum(len(seal.objects) + 1 for seal in before.seals)
    fresh = kept.seals[len(before.seals) :] if before is not None else kept.seals
    digests = tuple(each.digest for seal in fresh for each in (*seal.objects, seal.index))
    box = bench.cipher.encrypt(case, f"exhibit:{exhibit}:{Role.HELD}", msgspec.msgpack.encode(kept))
    bench.records.exhibits.extend(StoredExhibitKey(exhibit, Role.HELD, case, box, digests), listed)


def keep_packed(bench: Workbench, case: CaseId, role: Role, kept: KeptExhibit) -> None:
    """Keeps a packed exhibit with every object it consists of."""
    keep(
        bench,
        case,
        kept.packed.exhibit,
        role,
        secret=kept,
        objects=tuple(each.digest for each in objects_of(kept.packed)),
    )


def objects_of(packed: PackedExhibit) -> tuple[StoredObject, ...]:
    """Manifest and chunks."""
    return (packed.manifest, *packed.objects)


def held(bench: Workbench, exhibit: ExhibitId) -> tuple[HeldExhibit, str]:
    """An exhibit this node took in itself, and its identity."""
    kept = opened(bench, exhibit, Role.HELD, KeptIntake)
    return HeldExhibit(exhibit, kept.seals), kept.identity


def unfinished_intake(bench: Workbench, case: CaseId, order: ActId) -> tuple[ExhibitId, KeptIntake] | None:
    """The intake under this order that broke off before an act confirmed it, if one did."""
    confirmed = state_of(bench, case).exhibits
    for stored in bench.records.exhibits.of_case(case):
        if stored.role == Role.HELD and stored.exhibit not in confirmed:
            kept = opened(bench, stored.exhibit, Role.HELD, KeptIntake)
            if kept.order == order:
                return stored.exhibit, kept
    return None


def unreleased(bench: Workbench, case: CaseId, order: ActId) -> KeptExhibit | None:
    """An exhibit that was assembled under this order and that no act hands over: the node was killed in between."""
    given = state_of(bench, case).exhibits
    for stored in bench.records.exhibits.of_case(case):
        if stored.role == Role.ASSEMBLED and stored.exhibit not in given:
            kept = opened(bench, stored.exhibit, Role.ASSEMBLED, KeptExhibit)
            if kept.under == order:
                return kept
    return None


def wrap(bench: Workbench, exhibit: ExhibitId, identity: str, taker: AuthorityId) -> str:
    """The identity for the next holder, in a hybrid HPKE envelope bound to exhibit and taker; base64url."""
    return wrap_key(
        identity.encode(),
        purpose=Purpose.EXHIBIT_KEY,
        recipient=taker,
        recipient_key=HybridPublicKey(bench.directory().agreement_key(taker, bench.clock.now())),
        subject=exhibit.encode(),
        cipher=bench.agreement,
    )


def unwrap(bench: Workbench, exhibit: ExhibitId, wrapped: str) -> str:
    """The identity in a hand-over to this node."""
    return unwrap_key(
        wrapped,
        purpose=Purpose.EXHIBIT_KEY,
        recipient=bench.me,
        keys=bench.agreement_keys(),
        subject=exhibit.encode(),
        cipher=bench.agreement,
    ).decode()


def kept_in_another_case(bench: Workbench, exhibit: ExhibitId, case: CaseId) -> bool:
    """Whether this node keeps an exhibit of that name for another case: what is kept goes by the name alone."""
    found = (bench.records.exhibits.get(exhibit, role) for role in Role)
    return any(stored is not None and stored.case != case for stored in found)


def destroy(bench: Workbench, exhibit: ExhibitId) -> int:
    """Its keys are gone, then the objects nothing else refers to, then every mention; how many objects those were.

    Cut short anywhere, it is done again and comes to the same.
    """
    objects = bench.records.exhibits.destroy_key(exhibit)
    bench.store.delete(objects)
    bench.records.exhibits.drop(exhibit)
    return len(objects)


def destroy_aside(bench: Workbench, case: CaseId, exhibit: ExhibitId) -> int:
    """What was put aside of the exhibit is destroyed like it; how many objects that were. Can be done again."""
    rows = [stored.exhibit for stored in bench.records.exhibits.of_case(case) if stored.role == Role.QUARANTINE]
    return sum(
        destroy(bench, each) for each in rows if opened(bench, each, Role.QUARANTINE, KeptExhibit).origin == exhibit
    )
