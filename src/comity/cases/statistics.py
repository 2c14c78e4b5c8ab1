"""The figures that an instrument asks for, counted from the acts of a node's cases and from nothing else.

An order counts in the year in which it was issued, or received where it was received; what became of it, whenever, is counted
with it. What was sent or received for enforcement, a remedy, costs claimed or paid count in the year of that. What no act says is not
counted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from comity.acts import bodies as b
from comity.acts import order_bodies as o
from comity.acts.body import AboutOrder, Body
from comity.acts.classes import ActType
from comity.acts.paper_bodies import PaperAnswerRecorded
from comity.cases.state import Direction, FiledAct
from comity.law.answers import Citation
from comity.law.corpus import Instrument
from comity.law.figure_rows import Counted, FigureRule, SplitBy
from comity.law.terms import Side
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.identifiers import ActId, AuthorityId

_B = TypeVar("_B", bound=Body)
_A = TypeVar("_A", bound=AboutOrder)

_ORDERS = (b.ProductionOrdered, b.PreservationOrdered)

_REFUSING = frozenset({"all", "partial"})
"""Extents of `GroundsRaised` by which an order is refused; conditions bind, and refuse nothing."""

_REMEDIES_IN = {"issuing": "remedy-in-issuing-state", "enforcing": "remedy-in-enforcing-state"}
"""Of each code of `RemedyLodged.state`, the tally."""

CountryOf = Callable[[AuthorityId], str]
"""The country of an authority, ISO 3166-1 alpha-2; empty where it is not known."""


class Tally(StrEnum):
    """What one line of a figure counts. Append only."""

    ISSUED = "issued"
    RECEIVED = "received"
    WITHOUT_VALIDATION = "without-validation"
    FULFILLED = "fulfilled"
    NOT_FULFILLED = "not-fulfilled"
    NOTIFIED = "notified"
    REFUSED = "refused"
    SENT_FOR_ENFORCEMENT = "sent-for-enforcement"
    RECEIVED_FOR_ENFORCEMENT = "received-for-enforcement"
    FULFILLED_AFTER_ENFORCEMENT = "fulfilled-after-enforcement"
    VALIDATION_REFUSED = "validation-refused"
    REMEDY_IN_ISSUING_STATE = "remedy-in-issuing-state"
    REMEDY_IN_ENFORCING_STATE = "remedy-in-enforcing-state"
    COSTS_CLAIMED = "costs-claimed"
    COSTS_REIMBURSED = "costs-reimbursed"


class Line(Struct, frozen=True):
    """How many, of one kind. What the figure is not split by, or what the acts here do not tell, is missing.

    An order for several kinds of data, to several addressees or refused on several grounds is one order: they stand together in its
    line. `mean_seconds` is there in a figure of times, `amount` in one of money: the sum, in the smallest units of `currency`.
    """

    tally: Tally
    number: int
    order: ActType | None = None
    data: tuple[DataCategory, ...] | None = None
    addressees: tuple[AuthorityId, ...] | None = None
    emergency: bool | None = None
    grounds: tuple[str, ...] | None = None
    issuing_state: str | None = None
    mean_seconds: float | None = None
    currency: str | None = None
    amount: int | None = None


class Figure(Struct, frozen=True):
    """One figure, with what asks for it."""

    id: str
    text: str
    citation: Citation
    lines: tuple[Line, ...]


class Span(Struct, frozen=True):
    """A year: from `begins`, and before `ends`."""

    begins: datetime
    ends: datetime

    def has(self, at: datetime) -> bool:
        """Whether the instant lies in it."""
        return self.begins <= at < self.ends


class _Mark(Struct, frozen=True):
    """One thing to be counted: its line, still of one, and the time it took or its money where the figure is of those."""

    line: Line
    took: timedelta | None = None
    amount: int | None = None


class _Order(Struct, frozen=True):
    """An order, and what the acts of its case say of it. `side` is that of this node."""

    filed: FiledAct
    body: b.ProductionOrdered | b.PreservationOrdered
    side: Side
    acts: Sequence[FiledAct]

    @property
    def issued_at(self) -> datetime:
        return self.filed.payload.at

    @property
    def began(self) -> datetime:
        """When it was issued; where it was received, when it came by this node's clock."""
        return self.issued_at if self.side is Side.SENDING else self.filed.filed_at

    def bodies(self, kind: type[_B]) -> Iterator[tuple[FiledAct, _B]]:
        """Acts of this node or to it with such a body; what is enclosed in others' acts is nobody's step here."""
        for filed in self.acts:
            if filed.direction is not Direction.ENCLOSED and isinstance(filed.payload.body, kind):
                yield filed, filed.payload.body

    def about(self, kind: type[_A]) -> Iterator[tuple[FiledAct, _A]]:
        """Those that are about this order."""
        return ((filed, body) for filed, body in self.bodies(kind) if body.order == self.filed.id)

    def fulfilled_at(self) -> datetime | None:
        """When all that was ordered was here, or gone from here; None while it is not.

        1. An order to preserve: its data are held, as an act or a paper of the addressee says. 2. An order to produce: the last of
        its hand-overs was taken over at the side that ordered, or made at the side that was ordered.
        """
        # 1.
        if isinstance(self.body, b.PreservationOrdered):
            held = [filed.filed_at for filed, _ in self.bodies(b.HoldConfirmed) if self.filed.id in filed.payload.re]
            papers = [(filed.filed_at, body) for filed, body in self.bodies(PaperAnswerRecorded)]
            on_paper = [
                at for at, body in papers if (body.answers, body.counts_as) == (self.filed.id, ActType.HOLD_CONFIRMED)
            ]
            return min([*held, *on_paper], default=None)
        # 2.
        last = {
            filed.id: filed.filed_at
            for filed, body in self.bodies(b.ExhibitHandedOver)
            if body.order == self.filed.id and not (body.portion and body.portion.later)
        }
        if self.side is Side.RECEIVING:
            return min(last.values(), default=None)
        taken = [filed.filed_at for filed, body in self.bodies(b.ExhibitReceived) if body.hand_over in last]
        return min(taken, default=None)

    def line(self, tally: Tally, country: CountryOf, grounds: tuple[str, ...] = ()) -> Line:
        """A line of one, with everything that it could be split by."""
        return Line(
            tally,
            1,
            order=self.filed.payload.act.type,
            data=tuple(sorted(set(self.body.data.categories))) if self.body.data else (),
            addressees=tuple(sorted(self.filed.payload.to)),
            emergency=self.body.emergency is not None,
            grounds=grounds,
            issuing_state=country(self.filed.payload.issuer),
        )


def figures(
    instrument: Instrument, cases: Iterable[Sequence[FiledAct]], year: Span, country: CountryOf
) -> tuple[Figure, ...]:
    """Every figure of the instrument for a year, from the acts of cases, each in the order of the ledger."""
    rules = instrument.file.figure
    marks: dict[str, list[_Mark]] = {rule.id: [] for rule in rules}
    for acts in cases:
        own = [filed for filed in acts if filed.payload.act.instrument == instrument.head.id]
        orders = list(_orders(own, acts))
        for rule in rules:
            marks[rule.id] += _marks(rule, orders, own, year, country)
    return tuple(
        Figure(
            id=rule.id,
            text=rule.text,
            citation=instrument.cite(rule),
            lines=_lines(marks[rule.id]),
        )
        for rule in rules
    )


def _orders(own: Sequence[FiledAct], acts: Sequence[FiledAct]) -> Iterator[_Order]:
    """The orders among the instrument's own acts, those too that stand enclosed: an enforcing authority may know no other."""
    for filed in own:
        body = filed.payload.body
        if isinstance(body, _ORDERS):
            side = Side.SENDING if filed.direction is Direction.ISSUED else Side.RECEIVING
            yield _Order(filed, body, side, acts)


def _marks(
    rule: FigureRule, orders: Sequence[_Order], own: Sequence[FiledAct], year: Span, country: CountryOf
) -> Iterator[_Mark]:
    """What the rule counts of one case, each line reduced to what the figure is split by."""
    if rule.counts in _COUNT_STEPS:
        found = _COUNT_STEPS[rule.counts]({order.filed.id: order for order in orders}, _steps(own), year, country)
    else:
        counted = [
            order
            for order in orders
            if order.filed.direction is not Direction.ENCLOSED
            and order.side is rule.side
            and order.filed.payload.act.type in rule.orders
            and year.has(order.began)
        ]
        found = (mark for order in counted for mark in _COUNT[rule.counts](order, country))
    for mark in found:
        yield replace(mark, line=_reduced(mark.line, rule.split))


def _issued_or_received(order: _Order, country: CountryOf) -> Iterator[_Mark]:
    yield _Mark(order.line(Tally.ISSUED if order.side is Side.SENDING else Tally.RECEIVED, country))


def _unvalidated(order: _Order, country: CountryOf) -> Iterator[_Mark]:
    if order.body.without_validation:
        yield _Mark(order.line(Tally.WITHOUT_VALIDATION, country))


def _outcome(order: _Order, country: CountryOf) -> Iterator[_Mark]:
    """What is not fulfilled yet is not fulfilled."""
    yield _Mark(order.line(Tally.FULFILLED if order.fulfilled_at() else Tally.NOT_FULFILLED, country))


def _notices_and_refusals(order: _Order, country: CountryOf) -> Iterator[_Mark]:
    for filed, body in order.bodies(o.AuthorityNotified):
        if body.order == order.filed.id and filed.direction is Direction.ISSUED:
            yield _Mark(order.line(Tally.NOTIFIED, country))
    refusals = [body for _, body in order.about(o.GroundsRaised) if body.extent in _REFUSING]
    if refusals:
        grounds = tuple(sorted({ground for body in refusals for ground in body.grounds}))
        yield _Mark(order.line(Tally.REFUSED, country, grounds))


def _time_to_data(order: _Order, country: CountryOf) -> Iterator[_Mark]:
    fulfilled = order.fulfilled_at()
    if fulfilled is not None:
        yield _Mark(order.line(Tally.FULFILLED, country), fulfilled - order.began)


def _time_to_follow_up(order: _Order, country: CountryOf) -> Iterator[_Mark]:
    """Counted from the issue at both sides: the instrument says so."""
    asked = [body.issued_at for _, body in order.about(o.FollowUpConfirmed)]
    if asked and order.fulfilled_at() is not None:
        yield _Mark(order.line(Tally.FULFILLED, country), min(asked) - order.issued_at)


def _validation_refused(order: _Order, country: CountryOf) -> Iterator[_Mark]:
    """Nobody validated it, and it was withdrawn: refusing to validate has no act of its own."""
    withdrawn = any(True for _ in order.about(b.ProductionWithdrawn))
    if order.body.without_validation and withdrawn and not any(True for _ in order.about(b.ProductionValidated)):
        yield _Mark(order.line(Tally.VALIDATION_REFUSED, country))


_COUNT: Mapping[Counted, Callable[[_Order, CountryOf], Iterator[_Mark]]] = {
    Counted.ORDERS: _issued_or_received,
    Counted.UNVALIDATED: _unvalidated,
    Counted.OUTCOMES: _outcome,
    Counted.NOTICES_AND_REFUSALS: _notices_and_refusals,
    Counted.TIME_TO_DATA: _time_to_data,
    Counted.TIME_TO_FOLLOW_UP: _time_to_follow_up,
    Counted.VALIDATION_REFUSED: _validation_refused,
}


_Known = Mapping[ActId, _Order]
_Step = tuple[FiledAct, Body, datetime]
"""An act of this node or to it, its body, and when it was made here or came here."""


def _steps(own: Sequence[FiledAct]) -> tuple[_Step, ...]:
    return tuple(
        (filed, filed.payload.body, filed.payload.at if filed.direction is Direction.ISSUED else filed.filed_at)
        for filed in own
        if filed.direction is not Direction.ENCLOSED
    )


def _enforcement(known: _Known, steps: Sequence[_Step], year: Span, country: CountryOf) -> Iterator[_Mark]:
    """Each order once, by its first request; whether it was fulfilled after that is known where the data come in."""
    seen: set[ActId] = set()
    for filed, body, at in steps:
        if not isinstance(body, o.EnforcementRequested) or body.order in seen:
            continue
        seen.add(body.order)
        if not year.has(at):
            continue
        sent, order = filed.direction is Direction.ISSUED, known.get(body.order)
        tally = Tally.SENT_FOR_ENFORCEMENT if sent else Tally.RECEIVED_FOR_ENFORCEMENT
        yield _Mark(order.line(tally, country) if order else Line(tally, 1))
        fulfilled = order.fulfilled_at() if order and sent else None
        if order and fulfilled and fulfilled >= filed.payload.at:
            yield _Mark(order.line(Tally.FULFILLED_AFTER_ENFORCEMENT, country))


def _remedies(known: _Known, steps: Sequence[_Step], year: Span, country: CountryOf) -> Iterator[_Mark]:
    """Those that this node recorded itself, and those against its own orders that it was told of: each once, whoever recorded it."""
    seen: set[tuple[str | datetime, ...]] = set()
    for filed, body, _at in steps:
        if not isinstance(body, o.RemedyLodged) or body.state not in _REMEDIES_IN or not year.has(body.lodged_at):
            continue
        order, lodged = known.get(body.order), (body.order, body.state, body.lodged_at, body.court)
        if lodged not in seen and (filed.direction is Direction.ISSUED or (order and order.side is Side.SENDING)):
            seen.add(lodged)
            tally = Tally(_REMEDIES_IN[body.state])
            yield _Mark(order.line(tally, country) if order else Line(tally, 1))


def _costs(known: _Known, steps: Sequence[_Step], year: Span, country: CountryOf) -> Iterator[_Mark]:
    """Of this node's own orders."""
    for _filed, body, at in steps:
        if isinstance(body, o.CostsClaimed | o.CostsReimbursed) and year.has(at):
            order = known.get(body.order)
            if order and order.side is Side.SENDING:
                claimed = isinstance(body, o.CostsClaimed)
                line = order.line(Tally.COSTS_CLAIMED if claimed else Tally.COSTS_REIMBURSED, country)
                yield _Mark(replace(line, currency=body.currency), amount=body.amount)


_COUNT_STEPS: Mapping[Counted, Callable[[_Known, Sequence[_Step], Span, CountryOf], Iterator[_Mark]]] = {
    Counted.ENFORCEMENT: _enforcement,
    Counted.REMEDIES: _remedies,
    Counted.COSTS: _costs,
}


def _reduced(line: Line, split: tuple[SplitBy, ...]) -> Line:
    """The line without what the figure is not split by; the grounds stand beside what is refused only."""
    return Line(
        line.tally,
        line.number,
        order=line.order,
        data=line.data if SplitBy.DATA in split else None,
        addressees=line.addressees if SplitBy.ADDRESSEE in split else None,
        emergency=line.emergency if SplitBy.EMERGENCY in split else None,
        grounds=line.grounds if SplitBy.GROUND in split and line.tally is Tally.REFUSED else None,
        issuing_state=line.issuing_state if SplitBy.ISSUING_STATE in split else None,
        currency=line.currency,
    )


def _lines(marks: Iterable[_Mark]) -> tuple[Line, ...]:
    """Equal lines as one, with how many there are, the mean of their times and the sum of their money."""
    grouped: dict[Line, list[_Mark]] = {}
    for mark in marks:
        grouped.setdefault(mark.line, []).append(mark)
    lines = (
        replace(line, number=len(alike), mean_seconds=_mean(alike), amount=_sum(alike))
        for line, alike in grouped.items()
    )
    return tuple(sorted(lines, key=repr))


def _mean(marks: Sequence[_Mark]) -> float | None:
    times = [mark.took.total_seconds() for mark in marks if mark.took is not None]
    return sum(times) / len(times) if times else None


def _sum(marks: Sequence[_Mark]) -> int | None:
    amounts = [mark.amount for mark in marks if mark.amount is not None]
    return sum(amounts) if amounts else None
