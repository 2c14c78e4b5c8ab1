"""Export: a case leaves the node as a dossier that proves itself to whoever holds a trust anchor.

It contains what the case's acts are, what peers confirmed, where everything stands in the witnessed ledger, the directory
versions the acts were made under, the items that may be looked at, each with its proof, and redacted copies. The act that
vouches for it is in the ledger before the file is complete, so a dossier that exists was exported on record.
"""

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from comity.acts.bodies import DossierExported, KeyRotated
from comity.acts.matters import LeftOut
from comity.acts.payload import Author
from comity.cases.house import house_case
from comity.cases.state import CaseState
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE, case_clocks
from comity.casework.bench.reading import sealed_acts, view_of
from comity.casework.bench.rights import allowed
from comity.casework.bench.sequencer import RefusedError
from comity.casework.bench.views import CaseView
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.opening import judged_by
from comity.casework.dossier.export_items import left_out, shown_copies, shown_exhibits
from comity.casework.dossier.leaving import against_leaving
from comity.casework.dossier.rereadings import rereadings
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.export import Publishing
from comity.casework.ports.timestamp import StampedHead
from comity.evidence.browser.page import verifier_digest, verifier_page
from comity.evidence.dossier.format import (
    ActDirection,
    ActLine,
    DossierHeader,
    LedgerPlace,
)
from comity.evidence.dossier.provenance import provenance
from comity.evidence.dossier.story import ClockRow, tell
from comity.evidence.dossier.write import DossierContents, write_dossier
from comity.ledger.checkpoints import read_signed_checkpoint
from comity.ledger.entries import class_commitment
from comity.ledger.tiles import TiledTree
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, Digest, ExhibitId, OfficeId


class ExportCase(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: make the case's dossier. `purpose` says for whom, in words.

    `for_state` (ISO 3166-1 alpha-2) is the State whose courts it is for: then what its courts want is looked at, and whether
    material of others may go there. `despite_gaps` accepts what those courts would miss, never what the law forbids.
    """

    case: CaseId
    office: OfficeId
    purpose: str
    for_state: str = ""
    despite_gaps: bool = False


class Exported(Struct, frozen=True):
    """The dossier, ready to be sent: `digest` is of its payload manifest, as the act says; `size` in bytes.

    `content` has to be read to its end or closed: until then the scratch file is there. `left_out` is what nobody may use now.
    """

    act: ActId
    digest: Digest
    size: int
    content: Iterator[bytes]
    left_out: tuple[LeftOut, ...]


def export(bench: Workbench, publishing: Publishing, officer: OfficerRef, command: ExportCase) -> Exported | Refusal:
    """Makes the dossier.

    1. The officer may, and nothing stands against its going to the State it is for. 2. Every act of the case stands under a
    witnessed checkpoint. 3. Everything is gathered, but for what nobody may use now. 4. The act of export is filed over the
    payload's manifest while the dossier is written. Raises `RefusedError` where something was decided about an exhibit by then.
    """
    # 1.
    refusal = allowed(bench, officer, Action.EXPORT, Resource(command.office)) or against_leaving(
        bench, command.case, command.for_state, despite_gaps=command.despite_gaps
    )
    if refusal is not None:
        return refusal
    # 2.
    view = view_of(bench, command.case)
    acts = [step.act for step in view.state.steps]
    proven = _prove(bench, publishing, acts)
    if isinstance(proven, Refusal):
        return proven
    # 3.
    out = left_out(bench, view.state)
    contents = _contents(bench, publishing, command, view, proven=proven, out={each.exhibit for each in out})
    # 4.
    filed: list[ActId] = []
    found = {exhibit: judged_by(view.state, exhibit) for exhibit in contents.exhibits}

    def export_act(digest: Digest) -> bytes:
        payload = compose(
            bench,
            case=command.case,
            body=DossierExported(digest, command.purpose, out),
            instrument=NODE,
            author=Author(officer.officer, command.office),
        )
        act = file_own(bench, payload, done=lambda now: any(judged_by(now, each) != found[each] for each in found))
        if not act.indexes:
            what = "something was decided meanwhile about what the dossier shows"
            raise RefusedError(Refusal("changed-meanwhile", what, do="export again"))
        filed.append(the_act(act))
        return sealed_acts(bench, filed)[filed[0]]

    scratch = publishing.scratch()
    try:
        digest = write_dossier(scratch, contents, export_act)
    except BaseException:
        scratch.close()
        raise
    return Exported(filed[0], digest, scratch.size, scratch.pieces(), out)


class _Proven(Struct, frozen=True):
    """Where the acts stand, and the one witnessed checkpoint whose root their paths lead to."""

    places: tuple[LedgerPlace, ...]
    checkpoint: str
    stamps: tuple[bytes, ...] = ()


def _prove(bench: Workbench, publishing: Publishing, acts: list[ActId]) -> _Proven | Refusal:
    # Read once: the next interval brings another checkpoint, to which these paths would not lead.
    witnessed = bench.records.ledger.witnessed()
    found = bench.records.ledger.find(acts)
    stamped = _stamped(publishing, witnessed, max((index for index, _ in found.values()), default=-1) + 1)
    if stamped is not None:
        witnessed = stamped.size, stamped.note
    if witnessed is None or any(index >= witnessed[0] for index, _ in found.values()):
        return Refusal(
            "not-witnessed",
            "some acts of the case are not under a witnessed checkpoint yet",
            do="wait for the next checkpoint, at most one interval, and export again",
        )
    tree = TiledTree(bench.records.ledger.tiles(), witnessed[0])
    places = tuple(
        LedgerPlace(
            act=entry.act,
            index=index,
            salt=entry.salt.hex(),
            class_commitment=class_commitment(entry.class_salt, entry.act_class).hex(),
            path=tuple(node.hex() for node in tree.inclusion_path(index)),
        )
        for index, entry in sorted(found.values(), key=lambda each: each[0])
    )
    return _Proven(places, witnessed[1], tuple(stamped.responses.values()) if stamped else ())


def _stamped(publishing: Publishing, witnessed: tuple[int, str] | None, size: int) -> StampedHead | None:
    """The newest checkpoint of this very ledger that covers the acts and has a time stamp: better than one without."""
    if witnessed is None:
        return None
    origin = read_signed_checkpoint(witnessed[1]).checkpoint.origin
    same = (each for each in publishing.stamped(size) if each.size <= witnessed[0])
    return next((each for each in same if read_signed_checkpoint(each.note).checkpoint.origin == origin), None)


def _contents(
    bench: Workbench,
    publishing: Publishing,
    command: ExportCase,
    view: CaseView,
    *,
    proven: _Proven,
    out: Collection[ExhibitId],
) -> DossierContents:
    state = view.state
    acts = sealed_acts(bench, [step.act for step in state.steps])
    rotations = _rotations(bench)
    versions = {read_sealed(sealed).payload.directory for sealed in (*acts.values(), *rotations.values())}
    versions.add(bench.directory().version)
    exhibits = shown_exhibits(bench, state, out)
    copies = shown_copies(bench, state, exhibits)
    header = DossierHeader(
        v=1,
        case=command.case,
        authority=bench.me,
        exported_at=bench.clock.now(),
        acts=tuple(ActLine(step.act, ActDirection(step.direction), step.filed_at) for step in state.steps),
        exhibits=tuple(sorted(exhibits)),
        directories=tuple(sorted(versions)),
        rotations=tuple(rotations),
        verifier=verifier_digest(),
        derived=tuple(sorted(copies)),
    )
    story = tell(
        header,
        acts,
        bench.directory(),
        exhibits,
        root_digest=publishing.root_digest(),
        purpose=command.purpose,
        clocks=_clocks(bench, view),
        rereadings=rereadings(bench, command.case, state.steps[0].at),
    )
    return DossierContents(
        header=header,
        acts=acts,
        receipts=_receipts(bench, state),
        rotations=rotations,
        directories={number: publishing.directory_files(number) for number in header.directories},
        checkpoint=proven.checkpoint,
        stamps=proven.stamps,
        places=proven.places,
        exhibits=exhibits,
        pages=publishing.pages(story, bench.seal_key()),
        index=publishing.index(story),
        provenance=provenance(story, acts, exhibits),
        verifier=verifier_page(),
        derived=copies,
    )


def _receipts(bench: Workbench, state: CaseState) -> Mapping[tuple[ActId, AuthorityId], bytes]:
    found = {}
    for step in state.steps:
        for peer in step.to:
            receipt = bench.records.outbox.receipt(step.act, peer) if step.issuer == bench.me else None
            if receipt is not None:
                found[step.act, peer] = receipt
    return found


def _rotations(bench: Workbench) -> dict[ActId, bytes]:
    """Every key rotation known here: whose seals they explain is for the verifier to see."""
    found = {}
    for authority in bench.directory().authorities:
        for stored in bench.records.cases.acts(house_case(authority)):
            sealed = bench.cipher.open_act(stored)
            if isinstance(read_sealed(sealed).payload.body, KeyRotated):
                found[stored.id] = sealed
    return found


def _clocks(bench: Workbench, view: CaseView) -> list[ClockRow]:
    return [
        ClockRow(
            name=each.id,
            started=each.started_at,
            due=each.legal_due,
            state=each.state,
            citation=each.citation.in_words(),
            explanation=" ".join(each.trace),
        )
        for each in case_clocks(bench, view, bench.clock.now())
        if each.started_at is not None
    ]
