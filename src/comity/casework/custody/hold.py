"""Hold: the custodian takes the data in, commits to every item as it goes, and confirms with one binding root.

A kill in the middle leaves sealed segments in the ledger and their objects in the store. The order still stands: taking in
again goes on behind the last sealed segment; what was written beyond it is swept away. A stream is compared with what is sealed
of it while it comes again.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from comity.acts.bodies import ExhibitTakenIn, HoldConfirmed, PreservationOrdered, SegmentSealed
from comity.acts.classes import ActType
from comity.acts.payload import Author, Payload
from comity.cases.evolve import admit
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.bench.rights import allowed
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import KeptIntake, destroy, keep_intake, unfinished_intake
from comity.casework.custody.intake_pace import Pacing
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.casework.ports.evidence import ByteStream, JudgedCopy
from comity.evidence.items.exhibit_seal import SegmentSeal
from comity.evidence.items.exhibits import Extent, Intake, IntakeTerms
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, CaseId, ExhibitId, OfficeId

_NO_SEAL = SegmentSealed("0" * 32, 0, "0" * 64, 0, 0, "0" * 64, 0)
"""A segment that never was: for asking whether one may be sealed."""

MAX_STREAM_NAME = 4096
"""Characters of what a stream is called."""


class TakeIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: take a folder or file of this machine into a hold, or into an exhibit to be produced."""

    order: ActId
    source: str
    office: OfficeId
    terms: IntakeTerms = IntakeTerms()


class TakeInStream(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: take in the bytes that come with it, as one source of that name."""

    order: ActId
    name: Annotated[str, Meta(min_length=1, max_length=MAX_STREAM_NAME)]
    office: OfficeId
    terms: IntakeTerms = IntakeTerms()


class Streamed(TakeInStream, frozen=True, kw_only=True):
    """The command with its bytes."""

    stream: ByteStream


class Taken(Struct, frozen=True):
    """The exhibit is stored and sealed; `act` says so."""

    act: ActId
    exhibit: ExhibitId
    intake: Intake


def take_into_hold(
    bench: Workbench,
    officer: OfficerRef,
    command: TakeIn | Streamed,
    judged: JudgedCopy | None = None,
) -> Taken | Refusal:
    """Executes a preservation order and confirms it to whoever ordered it. What was `judged` is taken in as it was then."""
    source = _source(bench, officer, command, judged)
    if isinstance(source, Refusal):
        return source
    order = payload_of(bench, command.order)
    if not isinstance(order.body, PreservationOrdered):
        return Refusal("no-order", "that act orders no preservation", do="name the order to be executed")
    days = order.body.days

    def confirmed(exhibit: ExhibitId, intake: Intake) -> Payload:
        effected = bench.clock.now()
        body = HoldConfirmed(
            exhibit=exhibit,
            root=intake.root,
            segments=intake.segments,
            items=intake.items,
            size=intake.size,
            effected_at=effected,
            until=effected + timedelta(days=days),
            left_out=intake.left_out,
            zone=intake.zone,
        )
        return compose(
            bench,
            case=order.case,
            body=body,
            instrument=order.act.instrument,
            to=[order.issuer],
            re=[command.order],
            urgency=order.act.urgency,
            author=Author(officer.officer, command.office),
        )

    return _taken(bench, command, order, source, confirmed)


def take_for_production(
    bench: Workbench,
    officer: OfficerRef,
    command: TakeIn | Streamed,
    judged: JudgedCopy | None = None,
) -> Taken | Refusal:
    """Takes in what a production order asks for; the exhibit's custody begins with this act of the custodian's own."""
    source = _source(bench, officer, command, judged)
    if isinstance(source, Refusal):
        return source
    order = payload_of(bench, command.order)
    if order.act.type is not ActType.PRODUCTION_ORDERED:
        return Refusal("no-order", "that act orders no production", do="name the order to be executed")

    def confirmed(exhibit: ExhibitId, intake: Intake) -> Payload:
        return compose(
            bench,
            case=order.case,
            body=ExhibitTakenIn(
                exhibit, intake.root, intake.segments, intake.items, intake.size, intake.left_out, intake.zone
            ),
            instrument=order.act.instrument,
            re=[command.order],
            author=Author(officer.officer, command.office),
        )

    return _taken(bench, command, order, source, confirmed)


def _source(
    bench: Workbench, officer: OfficerRef, command: TakeIn | Streamed, judged: JudgedCopy | None
) -> Path | JudgedCopy | Streamed | Refusal:
    """What an officer who may takes in."""
    if isinstance(command, Streamed):
        return allowed(bench, officer, Action.HOLD, Resource(command.office)) or command
    place = place_to_take_in(bench, officer, command)
    return place if isinstance(place, Refusal) else judged or place


def place_to_take_in(bench: Workbench, officer: OfficerRef, command: TakeIn) -> Path | Refusal:
    """Where the source lies, all links followed: in a folder that data may be taken in from, by an officer who may.

    What is taken in is opened through no link any more, so that the place cannot become another one meanwhile. Whether something is
    there is said only of places inside those folders: an officer learns nothing of others.
    """
    refusal = allowed(bench, officer, Action.HOLD, Resource(command.office))
    if refusal is not None:
        return refusal
    place = Path(command.source).resolve()
    if not any(place.is_relative_to(folder.resolve()) for folder in bench.intake_folders):
        return Refusal(
            "not-an-intake-folder",
            "data are taken in only from the folders that the node's settings name",
            do="put the data there, or have the administrator add their folder to intake_folders",
        )
    if not place.exists():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "there is nothing at that place on this machine", expected="a folder or a file"
        )
    if not (place.is_file() or place.is_dir()):
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED, "what is at that place is neither a folder nor a file", expected="a folder or a file"
        )
    return place


def _taken(
    bench: Workbench,
    command: TakeIn | Streamed,
    order: Payload,
    source: Path | JudgedCopy | Streamed,
    confirmed: Callable[[ExhibitId, Intake], Payload],
) -> Taken | Refusal:
    """Takes the source in and files the act that confirms it, alone under the order from the first look to that act."""
    with bench.intakes.claim(command.order) as alone:
        if not alone:
            return Refusal(
                "intake-under-way",
                "data are being taken in under this order already",
                do="wait until that is done: if it breaks off, taking in again goes on behind what it sealed",
            )
        # Before anything is stored: what was confirmed or withdrawn takes no further segment.
        refusal = admit(state_of(bench, order.case), _sealing(bench, command, order, _NO_SEAL))
        if refusal is not None:
            return refusal
        exhibit, intake = take_in(bench, command, order, source)
        return Taken(the_act(file_own(bench, confirmed(exhibit, intake))), exhibit, intake)


def _sealing(bench: Workbench, command: TakeIn | Streamed, order: Payload, sealed: SegmentSealed) -> Payload:
    """The act that a segment was sealed under the order."""
    return compose(bench, case=order.case, body=sealed, instrument=order.act.instrument, re=[command.order])


def take_in(
    bench: Workbench, command: TakeIn | Streamed, order: Payload, source: Path | JudgedCopy | Streamed
) -> tuple[ExhibitId, Intake]:
    """Takes the source in, or goes on where it broke off: also when all was taken in and only the confirmation is missing.

    1. The identity is kept before anything is stored under it. 2. Each segment that ends is kept, then is an act. 3. One
    that was kept when the node was killed becomes an act first of all. 4. Of a source in which there was nothing, nothing is kept.
    """
    broken_off = unfinished_intake(bench, order.case, command.order)
    if broken_off is None:
        # 1.
        broken_off = (bench.random.take(16).hex(), KeptIntake(bench.evidence.new_identity(), command.order))
        keep_intake(bench, order.case, *broken_off, None)
    exhibit, begun = broken_off
    kept = begun

    def file_segment(sealed: SegmentSeal) -> None:
        body = SegmentSealed(
            exhibit, sealed.number, sealed.root, sealed.items, sealed.size, sealed.objects_root, len(sealed.objects)
        )
        file_own(bench, _sealing(bench, command, order, body))

    def on_segment(sealed: SegmentSeal) -> None:
        nonlocal kept
        # 2.
        before, kept = kept, KeptIntake(begun.identity, command.order, (*kept.seals, sealed))
        keep_intake(bench, order.case, exhibit, kept, before)
        file_segment(sealed)

    # 3.
    filed = _segments_filed(bench, order.case, exhibit) if begun.seals else frozenset()
    for sealed in begun.seals:
        if sealed.number not in filed:
            file_segment(sealed)
    taking, extent = _way_in(bench, source)
    pacing = Pacing(bench, command.order, extent)
    try:
        intake = taking(begun.identity, on_segment, terms=command.terms, resume=begun.seals, on_progress=pacing)
    except BrokenInputError as error:
        # 4.
        if error.code is ErrorCode.NOT_FOUND and not kept.seals:
            destroy(bench, exhibit)
        raise
    pacing.end()
    keep_intake(bench, order.case, exhibit, replace(kept, complete=True), kept)
    return exhibit, intake


def _way_in(bench: Workbench, source: Path | JudgedCopy | Streamed) -> tuple[Callable[..., Intake], Extent | None]:
    """How the source is taken in, and how much it is where that can be said."""
    if isinstance(source, Path):
        return partial(bench.evidence.take_in, source), bench.evidence.extent(source)
    if isinstance(source, Streamed):
        length = source.stream.length
        extent = None if length is None else Extent(1, length)
        return partial(bench.evidence.take_in_stream, source.name, source.stream), extent
    return source.take_in, source.extent


def _segments_filed(bench: Workbench, case: CaseId, exhibit: ExhibitId) -> frozenset[int]:
    """Numbers of the exhibit's segments that are acts."""
    steps = [step.act for step in state_of(bench, case).steps if step.type is ActType.SEGMENT_SEALED]
    bodies = [payload_of(bench, act).body for act in steps]
    return frozenset(body.number for body in bodies if isinstance(body, SegmentSealed) and body.exhibit == exhibit)
