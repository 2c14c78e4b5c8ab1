"""What holds of every kind of act, one row each: who may say it, how it comes about, what it rests on, where it follows.

This is the only place where these things are said. Which acts need an approval, which a node takes from whom, which may be
written by hand, which may follow at which stage, which rest on no law: all of that is read from these rows
(`comity.cases.transitions`, `comity.cases.parties`, `comity.casework.bench.legality`, `comity.evidence.checks.acts`). A kind of
act without a row is refused when this module is loaded.

What an instrument demands of an act beyond that, and which office is competent for it, is in the law's files; which office
of this node may write it, in the access policies.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from comity.acts.classes import ActType
from comity.vocabulary.procedures import Procedure, Stage


class Sayer(StrEnum):
    """Whose word an act is, asked of every act that comes from another node.

    `itself`: a node says it in its own ledger only. Enclosed in others' acts it may travel; as an act to somebody it never
    does. `party`: anyone whom the case names. `addressee`: whom the act it answers was addressed to. `issuer`: who issued
    the order it is about. `executing`: the authority of the State where an order is executed, as the act it answers names it:
    the order the one that is notified, a notice or a request to enforce the one it goes to.
    """

    ITSELF = "itself"
    PARTY = "party"
    ADDRESSEE = "addressee"
    ISSUER = "issuer"
    EXECUTING = "executing"


class Making(StrEnum):
    """How an act comes about.

    `approved`: it demands, decides or refuses something, so another officer than its author approves it in person; which
    office that officer must hold is said by the instrument. `filed`: an officer writes it, and the node's seal is enough.
    `by-step`: a use case makes it when it has done what the act says; written by hand it would say what was not done.
    `prepared`: a use case drafts it when it has done what the act says, and another officer than its author approves it.
    """

    APPROVED = "approved"
    FILED = "filed"
    BY_STEP = "by-step"
    PREPARED = "prepared"


class Basis(StrEnum):
    """What an act rests on: a legal instrument, or nothing but the node's own rules."""

    INSTRUMENT = "instrument"
    NODE = "node"


class Opening(Struct, frozen=True):
    """A matter that an act may open at a node, and the stage it opens at."""

    procedure: Procedure
    stage: Stage


class Move(Struct, frozen=True):
    """That an act may follow in a matter that stands `at` a stage, and leads it `to` another or leaves it where it is."""

    procedure: Procedure
    at: Stage
    to: Stage


class ActRule(Struct, frozen=True):
    """One kind of act.

    `after_closing`: it may still come in a closed case, as winding up. `in_house`: it stands in the thread of a node's own
    acts and nowhere else; that thread is never closed.
    """

    type: ActType
    sayer: Sayer
    making: Making
    basis: Basis = Basis.INSTRUMENT
    opens: Opening | None = None
    follows: tuple[Move, ...] = ()
    after_closing: bool = False
    in_house: bool = False


def _stays(procedure: Procedure, *stages: Stage) -> tuple[Move, ...]:
    return tuple(Move(procedure, stage, stage) for stage in stages)


_OWN_STEP = (Sayer.ITSELF, Making.BY_STEP, Basis.NODE)
"""What a node does by its own rules, and says in its own ledger only."""

_PRESERVATION, _DISCLOSURE = Procedure.PRESERVATION, Procedure.DISCLOSURE
_PRODUCTION, _REVIEW = Procedure.PRODUCTION, Procedure.REVIEW
_KEPT = Opening(Procedure.HOUSEKEEPING, Stage.KEPT)

_WHILE_PRESERVED = _stays(_PRESERVATION, Stage.ORDERED, Stage.HOLDING)
_WHILE_PRODUCED = _stays(_PRODUCTION, Stage.ORDERED, Stage.VALIDATED)
_WHATEVER_BECAME_OF_IT = _stays(_PRODUCTION, Stage.ORDERED, Stage.VALIDATED, Stage.WITHDRAWN)
_ABOUT_AN_ORDER = (*_WHILE_PRESERVED, *_WHILE_PRODUCED)
_LATER = (*_stays(_PRESERVATION, Stage.CONFIRMED, Stage.WITHDRAWN), *_stays(_PRODUCTION, Stage.WITHDRAWN))
_AFTER_AN_ORDER = (*_ABOUT_AN_ORDER, *_LATER)
_WHILE_ASKED = (*_stays(_PRESERVATION, Stage.ASKED), *_stays(_DISCLOSURE, Stage.ASKED))
# A further hand-over that is on its way keeps nobody from what has come already.
_WITH_AN_EXHIBIT = (*_stays(_DISCLOSURE, Stage.HANDED_OVER, Stage.RECEIVED), *_WHILE_PRODUCED)
_BESIDE_AN_EXHIBIT = (*_WITH_AN_EXHIBIT, *_stays(_PRODUCTION, Stage.WITHDRAWN))
_WHILE_ANYTHING_IS_KEPT = (
    *_stays(_PRESERVATION, Stage.HOLDING, Stage.CONFIRMED, Stage.WITHDRAWN),
    *_stays(_DISCLOSURE, Stage.DECIDED, Stage.ORDERED, Stage.HANDED_OVER, Stage.RECEIVED),
    *_WHATEVER_BECAME_OF_IT,
)

_REQUESTS = (
    ActRule(ActType.PRESERVATION_REQUESTED, Sayer.PARTY, Making.APPROVED, opens=Opening(_PRESERVATION, Stage.ASKED)),
    ActRule(
        ActType.PRESERVATION_ORDERED,
        Sayer.ADDRESSEE,
        Making.APPROVED,
        opens=Opening(_PRESERVATION, Stage.ORDERED),
        follows=(Move(_PRESERVATION, Stage.ASKED, Stage.ORDERED),),
    ),
    ActRule(
        ActType.PRESERVATION_CONFIRMED,
        Sayer.ADDRESSEE,
        Making.FILED,
        follows=(
            Move(_PRESERVATION, Stage.ASKED, Stage.CONFIRMED),
            Move(_PRESERVATION, Stage.HOLDING, Stage.CONFIRMED),
        ),
    ),
    ActRule(
        ActType.REQUEST_REFUSED,
        Sayer.ADDRESSEE,
        Making.APPROVED,
        follows=(
            Move(_PRESERVATION, Stage.ASKED, Stage.REFUSED),
            Move(_PRESERVATION, Stage.ORDERED, Stage.REFUSED),
            Move(_DISCLOSURE, Stage.ASKED, Stage.REFUSED),
            Move(_PRODUCTION, Stage.ORDERED, Stage.REFUSED),
        ),
    ),
    ActRule(ActType.DISCLOSURE_REQUESTED, Sayer.PARTY, Making.APPROVED, opens=Opening(_DISCLOSURE, Stage.ASKED)),
    ActRule(
        ActType.DISCLOSURE_DECIDED,
        Sayer.ADDRESSEE,
        Making.APPROVED,
        follows=(Move(_DISCLOSURE, Stage.ASKED, Stage.DECIDED),),
    ),
    ActRule(
        ActType.DISCLOSURE_ORDERED,
        Sayer.ADDRESSEE,
        Making.APPROVED,
        opens=Opening(_DISCLOSURE, Stage.ORDERED),
        follows=(Move(_DISCLOSURE, Stage.DECIDED, Stage.ORDERED),),
    ),
    ActRule(ActType.REQUEST_ACKNOWLEDGED, Sayer.ADDRESSEE, Making.FILED, follows=_WHILE_ASKED),
    ActRule(
        ActType.DELAY_ANNOUNCED,
        Sayer.ADDRESSEE,
        Making.FILED,
        follows=(*_WHILE_ASKED, *_stays(_DISCLOSURE, Stage.DECIDED)),
    ),
)

_ORDERS = (
    ActRule(ActType.ORDER_REASONED, Sayer.ITSELF, Making.FILED, opens=Opening(_PRODUCTION, Stage.KEPT)),
    ActRule(
        ActType.PRODUCTION_ORDERED,
        Sayer.PARTY,
        Making.APPROVED,
        opens=Opening(_PRODUCTION, Stage.ORDERED),
        follows=(Move(_PRODUCTION, Stage.KEPT, Stage.ORDERED),),
    ),
    ActRule(
        ActType.PRODUCTION_VALIDATED,
        Sayer.ISSUER,
        Making.APPROVED,
        # An order to preserve stands where it stood: what is held is held either way.
        follows=(Move(_PRODUCTION, Stage.ORDERED, Stage.VALIDATED), *_WHILE_PRESERVED),
    ),
    ActRule(
        ActType.PRODUCTION_WITHDRAWN,
        Sayer.ISSUER,
        Making.FILED,
        follows=(
            Move(_PRODUCTION, Stage.ORDERED, Stage.WITHDRAWN),
            Move(_PRODUCTION, Stage.VALIDATED, Stage.WITHDRAWN),
            Move(_PRESERVATION, Stage.ORDERED, Stage.WITHDRAWN),
            Move(_PRESERVATION, Stage.HOLDING, Stage.WITHDRAWN),
        ),
        after_closing=True,
    ),
    ActRule(ActType.PRESERVATION_EXTENDED, Sayer.ISSUER, Making.FILED, follows=_WHILE_PRESERVED),
    ActRule(ActType.FOLLOW_UP_CONFIRMED, Sayer.ISSUER, Making.FILED, follows=_WHILE_PRESERVED),
    ActRule(ActType.PRESERVATION_RELEASED, Sayer.ISSUER, Making.FILED, follows=_ABOUT_AN_ORDER, after_closing=True),
    ActRule(ActType.NON_EXECUTION_STATED, Sayer.ADDRESSEE, Making.FILED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.NON_EXECUTION_ACCEPTED, Sayer.ISSUER, Making.FILED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.ORDER_REVIEWED, Sayer.ISSUER, Making.FILED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.DEADLINE_SET, Sayer.ISSUER, Making.FILED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.CLARIFICATION_REQUESTED, Sayer.ADDRESSEE, Making.FILED, follows=(*_WHILE_ASKED, *_ABOUT_AN_ORDER)),
    ActRule(
        ActType.CLARIFICATION_GIVEN,
        Sayer.PARTY,
        Making.FILED,
        # What was asked before there was an order is answered by it too.
        follows=(*_WHILE_ASKED, *_stays(_PRODUCTION, Stage.KEPT), *_ABOUT_AN_ORDER),
    ),
)

_OTHER_AUTHORITIES = (
    ActRule(
        ActType.CONSULTATION_REQUESTED,
        Sayer.PARTY,
        Making.FILED,
        opens=Opening(_PRODUCTION, Stage.KEPT),
        follows=_stays(_PRODUCTION, Stage.KEPT),
    ),
    ActRule(
        ActType.AUTHORITY_NOTIFIED,
        Sayer.PARTY,
        Making.FILED,
        opens=Opening(_PRODUCTION, Stage.ORDERED),
        follows=_WHILE_PRODUCED,
    ),
    ActRule(ActType.GROUNDS_RAISED, Sayer.EXECUTING, Making.APPROVED, follows=_WHILE_PRODUCED),
    ActRule(ActType.NO_GROUND_RAISED, Sayer.EXECUTING, Making.FILED, follows=_WHILE_PRODUCED),
    ActRule(ActType.WAIVER_REQUESTED, Sayer.ISSUER, Making.FILED, follows=_WHILE_PRODUCED),
    ActRule(
        ActType.ENFORCEMENT_REQUESTED,
        Sayer.PARTY,
        Making.APPROVED,
        opens=Opening(_PRODUCTION, Stage.ORDERED),
        follows=_ABOUT_AN_ORDER,
    ),
    ActRule(ActType.ENFORCEMENT_DECIDED, Sayer.EXECUTING, Making.APPROVED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.COMPLIANCE_REQUIRED, Sayer.EXECUTING, Making.APPROVED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.OBJECTION_RAISED, Sayer.ADDRESSEE, Making.FILED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.PENALTY_DECIDED, Sayer.EXECUTING, Making.APPROVED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.COURT_REVIEW_REQUESTED, Sayer.PARTY, Making.FILED, follows=_ABOUT_AN_ORDER),
    ActRule(ActType.THIRD_COUNTRY_ASKED, Sayer.PARTY, Making.FILED, follows=_WHILE_PRODUCED),
    ActRule(ActType.COURT_REVIEW_DECIDED, Sayer.PARTY, Making.APPROVED, follows=_ABOUT_AN_ORDER),
)

_PERSONS = (
    ActRule(ActType.PERSON_INFORMED, Sayer.PARTY, Making.FILED, follows=_WHATEVER_BECAME_OF_IT, after_closing=True),
    ActRule(ActType.INFORMATION_DELAYED, Sayer.PARTY, Making.FILED, follows=_WHILE_PRODUCED),
    ActRule(ActType.CONTROLLER_INFORMED, Sayer.ADDRESSEE, Making.FILED, follows=_WHILE_PRODUCED),
    ActRule(ActType.REMEDY_LODGED, Sayer.PARTY, Making.FILED, follows=_WHATEVER_BECAME_OF_IT, after_closing=True),
    ActRule(ActType.COSTS_CLAIMED, Sayer.ADDRESSEE, Making.FILED, follows=_AFTER_AN_ORDER, after_closing=True),
    ActRule(ActType.COSTS_REIMBURSED, Sayer.ISSUER, Making.FILED, follows=_AFTER_AN_ORDER, after_closing=True),
    ActRule(ActType.USE_RESTRICTED, Sayer.PARTY, Making.FILED, follows=_WHATEVER_BECAME_OF_IT, after_closing=True),
)

_CUSTODY = (
    ActRule(
        ActType.SEGMENT_SEALED,
        Sayer.ITSELF,
        Making.BY_STEP,
        follows=(*_stays(_PRESERVATION, Stage.ORDERED), *_WHILE_PRODUCED),
    ),
    ActRule(
        ActType.HOLD_CONFIRMED,
        Sayer.ADDRESSEE,
        Making.BY_STEP,
        follows=(Move(_PRESERVATION, Stage.ORDERED, Stage.HOLDING),),
    ),
    ActRule(ActType.EXHIBIT_TAKEN_IN, Sayer.ITSELF, Making.BY_STEP, follows=_WHILE_PRODUCED),
    # A custodian looks through what an order matches before it hands over, and between the parts of what it hands over.
    ActRule(
        ActType.MATCH_REVIEWED,
        *_OWN_STEP,
        follows=(*_stays(_DISCLOSURE, Stage.ORDERED, Stage.HANDED_OVER, Stage.RECEIVED), *_WHILE_PRODUCED),
    ),
    ActRule(
        ActType.EXHIBIT_HANDED_OVER,
        Sayer.ADDRESSEE,
        Making.BY_STEP,
        follows=(
            Move(_DISCLOSURE, Stage.DECIDED, Stage.HANDED_OVER),
            Move(_DISCLOSURE, Stage.ORDERED, Stage.HANDED_OVER),
            Move(_DISCLOSURE, Stage.HANDED_OVER, Stage.HANDED_OVER),
            Move(_DISCLOSURE, Stage.RECEIVED, Stage.HANDED_OVER),
            *_WHILE_PRODUCED,
        ),
    ),
    ActRule(
        ActType.EXHIBIT_RECEIVED,
        Sayer.ADDRESSEE,
        Making.BY_STEP,
        follows=(
            Move(_DISCLOSURE, Stage.HANDED_OVER, Stage.RECEIVED),
            Move(_DISCLOSURE, Stage.RECEIVED, Stage.RECEIVED),
            *_WHATEVER_BECAME_OF_IT,
        ),
        after_closing=True,
    ),
    # What comes while the case is being wound up is examined and put aside like everything else.
    ActRule(ActType.ITEMS_QUARANTINED, Sayer.ADDRESSEE, Making.BY_STEP, follows=_BESIDE_AN_EXHIBIT, after_closing=True),
    ActRule(ActType.ITEM_OPENED, Sayer.ADDRESSEE, Making.BY_STEP, follows=_WITH_AN_EXHIBIT),
    ActRule(
        ActType.OPENING_REFUSED,
        Sayer.ITSELF,
        Making.BY_STEP,
        opens=_KEPT,
        follows=_BESIDE_AN_EXHIBIT,
        after_closing=True,
    ),
    ActRule(ActType.ITEM_COPIED, *_OWN_STEP, follows=_WITH_AN_EXHIBIT),
    # No instrument speaks of giving back; whoever does is an addressee of the hand-over.
    ActRule(
        ActType.EXHIBIT_RETURNED,
        Sayer.ADDRESSEE,
        Making.BY_STEP,
        Basis.NODE,
        follows=_WITH_AN_EXHIBIT,
        after_closing=True,
    ),
    # How a node shows what it holds is its own house: no instrument speaks of it. Whoever redacts looks, and so not after
    # closing; what a court decided is noted then too.
    ActRule(ActType.ITEM_REDACTED, *_OWN_STEP, opens=_KEPT, follows=_BESIDE_AN_EXHIBIT),
    ActRule(
        ActType.REDACTION_LIFTED,
        Sayer.ITSELF,
        Making.PREPARED,
        Basis.NODE,
        opens=_KEPT,
        follows=_BESIDE_AN_EXHIBIT,
        after_closing=True,
    ),
    # The court of another party to the case says it; whoever has custody carries it out.
    ActRule(
        ActType.LIFTING_DECIDED,
        Sayer.PARTY,
        Making.APPROVED,
        Basis.NODE,
        follows=_BESIDE_AN_EXHIBIT,
        after_closing=True,
    ),
    ActRule(ActType.DESTRUCTION_DECIDED, *_OWN_STEP, follows=_WHILE_ANYTHING_IS_KEPT, after_closing=True),
    ActRule(
        ActType.EXHIBIT_DESTROYED,
        Sayer.PARTY,
        Making.BY_STEP,
        follows=_WHILE_ANYTHING_IS_KEPT,
        after_closing=True,
    ),
)

_QUARANTINE = (
    ActRule(ActType.SCREEN_SET, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(ActType.SCREEN_LIFTED, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(ActType.QUARANTINE_TERM_SET, *_OWN_STEP, follows=_BESIDE_AN_EXHIBIT, after_closing=True),
    ActRule(ActType.QUARANTINE_OPENED, *_OWN_STEP, follows=_BESIDE_AN_EXHIBIT),
    ActRule(ActType.QUARANTINE_DECIDED, *_OWN_STEP, follows=_BESIDE_AN_EXHIBIT, after_closing=True),
    ActRule(
        ActType.QUARANTINE_RESOLVED,
        Sayer.ADDRESSEE,
        Making.BY_STEP,
        Basis.NODE,
        follows=_BESIDE_AN_EXHIBIT,
        after_closing=True,
    ),
)

_THE_END = (
    ActRule(ActType.CASE_CLOSED, *_OWN_STEP, opens=_KEPT),
    ActRule(ActType.LEGAL_HOLD_SET, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(ActType.LEGAL_HOLD_LIFTED, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(ActType.CASE_DISPOSED, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(ActType.DOSSIER_EXPORTED, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(ActType.ALTERNATIVE_MEANS_RECORDED, Sayer.PARTY, Making.FILED, opens=_KEPT, after_closing=True),
    # What goes to a partner without a node, and comes from it: no act of the partner's, but a record of this node's.
    ActRule(ActType.SENT_BY_HAND, *_OWN_STEP, opens=_KEPT, after_closing=True),
    # Whether it may follow, and where it leads, is asked of the act that the paper amounts to (`comity.cases.paper`).
    ActRule(
        ActType.PAPER_ANSWER_RECORDED,
        Sayer.ITSELF,
        Making.PREPARED,
        Basis.NODE,
        follows=(*_WHILE_ASKED, *_stays(_DISCLOSURE, Stage.DECIDED), *_ABOUT_AN_ORDER),
    ),
)

_RETENTION = (
    ActRule(ActType.RETENTION_SET, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(ActType.RETENTION_EXTENDED, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(ActType.RETENTION_REVIEWED, *_OWN_STEP, opens=_KEPT, after_closing=True),
    ActRule(
        ActType.COPIES_ASKED,
        Sayer.PARTY,
        Making.BY_STEP,
        Basis.NODE,
        opens=Opening(Procedure.COPIES, Stage.ASKED),
        follows=(
            Move(Procedure.COPIES, Stage.ASKED, Stage.ASKED),
            Move(Procedure.COPIES, Stage.ANSWERED, Stage.ASKED),
        ),
        after_closing=True,
    ),
    ActRule(
        ActType.COPIES_REPORTED,
        Sayer.ADDRESSEE,
        Making.BY_STEP,
        Basis.NODE,
        follows=(
            Move(Procedure.COPIES, Stage.ASKED, Stage.ANSWERED),
            Move(Procedure.COPIES, Stage.ANSWERED, Stage.ANSWERED),
        ),
        after_closing=True,
    ),
)

_OVERSIGHT = (
    ActRule(ActType.REVIEW_REQUESTED, Sayer.PARTY, Making.BY_STEP, Basis.NODE, opens=Opening(_REVIEW, Stage.ASKED)),
    ActRule(
        ActType.REVIEW_ANSWERED,
        Sayer.ADDRESSEE,
        Making.BY_STEP,
        Basis.NODE,
        follows=(Move(_REVIEW, Stage.ASKED, Stage.ANSWERED),),
    ),
    ActRule(
        ActType.REVIEW_CONCLUDED,
        Sayer.ADDRESSEE,
        Making.BY_STEP,
        Basis.NODE,
        follows=(
            Move(_REVIEW, Stage.ASKED, Stage.CONCLUDED),
            Move(_REVIEW, Stage.ANSWERED, Stage.CONCLUDED),
        ),
        after_closing=True,
    ),
)

_THE_NODE = (
    ActRule(ActType.KEY_ROTATED, Sayer.PARTY, Making.BY_STEP, Basis.NODE, opens=_KEPT, in_house=True),
    ActRule(ActType.LEDGER_RESTORED, Sayer.PARTY, Making.BY_STEP, Basis.NODE, opens=_KEPT, in_house=True),
    ActRule(ActType.FIXITY_VERIFIED, *_OWN_STEP, opens=_KEPT, in_house=True),
    ActRule(ActType.TIMESTAMP_CAME_LATE, *_OWN_STEP, opens=_KEPT, in_house=True),
    ActRule(ActType.DIRECTORY_SEEN, *_OWN_STEP, opens=_KEPT, in_house=True),
    ActRule(ActType.PADDING, *_OWN_STEP),
)


def _each_once(rows: tuple[ActRule, ...]) -> Mapping[ActType, ActRule]:
    """The rows by type. Raises `ValueError` unless every kind of act has exactly one."""
    found = [row.type for row in rows]
    wrong = sorted({kind for kind in ActType if found.count(kind) != 1})
    if wrong:
        raise ValueError(f"every kind of act has one row: {', '.join(wrong)}")
    return MappingProxyType({row.type: row for row in rows})


RULES: Mapping[ActType, ActRule] = _each_once(
    (
        *_REQUESTS,
        *_ORDERS,
        *_OTHER_AUTHORITIES,
        *_PERSONS,
        *_CUSTODY,
        *_QUARANTINE,
        *_THE_END,
        *_RETENTION,
        *_OVERSIGHT,
        *_THE_NODE,
    )
)
"""Every kind of act, and what holds of it."""

NEEDS_APPROVAL = frozenset(kind for kind, rule in RULES.items() if rule.making in (Making.APPROVED, Making.PREPARED))
"""Acts that carry a personal approval by another officer than their author."""

BY_HAND = frozenset(kind for kind, rule in RULES.items() if rule.making in (Making.APPROVED, Making.FILED))
"""Acts that an officer writes; of the others a use case has to do something first."""
