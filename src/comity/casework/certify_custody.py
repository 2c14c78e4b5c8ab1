"""Certify custody: everything that was done to one exhibit, from the acts of its case, as values and as pages.

The exhibit may be gone: its key destroyed, its objects deleted. What was done to it is still told, for as long as its case
was not disposed of.
"""

from msgspec import Struct

from comity.cases.state import CaseState
from comity.casework.access import OfficerRef
from comity.casework.exhibits import Role
from comity.casework.export_ports import Publishing
from comity.casework.journal_ports import Read
from comity.casework.reading import sealed_acts, view_of
from comity.casework.reading_rights import case_right, no_office, readable
from comity.casework.readings import keep_readings
from comity.casework.workbench import Workbench
from comity.evidence.custody_certificate import Certificate, certificate_of
from comity.evidence.dossier_format import ActDirection, ActOnFile
from comity.law.corpus import Law
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId


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
    case = _case_of(bench, officer, command.exhibit)
    state = view_of(bench, case).state
    office = case_right(bench, officer, state)
    if isinstance(office, Refusal):
        return office
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
    )


def certify_on_paper(
    bench: Workbench, publishing: Publishing, officer: OfficerRef, command: CertifyCustody
) -> bytes | Refusal:
    """The certificate as a PDF, one page for each exhibit."""
    found = certify(bench, officer, command)
    return found if isinstance(found, Refusal) else publishing.certificate(found)


def citations(law: Law, state: CaseState) -> dict[ActId, str]:
    """What each act of the case rests on, in words: the measure's article where the law at hand knows it."""
    return {step.act: _citation(law, step.instrument, step.measure) for step in state.steps}


def _citation(law: Law, instrument: str, measure: str) -> str:
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


def _case_of(bench: Workbench, officer: OfficerRef, exhibit: ExhibitId) -> CaseId:
    """The exhibit's case: by what is kept of it, else, when that is gone, by what the acts of readable cases say."""
    for role in Role:
        stored = bench.records.exhibits.get(exhibit, role)
        if stored is not None:
            return stored.case
    for row in bench.records.cases.cases():
        found = readable(bench, officer, row)
        if found is not None and (exhibit in found[0].exhibits or exhibit in found[0].holds):
            return row.case
    raise BrokenInputError(ErrorCode.NOT_FOUND, "no case here that you may read has such an exhibit", found=exhibit)
