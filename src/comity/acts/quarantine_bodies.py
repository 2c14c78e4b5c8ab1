"""The bodies of the acts about what was put aside: looked at by a filter team, released, or destroyed; and what is to be.

Apart from the notice that the supplier gets, all of them are said by the node to itself: what lies in quarantine, who looked
and why is nobody's business who has no right to the data. The rule of `comity.acts.bodies` holds: fields are appended, with
defaults; none is renamed or removed.
"""

from typing import Annotated

from msgspec import Meta

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.vocabulary.categories import FilterDecision, FilterPurpose, FilterReason
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId
from comity.vocabulary.instants import Instant
from comity.vocabulary.targets import Target

MAX_COUNSEL, MAX_SCREENED_NAMES = 1_000, 10_000
"""Identifiers, and names, that one screen lists; a case may have several."""


class ScreenSet(Body, frozen=True, tag=ActType.SCREEN_SET.value):
    """From now on an item that comes and may be privileged is put aside for the filter team, before anybody else sees it.

    `counsel` are identifiers of those whose correspondence is privileged; `names` are items' names or their leading folders,
    matched exactly. See `comity.evidence.items.screening` for what meets them.
    """

    counsel: Annotated[tuple[Target, ...], Meta(max_length=MAX_COUNSEL)] = ()
    names: Annotated[tuple[str, ...], Meta(max_length=MAX_SCREENED_NAMES)] = ()

    def __post_init__(self) -> None:
        """Raises `ValueError` where nothing is listed."""
        if not self.counsel and not any(name.strip("/") for name in self.names):
            raise ValueError("a screen lists identifiers of counsel, or names of items")


class ScreenLifted(Body, frozen=True, tag=ActType.SCREEN_LIFTED.value):
    """One screen, named by its act, stands no longer. What it put aside stays aside until it is decided on."""

    screen: ActId
    reasons: Annotated[str, Meta(min_length=1)]


class QuarantineTermSet(Body, frozen=True, tag=ActType.QUARANTINE_TERM_SET.value):
    """What of the exhibit was put aside is destroyed at `until`, unless the filter team decides before.

    `rule` says whose limit it is: `office-rule` for one that the office set itself (`days` from its settings). No
    instrument here gives a number of days; one that does would be named by its clock.
    """

    exhibit: ExhibitId
    until: Instant
    days: int
    rule: str = "office-rule"


class QuarantineOpened(Body, frozen=True, tag=ActType.QUARANTINE_OPENED.value):
    """A filter officer looked at what was put aside: at its list, or at one item of it (by its leaf hash).

    `derived` and `names` are those of `comity.acts.custody_bodies.ItemOpened`.
    """

    exhibit: ExhibitId
    purpose: FilterPurpose
    reasons: str
    item: Digest | None = None
    derived: ExhibitId | None = None
    names: bool = False


class QuarantineDecided(Body, frozen=True, tag=ActType.QUARANTINE_DECIDED.value):
    """The decision on what was put aside of an exhibit, with its coded reason.

    Released items become the exhibit `released`, in the matter of `grant`, the act that extends the scope; those that the
    grant does not cover stay aside. Items that a screen put aside and the team found not privileged need no grant: they were in
    scope, and stay in the exhibit's own matter. `items` is how many the decision is about; `purpose` what the officer decided
    for, and missing where a term did.
    """

    exhibit: ExhibitId
    decision: FilterDecision
    reason: FilterReason
    items: int
    reasons: str = ""
    grant: ActId | None = None
    released: ExhibitId | None = None
    purpose: FilterPurpose | None = None
    objects_root: Digest | None = None
    """The root over the objects of what was released."""


class QuarantineResolved(Body, frozen=True, tag=ActType.QUARANTINE_RESOLVED.value):
    """What became of items put aside, as the supplier is told it: a count and codes. The certificate of their destruction.

    `objects` is how many stored objects were deleted with their key; 0 where the items were released.
    """

    exhibit: ExhibitId
    decision: FilterDecision
    reason: FilterReason
    items: int
    objects: int = 0


QuarantineBody = (
    ScreenSet | ScreenLifted | QuarantineTermSet | QuarantineOpened | QuarantineDecided | QuarantineResolved
)
"""Every body of this module."""
