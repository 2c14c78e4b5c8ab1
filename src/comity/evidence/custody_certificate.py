"""The custody certificate of an exhibit: every touch, from the acts and from nothing else, as one page of a timeline.

What flows. The acts of a case that name the exhibit become touches: when, by which officer of which office of whom, on
which legal basis, and what was known of the exhibit's hash before and after. What an exhibit was assembled from has an
exhibit number and a page of its own, so a certificate is the page of the exhibit, then that of the hold it comes from.
Like touches one after the other are one line with a count, so that ten thousand openings don't hide a hand-over.

Hashes. An exhibit is named by two kinds of root: `items` binds what was taken in, `objects` the encrypted objects that
changed hands. A touch that changes nothing has the same hash before and after; where no act tells one, there is none.

Gaps are those of `comity.evidence.custody`, and what the page itself contradicts. This certificate explains; what proves
anything is the dossier.
"""

from collections.abc import Mapping, Sequence
from functools import singledispatch
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from comity.acts import bodies as b
from comity.acts.custody_bodies import ExhibitReturned, ItemCopied, MatchReviewed
from comity.acts.order_bodies import UseRestricted
from comity.acts.quarantine_bodies import QuarantineDecided, QuarantineOpened, QuarantineResolved
from comity.acts.redaction_bodies import ItemRedacted
from comity.evidence.custody import SKEW, CustodyGap, custody_of
from comity.evidence.dossier_format import ActDirection, ActOnFile
from comity.evidence.dossier_words import count, looked_at, plain, size_words, told
from comity.evidence.exhibit_seal import objects_root
from comity.vocabulary.categories import FilterDecision
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, ExhibitId
from comity.vocabulary.instants import Instant

MOST_TOUCHES = 10
MOST_FINDINGS = 4
"""Lines of one page; what is beyond them is counted, and the newest stand."""

_WORDS, _NAME = 110, 48
"""Letters of what is said from outside, so that a page stays one page."""

_NOTHING_YET, _GONE = "nothing before", "destroyed"


class Touch(Struct, frozen=True):
    """One touch of an exhibit, or several alike. `kind` is a code of the timeline; hashes are hexadecimal, or words.

    `until` is the time of the last, where there are several. `officer` is empty for what a node did by itself.
    """

    at: Instant
    kind: str
    authority: AuthorityId
    officer: str
    office: str
    what: str
    citation: str
    before: str
    after: str
    act: ActId
    number: int = 1
    until: Instant | None = None


class Rereading(Struct, frozen=True):
    """One round of its node in which all that is stored of an exhibit was read again; the act `act` of the node's ends it.

    `objects` are all of the exhibit's; of these `broken` were damaged or gone, and `mended` were put back from a second store.
    """

    begun_at: Instant
    at: Instant
    authority: AuthorityId
    act: ActId
    objects: int
    broken: int = 0
    mended: int = 0

    @property
    def what(self) -> str:
        """What was found, in words."""
        numbers = ((self.broken, "broken"), (self.mended, "mended"))
        found = ", ".join(f"{number:,} {how}" for number, how in numbers if number)
        return f"read {count(self.objects, 'object')} again: {found or 'all as they were'}"


class CertificateFinding(Struct, frozen=True):
    """A gap: `open` where the chain is only not finished yet. `act` is where it shows."""

    what: str
    act: ActId
    open: bool = False


class CertificatePage(Struct, frozen=True):
    """One exhibit. `touches` and `findings` are what fits; `left_out` and `more_findings` count the others."""

    exhibit: ExhibitId
    holder: str
    items: str
    size: str
    touches: tuple[Touch, ...]
    left_out: int
    findings: tuple[CertificateFinding, ...]
    more_findings: int


class Certificate(Struct, frozen=True):
    """What is certified, by whom, when: the exhibit's page first."""

    case: CaseId
    exhibit: ExhibitId
    authority: AuthorityId
    authority_name: str
    made_at: Instant
    acts: int
    pages: tuple[CertificatePage, ...]


def certificate_of(
    acts: Sequence[ActOnFile],
    exhibit: ExhibitId,
    *,
    case: CaseId,
    authority: AuthorityId,
    authority_name: str,
    made_at: Instant,
    citations: Mapping[ActId, str],
    rereadings: Mapping[ExhibitId, Sequence[Rereading]],
) -> Certificate:
    """The certificate as `authority` can give it from the acts of one case; `citations` are the legal basis of each.

    `rereadings` are what its own thread says of what is stored: they name no case, and who has the exhibit knows which it was.

    1. The exhibit's page. 2. A page for the hold that it was assembled from.

    Raises `BrokenInputError` (NOT_FOUND) where no act speaks of the exhibit.
    """
    ordered = sorted(acts, key=lambda act: act.payload.at)
    freed = [
        body.exhibit for act in ordered if isinstance(body := act.body, QuarantineDecided) and _frees(body, exhibit)
    ]
    origins = [
        act.body.hold_exhibit
        for act in ordered
        if isinstance(act.body, b.ExhibitHandedOver) and act.body.exhibit in (exhibit, *freed)
    ]
    # 1., 2.
    names = dict.fromkeys((exhibit, *origins[:1]))
    gaps = custody_of(ordered, authority).gaps
    made = (_page(ordered, name, gaps, citations, rereadings.get(name, ())) for name in names)
    pages = tuple(page for page in made if page is not None)
    if not pages or pages[0].exhibit != exhibit:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "no act of the case speaks of that exhibit", found=exhibit)
    return Certificate(case, exhibit, authority, plain(authority_name, _NAME), made_at, len(ordered), pages)


def _page(
    acts: Sequence[ActOnFile],
    exhibit: ExhibitId,
    gaps: Sequence[CustodyGap],
    citations: Mapping[ActId, str],
    rereadings: Sequence[Rereading],
) -> CertificatePage | None:
    """1. Each act that touches the exhibit, and each time it was read again. 2. Like ones are joined. 3. What breaks the chain."""
    about = [act for act in acts if getattr(act.body, "exhibit", None) == exhibit or _frees(act.body, exhibit)]
    if not about:
        return None
    # 1.
    trace = _Trace(citations, exhibit)
    steps = sorted([*about, *rereadings], key=_when)
    touches = [touch for step in steps if (touch := trace.touch(step)) is not None]
    # 2.
    joined = [_joined(list(alike)) for _, alike in groupby(touches, key=_likeness)]
    # 3.
    known = {act.id for act in about}
    findings = [
        CertificateFinding(plain(gap.what, _WORDS), gap.act, gap.open) for gap in gaps if gap.act in known
    ] + list(_clocks_apart(about))
    shown = joined if len(joined) <= MOST_TOUCHES else [joined[0], *joined[len(joined) - MOST_TOUCHES + 1 :]]
    return CertificatePage(
        exhibit=exhibit,
        holder=plain(", ".join(trace.holders), _WORDS) or "nobody any more",
        items=trace.items,
        size=trace.size,
        touches=tuple(shown),
        left_out=sum(touch.number for touch in joined) - sum(touch.number for touch in shown),
        findings=tuple(findings[:MOST_FINDINGS]),
        more_findings=max(0, len(findings) - MOST_FINDINGS),
    )


def _when(step: ActOnFile | Rereading) -> Instant:
    return step.at if isinstance(step, Rereading) else step.payload.at


def _likeness(touch: Touch) -> tuple[object, ...]:
    """Touches with the same of this are one line. Only what changes nothing is joined; anything else stands alone."""
    quiet = touch.kind in ("opened", "refused", "sealed", "verified")
    return (touch.kind, touch.authority, touch.officer, touch.office, touch.what, "" if quiet else touch.act)


def _joined(alike: list[Touch]) -> Touch:
    first, last = alike[0], alike[-1]
    if len(alike) == 1:
        return first
    return replace(first, number=len(alike), until=last.at, after=last.after)


def _clocks_apart(about: Sequence[ActOnFile]) -> list[CertificateFinding]:
    """Acts whose issuer's clock was ahead of the ledger's: worth a word beside a timeline."""
    return [
        CertificateFinding(f"the clock of {act.issuer} was ahead of this ledger's: {told(act.payload.at)}", act.id)
        for act in about
        if act.direction is not ActDirection.ENCLOSED and act.payload.at - act.filed_at > SKEW
    ]


class _Said(Struct, frozen=True):
    """What one body says of an exhibit: the kind of touch, in words, and the hashes that it tells itself.

    `of_item`: they are of one item's content, and the exhibit's stay what they were.
    """

    kind: str
    what: str
    before: str = ""
    after: str = ""
    size: str = ""
    of_item: bool = False


class _Trace:
    """What each holder last said of the exhibit's hash, from act to act."""

    def __init__(self, citations: Mapping[ActId, str], exhibit: ExhibitId) -> None:
        self._citations = citations
        self._exhibit = exhibit
        self._roots: dict[AuthorityId, str] = {}
        self._given: dict[ActId, str] = {}
        self._since: dict[AuthorityId, Instant] = {}
        self.holders: dict[AuthorityId, None] = {}
        self.items = ""
        self.size = ""

    def touch(self, act: ActOnFile | Rereading) -> Touch | None:
        """The act, or the reading, as a touch; None when it is none."""
        if isinstance(act, Rereading):
            return self._reread(act)
        said = _freed(act.body) if _frees(act.body, self._exhibit) else _said(act.body)
        if said is None:
            return None
        before, after = self._hashes(act, said)
        self._note(act, said, after)
        author = act.payload.author
        return Touch(
            at=act.payload.at,
            kind=said.kind,
            authority=act.issuer,
            officer=plain(author.officer, _NAME) if author else "",
            office=plain(author.office, _NAME) if author else "",
            what=said.what,
            citation=plain(self._citations.get(act.id, act.payload.act.instrument), _WORDS),
            before=before,
            after=after,
            act=act.id,
        )

    def _reread(self, read: Rereading) -> Touch | None:
        """A round that began before the exhibit was there did not read all of it."""
        since = self._since.get(read.authority)
        if since is None or since > read.begun_at:
            return None
        root = self._roots.get(read.authority, "")
        return Touch(
            at=read.at,
            kind="verified",
            authority=read.authority,
            officer="",
            office="",
            what=read.what,
            citation="",
            before=root,
            after=root,
            act=read.act,
        )

    def _hashes(self, act: ActOnFile, said: _Said) -> tuple[str, str]:
        """What the act tells; else what its issuer last said; of what arrives, what was given."""
        body = act.body
        before = said.before or self._roots.get(act.issuer, "")
        if isinstance(body, b.ExhibitReceived):
            before = self._given.get(body.hand_over, "")
        if said.kind in ("taken-in", "sealed") and not before:
            before = _NOTHING_YET
        return before, said.after or before

    def _note(self, act: ActOnFile, said: _Said, after: str) -> None:
        self._since.setdefault(act.issuer, act.payload.at)
        if said.kind == "handed-over":
            self._given[act.id] = after
        if said.kind in ("destroyed", "returned"):
            self.holders.pop(act.issuer, None)
        elif said.kind in ("taken-in", "received"):
            self.holders[act.issuer] = None
        if said.of_item:
            return
        self._roots[act.issuer] = after
        found = getattr(act.body, "items", None)
        if isinstance(found, int) and said.kind in ("taken-in", "handed-over", "received"):
            self.items = count(found, "item")
        self.size = said.size or self.size


@singledispatch
def _said(body: object) -> _Said | None:
    """What the body says of its exhibit; None for one that touches nothing."""
    del body
    return None


@_said.register
def _held(body: b.HoldConfirmed | b.ExhibitTakenIn) -> _Said:
    what = f"took {count(body.items, 'item')} in, sealed in {count(body.segments, 'segment')}"
    return _Said("taken-in", what, after=f"items {body.root}", size=size_words(body.size))


@_said.register
def _segment(body: b.SegmentSealed) -> _Said:
    del body
    return _Said("sealed", "sealed a segment while taking in", before=_NOTHING_YET)


@_said.register
def _confirmed(body: b.PreservationConfirmed) -> _Said:
    return _Said("confirmed", f"confirmed that {count(body.items, 'item')} are held", after=f"items {body.root}")


@_said.register
def _given(body: b.ExhibitHandedOver) -> _Said:
    withheld = sum(part.items for part in body.withheld)
    what = f"handed {count(body.items, 'item')} over, {withheld:,} withheld"
    if body.portion is not None:
        what += f" (part {body.portion.number} of an order, {body.portion.later:,} still to come)"
        if body.portion.reopened is not None:
            what += f", {sum(part.items for part in body.portion.reopened.items):,} of them withheld before"
    objects = f"objects {objects_root(body.objects).hex()}"
    return _Said("handed-over", what, f"items {body.hold_root}", objects, size_words(body.size))


@_said.register
def _reviewed(body: MatchReviewed) -> _Said:
    items = count(len(body.listed), "item")
    what = (
        f"withheld {items} from an order ({body.reason})" if body.reason else f"let {items} go under an order after all"
    )
    return _Said("reviewed", what)


@_said.register
def _taken(body: b.ExhibitReceived) -> _Said:
    how = "looked through every item" if body.opened else "left it sealed"
    return _Said("received", f"received {count(body.items, 'item')} and {how}", after=f"objects {body.objects_root}")


@_said.register
def _aside(body: b.ItemsQuarantined) -> _Said:
    return _Said("set-aside", f"set {count(body.items, 'item')} aside unseen ({plain(str(body.code), _NAME)})")


@_said.register
def _looked_aside(body: QuarantineOpened) -> _Said:
    return _Said("opened", f"had its filter team look at what was set aside, purpose {body.purpose}")


@_said.register
def _decided_aside(body: QuarantineDecided) -> _Said:
    ends = "let into the case" if body.released else "to be destroyed"
    return _Said("set-aside", f"decided on {count(body.items, 'item')} set aside: {ends} ({body.reason})")


@_said.register
def _resolved_aside(body: QuarantineResolved) -> _Said | None:
    if body.decision is not FilterDecision.DESTROY:
        return None
    gone = f"{count(body.items, 'item')} set aside, their key and {count(body.objects, 'object')}"
    return _Said("set-aside", f"destroyed {gone} ({body.reason})")


def _frees(body: object, exhibit: ExhibitId) -> bool:
    """Whether the body lets that exhibit out of quarantine."""
    return isinstance(body, QuarantineDecided) and body.released == exhibit


def _freed(body: object) -> _Said | None:
    """What a release from quarantine says of the exhibit that it makes."""
    if not isinstance(body, QuarantineDecided):
        return None
    return _Said("received", f"let {count(body.items, 'item')} out of quarantine, under a further grant")


@_said.register
def _opened(body: b.ItemOpened) -> _Said:
    seen = looked_at(derived=body.derived is not None, names=body.names)
    return _Said("opened", f"opened {seen}, purpose {plain(body.purpose, _WORDS)}")


@_said.register
def _derived(body: ItemRedacted) -> _Said:
    what = f"made a redacted copy of an item{', which hides the original' if body.provisional else ''}"
    return _Said("derived", what, f"item {body.original}", f"copy {body.digest}", of_item=True)


@_said.register
def _copied(body: ItemCopied) -> _Said:
    what = f"gave a copy of an item out, on {plain(body.medium, _NAME)}, to {plain(body.holder, _NAME)}"
    return _Said("copied", what, f"item {body.digest}", f"copy {body.digest}", of_item=True)


@_said.register
def _given_back(body: ExhibitReturned) -> _Said:
    what = f"gave {count(body.items, 'item')} back and kept nothing ({plain(body.reason, _NAME)})"
    return _Said("returned", what, f"objects {body.objects_root}", _GONE)


@_said.register
def _to_be_destroyed(body: b.DestructionDecided) -> _Said:
    what = f"to give it back to {plain(body.returned_to, _NAME)}" if body.returned_to else "to destroy it"
    return _Said("destroying", f"decided {what} ({plain(body.reason, _NAME)})")


@_said.register
def _not_opened(body: b.OpeningRefused) -> _Said:
    purpose = plain(body.purpose, _NAME) or "none"
    return _Said("refused", f"was refused to open an item ({plain(body.code, _NAME)}), purpose {purpose}")


@_said.register
def _restricted(body: UseRestricted) -> _Said:
    return _Said("restricted", f"restricted its use ({plain(body.how, _NAME)})")


@_said.register
def _destroyed(body: b.ExhibitDestroyed) -> _Said:
    what = f"destroyed its key and {count(body.objects, 'object')} ({plain(body.reason, _NAME)})"
    return _Said("destroyed", what, after=_GONE)
