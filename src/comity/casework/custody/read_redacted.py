"""Read what was redacted: a copy, or who is who in it. That is opening what lies in the case, for a purpose, and an act.

A copy of what lay in quarantine lies there too, and goes to the filter team alone, until a further grant has let the item into
the case; from then on it is read through the exhibit that the item was released in.
"""

from msgspec import Struct

from comity.acts.redaction_bodies import ItemRedacted
from comity.casework.bench.reading import state_of
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.derived_copies import copy_of, released_with
from comity.casework.custody.opening import Sought, ask, put_on_record
from comity.casework.custody.redact import NamesTable, names_table
from comity.casework.custody.redactions import made
from comity.casework.ports.access import OfficerRef
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId, Digest, ExhibitId, OfficeId


class OpenDerived(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: show a derived item, or who is who in it.

    `purpose` is a code of the instrument; for a copy of what lies aside, a `FilterPurpose`.
    """

    case: CaseId
    derived: ExhibitId
    office: OfficeId
    purpose: str = ""
    reasons: str = ""


class OpenedDerived(Struct, frozen=True):
    """A derived item's content: the act of opening it, and whether the supplier of the original is told."""

    act: ActId
    digest: Digest
    media_type: str
    content: bytes
    supplier_told: bool


class OpenedNames(Struct, frozen=True):
    """Who is who, and the act of looking."""

    act: ActId
    names: NamesTable


def open_derived(bench: Workbench, officer: OfficerRef, command: OpenDerived) -> OpenedDerived | Refusal:
    """The derived item's content, after the act of opening is in the ledger; or the refusal, which is an act as well."""
    _, body = made(bench, state_of(bench, command.case), command.derived)
    admitted = ask(bench, officer, _sought(bench, command, body))
    if isinstance(admitted, Refusal):
        return admitted
    act = put_on_record(bench, admitted)
    content = copy_of(bench, body)
    return OpenedDerived(act, body.digest, body.media_type, content, admitted.supplier_told)


def open_names(bench: Workbench, officer: OfficerRef, command: OpenDerived) -> OpenedNames | Refusal:
    """Who is who, for a court that has lifted the redaction or the filter team, after the act; or the refusal, an act too.

    Whoever made the copy is neither, and nor is whoever investigates.
    """
    _, body = made(bench, state_of(bench, command.case), command.derived)
    admitted = ask(bench, officer, _sought(bench, command, body, names=True))
    if isinstance(admitted, Refusal):
        return admitted
    act = put_on_record(bench, admitted)
    return OpenedNames(act, names_table(bench, command.derived))


def _sought(bench: Workbench, command: OpenDerived, body: ItemRedacted, *, names: bool = False) -> Sought:
    released = released_with(bench, command.case, body) if body.aside else None
    return Sought(
        command.case,
        released or body.exhibit,
        (body.item,),
        command.office,
        command.purpose,
        command.reasons,
        derived=command.derived,
        names=names,
        aside=body.aside and released is None,
    )
