"""Derived copies follow their originals: what lies aside keeps its copies there, and a copy goes when its original goes."""

import hashlib

from comity.acts.redaction_bodies import ItemRedacted
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import KeptExhibit, Role, destroy, opened
from comity.casework.ports.case import StoredExhibitKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId, Digest, ExhibitId


def copy_of(bench: Workbench, body: ItemRedacted) -> bytes:
    """A copy's content. Raises `BrokenInputError` (not-found, store-damaged)."""
    kept = opened(bench, body.derived, Role.DERIVED, KeptExhibit)
    content = bench.evidence.read_alone(kept.packed.manifest, kept.identity)
    if hashlib.sha256(content).hexdigest() != body.digest:
        raise BrokenInputError(ErrorCode.STORE_DAMAGED, "a derived item is not the one that its act names")
    return content


def released_with(bench: Workbench, case: CaseId, body: ItemRedacted) -> ExhibitId | None:
    """The exhibit by which an item that lay aside when it was redacted has come into the case since; None if it has not."""
    return _holding(bench, case, body.exhibit, body.item, (Role.RECEIVED,))


def destroy_copies(bench: Workbench, case: CaseId) -> int:
    """Copies whose original is kept here no more are gone, and who is who in them; how many objects. Can be done again."""
    rows = bench.records.exhibits.of_case(case)
    return sum(
        destroy(bench, row.exhibit) for row in rows if row.role == Role.DERIVED and not _original_kept(bench, row)
    )


def _original_kept(bench: Workbench, row: StoredExhibitKey) -> bool:
    copy = opened(bench, row.exhibit, Role.DERIVED, KeptExhibit)
    if copy.origin is None:
        return bench.records.exhibits.get(copy.hold_exhibit, Role.RECEIVED) is not None
    roles = (Role.QUARANTINE, Role.RECEIVED)
    return _holding(bench, row.case, copy.origin, copy.hold_root, roles) is not None


def _holding(
    bench: Workbench, case: CaseId, origin: ExhibitId, item: Digest, roles: tuple[Role, ...]
) -> ExhibitId | None:
    """What is kept, in one of those roles, of what was put aside of an exhibit, and has the item in it."""
    for stored in bench.records.exhibits.of_case(case):
        if stored.role not in roles:
            continue
        kept = opened(bench, stored.exhibit, Role(stored.role), KeptExhibit)
        if kept.origin == origin and any(
            record.leaf_hash().hex() == item for record in bench.evidence.records(kept.packed, kept.identity)
        ):
            return stored.exhibit
    return None
