"""Matching: what an order lets go of an exhibit here, what of that went already, and what its custodian withholds."""

from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.bodies import DisclosureOrdered, ExhibitHandedOver, ExhibitTakenIn, HoldConfirmed, ProductionOrdered
from comity.acts.classes import ActType
from comity.acts.custody_bodies import MatchReviewed
from comity.acts.matters import ScopePart
from comity.acts.payload import Payload
from comity.cases.state import CaseState
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.workbench import Workbench
from comity.evidence.items.scope import Given, HeldUp
from comity.vocabulary.categories import WithheldReason
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, ExhibitId
from comity.vocabulary.targets import Target


class Match(Struct, frozen=True):
    """What an order asks for: the exhibit held here, what of it is granted and refused, and the acts that go along.

    `targets` are whose data parts are, each with its part's label, where the order says it of each.
    """

    exhibit: ExhibitId
    granted: tuple[ScopePart, ...]
    refused: tuple[ScopePart, ...] = ()
    encloses: tuple[ActId, ...] = ()
    targets: tuple[tuple[str, Target], ...] = ()

    def given_by(self, body: ExhibitHandedOver) -> Given:
        """What a hand-over under the order gave, but for what reviews withheld from it."""
        if body.portion is None:
            return Given(self.granted)
        return Given(self.named(body.portion.labels), self.held_up(body.portion.held_up))

    def named(self, labels: Collection[str]) -> tuple[ScopePart, ...]:
        """The granted parts of these labels."""
        return tuple(part for part in self.granted if part.label in labels)

    def held_up(self, labels: Collection[str]) -> HeldUp:
        """What has to stay where nothing may go of the parts of these labels."""
        mine = tuple(target for label, target in self.targets if label in labels)
        return HeldUp(self.named(labels), mine, tuple(each for _, each in self.targets if each not in mine))


class Reviews(Struct, frozen=True):
    """Which items of what an order matches, by their leaves, reviews withhold as they stand; `acts` as of `changes_under`."""

    acts: tuple[ActId, ...]
    withheld: Mapping[bytes, WithheldReason]


def match_of(bench: Workbench, order: Payload, exhibit: ExhibitId | None) -> Match | None:
    """What an order asks for, of a hold or of the exhibit taken in for it; None where it asks for nothing held here."""
    return _from_hold(bench, order) or _from_intake(bench, order, exhibit)


def no_match() -> Refusal:
    """What is said where an order asks for nothing."""
    return Refusal(
        "no-order",
        "that act orders no disclosure from an exhibit held here",
        do="name the order, and the exhibit taken in",
    )


def _from_hold(bench: Workbench, order: Payload) -> Match | None:
    """What a disclosure order asks for of a hold that was confirmed to whoever orders, in this case."""
    if not isinstance(order.body, DisclosureOrdered):
        return None
    confirmed = payload_of(bench, order.body.hold)
    hold = confirmed.body
    if not isinstance(hold, HoldConfirmed) or confirmed.case != order.case or order.issuer not in confirmed.to:
        return None
    return Match(hold.exhibit, order.body.scope, order.body.refused)


def _from_intake(bench: Workbench, order: Payload, exhibit: ExhibitId | None) -> Match | None:
    """What a production order asks for of an exhibit taken in for whoever orders; the act of taking in goes along."""
    if not isinstance(order.body, ProductionOrdered) or order.body.data is None or not exhibit:
        return None
    for step in state_of(bench, order.case).steps:
        if step.type is ActType.EXHIBIT_TAKEN_IN and _taken_for(bench, step.act, exhibit, order.issuer):
            return replace(produced(order.body, exhibit), encloses=(step.act,))
    return None


def _taken_for(bench: Workbench, act: ActId, exhibit: ExhibitId, issuer: AuthorityId) -> bool:
    """Whether by that act the exhibit was taken in under an order of that authority."""
    taken = payload_of(bench, act)
    mine = isinstance(taken.body, ExhibitTakenIn) and taken.body.exhibit == exhibit
    return mine and payload_of(bench, taken.re[0]).issuer == issuer


def produced(body: ProductionOrdered, exhibit: ExhibitId) -> Match:
    """What an order to produce lets go of the exhibit."""
    return Match(exhibit, production_scope(body), targets=tuple((item.label, item.target) for item in body.items))


def production_scope(body: ProductionOrdered) -> tuple[ScopePart, ...]:
    """What an order to produce covers, as scope: a part for each item that it names, else its categories and its period.

    Whose data they are is no criterion here, unlike where a scope says it (`ScopePart.targets`): a provider takes in what it
    keys by the account, and much of that, such as a line of a log, names an address of the network or nobody.
    """
    if body.data is None:
        return ()
    if body.items:
        return tuple(ScopePart(item.label, item.categories, item.period or body.data.period) for item in body.items)
    return (ScopePart("ordered", body.data.categories, body.data.period),)


def handed_from(bench: Workbench, order: Payload, exhibit: ExhibitId) -> dict[ActId, ExhibitHandedOver]:
    """What went from that exhibit to whoever orders, under whichever order, in the order of the acts."""
    steps = state_of(bench, order.case).steps
    mine = [step for step in steps if step.type is ActType.EXHIBIT_HANDED_OVER and step.issuer == bench.me]
    bodies = ((step.act, payload_of(bench, step.act).body) for step in mine if order.issuer in step.to)
    return {act: body for act, body in bodies if isinstance(body, ExhibitHandedOver) and body.hold_exhibit == exhibit}


def acts_under(state: CaseState, order: ActId, *kinds: ActType) -> tuple[ActId, ...]:
    """The acts of these kinds in the order's matter."""
    matter = state.matter_of(order)
    return tuple(step.act for step in state.steps if step.type in kinds and step.matter == matter)


def changes_under(state: CaseState, order: ActId) -> tuple[ActId, ...]:
    """The acts that change what is left of what the order matches: reviews, and hand-overs under it."""
    return acts_under(state, order, ActType.MATCH_REVIEWED, ActType.EXHIBIT_HANDED_OVER)


def reviews_of(bench: Workbench, state: CaseState, order: ActId) -> Reviews:
    """The reviews of what the order matches. A later one counts for an item before an earlier."""
    withheld: dict[bytes, WithheldReason] = {}
    for act in acts_under(state, order, ActType.MATCH_REVIEWED):
        body = payload_of(bench, act).body
        if not isinstance(body, MatchReviewed) or body.order != order:
            continue
        for leaf in map(bytes.fromhex, body.listed):
            if body.reason is None:
                withheld.pop(leaf, None)
            else:
                withheld[leaf] = body.reason
    return Reviews(changes_under(state, order), withheld)
