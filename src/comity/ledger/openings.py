"""Oversight over a whole ledger: how many acts of a class there are, and whether every one of them was shown.

The node hands the overseer, for each leaf up to a witnessed checkpoint, the opening of its class: what the act is stays
hidden, what kind it is does not. The overseer recomputes every leaf and the root. Then no act of the class can be left
out: it would have to be a leaf without an opening, or one opened as something it is not, and the root would differ. For
each leaf of the class the node then shows the act, and the overseer checks it against that leaf.

What this cannot show: an act that was never entered, or entered under a false class from the start. The first is caught
by the receipt of the counterparty, the second when the act's own class is seen (`match_acts`) or, for acts passed off as
padding, by asking for the seeds (`verify_padding_opening`).
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from comity.acts.classes import ActClass, ActType
from comity.ledger.entries import (
    PADDING_CLASS,
    SALT_SIZE,
    Entry,
    act_commitment,
    class_commitment,
    class_commitments,
    padding_act,
)
from comity.ledger.tree import HASH_SIZE, leaf_hash, leaf_hashes, root_of
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId


class ClassOpening(Struct, frozen=True, forbid_unknown_fields=True):
    """One leaf with its class open and its act closed."""

    act_commitment: bytes
    class_salt: bytes
    act_class: ActClass

    def leaf_hash(self) -> bytes:
        """The leaf's hash, if the opening is true."""
        return leaf_hash(self.act_commitment + class_commitment(self.class_salt, self.act_class))


def open_class(entry: Entry) -> ClassOpening:
    """What the node shows of an entry to its overseer."""
    return ClassOpening(act_commitment(entry.salt, entry.act), entry.class_salt, entry.act_class)


class ClassCount(Struct, frozen=True, forbid_unknown_fields=True):
    """Proven: the ledger with this size and root has exactly so many leaves of each class."""

    size: int
    root: bytes
    classes: tuple[tuple[ActClass, int], ...]

    def count(self, wanted: ActType | str) -> int:
        """Leaves with that act type or, for any other text, with that mark."""
        return sum(number for act_class, number in self.classes if _is(act_class, wanted))


def verify_openings(openings: Sequence[ClassOpening], checkpoint_root: bytes, size: int) -> ClassCount:
    """Prove what classes the leaves of the ledger have, every one of them.

    1. There are as many openings as leaves: none left out, none added.
    2. Each opening is whole: a commitment and a salt of 32 bytes.
    3. The leaves recomputed from the openings lead to the checkpoint's root: no class is misstated, no leaf exchanged or
       moved.

    Raises:
        BrokenInputError: bad-proof, with the step that decided.
    """
    # 1
    if len(openings) != size:
        raise BrokenInputError(
            ErrorCode.BAD_PROOF,
            "step 1: the openings are not as many as the leaves",
            found=f"{len(openings)} openings",
            expected=f"{size} leaves",
        )
    # 2
    lengths = {(len(opening.act_commitment), len(opening.class_salt)) for opening in openings}
    if lengths - {(HASH_SIZE, SALT_SIZE)}:
        raise BrokenInputError(ErrorCode.BAD_PROOF, "step 2: an opening is not whole")
    # 3
    commitments = class_commitments((opening.class_salt, opening.act_class) for opening in openings)
    pairs = zip(openings, commitments, strict=True)
    root = root_of(leaf_hashes(opening.act_commitment + commitment for opening, commitment in pairs))
    if root != checkpoint_root:
        raise BrokenInputError(
            ErrorCode.BAD_PROOF,
            "step 3: the openings lead to another root: a class is misstated, or a leaf exchanged or moved",
            found=root.hex(),
            expected=checkpoint_root.hex(),
        )
    return ClassCount(size, root, _counted(openings))


def acts_of(openings: Iterable[ClassOpening], wanted: ActType | str) -> tuple[int, ...]:
    """Places of the leaves with that act type or, for any other text, with that mark."""
    return tuple(index for index, opening in enumerate(openings) if _is(opening.act_class, wanted))


def verify_act_opening(opening: ClassOpening, salt: bytes, act: ActId) -> None:
    """Prove that the leaf is that act's; raises `BrokenInputError` (bad-proof) otherwise."""
    if len(salt) != SALT_SIZE or act_commitment(salt, act) != opening.act_commitment:
        raise BrokenInputError(ErrorCode.BAD_PROOF, "the act and its salt do not open the leaf", found=act)


def verify_padding_opening(opening: ClassOpening, salt: bytes, seed: bytes) -> None:
    """Prove that no act stands behind the leaf: its class is padding and its act id was made from the seed."""
    if opening.act_class != PADDING_CLASS:
        raise BrokenInputError(ErrorCode.BAD_PROOF, "the leaf is not padding", found=opening.act_class.type)
    verify_act_opening(opening, salt, padding_act(seed))


class ShownAct(Struct, frozen=True, forbid_unknown_fields=True):
    """An act the overseer was given for a leaf: its id, the class its own payload states, and the leaf's salt."""

    act: ActId
    act_class: ActClass
    salt: bytes


class ClassReview(Struct, frozen=True, forbid_unknown_fields=True):
    """What the ledger proves about a class, against what was shown. All tuples hold places of leaves, ascending.

    `kept_back` were not shown at all. `mismatched` were shown an act that is not the leaf's, or whose payload states
    another class than the leaf. `repeated` were shown an act that stands at an earlier leaf already, so one act less was
    shown than it seems. `outside` were shown for a leaf that is not of the class.
    """

    proven: int
    matched: tuple[int, ...]
    kept_back: tuple[int, ...]
    mismatched: tuple[int, ...]
    repeated: tuple[int, ...]
    outside: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether every leaf of the class was shown its own act."""
        return len(self.matched) == self.proven


def match_acts(openings: Sequence[ClassOpening], wanted: ActType | str, shown: Mapping[int, ShownAct]) -> ClassReview:
    """Whether each leaf of a class was shown its act; `openings` are those that `verify_openings` proved.

    For every leaf of the class, by place:

    1. An act is shown for it.
    2. The act and its salt open the leaf, and the act's own class is the leaf's.
    3. The act was not shown for an earlier leaf.
    """
    places = acts_of(openings, wanted)
    matched: list[int] = []
    mismatched: list[int] = []
    repeated: list[int] = []
    seen: set[ActId] = set()
    for index in places:
        # 1
        if index not in shown:
            continue
        act = shown[index]
        # 2
        if not _opens(openings[index], act):
            mismatched.append(index)
        # 3
        elif act.act in seen:
            repeated.append(index)
        else:
            matched.append(index)
            seen.add(act.act)
    kept_back = tuple(index for index in places if index not in shown)
    outside = tuple(sorted(shown.keys() - set(places)))
    return ClassReview(len(places), tuple(matched), kept_back, tuple(mismatched), tuple(repeated), outside)


def _opens(opening: ClassOpening, shown: ShownAct) -> bool:
    try:
        verify_act_opening(opening, shown.salt, shown.act)
    except BrokenInputError:
        return False
    return shown.act_class == opening.act_class


def _counted(openings: Iterable[ClassOpening]) -> tuple[tuple[ActClass, int], ...]:
    counts: dict[ActClass, int] = {}
    for opening in openings:
        counts[opening.act_class] = counts.get(opening.act_class, 0) + 1
    return tuple(counts.items())


def _is(act_class: ActClass, wanted: ActType | str) -> bool:
    return act_class.type == wanted if isinstance(wanted, ActType) else wanted in act_class.marks
