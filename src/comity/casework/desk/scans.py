"""Scans of what came on paper: kept under the case's key, from the draft that names them until the case ends."""

import hashlib

from msgspec import Struct

from comity.acts.bodies import AnyBody, scan_of
from comity.casework.bench.readings import act_on_record
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import KeptExhibit, Role, keep_packed, opened
from comity.casework.desk.drafts import read_draft
from comity.casework.ports.access import OfficerRef
from comity.evidence.items.exhibits import PackedExhibit
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId


class ReadScan(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: give the scan that this act names, or this draft of one: whoever approves holds the two together."""

    act: ActId


def keep_scan(bench: Workbench, case: CaseId, scan: ExhibitId, content: bytes) -> None:
    """Under an identity of its own, which is kept under the case's key: it ends with the case."""
    identity = bench.evidence.new_identity()
    with bench.store.writing():
        stored = bench.evidence.put_alone(content, identity)
        packed = PackedExhibit(scan, stored, (), 1, len(content))
        keep_packed(bench, case, Role.PAPER, KeptExhibit(identity, packed, scan, hashlib.sha256(content).hexdigest()))


def read_scan(bench: Workbench, officer: OfficerRef, command: ReadScan) -> bytes | Refusal:
    """The scan, its hash checked; on record. Raises `BrokenInputError(NOT_FOUND)` for an act or draft that names none."""
    body = _body(bench, officer, command.act)
    if isinstance(body, Refusal):
        return body
    scan = scan_of(body)
    if scan is None:
        raise BrokenInputError(ErrorCode.NOT_FOUND, "that act is about no paper", found=command.act)
    kept = opened(bench, scan, Role.PAPER, KeptExhibit)
    content = bench.evidence.read_alone(kept.packed.manifest, kept.identity)
    if hashlib.sha256(content).hexdigest() != kept.hold_root:
        raise BrokenInputError(ErrorCode.STORE_DAMAGED, "the scan is not the file that was recorded", found=scan)
    return content


def _body(bench: Workbench, officer: OfficerRef, act: ActId) -> AnyBody | Refusal:
    if bench.records.ledger.find([act]) or bench.records.drafts.get(act) is None:
        read = act_on_record(bench, officer, act)
        return read if isinstance(read, Refusal) else read.opened.payload.body
    draft = read_draft(bench, officer, act)
    return draft if isinstance(draft, Refusal) else draft.payload.body
