"""Leaving: whether a case's material may go on to another State, and what that State's courts would miss in its dossier.

Passing on is for the law to allow: material of another State goes on to a third one only with the consent that its
instrument asks for. What courts want is for the officer to weigh: a gap is told before the dossier is made, and may be
accepted on purpose.
"""

from collections.abc import Iterator

from msgspec import Struct

from comity.cases.state import CaseState, Exhibit
from comity.casework.bench.reading import sealed_acts, state_of
from comity.casework.bench.readings import read_on_record
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.staying import against_taking_along
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.journal import Read
from comity.law.answers import Finding
from comity.law.courts import CourtOpinion, DossierTrait, WantStanding, court_opinion
from comity.law.purposes import may_pass_on
from comity.law.terms import Severity
from comity.trust.grades import Grade, grade_seal
from comity.trust.seals import read_sealed, verify_seals
from comity.vocabulary.errors import Gap, Refusal
from comity.vocabulary.identifiers import ActId, CaseId

ALWAYS = frozenset(DossierTrait) - {DossierTrait.QUALIFIED_SEALS}
"""What every dossier carries that this node makes: it makes none before its acts are under a witnessed checkpoint."""

LANGUAGES = ("en",)
"""The language of the pages that a dossier has for people; acts keep the words they were written in."""


class Leaving(Struct, frozen=True):
    """What is said before a dossier goes to a State: what stands against passing on, and what its courts would miss."""

    state: str
    passing_on: tuple[Gap, ...]
    may_leave: bool
    court: CourtOpinion


def leaving(bench: Workbench, officer: OfficerRef, case: CaseId, state: str) -> Leaving | Refusal:
    """What stands against taking the case to that State (ISO 3166-1 alpha-2). Raises `BrokenInputError(NOT_FOUND)`."""
    found = state_of(bench, case)
    return read_on_record(bench, officer, found, Read.CASE) or _judged(bench, found, state)


def against_leaving(bench: Workbench, case: CaseId, state: str, *, despite_gaps: bool) -> Refusal | None:
    """None when a dossier for that State may be made; without a State, nothing is asked but what must stay in a country."""
    of_case = state_of(bench, case)
    staying = against_taking_along(bench, of_case, state)
    if staying is not None or not state:
        return staying
    found = _judged(bench, of_case, state)
    if not found.may_leave:
        what = f"material of this case may not go on to {state}"
        return Refusal(
            "passing-on", what, found.passing_on, do="have the supplying party's consent filed as a condition"
        )
    lacking = tuple(
        Gap(want.id, want.kind.value, f"{want.text}: lacks {', '.join(want.lacks)}", want.citation, want.verified)
        for want in found.court.wants
        if want.standing is WantStanding.LACKING
    )
    if lacking and not despite_gaps:
        what = f"the courts of {state} want more than the dossier would carry"
        return Refusal("not-admissible", what, lacking, do="have it made good, or accept the gaps on purpose")
    return None


def _judged(bench: Workbench, state: CaseState, country: str) -> Leaving:
    found = tuple(_passing_on(bench, state, country))
    wanted = bench.law.courts.get(country)
    asks_grade = wanted is not None and any(DossierTrait.QUALIFIED_SEALS in want.met_by for want in wanted.want)
    traits = frozenset(DossierTrait) if asks_grade and _all_qualified(bench, state) else ALWAYS
    return Leaving(
        state=country,
        passing_on=tuple(dict.fromkeys(each.gap() for each in found)),
        may_leave=not any(each.severity is Severity.BLOCKS for each in found),
        court=court_opinion(bench.law.courts, country, traits, LANGUAGES, on=bench.clock.now().date()),
    )


def _passing_on(bench: Workbench, state: CaseState, country: str) -> Iterator[Finding]:
    """What stands against it, exhibit by exhibit: those that came from neither this State nor the one they go to."""
    directory = bench.directory()
    home = directory.authority(bench.me).country
    for exhibit in state.exhibits.values():
        supplier = _supplier_country(bench, exhibit)
        matter = state.matters.get(exhibit.matter)
        if matter is None or country == home or supplier in ("", home, country):
            continue
        conditions = {condition.code for condition in matter.conditions}
        finding = may_pass_on(bench.law, matter.instrument, matter.measure, conditions, at=bench.clock.now())
        if finding is not None:
            yield finding


def _supplier_country(bench: Workbench, exhibit: Exhibit) -> str:
    """The State of whoever supplied the exhibit; empty where the directory does not know them."""
    directory = bench.directory()
    return directory.authority(exhibit.supplier).country if directory.knows(exhibit.supplier) else ""


def _all_qualified(bench: Workbench, state: CaseState) -> bool:
    """Whether every act of the case carries qualified seals only."""
    directory = bench.directory()
    filed: dict[ActId, bytes] = sealed_acts(bench, [step.act for step in state.steps])
    for step in state.steps:
        seals = verify_seals(read_sealed(filed[step.act]), directory, at=step.filed_at)
        if any(grade_seal(seal, directory).grade is not Grade.QUALIFIED for seal in seals):
            return False
    return True
