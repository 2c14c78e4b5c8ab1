"""Opening: the one way to the content of a case, whoever wants it and in whatever form: an original, a copy, a name.

To redact is to open first; to read a redacted copy, or who is who in it, is to open that. What lies in the case is opened for a
purpose that its measure covers, and the supplier is told where the instrument wants that. What lies in quarantine is opened by a
filter team, for a purpose of filtering, and nobody is told. The act stands in the ledger before a byte is read; a refusal is an
act too. See docs/decisions/0020-who-opens-what.md.
"""

from datetime import datetime

from msgspec import UNSET, Struct
from msgspec.structs import replace

from comity.acts.bodies import AnyBody
from comity.acts.classes import ActType
from comity.acts.custody_bodies import ItemOpened, OpeningRefused
from comity.acts.payload import Author, Payload
from comity.acts.quarantine_bodies import QuarantineOpened
from comity.cases.evolve import admit
from comity.cases.state import CaseState, Exhibit, Matter
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import state_of
from comity.casework.bench.rights import allowed
from comity.casework.bench.sequencer import RefusedError
from comity.casework.bench.standstill import refused_by_standstill
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.filtering import filter_purpose, no_filter_purpose, not_filtering, nothing_aside
from comity.casework.custody.redactions import names_sealed, redaction_stands
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.law.purposes import may_open, tells_supplier, unweighed
from comity.ledger.tree import root_of
from comity.vocabulary.categories import FilterPurpose
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, ExhibitId, OfficeId
from comity.vocabulary.procedures import Stage


class Sought(Struct, frozen=True):
    """What is to be opened, in which office, what for.

    `items` are leaf hashes, ascending; none for the list of what lies aside, and several for originals of the case alone. `derived` names
    a redacted copy of the item, `names` the table of who is who in it. `aside` says that it lies in quarantine. `then` is what is to be
    done with it beside looking, if anything.
    """

    case: CaseId
    exhibit: ExhibitId
    items: tuple[Digest, ...]
    office: OfficeId
    purpose: str
    reasons: str
    derived: ExhibitId | None = None
    names: bool = False
    aside: bool = False
    then: Action | None = None


class Admitted(Struct, frozen=True):
    """The opening may be: who asked for what, the case as it was found, and the act that is to say so (`put_on_record`)."""

    officer: OfficerRef
    sought: Sought
    state: CaseState
    exhibit: Exhibit
    matter: Matter
    payload: Payload

    @property
    def supplier_told(self) -> bool:
        """Whether the act goes to whoever supplied the item."""
        return bool(self.payload.to)


def ask(bench: Workbench, officer: OfficerRef, sought: Sought) -> Admitted | Refusal:
    """Whether that may be opened; a refusal is on record when this returns it.

    1. Access policy, and the purpose, each by where it lies. 2. The order it came under was not taken back; no redaction hides
    the original, or who is who; nothing in law keeps it closed for now: what came before its time stays, unseen, until that is over. 3. The act of opening may follow in the case: in a closed one none does.
    """
    state = state_of(bench, sought.case)
    known = state.exhibits.get(sought.exhibit)
    if known is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "the case has no such exhibit", found=sought.exhibit)
    matter = state.matters[known.matter]
    # 1. and 2.
    against = _not_for_filtering if sought.aside else _not_for_the_case
    refusal = against(bench, officer, matter, sought) or kept_back(bench, sought.case, matter, known)
    refusal = refusal or _hidden(bench, state, officer, sought)
    if refusal is None and sought.aside and known.aside is None:
        return nothing_aside()
    # 3.
    if refusal is None:
        payload = _opening(bench, officer, sought, known, matter)
        refusal = admit(state, payload)
        if refusal is None:
            return Admitted(officer, sought, state, known, matter, payload)
    _record(bench, officer, sought, known=known, matter=matter, refusal=refusal)
    return refusal


def put_on_record(bench: Workbench, admitted: Admitted) -> ActId:
    """The opening is in the ledger when this returns; only then is anything read.

    Raises `RefusedError` where the case is by then another than it was judged by: the order taken back, the item redacted, the case
    closed. That is on record as any refusal is, but in a case that was disposed of, which takes no act.
    """
    found = judged_by(admitted.state, admitted.exhibit.exhibit)
    try:
        filed = file_own(bench, admitted.payload, done=lambda now: judged_by(now, admitted.exhibit.exhibit) != found)
    except RefusedError as error:
        refusal = error.refusal
    else:
        if filed.indexes:
            return the_act(filed)
        refusal = Refusal("changed-meanwhile", "something was decided about it meanwhile", do="ask again")
    _record(bench, admitted.officer, admitted.sought, known=admitted.exhibit, matter=admitted.matter, refusal=refusal)
    raise RefusedError(refusal)


def judged_by(state: CaseState, exhibit: ExhibitId) -> tuple[Exhibit, Matter, tuple[ActId, ...]] | None:
    """What of the case bears on whether the exhibit is opened; that others opened it does not. None once it is disposed of."""
    known = state.exhibits.get(exhibit)
    if known is None:
        return None
    redacting = (ActType.ITEM_REDACTED, ActType.REDACTION_LIFTED)
    redactions = tuple(step.act for step in state.steps if step.type in redacting)
    return replace(known, openings=0), state.matters[known.matter], redactions


def _not_for_the_case(bench: Workbench, officer: OfficerRef, matter: Matter, sought: Sought) -> Refusal | None:
    may = _may_open_names if sought.names else _may_look
    return may(bench, officer, sought) or _purpose(bench, matter, sought)


def _may_look(bench: Workbench, officer: OfficerRef, sought: Sought) -> Refusal | None:
    resource = Resource(sought.office, quarantined=False, purpose_stated=bool(sought.purpose))
    actions = [Action.OPEN_ITEM, *([sought.then] if sought.then else [])]
    refusals = (allowed(bench, officer, action, resource) for action in actions)
    return next((each for each in refusals if each is not None), None)


def _may_open_names(bench: Workbench, officer: OfficerRef, sought: Sought) -> Refusal | None:
    stated = bool(sought.purpose)
    return not_filtering(bench, officer, Action.OPEN_NAMES, sought.office, sought.case, purpose_stated=stated)


def _not_for_filtering(bench: Workbench, officer: OfficerRef, _matter: Matter, sought: Sought) -> Refusal | None:
    stated = filter_purpose(sought.purpose) is not None
    resource = Resource(sought.office, quarantined=True, purpose_stated=stated)
    refusal = not_filtering(
        bench, officer, Action.OPEN_QUARANTINE, sought.office, sought.case, purpose_stated=stated
    ) or (allowed(bench, officer, sought.then, resource) if sought.then else None)
    if refusal is None and not stated:
        return no_filter_purpose()
    return refusal


def _purpose(bench: Workbench, matter: Matter, sought: Sought) -> Refusal | None:
    at = bench.clock.now()
    finding = may_open(bench.law, matter.instrument, matter.measure, sought.purpose, _conditions(matter), at=at)
    if finding is None:
        return _unsaid(bench, matter, sought, at)
    return Refusal(finding.code, finding.message, (finding.gap(),), do="state a purpose that the case covers")


def _unsaid(bench: Workbench, matter: Matter, sought: Sought, at: datetime) -> Refusal | None:
    """Conditions in words that no rule can weigh: whoever looks says, in the act, how that keeps within them."""
    in_words = unweighed(bench.law, matter.instrument, matter.conditions, at=at)
    if not in_words or sought.reasons:
        return None
    return Refusal(
        "conditions-apply",
        f"the material is bound to conditions: {'; '.join(each.text or each.code for each in in_words)}",
        do="say in the reasons how this opening keeps within them",
    )


def _taken_back(matter: Matter) -> Refusal | None:
    """What came under an order that was taken back is shown to nobody in any form, also while a legal hold keeps it."""
    if matter.stage is not Stage.WITHDRAWN:
        return None
    return Refusal("order-withdrawn", "the order under which the item came was taken back", do="let it be destroyed")


def _restricted(known: Exhibit) -> Refusal | None:
    """What this node restricted is used by nobody, the filter team included."""
    if not known.restricted_by:
        return None
    return Refusal(
        "use-restricted",
        f"the use of this exhibit is restricted: {known.restricted_by}",
        do="let it be destroyed, or have the conditions for its use recorded",
    )


def kept_back(bench: Workbench, case: CaseId, matter: Matter, known: Exhibit) -> Refusal | None:
    """Why nothing of the exhibit is shown to anybody, whoever asks and for whatever purpose: taken back, restricted, or not yet."""
    return _taken_back(matter) or _restricted(known) or _closed_for_now(bench, case, matter, known)


def _closed_for_now(bench: Workbench, case: CaseId, matter: Matter, known: Exhibit) -> Refusal | None:
    """Why nothing of the exhibit is looked at yet, or any more; None when the law's clocks let it be.

    A refusal of some ordered items closes what may hold them, and not what came without them.
    """
    instrument, kind = matter.instrument, ActType.ITEM_OPENED
    return refused_by_standstill(bench, case, instrument, kind, matter.opened_by, without=known.held_up)


def _hidden(bench: Workbench, state: CaseState, officer: OfficerRef, sought: Sought) -> Refusal | None:
    """A provisional redaction keeps the original from everyone but the filter team, and from a second redaction by anyone.

    Other names keep who is who from whoever gave them, and from a court that has not decided.
    """
    if sought.names and sought.derived is not None:
        return names_sealed(bench, state, officer, sought.office, sought.derived)
    filtering = sought.aside and sought.then is None
    if filtering or sought.derived is not None or not sought.items:
        return None
    return redaction_stands(bench, state, sought.items)


def _opening(bench: Workbench, officer: OfficerRef, sought: Sought, known: Exhibit, matter: Matter) -> Payload:
    """The act that says what is opened. What the filter team opens is told to nobody."""
    supplier: list[AuthorityId] = []
    if sought.aside:
        body: AnyBody = QuarantineOpened(
            sought.exhibit,
            FilterPurpose(sought.purpose),
            sought.reasons,
            sought.items[0] if sought.items else None,
            derived=sought.derived,
            names=sought.names,
        )
    else:
        body = ItemOpened(
            sought.exhibit,
            root_of([bytes.fromhex(item) for item in sought.items]).hex(),
            sought.purpose,
            sought.reasons,
            derived=sought.derived,
            names=sought.names,
            listed=sought.items if len(sought.items) > 1 else UNSET,
        )
        told = tells_supplier(bench.law, matter.instrument, _conditions(matter), at=bench.clock.now())
        supplier = [known.supplier] if told and known.supplier else []
    return compose(
        bench,
        case=sought.case,
        body=body,
        instrument=NODE if sought.aside else matter.instrument,
        to=supplier,
        re=[known.hand_over or matter.opened_by],  # what was taken in here was handed over by nobody
        author=Author(officer.officer, sought.office),
    )


def _record(
    bench: Workbench, officer: OfficerRef, sought: Sought, *, known: Exhibit, matter: Matter, refusal: Refusal
) -> None:
    """Who tried, also in an office that they do not hold: then it stands under one that they do, or under none."""
    office = sought.office if sought.office in officer.offices else min(officer.offices, default="")
    payload = compose(
        bench,
        case=sought.case,
        body=OpeningRefused(sought.exhibit, sought.purpose, refusal.code),
        instrument=matter.instrument,
        re=[known.hand_over or matter.opened_by],
        author=Author(officer.officer, office) if office else None,
    )
    file_own(bench, payload)


def _conditions(matter: Matter) -> frozenset[str]:
    return frozenset(condition.code for condition in matter.conditions)
