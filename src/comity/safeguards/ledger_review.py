"""An overseer's examination of a ledger's openings: how many acts of a kind it proves, and whether all were shown. Pure."""

from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct

from comity.acts.classes import ActType
from comity.acts.payload import Payload
from comity.acts.review_bodies import ReviewConcluded
from comity.law.corpus import Law
from comity.law.marks import marks_of
from comity.ledger.openings import ClassOpening, ShownAct, match_acts, verify_openings, verify_padding_opening
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId

KEPT_BACK = "kept-back"
"""The finding's code when a leaf of the class was not shown its act."""

MARKS_DIFFER = str(ErrorCode.MARKS_DIFFER)
"""The finding's code when an act was shown whose own words ask for other marks than its class bears."""


class OpenedLeaf(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One leaf: its class opened; the other salt for padding; for a leaf of the class, the act.

    `sealed` is the act itself; where its case was disposed of, only its id is left, and `act` names it.
    """

    opening: ClassOpening
    salt: bytes = b""
    sealed: bytes = b""
    act: ActId | None = None


class Shown(Struct, frozen=True):
    """An examination's result: the finding, the acts that were shown, and how many were shown by id alone."""

    finding: ReviewConcluded
    acts: dict[ActId, Payload]
    disposed: int


def read_openings(data: bytes) -> list[OpenedLeaf]:
    """The leaves in a node's answer; raises `BrokenInputError` (MALFORMED) for anything else."""
    try:
        return msgspec.msgpack.decode(data, type=list[OpenedLeaf])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "these are no openings of a ledger", found=str(error)) from None


def examine(law: Law, data: bytes, mark: str, root: bytes, size: int) -> Shown:
    """The finding on these openings against the head that the overseer co-signed.

    1. They are openings. 2. They lead to the root: every leaf has the class it is opened as. 3. No act is passed off as
    padding. 4. Each leaf of the class was shown its own act. 5. Each act shown bears the marks that its words ask for: an act
    that bears the mark without being of the kind would make up the number of one that was taken out. (An order of the kind
    without its mark is refused by whoever gets it: `comity.casework.post.arrivals`.)
    """
    try:
        # 1.
        leaves = read_openings(data)
        classes = [leaf.opening for leaf in leaves]
        # 2.
        verify_openings(classes, root, size)
        # 3.
        for leaf in leaves:
            if leaf.opening.act_class.type is ActType.PADDING:
                verify_padding_opening(leaf.opening, leaf.salt, leaf.opening.class_salt)
        shown, payloads, disposed = _shown(leaves)
    except BrokenInputError as error:
        return Shown(ReviewConcluded(mark, size, 0, complete=False, code=str(error.code)), {}, 0)
    # 4.
    found = match_acts(classes, mark, shown)
    code = "" if found.complete else KEPT_BACK
    # 5.
    if not code and any(payload.act.marks != marks_of(law, payload) for payload in payloads.values()):
        code = MARKS_DIFFER
    return Shown(ReviewConcluded(mark, size, found.proven, complete=not code, code=code), payloads, disposed)


def left_out(issuer: AuthorityId, issuers_own: Collection[ActId], shown: Mapping[ActId, Payload]) -> tuple[ActId, ...]:
    """Acts that another ledger proves to have come from `issuer` and that the issuer's own ledger did not show."""
    return tuple(act for act, payload in shown.items() if payload.issuer == issuer and act not in issuers_own)


def _shown(leaves: list[OpenedLeaf]) -> tuple[dict[int, ShownAct], dict[ActId, Payload], int]:
    shown: dict[int, ShownAct] = {}
    payloads: dict[ActId, Payload] = {}
    disposed = 0
    for place, leaf in enumerate(leaves):
        if leaf.sealed:
            opened = read_sealed(leaf.sealed)
            shown[place] = ShownAct(opened.id, opened.payload.act, leaf.salt)
            payloads[opened.id] = opened.payload
        elif leaf.act is not None:
            shown[place] = ShownAct(leaf.act, leaf.opening.act_class, leaf.salt)
            disposed += 1
    return shown, payloads, disposed
