"""Staying: what an office's own rules keep in a country goes to nobody outside, in no hand-over and in no dossier.

Whoever takes it is where the directory says; a dossier goes to the State that is named, and where none is named nothing that
must stay is in it. A store in a bucket lies where its region is: a node does not start with one that no rule names.
"""

from collections.abc import Sequence
from datetime import date

from comity.acts.matters import ScopePart
from comity.cases.state import CaseState, CustodyState
from comity.casework.bench.workbench import Workbench
from comity.law.corpus import Law
from comity.law.localisation import must_stay, stored_outside
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Gap, Refusal
from comity.vocabulary.identifiers import AuthorityId, InstrumentId


def against_handing(
    bench: Workbench, taker: AuthorityId, instrument: InstrumentId, parts: Sequence[ScopePart]
) -> Refusal | None:
    """None when material of these parts may go to that authority; a part that states no category may hold any."""
    directory = bench.directory()
    country = directory.authority(taker).country if directory.knows(taker) else ""
    stated = all(part.categories for part in parts)
    categories: set[DataCategory] | None = {each for part in parts for each in part.categories} if stated else None
    gaps = must_stay(bench.law, country, instrument, categories, bench.clock.now().date())
    return _stays(gaps, country)


def against_taking_along(bench: Workbench, state: CaseState, country: str) -> Refusal | None:
    """None when a dossier of the case may go to that State ("": none is named). What an exhibit holds is not known unopened."""
    on = bench.clock.now().date()
    instruments = {
        state.matters[each.matter].instrument
        for each in state.exhibits.values()
        if each.state is not CustodyState.DESTROYED
    }
    gaps = (gap for each in sorted(instruments) for gap in must_stay(bench.law, country, each, None, on))
    return _stays(tuple(dict.fromkeys(gaps)), country)


def require_store_inside(law: Law, region: str, on: date) -> None:
    """Raises `BrokenInputError(LAW_UNMET)` for a store in a region that a rule in force does not name as lying inside."""
    gaps = stored_outside(law, region, on)
    if gaps:
        raise BrokenInputError(
            ErrorCode.LAW_UNMET,
            "the evidence store lies where its content may not be",
            found=f"evidence_region {region}",
            expected="; ".join(f"{gap.message} ({gap.citation})" for gap in gaps),
            do="take a bucket in a region that the rule names, or name the region in the office's file",
        )


def _stays(gaps: tuple[Gap, ...], country: str) -> Refusal | None:
    if not gaps:
        return None
    what = f"what is asked for stays where it is and does not go to {country or 'a State that is not named'}"
    told = "; ".join(f"{gap.message} ({gap.citation})" for gap in gaps)
    return Refusal(
        "stays",
        f"{what}: {told}",
        gaps,
        do="name a State inside (--for-state), or have the rule's exception set in its file",
    )
