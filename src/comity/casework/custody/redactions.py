"""Redactions that stand in a case, as its acts say."""

from collections.abc import Collection

from comity.acts.classes import ActType
from comity.acts.redaction_bodies import ItemRedacted, RedactionLifted
from comity.cases.state import CaseState, Step
from comity.casework.bench.reading import payload_of
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import DenialCode, OfficerRef
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId, OfficeId


def redactions(bench: Workbench, state: CaseState) -> dict[ExhibitId, tuple[ActId, ItemRedacted]]:
    """Every derived item of the case by its id, with the act that made it."""
    found = [(step.act, payload_of(bench, step.act).body) for step in _steps(state, ActType.ITEM_REDACTED)]
    return {body.derived: (act, body) for act, body in found if isinstance(body, ItemRedacted)}


def made(bench: Workbench, state: CaseState, derived: ExhibitId) -> tuple[ActId, ItemRedacted]:
    """A derived item of the case, with the act that made it. Raises `BrokenInputError(NOT_FOUND)`."""
    found = redactions(bench, state).get(derived)
    if found is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "the case has no such derived item", found=derived)
    return found


def lifted(bench: Workbench, state: CaseState) -> frozenset[ExhibitId]:
    """The derived items whose redaction a court has lifted."""
    bodies = [payload_of(bench, step.act).body for step in _steps(state, ActType.REDACTION_LIFTED)]
    return frozenset(body.derived for body in bodies if isinstance(body, RedactionLifted))


def redaction_stands(bench: Workbench, state: CaseState, items: Collection[Digest]) -> Refusal | None:
    """Why items are not opened in the original: a provisional redaction of one that no court has lifted. None else.

    An item is known by its leaf alone, which no other has: it may have come in several exhibits. Of several, none is named.
    """
    wanted, made = frozenset(items), redactions(bench, state)
    hiding = [derived for derived, (_, body) in made.items() if body.provisional and body.item in wanted]
    no_more = lifted(bench, state) if hiding else frozenset[ExhibitId]()
    standing = [derived for derived in hiding if derived not in no_more]
    if not standing:
        return None
    if len(wanted) > 1:
        what = "a provisional redaction of one of these items stands"
        return Refusal("redacted", what, do="open items one by one: a refusal of one alone names its redacted copy")
    return Refusal(
        "redacted",
        "a provisional redaction of this item stands",
        do=f"read the redacted copy {standing[-1]}, or have a court lift the redaction",
    )


def own_redaction(bench: Workbench, officer: OfficerRef, act: ActId) -> Refusal | None:
    """None when another officer made that redaction: whoever did has no part in undoing it."""
    made_by = payload_of(bench, act).author
    if made_by is None or made_by.officer != officer.officer:
        return None
    what = "the officer who made a redaction neither lifts it nor opens who is who in it"
    return Refusal("own-redaction", what, do="have other officers do it")


def names_sealed(
    bench: Workbench, state: CaseState, officer: OfficerRef, office: OfficeId, derived: ExhibitId
) -> Refusal | None:
    """Why who is who in a copy stays closed to an officer who has the right to open such tables. None where it does not.

    1. They made the copy. 2. It is a judge's office, and no court has lifted the redaction; a filter team needs no court.
    """
    # 1.
    refusal = own_redaction(bench, officer, made(bench, state, derived)[0])
    if refusal is not None:
        return refusal
    # 2.
    if officer.offices.get(office) is OfficeKind.FILTER_TEAM or derived in lifted(bench, state):
        return None
    return Refusal(
        DenialCode.COURT_NEEDED,
        "no court has decided that it may be known who is who in this copy",
        do="have the redaction lifted: one officer drafts that, and a judge who did not make it approves",
    )


def _steps(state: CaseState, kind: ActType) -> list[Step]:
    return [step for step in state.steps if step.type is kind]
