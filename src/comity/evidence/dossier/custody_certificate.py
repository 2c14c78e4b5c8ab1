"""The custody certificate of an exhibit: every touch, from the acts and from nothing else, as one page of a timeline.

What flows. The acts of a case that name the exhibit become touches: when, by which officer of which office of whom, on
which legal basis, and what was known of the exhibit's hash before and after. What an exhibit was assembled from has an
exhibit number and a page of its own, so a certificate is the page of the exhibit, then that of the hold it comes from.
Like touches one after the other are one line with a count. Where a page has more lines than it holds, those between two
touches that move the exhibit, or change what is in it, are folded, the quiet ones first, into a line for each party that counts
them by kind; who takes in, hands over, receives, sets aside, gives back or destroys always stands in a line of its own. So
every touch is counted, and ten thousand openings don't hide a hand-over.

Hashes. An exhibit is named by two kinds of root: `items` binds what was taken in, `objects` the encrypted objects that
changed hands. A touch that changes nothing has the same hash before and after; where no act tells one, there is none.

Gaps are those of `comity.evidence.dossier.custody`, and what the page itself contradicts. This certificate explains; what proves
anything is the dossier.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from comity.acts import bodies as b
from comity.acts.quarantine_bodies import QuarantineDecided
from comity.evidence.dossier.custody import SKEW, CustodyGap, custody_of
from comity.evidence.dossier.custody_touches import MOST_NAME, MOST_WORDS, NOTHING_YET, Said, freed, frees, what_it_says
from comity.evidence.dossier.format import ActDirection, ActOnFile
from comity.evidence.dossier.words import count, plain, told
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, ExhibitId
from comity.vocabulary.instants import Instant

MOST_TOUCHES = 10
MOST_FINDINGS = 4
"""Lines of one page. Beyond them touches are folded and findings counted; touches that move the exhibit all stand."""

_MOVING = frozenset({"taken-in", "handed-over", "received", "set-aside", "returned", "destroyed"})
"""Kinds of touches after which another answers for the exhibit, or it is another: these are never folded."""

_QUIET = frozenset({"opened", "refused", "sealed", "verified"})
"""Kinds of touches that change nothing: these are folded first."""

_DONE = {"derived": "redacted", "destroying": "destruction decided"}
"""How a folded line says a kind, where its code is no participle."""


class Touch(Struct, frozen=True):
    """One touch of an exhibit, or several alike. `kind` is a code of the timeline; hashes are hexadecimal, or words.

    `until` is the time of the last, where there are several. `items` is how many items each of them touched alike, by one act.
    `officer` is empty for what a node did by itself. The kind `folded`
    is of several that are not alike: its words count them by kind, and it has a hash only where all of them have that one.
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
    items: int = 1


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
    """One exhibit. `touches` are all of them, in as many lines; `findings` are what fits, `more_findings` counts the others."""

    exhibit: ExhibitId
    holder: str
    items: str
    size: str
    touches: tuple[Touch, ...]
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
        body.exhibit for act in ordered if isinstance(body := act.body, QuarantineDecided) and frees(body, exhibit)
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
    return Certificate(case, exhibit, authority, plain(authority_name, MOST_NAME), made_at, len(ordered), pages)


def _page(
    acts: Sequence[ActOnFile],
    exhibit: ExhibitId,
    gaps: Sequence[CustodyGap],
    citations: Mapping[ActId, str],
    rereadings: Sequence[Rereading],
) -> CertificatePage | None:
    """1. Each act that touches the exhibit, and each time it was read again. 2. Like ones are joined. 3. What breaks the chain."""
    about = [act for act in acts if getattr(act.body, "exhibit", None) == exhibit or frees(act.body, exhibit)]
    if not about:
        return None
    # 1.
    trace = _Trace(citations, exhibit)
    every: list[ActOnFile | Rereading] = [*about, *rereadings]
    steps = sorted(every, key=_when)
    touches = [touch for step in steps if (touch := trace.touch(step)) is not None]
    # 2.
    lines = [_joined(list(alike)) for _, alike in groupby(touches, key=_likeness)]
    shown = _folded(lines, _QUIET)
    if len(shown) > MOST_TOUCHES:
        shown = _folded(lines, {line.kind for line in lines} - _MOVING)
    # 3.
    known = {act.id for act in about}
    findings = [
        CertificateFinding(plain(gap.what, MOST_WORDS), gap.act, gap.open) for gap in gaps if gap.act in known
    ] + list(_clocks_apart(about))
    return CertificatePage(
        exhibit=exhibit,
        holder=plain(", ".join(trace.holders), MOST_WORDS) or "nobody any more",
        items=trace.items,
        size=trace.size,
        touches=tuple(shown),
        findings=tuple(findings[:MOST_FINDINGS]),
        more_findings=max(0, len(findings) - MOST_FINDINGS),
    )


def _when(step: ActOnFile | Rereading) -> Instant:
    return step.at if isinstance(step, Rereading) else step.payload.at


def _likeness(touch: Touch) -> tuple[object, ...]:
    """Touches with the same of this are one line. Only what changes nothing is joined; anything else stands alone."""
    return (
        touch.kind,
        touch.authority,
        touch.officer,
        touch.office,
        touch.what,
        "" if touch.kind in _QUIET else touch.act,
    )


def _joined(alike: list[Touch]) -> Touch:
    first, last = alike[0], alike[-1]
    if len(alike) == 1:
        return first
    return replace(first, number=len(alike), until=last.at, after=last.after)


def _folded(lines: Sequence[Touch], foldable: AbstractSet[str]) -> list[Touch]:
    """The lines, with runs of foldable ones made shorter, the oldest first, until they fit or there is none left."""
    beyond = len(lines) - MOST_TOUCHES
    fitted: list[Touch] = []
    for folds, group in groupby(lines, key=lambda line: line.kind in foldable):
        run = list(group)
        parties = dict.fromkeys(line.authority for line in run)
        if folds and beyond > 0:
            beyond -= len(run) - len(parties)
            run = [_fold([line for line in run if line.authority == party]) for party in parties]
        fitted += run
    return fitted


def _fold(lines: Sequence[Touch]) -> Touch:
    """One party's lines as one, counted by kind."""
    first, last = lines[0], lines[-1]
    if len(lines) == 1:
        return first
    kinds: Counter[str] = Counter()
    for line in lines:
        kinds[line.kind] += line.number * line.items
    hashes = {each for line in lines for each in (line.before, line.after)}
    hashed = hashes.pop() if len(hashes) == 1 else ""
    return replace(
        first,
        kind="folded",
        officer="",
        office="",
        what=", ".join(f"{_DONE.get(kind, kind)} {count(number, 'time')}" for kind, number in kinds.most_common()),
        citation="",
        before=hashed,
        after=hashed,
        number=kinds.total(),
        until=last.until or last.at,
    )


def _clocks_apart(about: Sequence[ActOnFile]) -> list[CertificateFinding]:
    """Acts whose issuer's clock was ahead of the ledger's: worth a word beside a timeline."""
    return [
        CertificateFinding(f"the clock of {act.issuer} was ahead of this ledger's: {told(act.payload.at)}", act.id)
        for act in about
        if act.direction is not ActDirection.ENCLOSED and act.payload.at - act.filed_at > SKEW
    ]


class _Trace:
    """What each holder last said of the exhibit's hash, from act to act."""

    def __init__(self, citations: Mapping[ActId, str], exhibit: ExhibitId) -> None:
        self._citations = citations
        self._exhibit = exhibit
        self._roots: dict[AuthorityId, str] = {}
        self._given: dict[ActId, str] = {}
        self._givers: dict[ActId, AuthorityId] = {}
        self._since: dict[AuthorityId, Instant] = {}
        self.holders: dict[AuthorityId, None] = {}
        self.items = ""
        self.size = ""

    def touch(self, act: ActOnFile | Rereading) -> Touch | None:
        """The act, or the reading, as a touch; None when it is none."""
        if isinstance(act, Rereading):
            return self._reread(act)
        said = freed(act.body) if frees(act.body, self._exhibit) else what_it_says(act.body)
        if said is None:
            return None
        before, after = self._hashes(act, said)
        self._note(act, said, after)
        author = act.payload.author
        return Touch(
            at=act.payload.at,
            kind=said.kind,
            authority=act.issuer,
            officer=plain(author.officer, MOST_NAME) if author else "",
            office=plain(author.office, MOST_NAME) if author else "",
            what=said.what,
            citation=plain(self._citations.get(act.id, act.payload.act.instrument), MOST_WORDS),
            before=before,
            after=after,
            act=act.id,
            items=said.items,
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

    def _hashes(self, act: ActOnFile, said: Said) -> tuple[str, str]:
        """What the act tells; else what its issuer last said; of what arrives, what was given."""
        body = act.body
        before = said.before or self._roots.get(act.issuer, "")
        if isinstance(body, b.ExhibitReceived):
            before = self._given.get(body.hand_over, "")
        if said.kind in ("taken-in", "sealed") and not before:
            before = NOTHING_YET
        return before, said.after or before

    def _move(self, act: ActOnFile, said: Said) -> None:
        """Who answers for the exhibit: its giver until a taker's act, then the taker, and the giver again once it is given back."""
        giver = self._givers.get(getattr(act.body, "hand_over", ""))
        match said.kind:
            case "handed-over":
                self._givers[act.id] = act.issuer
                self.holders[act.issuer] = None
            case "taken-in" | "received":
                if giver is not None:
                    self.holders.pop(giver, None)
                self.holders[act.issuer] = None
            case "destroyed" | "returned":
                self.holders.pop(act.issuer, None)
                if giver is not None:
                    self.holders[giver] = None
            case _:
                pass

    def _note(self, act: ActOnFile, said: Said, after: str) -> None:
        self._since.setdefault(act.issuer, act.payload.at)
        self._move(act, said)
        if said.kind == "handed-over":
            self._given[act.id] = after
        if said.of_item:
            return
        self._roots[act.issuer] = after
        found = getattr(act.body, "items", None)
        if isinstance(found, int) and said.kind in ("taken-in", "handed-over", "received"):
            self.items = count(found, "item")
        self.size = said.size or self.size
