"""The bodies of the acts about what was put aside: looked at by a filter team, released under a further grant, or destroyed.

Apart from the notice that the supplier gets, all of them are said by the node to itself: what lies in quarantine, who looked
and why is nobody's business who has no right to the data. The rule of `comity.acts.bodies` holds: fields are appended, with
defaults; none is renamed or removed.
"""

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.vocabulary.categories import FilterDecision, FilterPurpose, FilterReason
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId
from comity.vocabulary.instants import Instant


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

    `derived` and `names` are those of `comity.acts.bodies.ItemOpened`.
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
    grant does not cover stay aside. `items` is how many the decision is about; `purpose` what the officer decided for, and
    missing where a term did.
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


QuarantineBody = QuarantineTermSet | QuarantineOpened | QuarantineDecided | QuarantineResolved
"""Every body of this module."""
