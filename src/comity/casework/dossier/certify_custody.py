"""Certify custody: everything that was done to one exhibit, from the acts of its case, as values and as pages.

The exhibit may be gone: its key destroyed, its objects deleted. What was done to it is still told, for as long as its case
was not disposed of.
"""

from collections.abc import Iterable

from msgspec import Struct

from comity.cases.state import CaseState
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import sealed_acts
from comity.casework.bench.reading_rights import readable
from comity.casework.bench.readings import keep_readings
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import Role
from comity.casework.dossier.rereadings import rereadings
from comity.casework.ports.access import OfficerRef, no_office
from comity.casework.ports.case import StoredView
from comity.casework.ports.export import Publishing
from comity.casework.ports.journal import Read
from comity.evidence.dossier.custody_certificate import Certificate, certificate_of
from comity.evidence.dossier.format import ActDirection, ActOnFile
from comity.law.corpus import Law
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, ExhibitId, OfficeId


class CertifyCustody(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: the custody certificate of one exhibit."""

    exhibit: ExhibitId


def certify(bench: Workbench, officer: OfficerRef, command: CertifyCustody) -> Certificate | Refusal:
    """The certificate, as of now.

    1. The case that the exhibit is of, among those the officer may read: of others nothing is said, not even that they are.
    2. The reading is on record. 3. Every act of the case, with its legal basis. 4. What they tell of the exhibit.
    """
    refusal = no_office(officer)
    if refusal is not None:
        return refusal
    # 1.
    state, office = _case_of(bench, officer, command.exhibit)
    case = state.case
    # 2.
    keep_readings(bench, officer, Read.CASE, [(office, case)], command.exhibit)
    # 3. and 4.
    return certificate_of(
        _acts(bench, state),
        command.exhibit,
        case=case,
        authority=bench.me,
        authority_name=bench.directory().authority(bench.me).name,
        made_at=bench.clock.now(),
        citations=citations(bench.law, state),
        rereadings=rereadings(bench, case, state.steps[0].at),
    )


def certify_on_paper(
    bench: Workbench, publishing: Publishing, officer: OfficerRef, command: CertifyCustody
) -> bytes | Refusal:
    """The certificate as a PDF, one page for each exhibit."""
    found = certify(bench, officer, command)
    return found if isinstance(found, Refusal) else publishing.certificate(found, bench.seal_key())


def citations(law: Law, state: CaseState) -> dict[ActId, str]:
    """What each act of the case rests on, in words: the measure's article where the law at hand knows it."""
    return {step.act: _citation(law, step.instrument, step.measure) for step in state.steps}


def _citation(law: Law, instrument: str, measure: str) -> str:
    if instrument == NODE:
        return "The node's own rules"
    found = law.instruments.get(instrument)
    asked = found.measures.get(measure) if found else None
    if found is not None and asked is not None:
        return found.cite(asked.rule).in_words()
    if found is not None:
        return found.head.cited_as
    return f"{instrument} {measure}".strip()


def _acts(bench: Workbench, state: CaseState) -> list[ActOnFile]:
    opened = {act: read_sealed(sealed) for act, sealed in sealed_acts(bench, [s.act for s in state.steps]).items()}
    return [
        ActOnFile(
            step.act,
            opened[step.act].payload,
            ActDirection(step.direction),
            step.filed_at,
            opened[step.act].sealed_at,
        )
        for step in state.steps
    ]


def _case_of(bench: Workbench, officer: OfficerRef, exhibit: ExhibitId) -> tuple[CaseState, OfficeId]:
    """The exhibit's case, and the office that it is read through.

    By what is kept of the exhibit, else, when that is gone, by what the acts of readable cases say. One that is not here and
    one that is not for this officer come to the same answer.
    """
    for row in _rows_with(bench, exhibit):
        found = readable(bench, officer, row)
        if found is not None and (exhibit in found[0].state.exhibits or exhibit in found[0].state.holds):
            return found[0].state, found[1]
    raise BrokenInputError(ErrorCode.NOT_FOUND, "no case here that you may read has such an exhibit", found=exhibit)


def _rows_with(bench: Workbench, exhibit: ExhibitId) -> Iterable[StoredView]:
    kept = next((stored for role in Role if (stored := bench.records.exhibits.get(exhibit, role))), None)
    if kept is None:
        return bench.records.cases.cases()
    row = bench.records.cases.view(kept.case)
    return () if row is None else (row,)
