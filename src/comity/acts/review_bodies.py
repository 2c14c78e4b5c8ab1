"""The bodies of the acts between an oversight body and a node under review; see `comity.acts.bodies` for how they may change."""

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.acts.matters import StoredObject
from comity.vocabulary.identifiers import Digest


class ReviewRequested(Body, frozen=True, tag=ActType.REVIEW_REQUESTED.value):
    """An oversight body asks for every leaf's class up to `size` leaves, and for the acts whose class has `mark`."""

    mark: str
    size: int
    root: Digest


class ReviewAnswered(Body, frozen=True, tag=ActType.REVIEW_ANSWERED.value):
    """The openings are ready: `openings` is the object to pull, encrypted under `key` (hybrid HPKE, base64url)."""

    mark: str
    size: int
    openings: StoredObject
    key: str
    acts: int


class ReviewConcluded(Body, frozen=True, tag=ActType.REVIEW_CONCLUDED.value):
    """The oversight body's finding: how many acts of the class the ledger proves, and whether any was kept back."""

    mark: str
    size: int
    proven: int
    complete: bool
    code: str = ""


ReviewBody = ReviewRequested | ReviewAnswered | ReviewConcluded
"""Every body of this module."""
