"""What each kind of act says of the exhibit that it touches: the kind of touch, in words, and the hashes that it tells itself."""

from functools import singledispatch

from msgspec import Struct

from comity.acts import bodies as b
from comity.acts.custody_bodies import ExhibitReturned, ItemCopied, ItemOpened, MatchReviewed, OpeningRefused
from comity.acts.order_bodies import UseRestricted
from comity.acts.quarantine_bodies import QuarantineDecided, QuarantineOpened, QuarantineResolved
from comity.acts.redaction_bodies import ItemRedacted
from comity.evidence.dossier.words import count, looked_at, plain, size_words
from comity.evidence.items.exhibit_seal import objects_root
from comity.vocabulary.categories import FilterDecision, QuarantineCode
from comity.vocabulary.identifiers import ExhibitId

MOST_WORDS, MOST_NAME = 110, 48
"""Letters of what is said from outside, so that a page stays one page."""

NOTHING_YET, GONE = "nothing before", "destroyed"
"""What stands for a hash before there was an exhibit, and after it."""


class Said(Struct, frozen=True):
    """What one body says of an exhibit: the kind of touch, in words, and the hashes that it tells itself.

    `of_item`: they are of one item's content, and the exhibit's stay what they were. `items`: how many of its items were each
    touched so.
    """

    kind: str
    what: str
    before: str = ""
    after: str = ""
    size: str = ""
    of_item: bool = False
    items: int = 1


@singledispatch
def what_it_says(body: object) -> Said | None:
    """What the body says of its exhibit; None for one that touches nothing."""
    del body
    return None


@what_it_says.register
def _held(body: b.HoldConfirmed | b.ExhibitTakenIn) -> Said:
    what = f"took {count(body.items, 'item')} in, sealed in {count(body.segments, 'segment')}"
    return Said("taken-in", what, after=f"items {body.root}", size=size_words(body.size))


@what_it_says.register
def _segment(body: b.SegmentSealed) -> Said:
    del body
    return Said("sealed", "sealed a segment while taking in", before=NOTHING_YET)


@what_it_says.register
def _confirmed(body: b.PreservationConfirmed) -> Said:
    return Said("confirmed", f"confirmed that {count(body.items, 'item')} are held", after=f"items {body.root}")


@what_it_says.register
def _given(body: b.ExhibitHandedOver) -> Said:
    withheld = sum(part.items for part in body.withheld)
    what = f"handed {count(body.items, 'item')} over, {withheld:,} withheld"
    if body.portion is not None:
        what += f" (part {body.portion.number} of an order, {body.portion.later:,} still to come)"
        if body.portion.reopened is not None:
            what += f", {sum(part.items for part in body.portion.reopened.items):,} of them withheld before"
    objects = f"objects {objects_root(body.objects).hex()}"
    return Said("handed-over", what, f"items {body.hold_root}", objects, size_words(body.size))


@what_it_says.register
def _reviewed(body: MatchReviewed) -> Said:
    items = count(len(body.listed), "item")
    what = (
        f"withheld {items} from an order ({body.reason})" if body.reason else f"let {items} go under an order after all"
    )
    return Said("reviewed", what)


@what_it_says.register
def _taken(body: b.ExhibitReceived) -> Said:
    how = "looked through every item" if body.opened else "left it sealed"
    left = f"objects {body.remaining or body.objects_root}"
    return Said("received", f"received {count(body.items, 'item')} and {how}", after=left)


@what_it_says.register
def _aside(body: b.ItemsQuarantined) -> Said:
    whom = " for the filter team" if body.code is QuarantineCode.PRIVILEGED else ""
    return Said(
        "set-aside", f"set {count(body.items, 'item')} aside{whom}, unseen ({plain(str(body.code), MOST_NAME)})"
    )


@what_it_says.register
def _looked_aside(body: QuarantineOpened) -> Said:
    return Said("opened", f"had its filter team look at what was set aside, purpose {body.purpose}")


@what_it_says.register
def _decided_aside(body: QuarantineDecided) -> Said:
    ends = "let into the case" if body.released else "to be destroyed"
    return Said("set-aside", f"decided on {count(body.items, 'item')} set aside: {ends} ({body.reason})")


@what_it_says.register
def _resolved_aside(body: QuarantineResolved) -> Said | None:
    if body.decision is not FilterDecision.DESTROY:
        return None
    gone = f"{count(body.items, 'item')} set aside, their key and {count(body.objects, 'object')}"
    return Said("set-aside", f"destroyed {gone} ({body.reason})")


def frees(body: object, exhibit: ExhibitId) -> bool:
    """Whether the body lets that exhibit out of quarantine."""
    return isinstance(body, QuarantineDecided) and body.released == exhibit


def freed(body: object) -> Said | None:
    """What a release from quarantine says of the exhibit that it makes."""
    if not isinstance(body, QuarantineDecided):
        return None
    how = "under a further grant" if body.grant else "found not privileged by its filter team"
    what = f"let {count(body.items, 'item')} out of quarantine, {how}"
    return Said("received", what, after=f"objects {body.objects_root}" if body.objects_root else "")


@what_it_says.register
def _opened(body: ItemOpened) -> Said:
    what = f"opened {looked_at(body)}, purpose {plain(body.purpose, MOST_WORDS)}"
    return Said("opened", what, items=len(body.leaves))


@what_it_says.register
def _derived(body: ItemRedacted) -> Said:
    what = f"made a redacted copy of an item{', which hides the original' if body.provisional else ''}"
    return Said("derived", what, f"item {body.original}", f"copy {body.digest}", of_item=True)


@what_it_says.register
def _copied(body: ItemCopied) -> Said:
    what = f"gave a copy of an item out, on {plain(body.medium, MOST_NAME)}, to {plain(body.holder, MOST_NAME)}"
    return Said("copied", what, f"item {body.digest}", f"copy {body.digest}", of_item=True)


@what_it_says.register
def _given_back(body: ExhibitReturned) -> Said:
    what = f"gave {count(body.items, 'item')} back and kept nothing ({plain(body.reason, MOST_NAME)})"
    return Said("returned", what, after=GONE)


@what_it_says.register
def _to_be_destroyed(body: b.DestructionDecided) -> Said:
    what = f"to give it back to {plain(body.returned_to, MOST_NAME)}" if body.returned_to else "to destroy it"
    return Said("destroying", f"decided {what} ({plain(body.reason, MOST_NAME)})")


@what_it_says.register
def _not_opened(body: OpeningRefused) -> Said:
    purpose = plain(body.purpose, MOST_NAME) or "none"
    return Said("refused", f"was refused to open an item ({plain(body.code, MOST_NAME)}), purpose {purpose}")


@what_it_says.register
def _restricted(body: UseRestricted) -> Said:
    return Said("restricted", f"restricted its use ({plain(body.how, MOST_NAME)})")


@what_it_says.register
def _destroyed(body: b.ExhibitDestroyed) -> Said:
    what = f"destroyed its key and {count(body.objects, 'object')} ({plain(body.reason, MOST_NAME)})"
    return Said("destroyed", what, after=GONE)
