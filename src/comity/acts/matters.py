"""What requests are about: offence, data sought, contacts, scope. Shared by the bodies of several acts."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from comity.vocabulary.categories import (
    DataCategory,
    LeftOutReason,
    RemovalKind,
    RemovalReason,
    SkipReason,
    WithheldReason,
)
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId, OfficeId
from comity.vocabulary.instants import Instant, Period
from comity.vocabulary.targets import Target


class Contact(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to reach about a request, and how."""

    organisation: str
    office: OfficeId
    person: str
    phone: str = ""
    email: str = ""
    zone: str = "UTC"


class Offence(Struct, frozen=True, forbid_unknown_fields=True):
    """The offence under investigation: its code in the instrument's list, and the national provisions.

    `concerns` are circumstances of it in which the other State may see a concern, by their codes in the instrument: a
    political offence, the press, a privilege.
    """

    code: str
    provisions: str
    max_penalty_years: int | None = None
    concerns: tuple[str, ...] = ()


class DataSought(Struct, frozen=True, forbid_unknown_fields=True):
    """Which stored data a measure is aimed at."""

    targets: tuple[Target, ...]
    categories: tuple[DataCategory, ...]
    period: Period | None = None
    description: str = ""


class ScopePart(Struct, frozen=True, forbid_unknown_fields=True):
    """One part of what is asked to be disclosed; an item is in the part when it meets every criterion that is stated.

    `names` are item names or their leading folders, matched exactly; empty means any. `targets` are identifiers of which an
    item has to name one; a range of IP addresses stands for each address inside. Empty or not there means any item, also
    one that names nobody.
    """

    label: str
    categories: tuple[DataCategory, ...]
    period: Period | None = None
    names: tuple[str, ...] = ()
    targets: tuple[Target, ...] | UnsetType = UNSET


class PartDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """A decision on one scope part. `ground` is a refusal ground's code in the instrument, empty when granted."""

    label: str
    granted: bool
    ground: str = ""
    reasons: str = ""


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition the supplying party attaches to material, by its code in the instrument."""

    code: str
    text: str = ""


class Withheld(Struct, frozen=True, forbid_unknown_fields=True):
    """How many items under a hold were not handed over, for one reason. Never which."""

    reason: WithheldReason
    items: int


class SkippedCount(Struct, frozen=True, forbid_unknown_fields=True):
    """How many entries of a source were left out for one reason, or changed while they were read."""

    reason: SkipReason
    entries: int


class NotTakenIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What an intake found and did not take in, or not as it was at one moment: how many for each reason, never which.

    `root` is RFC 6962 over one salted leaf for each name, which lies with the segments at whoever took the data in.
    """

    counts: tuple[SkippedCount, ...]
    root: Digest


class StoredObject(Struct, frozen=True, forbid_unknown_fields=True):
    """One stored, encrypted object by content: SHA-256 of its ciphertext, and its size in bytes."""

    digest: Digest
    size: int


class Reopened(Struct, frozen=True, forbid_unknown_fields=True):
    """Items of a hand-over that an earlier one from the same hold, under another order, withheld: by the reason it gave."""

    hand_over: ActId
    items: Annotated[tuple[Withheld, ...], Meta(min_length=1)]


class Portion(Struct, frozen=True, forbid_unknown_fields=True):
    """That a hand-over is one of several from one hold: the how-manieth under its order, and which parts of the scope it has.

    `before` are items handed over earlier under the order, `later` those that it grants and that are still to come. With the
    items of the hand-over and the withheld ones they are all that was sealed. `reopened` are those of its items that were
    withheld under an order before. `held_up` are parts of which nothing may go yet, or at all: what falls into one of them is
    not in the hand-over, whichever part it is in besides.
    """

    number: Annotated[int, Meta(ge=1)]
    labels: Annotated[tuple[str, ...], Meta(min_length=1)]
    before: Annotated[int, Meta(ge=0)]
    later: Annotated[int, Meta(ge=0)]
    reopened: Reopened | None = None
    held_up: tuple[str, ...] = ()


class RequestedItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing ordered: an identifier, the kinds of data about it, and their time. Rules are asked of each item.

    `label` names the item in answers, so that part of an order can be executed and part of it not. `options` are codes of
    what exactly is ordered of a category; without them it is all of it.
    """

    label: str
    target: Target
    categories: tuple[DataCategory, ...]
    period: Period | None = None
    options: tuple[str, ...] | UnsetType = UNSET


class NonExecution(Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is not executed, by its code in the instrument; `items` are the labels concerned, empty for all."""

    code: str
    items: tuple[str, ...] = ()
    explanation: str = ""


class LawConflict(Struct, frozen=True, forbid_unknown_fields=True):
    """A law of a third State that is said to forbid execution. `interests` are codes of what that law protects.

    `storage_place_only` says that nothing is put forward but where the data lie or that the other law asks for less.
    """

    country: str
    law: str
    provision: str
    interests: tuple[str, ...] = ()
    why_applicable: str = ""
    why_conflict: str = ""
    link_of_provider: str = ""
    consequences: str = ""
    storage_place_only: bool = False


class Removed(Struct, frozen=True, forbid_unknown_fields=True):
    """That something was left out of a derived item: what kind, why, and in how many places. Never what."""

    kind: RemovalKind
    reason: RemovalReason
    places: int


class LapsedLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """A limit of the law that ran out: its id and article in the act's instrument, when it ended, and how that was counted.

    The version of the law that it was counted by is the act's own (`comity.acts.payload.Payload.law`).
    """

    rule: str
    article: str
    due: Instant
    trace: tuple[str, ...]


class LeftOut(Struct, frozen=True, forbid_unknown_fields=True):
    """An exhibit that a dossier shows nothing of, and why."""

    exhibit: ExhibitId
    reason: LeftOutReason
