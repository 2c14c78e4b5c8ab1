"""The bodies of the acts about how long a case is kept, and about the copies of it that others hold.

No instrument here states how many days a case is kept. What an office sets is its own rule, says so, and is an act: the date
before which nothing is disposed of, the date after which nothing is kept, and when somebody looks again. Copies are asked
for in a thread of its own, one for each holder, because the thread they are about is gone by then. The rule of
`comity.acts.bodies` holds: fields are appended, with defaults; none is renamed or removed.
"""

from typing import Annotated

from msgspec import Meta, Struct

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.vocabulary.categories import CopiesReason, CopiesStanding, KeepingGround
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Slug
from comity.vocabulary.instants import Instant

ReviewDays = Annotated[int, Meta(ge=1, le=36525)]
"""Days between two reviews: up to a hundred years."""

RuleCitation = Annotated[str, Meta(min_length=1, max_length=300)]
"""What a rule of the office's own rests on, in its words."""


class RetentionSet(Body, frozen=True, tag=ActType.RETENTION_SET.value):
    """How long the case is kept by a rule of the office's own, named by its code and citation. Replaces what was set before.

    Not disposed of before `at_least`, not kept beyond `at_most`, looked at again every `review_days`; at least one is said.
    """

    rule: Slug
    citation: RuleCitation
    at_least: Instant | None = None
    at_most: Instant | None = None
    review_days: ReviewDays | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` where nothing is set, or what is kept at least goes beyond what is kept at most."""
        if self.at_least is None and self.at_most is None and self.review_days is None:
            raise ValueError("a retention sets at least one of at_least, at_most and review_days")
        if self.at_least and self.at_most and self.at_most < self.at_least:
            raise ValueError("what is kept at most ends before what is kept at least")


class RetentionExtended(Body, frozen=True, tag=ActType.RETENTION_EXTENDED.value):
    """The case is kept beyond the latest date that a rule sets for it, on a coded ground, until another date."""

    ground: KeepingGround
    until: Instant


class RetentionReviewed(Body, frozen=True, tag=ActType.RETENTION_REVIEWED.value):
    """Somebody looked whether the case is still needed: it is, on a coded ground, and is looked at again by `next_review`."""

    ground: KeepingGround
    next_review: Instant


class CopiesAsked(Body, frozen=True, tag=ActType.COPIES_ASKED.value):
    """Whoever holds copies of the case `about` (with `order`: of what came under that order) is asked what became of them."""

    about: CaseId
    reason: CopiesReason
    answer_by: Instant
    order: ActId | None = None


class CopiesReported(Body, frozen=True, tag=ActType.COPIES_REPORTED.value):
    """What became of the copies: destroyed, as `certificate` says at whoever reports it, or kept, on which ground until when."""

    about: CaseId
    standing: CopiesStanding
    ground: KeepingGround | None = None
    until: Instant | None = None
    certificate: ActId | None = None

    def __post_init__(self) -> None:
        """Raises `ValueError` for copies that are kept on no ground or without a date, or destroyed and kept."""
        kept = self.standing is CopiesStanding.KEPT
        if kept != (self.ground is not None) or kept != (self.until is not None):
            raise ValueError("copies that are kept have a ground and a date, and no others have")


class CopiesTraced(Struct, frozen=True, forbid_unknown_fields=True):
    """What a certificate says of the copies at one holder: by which act they were asked for, and what was answered so far."""

    holder: AuthorityId
    asked: ActId
    standing: CopiesStanding | None = None
    ground: KeepingGround | None = None
    until: Instant | None = None


RetentionBody = RetentionSet | RetentionExtended | RetentionReviewed | CopiesAsked | CopiesReported
