"""Checks 10 and 11: somebody answered for the data at every instant, and what was not handed over is accounted for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from comity.acts.bodies import AnyBody, ExhibitHandedOver, ExhibitTakenIn, HoldConfirmed, PreservationConfirmed
from comity.acts.custody_bodies import MatchReviewed
from comity.acts.matters import Portion, Reopened, Withheld
from comity.acts.quarantine_bodies import QuarantineDecided
from comity.evidence.checks.acts import LoadedActs
from comity.evidence.checks.items import Contained
from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.custody import Custody, custody_of
from comity.evidence.dossier.format import ActOnFile, DossierHeader
from comity.evidence.dossier.words import count, told
from comity.vocabulary.categories import REVIEWED, QuarantineCode
from comity.vocabulary.identifiers import ActId, AuthorityId, ExhibitId

CUSTODY_NUMBER, CUSTODY_NAME = 10, "custody"
COUNTS_NUMBER, COUNTS_NAME = 11, "counts"

_SHORT = 8
_FIRST = itemgetter(0)


def check_custody(header: DossierHeader, loaded: LoadedActs) -> tuple[Custody, Check]:
    """The custody that the acts tell, and check 10.

    Steps:
        1. The chain has no gap (see `comity.evidence.dossier.custody`).
        2. The exporter holds every exhibit that the dossier contains, at the time of the export.
        3. Hand-overs, openings and quarantined items are listed.
    """
    examination = Examination(CUSTODY_NUMBER, CUSTODY_NAME)
    custody = custody_of(loaded.acts, header.authority)
    # 1.
    for gap in custody.gaps:
        note = examination.doubt if gap.open else examination.fault
        note(gap.what, file=layout.act_path(gap.act), found=gap.found, expected=gap.expected)
    # 2.
    for exhibit in header.exhibits:
        if custody.holder(exhibit, header.authority, header.exported_at) is None:
            examination.fault(
                f"the dossier contains an exhibit that {header.authority} is not shown to have held when it exported it",
                file=layout.seal_path(exhibit),
                found=f"no holding by {header.authority} at {told(header.exported_at)}",
                expected="an intake, or its act of receiving it",
            )
    # 3.
    _list(custody, examination)
    return custody, examination.close(
        f"{count(len(custody.hand_overs), 'hand-over')}, each with a giver's and a taker's act over the same hashes; somebody "
        "held the data at every instant."
        if custody.hand_overs
        else "Nothing was handed over; what there is stayed with who took it in."
    )


def _list(custody: Custody, examination: Examination) -> None:
    for holding in custody.taken_in:
        examination.remark(
            f"exhibit {holding.exhibit[:_SHORT]}: {holding.holder} {holding.began} at {told(holding.since)}",
            file=layout.act_path(holding.by),
        )
    for each in custody.hand_overs:
        if each.taken_at is not None:
            examination.remark(
                f"exhibit {each.exhibit[:_SHORT]}: {each.giver} handed it over at {told(each.given_at)}, "
                f"{each.taker} received it at {told(each.taken_at)}",
                file=layout.act_path(each.taken),
            )
    for holding in custody.returned:
        if holding.until is not None:
            examination.remark(
                f"exhibit {holding.exhibit[:_SHORT]}: {holding.holder} gave it back at {told(holding.until)}",
                file=layout.act_path(holding.ended_by),
            )
    for opening in custody.openings:
        examination.remark(
            f"exhibit {opening.exhibit[:_SHORT]}: {opening.officer or opening.authority} opened {opening.seen} at "
            f"{told(opening.at)} for the purpose {opening.purpose}",
            file=layout.act_path(opening.act),
        )
    for quarantine in custody.quarantines:
        examination.remark(
            f"exhibit {quarantine.exhibit[:_SHORT]}: {quarantine.authority} put "
            f"{count(quarantine.items, 'item')} aside unseen "
            f"({quarantine.code})",
            file=layout.act_path(quarantine.act),
        )


def check_counts(
    header: DossierHeader, loaded: LoadedActs, contained: Mapping[ExhibitId, Contained], custody: Custody
) -> Check:
    """Check 11.

    Steps:
        1. The segments of the hold have as many items as the acts that confirmed it say.
        2. Items handed over and items withheld together are the items held, but for what takers quarantined; where an order
           is carried out in parts, each counts what the parts before it gave; of what is opened under a further order, no
           more was withheld before, for the same reason, than the hand-over before it says; where the giver's reviews are
           here, it counts what they withhold.
        3. Items in the dossier, items kept out of it for a provisional redaction, and items quarantined by the exporter
           together are the items handed over.
        4. Counts of withheld items are shown as what they are: the giver's word.
    """
    examination = Examination(COUNTS_NUMBER, COUNTS_NAME)
    held = _held(loaded.acts)
    # 1.
    for exhibit, each in contained.items():
        _require_equal(
            examination,
            "the hold has another number of items than was confirmed",
            layout.seal_path(exhibit),
            found=sum(segment.items for segment in each.seal.segments),
            expected=held.get(each.seal.hold_exhibit),
        )
    for act in loaded.acts:
        if isinstance(act.body, ExhibitHandedOver):
            # 2. and 4.
            _check_hand_over(act, act.body, held, custody, examination)
            _check_reviews(act, act.body, loaded.acts, examination)
            if act.body.portion is not None:
                _check_portion(act, act.body, act.body.portion, loaded.acts, custody=custody, examination=examination)
                if act.body.portion.reopened is not None:
                    _check_reopened(act, act.body, act.body.portion.reopened, loaded.acts, examination)
    # 3.
    for exhibit, each in contained.items():
        _require_equal(
            examination,
            "the dossier's items and the quarantined ones are not those that were handed over",
            layout.seal_path(exhibit),
            found=each.items + each.kept_out + _quarantined(custody, exhibit, header.authority),
            expected=_received(loaded.acts, exhibit, header.authority, held),
        )
    return examination.close("What was handed over, set aside or withheld adds up to what was held.")


def _check_hand_over(
    act: ActOnFile, body: ExhibitHandedOver, held: Mapping[ExhibitId, int], custody: Custody, examination: Examination
) -> None:
    path = layout.act_path(act.id)
    if body.items < 0 or any(part.items < 0 for part in body.withheld):
        examination.fault("a count of items is below nothing", file=path)
    withheld = sum(part.items for part in body.withheld)
    total = held.get(body.hold_exhibit)
    if total is None:
        examination.doubt("no act says how many items were held", file=path)
        return
    # What a taker put aside was over-delivered: it may be counted as withheld too, or not have been held at all.
    surplus = _put_aside(custody, {body.exhibit})
    elsewhere = body.portion.before + body.portion.later if body.portion else 0
    counted = body.items + elsewhere + withheld - total
    if not 0 <= counted <= surplus:
        examination.fault(
            "items handed over and items withheld are not the items held",
            file=path,
            found=f"{body.items + elsewhere} handed over, {withheld} withheld",
            expected=f"{total} together",
        )
    if withheld:
        reasons = ", ".join(f"{part.items} {part.reason}" for part in body.withheld)
        examination.remark(
            f"{act.issuer} withheld {count(withheld, 'item')} ({reasons}): how many and why is its word, which nothing in "
            "the dossier can prove",
            file=path,
        )


def _check_reviews(
    act: ActOnFile, body: ExhibitHandedOver, acts: Iterable[ActOnFile], examination: Examination
) -> None:
    """A hand-over counts, for each reason of a custodian's, the items that its giver's reviews until then withhold."""
    mine = [
        (other.payload.at, other.body)
        for other in acts
        if isinstance(other.body, MatchReviewed)
        and (other.issuer, other.body.order, other.body.exhibit) == (act.issuer, body.order, body.hold_exhibit)
        and other.payload.at <= act.payload.at
    ]
    if not mine:
        return
    listed = {item: review.reason for _, review in sorted(mine, key=_FIRST) for item in review.listed}
    expected = Counter(reason.value for reason in listed.values() if reason is not None)
    found = _by_reason(part for part in body.withheld if part.reason in REVIEWED)
    if found != expected:
        examination.fault(
            "a hand-over counts other items as withheld than its giver's reviews list",
            file=layout.act_path(act.id),
            found=_reasons(found),
            expected=_reasons(expected),
        )


def _check_portion(
    act: ActOnFile,
    body: ExhibitHandedOver,
    portion: Portion,
    acts: Iterable[ActOnFile],
    *,
    custody: Custody,
    examination: Examination,
) -> None:
    """A part of an order counts as given before exactly what the earlier parts gave, but for what takers put aside."""
    path = layout.act_path(act.id)
    earlier = [
        other.body
        for other in acts
        if isinstance(other.body, ExhibitHandedOver)
        and (other.issuer, other.body.order, other.body.hold_exhibit) == (act.issuer, body.order, body.hold_exhibit)
        and other.body.portion is not None
        and other.body.portion.number < portion.number
    ]
    if len(earlier) != portion.number - 1:
        examination.doubt(
            "parts of one order that were handed over earlier are not all here",
            file=path,
            found=str(len(earlier)),
            expected=str(portion.number - 1),
        )
        return
    given = sum(each.items for each in earlier)
    if not given - _put_aside(custody, {each.exhibit for each in earlier}) <= portion.before <= given:
        examination.fault(
            "a part of an order counts something else as given before than the parts before it gave",
            file=path,
            found=str(portion.before),
            expected=str(given),
        )
    examination.remark(
        f"{act.issuer} handed over part {portion.number} of an order: {count(portion.before + body.items, 'item')} so far, "
        f"{portion.later:,} still to come",
        file=path,
    )


def _check_reopened(
    act: ActOnFile, body: ExhibitHandedOver, reopened: Reopened, acts: Sequence[ActOnFile], examination: Examination
) -> None:
    """Items opened under a further order were withheld before: for each reason, no more than that hand-over counts."""
    path = layout.act_path(act.id)
    earlier = next((other.body for other in acts if other.id == reopened.hand_over), None)
    if earlier is None:
        examination.doubt("the hand-over that withheld what was opened later is not here", file=path)
        return
    withheld = _withheld_from(earlier, body)
    now = _by_reason(reopened.items)
    opened = _by_reason(part for each in _reopened_by(act.issuer, reopened.hand_over, acts) for part in each.items)
    if min(now.values()) < 1 or now.total() > body.items or not opened <= withheld:
        examination.fault(
            "more items are said to be opened later than were withheld before or are handed over",
            file=path,
            found=_reasons(opened),
            expected=f"{_reasons(withheld)} at most",
        )
    examination.remark(
        f"{act.issuer} handed over {count(now.total(), 'item')} that an earlier hand-over withheld ({_reasons(now)})",
        file=path,
    )


def _withheld_from(earlier: AnyBody, now: ExhibitHandedOver) -> Counter[str]:
    """What that act withheld of the same hold, under another order."""
    if not isinstance(earlier, ExhibitHandedOver):
        return Counter()
    other = earlier.hold_exhibit == now.hold_exhibit and earlier.order != now.order
    return _by_reason(earlier.withheld) if other else Counter()


def _reopened_by(issuer: AuthorityId, hand_over: ActId, acts: Iterable[ActOnFile]) -> Iterator[Reopened]:
    for act in acts:
        portion = act.body.portion if isinstance(act.body, ExhibitHandedOver) and act.issuer == issuer else None
        if portion is not None and portion.reopened is not None and portion.reopened.hand_over == hand_over:
            yield portion.reopened


def _by_reason(parts: Iterable[Withheld]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for part in parts:
        counted[part.reason.value] += part.items
    return counted


def _reasons(counted: Counter[str]) -> str:
    return ", ".join(f"{counted[reason]} {reason}" for reason in sorted(counted)) or "none"


def _put_aside(custody: Custody, exhibits: set[ExhibitId]) -> int:
    """What takers put aside as over-delivered. What a screen put aside was in scope, and excuses no count of its giver's."""
    aside = (each for each in custody.quarantines if each.code is not QuarantineCode.PRIVILEGED)
    return sum(each.items for each in aside if each.exhibit in exhibits)


def _held(acts: Iterable[ActOnFile]) -> dict[ExhibitId, int]:
    """Items under each hold; the custodian's own act counts more than what was passed on."""
    counts: dict[ExhibitId, int] = {}
    for act in acts:
        if isinstance(act.body, PreservationConfirmed):
            counts.setdefault(act.body.exhibit, act.body.items)
    for act in acts:
        if isinstance(act.body, HoldConfirmed | ExhibitTakenIn):
            counts[act.body.exhibit] = act.body.items
    return counts


def _received(
    acts: Iterable[ActOnFile], exhibit: ExhibitId, authority: AuthorityId, held: Mapping[ExhibitId, int]
) -> int | None:
    """Items of the exhibit that came to the authority, or that it took in itself."""
    for act in acts:
        body = act.body
        if isinstance(body, ExhibitHandedOver) and body.exhibit == exhibit and authority in act.payload.to:
            return body.items
        if isinstance(body, QuarantineDecided) and body.released == exhibit and act.issuer == authority:
            return body.items
    return held.get(exhibit)


def _quarantined(custody: Custody, exhibit: ExhibitId, authority: AuthorityId) -> int:
    return sum(each.items for each in custody.quarantines if (each.exhibit, each.authority) == (exhibit, authority))


def _require_equal(examination: Examination, what: str, file: str, *, found: int, expected: int | None) -> None:
    if expected is None:
        examination.doubt("no act says how many items there should be", file=file, found=str(found))
    elif found != expected:
        examination.fault(what, file=file, found=str(found), expected=str(expected))
