"""Clear: what was put aside of an exhibit is destroyed, with a certificate; and what a cut-short release left goes with it.

What lies in quarantine is what the case says lies there: the row kept under the act that the state names. Any other row of
the same origin was left by a release that was cut short, or superseded by one that was not.
"""

from collections.abc import Iterator

from comity.acts.quarantine_bodies import QuarantineDecided, QuarantineResolved
from comity.cases.state import Aside, CaseState, Exhibit
from comity.casework.bench.issuing import compose, file_own
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import state_of
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.derived_copies import destroy_copies
from comity.casework.custody.exhibits import KeptExhibit, Role, destroy, opened
from comity.casework.ports.case import StoredExhibitKey
from comity.vocabulary.categories import FilterDecision, FilterReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId, ExhibitId


def aside_of(state: CaseState, exhibit: ExhibitId) -> tuple[Exhibit, Aside] | None:
    """The exhibit and what of it lies in quarantine here; None when nothing does."""
    known = state.exhibits.get(exhibit)
    return None if known is None or known.aside is None else (known, known.aside)


def kept_aside(bench: Workbench, case: CaseId, exhibit: Exhibit, aside: Aside) -> KeptExhibit:
    """What opens the quarantine of the exhibit. Raises `BrokenInputError(NOT_FOUND)` when it is gone."""
    for stored, kept in _of_origin(bench, case, exhibit):
        if stored.role == Role.QUARANTINE and kept.under == aside.under:
            return kept
    raise BrokenInputError(ErrorCode.NOT_FOUND, "what was put aside is not kept any more", found=exhibit.exhibit)


def settle(bench: Workbench, case: CaseId, exhibit: ExhibitId) -> int:
    """Nothing of the exhibit's quarantine is kept but what its state says; how many objects went. Can be done again.

    To be called when what is to stay is in an act: what a release has kept and not yet filed would go too.
    """
    state = state_of(bench, case)
    known = state.exhibits[exhibit]
    under = known.aside.under if known.aside and known.aside.destroying is None else None
    stale = [
        stored.exhibit
        for stored, kept in _of_origin(bench, case, known)
        if (stored.role == Role.QUARANTINE and kept.under != under)
        or (stored.role == Role.RECEIVED and stored.exhibit not in state.exhibits)
    ]
    return sum(destroy(bench, each) for each in stale) + destroy_copies(bench, case)


def clear_quarantine(bench: Workbench, case: CaseId, exhibit: ExhibitId, reason: FilterReason) -> None:
    """Destroys what was put aside of the exhibit, and certifies it to whoever supplied it. Cut short, it is done again.

    1. The decision is in the ledger, which no legal hold stands against: from then on nothing is released, and no hold stops it.
    2. Keys, then objects are gone. 3. The certificate. Raises `RefusedError` under a legal hold.
    """
    # 1.
    state = state_of(bench, case)
    found = aside_of(state, exhibit)
    if found is None:
        return
    known, aside = found
    if aside.destroying is None:
        decided = QuarantineDecided(exhibit, FilterDecision.DESTROY, reason, aside.items)
        payload = compose(bench, case=case, body=decided, instrument=NODE, re=[known.hand_over])
        file_own(bench, payload, done=lambda now: not _stands(now, exhibit, aside))
    # 2.
    objects = settle(bench, case, exhibit)
    # 3.
    left = aside_of(state_of(bench, case), exhibit)
    if left is None or left[1].destroying is None:
        return
    certificate = QuarantineResolved(exhibit, FilterDecision.DESTROY, left[1].destroying, left[1].items, objects)
    payload = compose(bench, case=case, body=certificate, instrument=NODE, to=[known.supplier], re=[known.hand_over])
    file_own(bench, payload, done=lambda state: aside_of(state, exhibit) is None)


def _stands(state: CaseState, exhibit: ExhibitId, aside: Aside) -> bool:
    """Whether nothing was decided about the quarantine since it was looked at."""
    now = aside_of(state, exhibit)
    return now is not None and now[1].under == aside.under and now[1].destroying is None


def _of_origin(bench: Workbench, case: CaseId, exhibit: Exhibit) -> Iterator[tuple[StoredExhibitKey, KeptExhibit]]:
    """Everything kept that was put aside of the exhibit, or released from there."""
    for stored in bench.records.exhibits.of_case(case):
        if stored.role in (Role.QUARANTINE, Role.RECEIVED):
            kept = opened(bench, stored.exhibit, Role(stored.role), KeptExhibit)
            if kept.origin == exhibit.exhibit:
                yield stored, kept
