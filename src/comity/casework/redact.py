"""Redact: a derived item without what a reader may not see; read it; lift a provisional one when a court says so.

The original stays as it was committed, and the act links the two by their hashes. What the derived item lies encrypted under
is kept under the case key, and so is the table that says which person bears which name: they end with the case.
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from comity.acts.matters import Removed, StoredObject
from comity.acts.payload import Author
from comity.acts.redaction_bodies import ItemRedacted, RedactionLifted
from comity.cases.state import CaseState
from comity.casework.access import Action, OfficerRef, Resource
from comity.casework.draft import allowed
from comity.casework.exhibits import KeptExhibit, Role, keep_packed, opened
from comity.casework.issuing import compose, file_own
from comity.casework.journal_ports import Read
from comity.casework.legality import NODE
from comity.casework.reading import payload_of, state_of
from comity.casework.reading_rights import case_right
from comity.casework.readings import keep_readings
from comity.casework.redactions import lifted, redaction_stands, redactions
from comity.casework.workbench import Workbench
from comity.evidence.exhibits import ListedItem, PackedExhibit
from comity.evidence.redaction import LARGEST, Derived, Person, Plan, Removal, Words, derive
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId, Digest, ExhibitId, OfficeId
from comity.vocabulary.procedures import Stage


class RedactItem(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: make a derived item. `persons` are spellings, one list for each person who is to bear another name."""

    case: CaseId
    exhibit: ExhibitId
    item: Digest
    office: OfficeId
    removals: Annotated[tuple[Removal, ...], Meta(max_length=64)] = ()
    persons: Annotated[tuple[Words, ...], Meta(max_length=1_000)] = ()
    provisional: bool = False


class Redacted(Struct, frozen=True):
    """The derived item: the act that made it, its id, and what is missing in it."""

    act: ActId
    derived: ExhibitId
    digest: Digest
    size: int
    media_type: str
    removed: tuple[Removed, ...]
    persons: int


class OpenDerived(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: show a derived item."""

    case: CaseId
    derived: ExhibitId


class OpenedDerived(Struct, frozen=True):
    """A derived item's content, on record as read."""

    act: ActId
    digest: Digest
    media_type: str
    content: bytes


class OpenNames(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: show who is who in a derived item."""

    case: CaseId
    derived: ExhibitId
    office: OfficeId


class NamesTable(Struct, frozen=True):
    """Who is who in a case, as far as it was when the derived item was made."""

    persons: tuple[Person, ...]


class LiftRedaction(Struct, frozen=True, forbid_unknown_fields=True):
    """The command of a court: a provisional redaction stands no longer. `decision` is the reference of the decision."""

    case: CaseId
    derived: ExhibitId
    office: OfficeId
    decision: Annotated[str, Meta(min_length=1, max_length=500)]


def redact(bench: Workbench, officer: OfficerRef, command: RedactItem) -> Redacted | Refusal:
    """Makes a derived item of one that this node received.

    1. The officer may, no provisional redaction of the item stands, and its order was not taken back. 2. The persons' names are those that they bear in
    the whole case. 3. The derived item is made, and looked through for what should be gone. 4. It is stored, and what opens
    it kept, with the table of names. 5. The act.
    """
    # 1.
    state = state_of(bench, command.case)
    refusal = (
        allowed(bench, officer, Action.REDACT, Resource(command.office))
        or redaction_stands(bench, state, command.exhibit, command.item)
        or _taken_back(state, command.exhibit)
    )
    if refusal is not None:
        return refusal
    if not (command.removals or command.persons):
        return Refusal("nothing-to-remove", "that would be a copy", do="name words, columns, fields, parts or persons")
    item, content = _original(bench, command)
    # 2.
    names = _named(_names(bench, command.case), command.persons)
    asked = [person for person in names.persons if any(set(person.spellings) & set(each) for each in command.persons)]
    # 3.
    made = derive(content, item.descriptor.media_type, Plan(command.removals, tuple(asked)))
    # 4.
    derived = bench.random.take(16).hex()
    if asked:
        _keep_alone(bench, command, derived, Role.NAMES, msgspec.json.encode(names))
    stored = _keep_alone(bench, command, derived, Role.DERIVED, made.content)
    # 5.
    body = _body(command, item, derived, made, stored)
    author = Author(officer.officer, command.office)
    payload = compose(bench, case=command.case, body=body, instrument=NODE, author=author)
    act = next(iter(file_own(bench, payload).indexes))
    return Redacted(act, derived, body.digest, body.size, body.media_type, body.removed, body.persons)


def open_derived(bench: Workbench, officer: OfficerRef, command: OpenDerived) -> OpenedDerived | Refusal:
    """The derived item's content, after the reading is on record."""
    state = state_of(bench, command.case)
    office = case_right(bench, officer, state, Action.LIST_ITEMS)
    if isinstance(office, Refusal):
        return office
    act, body = _made(bench, command.case, command.derived)
    shut = _taken_back(state, body.exhibit)
    if shut is not None:
        return shut
    keep_readings(bench, officer, Read.ITEMS, [(office, command.case)], command.derived)
    kept = opened(bench, command.derived, Role.DERIVED, KeptExhibit)
    content = bench.evidence.read_alone(kept.packed.manifest, kept.identity)
    if hashlib.sha256(content).hexdigest() != body.digest:
        raise BrokenInputError(ErrorCode.STORE_DAMAGED, "a derived item is not the one that its act names")
    return OpenedDerived(act, body.digest, body.media_type, content)


def open_names(bench: Workbench, officer: OfficerRef, command: OpenNames) -> NamesTable | Refusal:
    """Who is who, for whom the policy lets redact; the reading is on record."""
    refusal = allowed(bench, officer, Action.REDACT, Resource(command.office))
    if refusal is not None:
        return refusal
    _made(bench, command.case, command.derived)
    keep_readings(bench, officer, Read.ITEMS, [(command.office, command.case)], command.derived)
    return _table(bench, command.derived)


def lift_redaction(bench: Workbench, officer: OfficerRef, command: LiftRedaction) -> ActId | Refusal:
    """Says that a provisional redaction stands no longer: from then on the original is opened as any other item.

    Whoever made it does not lift it: that a court decided so is another officer's word.
    """
    refusal = allowed(bench, officer, Action.LIFT_REDACTION, Resource(command.office))
    if refusal is not None:
        return refusal
    act, body = _made(bench, command.case, command.derived)
    if not body.provisional or command.derived in lifted(bench, state_of(bench, command.case)):
        return Refusal("nothing-to-lift", "no provisional redaction of that id stands")
    made_by = payload_of(bench, act).author
    if made_by is not None and made_by.officer == officer.officer:
        return Refusal(
            "own-redaction", "the officer who made a redaction does not lift it", do="have another officer do it"
        )
    payload = compose(
        bench,
        case=command.case,
        body=RedactionLifted(command.derived, command.decision),
        instrument=NODE,
        re=[act],
        author=Author(officer.officer, command.office),
    )
    return next(iter(file_own(bench, payload).indexes))


def _taken_back(state: CaseState, exhibit: ExhibitId) -> Refusal | None:
    """What came under an order that was taken back is shown to nobody in any form, also while a legal hold keeps it."""
    known = state.exhibits.get(exhibit)
    if known is None or state.matters[known.matter].stage is not Stage.WITHDRAWN:
        return None
    return Refusal("order-withdrawn", "the order under which the item came was taken back", do="let it be destroyed")


def _original(bench: Workbench, command: RedactItem) -> tuple[ListedItem, bytes]:
    stored = bench.records.exhibits.get(command.exhibit, Role.RECEIVED)
    if stored is None or stored.case != command.case:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "this node holds no such exhibit that may be looked into", found=command.exhibit
        )
    kept = opened(bench, command.exhibit, Role.RECEIVED, KeptExhibit)
    item = bench.evidence.find_item(kept.packed, kept.identity, command.item)
    if item.descriptor.size > LARGEST:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "the item is too large to take something out of it", expected=f"{LARGEST} bytes"
        )
    return item, b"".join(bench.evidence.read_item(kept.packed, kept.identity, item))


def _made(bench: Workbench, case: CaseId, derived: ExhibitId) -> tuple[ActId, ItemRedacted]:
    found = redactions(bench, state_of(bench, case)).get(derived)
    if found is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "the case has no such derived item", found=derived)
    return found


def _body(
    command: RedactItem, item: ListedItem, derived: ExhibitId, made: Derived, stored: StoredObject
) -> ItemRedacted:
    return ItemRedacted(
        exhibit=command.exhibit,
        item=command.item,
        original=item.descriptor.sha256.hex(),
        derived=derived,
        digest=hashlib.sha256(made.content).hexdigest(),
        size=len(made.content),
        media_type=made.media_type,
        stored=stored,
        removed=made.removed,
        persons=made.persons,
        provisional=command.provisional,
    )


def _keep_alone(bench: Workbench, command: RedactItem, name: ExhibitId, role: Role, content: bytes) -> StoredObject:
    """Content under an identity of its own, which is kept under the case key."""
    identity = bench.evidence.new_identity()
    with bench.store.writing():
        stored = bench.evidence.put_alone(content, identity)
        packed = PackedExhibit(name, stored, (), 1, len(content))
        keep_packed(bench, command.case, role, KeptExhibit(identity, packed, command.exhibit, command.item))
    return stored


def _names(bench: Workbench, case: CaseId) -> NamesTable:
    """The table of the case. Each derived item keeps the whole of it as it then was, so that none can spoil another's."""
    kept = [each for each in bench.records.exhibits.of_case(case) if each.role == Role.NAMES]
    return max(
        (_table(bench, each.exhibit) for each in kept), key=lambda table: len(table.persons), default=NamesTable(())
    )


def _table(bench: Workbench, derived: ExhibitId) -> NamesTable:
    kept = opened(bench, derived, Role.NAMES, KeptExhibit)
    return msgspec.json.decode(bench.evidence.read_alone(kept.packed.manifest, kept.identity), type=NamesTable)


def _named(names: NamesTable, asked: tuple[Words, ...]) -> NamesTable:
    """The table with the persons asked for: one who has a name keeps it, and bears it for new spellings too."""
    persons = list(names.persons)
    for spellings in asked:
        known = next((at for at, each in enumerate(persons) if set(each.spellings) & set(spellings)), None)
        if known is None:
            persons.append(Person(f"person-{len(persons) + 1}", tuple(dict.fromkeys(spellings))))
        else:
            both = (*persons[known].spellings, *spellings)
            persons[known] = replace(persons[known], spellings=tuple(dict.fromkeys(both)))
    return NamesTable(tuple(persons))
