"""Copy out: an item's content leaves the node on a medium, for somebody who answers for it from then on.

To copy out is to open, for a purpose and on record, and to say besides onto what, and for whom. The copy's hash is the item's: it is
checked while the content is given. What becomes of the copy no node can show; who has it the act does.
"""

from collections.abc import Iterator

from msgspec import Struct

from comity.acts.custody_bodies import ItemCopied, Words
from comity.acts.payload import Author
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.consult import OpenItem, open_item
from comity.casework.ports.access import Action, OfficerRef
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, CaseId, Digest, ExhibitId, OfficeId


class CopyItem(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: give a copy of one item out. `purpose` is a code of the instrument."""

    case: CaseId
    exhibit: ExhibitId
    item: Digest
    office: OfficeId
    medium: Words
    holder: Words
    purpose: str = ""
    reasons: str = ""


class CopiedItem(Struct, frozen=True):
    """The copy's content, once the acts of opening and of copying are in the ledger; the hash is the item's own."""

    act: ActId
    opening: ActId
    digest: Digest
    content: Iterator[bytes]
    supplier_told: bool


def copy_out(bench: Workbench, officer: OfficerRef, command: CopyItem) -> CopiedItem | Refusal:
    """1. The item is opened, by an officer who may give copies out as well. 2. The act. 3. Only then the content."""
    # 1.
    asked = OpenItem(command.case, command.exhibit, command.item, command.office, command.purpose, command.reasons)
    found = open_item(bench, officer, asked, then=Action.COPY_OUT)
    if isinstance(found, Refusal):
        return found
    # 2.
    original = found.line.descriptor
    digest = original.sha256.hex()
    body = ItemCopied(command.exhibit, command.item, digest, original.size, command.medium, command.holder)
    author = Author(officer.officer, command.office)
    payload = compose(bench, case=command.case, body=body, instrument=NODE, re=[found.act], author=author)
    act = the_act(file_own(bench, payload))
    # 3.
    return CopiedItem(act, found.act, digest, found.content, found.supplier_told)
