"""Redact: a derived item without what a reader may not see.

To redact is to open: the officer states a purpose, and the act of opening stands before the item is read. The original stays as
it was committed, and the act of redaction links the two by their hashes. What the derived item lies encrypted under is kept
under the case key. The table that says which person bears which name lies under a key of its own, which is kept there too, and goes
to a court or the filter team alone, as far as it is of persons in that item. Both end with the case, or with the original.
"""

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.acts.matters import Removed, StoredObject
from comity.acts.payload import Author
from comity.acts.redaction_bodies import ItemRedacted
from comity.cases.state import CaseState
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import state_of
from comity.casework.bench.sequencer import RefusedError
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.consult import OpenItem, open_item
from comity.casework.custody.exhibits import KeptExhibit, Role, destroy, keep_packed, opened
from comity.casework.custody.quarantine import LookAside, look_aside
from comity.casework.ports.access import Action, OfficerRef
from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.exhibits import PackedExhibit
from comity.evidence.redaction.redact import LARGEST, Derived, Person, Plan, Removal, Words, derive
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId, Digest, ExhibitId, OfficeId


class RedactItem(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: make a derived item. `persons` are spellings, one list for each person who is to bear another name.

    `purpose` is a code of the instrument; for an item that lies `aside` in quarantine, a `FilterPurpose`. `attachment` is the
    part of a mail that alone is made anew, by its number.
    """

    case: CaseId
    exhibit: ExhibitId
    item: Digest
    office: OfficeId
    removals: Annotated[tuple[Removal, ...], Meta(max_length=64)] = ()
    persons: Annotated[tuple[Words, ...], Meta(max_length=1_000)] = ()
    provisional: bool = False
    purpose: str = ""
    reasons: str = ""
    aside: bool = False
    attachment: Annotated[str, Meta(max_length=64)] = ""


class Redacted(Struct, frozen=True):
    """The derived item: the act that made it, its id, and what is missing in it. `opening` is the act of looking at the original."""

    act: ActId
    derived: ExhibitId
    digest: Digest
    size: int
    media_type: str
    removed: tuple[Removed, ...]
    persons: int
    opening: ActId


class NamesTable(Struct, frozen=True):
    """Who is who: persons by every spelling that the case knew of when the derived item was made."""

    persons: tuple[Person, ...]


class _KeptNames(NamesTable, frozen=True):
    """All persons of the case, kept with one derived item; `here` are the names that persons bear in that item."""

    here: tuple[str, ...] = ()


class _Original(Struct, frozen=True):
    """An item that was opened to be redacted."""

    opening: ActId
    descriptor: ItemDescriptor
    content: bytes


def redact(bench: Workbench, officer: OfficerRef, command: RedactItem) -> Redacted | Refusal:
    """Makes a derived item of one that this node received.

    1. There is something to take out. 2. The item is opened as whoever looks at it opens it, by an officer who may redact as
    well: no provisional redaction of it stands, and its order was not taken back. 3. The persons' names are those that they
    bear in the whole case. 4. The derived item is made, and looked through for what should be gone. 5. It is stored, and what
    opens it kept, with the table of names. 6. The act.
    """
    # 1.
    if not (command.removals or command.persons):
        return Refusal(
            "nothing-to-remove", "that would be a copy", do="name words, columns, fields, parts, regions or persons"
        )
    # 2.
    original = _open_aside(bench, officer, command) if command.aside else _open(bench, officer, command)
    if isinstance(original, Refusal):
        return original
    while (made := _made(bench, officer, command, original)) is None:
        pass
    return made


def _made(bench: Workbench, officer: OfficerRef, command: RedactItem, original: _Original) -> Redacted | Refusal | None:
    """Steps 3 to 6; None where another was made meanwhile, by which a person may bear a name already, or a name a person."""
    # 3.
    earlier = _made_before(state_of(bench, command.case))
    names = _named(_names(bench, command.case), command.persons)
    asked = [person for person in names.persons if any(set(person.spellings) & set(each) for each in command.persons)]
    # 4.
    plan = Plan(command.removals, tuple(asked), command.attachment)
    made = derive(original.content, original.descriptor.media_type, plan, bench.imaging)
    # 5.
    derived = bench.random.take(16).hex()
    if asked:
        kept = _KeptNames(names.persons, made.persons)
        _keep_alone(bench, command, derived, Role.NAMES, msgspec.json.encode(kept))
    stored = _keep_alone(bench, command, derived, Role.DERIVED, made.content)
    # 6.
    body = _body(command, original.descriptor, derived, made, stored)
    author = Author(officer.officer, command.office)
    payload = compose(bench, case=command.case, body=body, instrument=NODE, re=[original.opening], author=author)
    try:
        filed = file_own(bench, payload, done=lambda now: bool(asked) and _made_before(now) != earlier)
    except RefusedError as error:
        destroy(bench, derived)
        return error.refusal
    if not filed.indexes:
        destroy(bench, derived)
        return None
    act = the_act(filed)
    return Redacted(act, derived, body.digest, body.size, body.media_type, body.removed, body.persons, original.opening)


def _made_before(state: CaseState) -> tuple[ActId, ...]:
    """The acts of redaction in the case."""
    return tuple(step.act for step in state.steps if step.type is ActType.ITEM_REDACTED)


def _open(bench: Workbench, officer: OfficerRef, command: RedactItem) -> _Original | Refusal:
    asked = OpenItem(command.case, command.exhibit, command.item, command.office, command.purpose, command.reasons)
    found = open_item(bench, officer, asked, then=Action.REDACT)
    if isinstance(found, Refusal):
        return found
    descriptor = _fitting(found.line.descriptor)
    return _Original(found.act, descriptor, b"".join(found.content))


def _open_aside(bench: Workbench, officer: OfficerRef, command: RedactItem) -> _Original | Refusal:
    asked = LookAside(command.case, command.exhibit, command.office, command.purpose, command.reasons, command.item)
    found = look_aside(bench, officer, asked, then=Action.REDACT)
    if isinstance(found, Refusal):
        return found
    descriptor = next((each.descriptor for each in found.lines), None)
    if descriptor is None or found.content is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "no item of that name lies aside", found=command.item)
    return _Original(found.act, _fitting(descriptor), b"".join(found.content))


def _fitting(descriptor: ItemDescriptor) -> ItemDescriptor:
    if descriptor.size > LARGEST:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "the item is too large to take something out of it", expected=f"{LARGEST} bytes"
        )
    return descriptor


def _body(
    command: RedactItem, original: ItemDescriptor, derived: ExhibitId, made: Derived, stored: StoredObject
) -> ItemRedacted:
    return ItemRedacted(
        exhibit=command.exhibit,
        item=command.item,
        original=original.sha256.hex(),
        derived=derived,
        digest=hashlib.sha256(made.content).hexdigest(),
        size=len(made.content),
        media_type=made.media_type,
        stored=stored,
        removed=made.removed,
        persons=len(made.persons),
        provisional=command.provisional,
        aside=command.aside,
        attachment=command.attachment,
    )


def _keep_alone(bench: Workbench, command: RedactItem, name: ExhibitId, role: Role, content: bytes) -> StoredObject:
    """Content under an identity of its own, which is kept under the case key."""
    identity = bench.evidence.new_identity()
    with bench.store.writing():
        stored = bench.evidence.put_alone(content, identity)
        packed = PackedExhibit(name, stored, (), 1, len(content))
        kept = KeptExhibit(
            identity, packed, command.exhibit, command.item, origin=command.exhibit if command.aside else None
        )
        keep_packed(bench, command.case, role, kept)
    return stored


def _names(bench: Workbench, case: CaseId) -> NamesTable:
    """The table of the case. Each derived item keeps the whole of it as it then was, so that none can spoil another's.

    Persons and spellings are only ever added: of all that are kept, the one with the most of them is the newest.
    """
    kept = [each for each in bench.records.exhibits.of_case(case) if each.role == Role.NAMES]
    return max(
        (_kept_names(bench, each.exhibit) for each in kept),
        key=lambda table: (len(table.persons), sum(len(person.spellings) for person in table.persons)),
        default=NamesTable(()),
    )


def names_table(bench: Workbench, derived: ExhibitId) -> NamesTable:
    """Who is who in the derived item, and nobody else of the case. Raises `BrokenInputError(NOT_FOUND)` where no person has another name.

    What stands there is known from its making: an item's own words may look like a name that was given.
    """
    kept = _kept_names(bench, derived)
    return NamesTable(tuple(person for person in kept.persons if person.alias in kept.here))


def _kept_names(bench: Workbench, derived: ExhibitId) -> _KeptNames:
    kept = opened(bench, derived, Role.NAMES, KeptExhibit)
    return msgspec.json.decode(bench.evidence.read_alone(kept.packed.manifest, kept.identity), type=_KeptNames)


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
