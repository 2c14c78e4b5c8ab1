"""Import: what others packed (a BagIt bag, an age file) enters custody with the verdict on it.

The verdict is made on this node, on a private copy, before that copy is taken in; it stands in every item's description and is
committed to with the items. The tag files go along, so that anybody can judge the bag again.
"""

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.casework.bench.reading import payload_of
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.hold import TakeIn, Taken, place_to_take_in, take_for_production, take_into_hold
from comity.casework.ports.access import OfficerRef
from comity.evidence.checks.verdicts import Report, Verdict
from comity.evidence.items.exhibits import IntakeTerms
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, OfficeId

_UNSAFE_PATHS = 2
"""Number of the check that nobody can set aside."""

_SOURCE = 256


class ImportForeign(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: take in a bag or age file of this machine under an order. `despite` takes in what is not sound as well."""

    order: ActId
    source: str
    office: OfficeId
    terms: IntakeTerms = IntakeTerms()
    despite: bool = False


class Imported(Struct, frozen=True):
    """What was taken in, what it was (`bagit` or `age`), and the verdict on it."""

    taken: Taken
    kind: str
    report: Report


def import_foreign(bench: Workbench, officer: OfficerRef, command: ImportForeign) -> Imported | Refusal:
    """Judges it, then takes it in.

    1. The officer may, and it lies where data may be taken in from. 2. It is copied, and the copy judged: what changes at the place
    from then on changes nothing. Paths that lead out are refused always, what is invalid unless the officer takes it in despite
    that. 3. The same copy is taken in, with the verdict in each description.
    """
    # 1.
    terms = command.terms
    taking = TakeIn(command.order, command.source, command.office, terms)
    place = place_to_take_in(bench, officer, taking)
    if isinstance(place, Refusal):
        return place
    # 2.
    with bench.evidence.judged(place) as judged:
        refusal = _against(judged.report, command)
        if refusal is not None:
            return refusal
        # 3.
        source = f"{judged.kind}, {judged.report.verdict}; {terms.source}".removesuffix("; ")[:_SOURCE]
        taking = replace(taking, terms=replace(terms, source=source))
        ordered = payload_of(bench, command.order).act.type
        take = take_into_hold if ordered is ActType.PRESERVATION_ORDERED else take_for_production
        taken = take(bench, officer, taking, judged)
        return taken if isinstance(taken, Refusal) else Imported(taken, judged.kind, judged.report)


def _against(report: Report, command: ImportForeign) -> Refusal | None:
    unsafe = any(check.number == _UNSAFE_PATHS and check.outcome is Verdict.INVALID for check in report.checks)
    if not unsafe and (report.verdict is not Verdict.INVALID or command.despite):
        return None
    deciding = next(check for check in report.checks if check.outcome is Verdict.INVALID)
    return Refusal(
        "foreign-unsafe" if unsafe else "foreign-invalid",
        f"check {deciding.number} ({deciding.name}): {deciding.what}",
        do="have it packed again" if unsafe else "have it packed again, or take it in despite that",
    )
