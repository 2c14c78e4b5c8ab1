"""The routes of a filter team: what lies in quarantine, a look at it, and the decision on it."""

from django.http import HttpResponseBase
from msgspec import Struct

from comity.casework.bench.workbench import Workbench
from comity.casework.custody.quarantine import AsideLine, LookAside, QuarantineLine, list_quarantine, look_aside
from comity.casework.custody.quarantine_deciding import AsideDecided, DecideAside, decide_aside
from comity.entrypoints.api.answers import BYTES, file
from comity.entrypoints.api.routing import Call, Route
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, OfficeId


class AskedOffice(Struct, frozen=True, forbid_unknown_fields=True):
    """The office that the officer asks in."""

    office: OfficeId


class AsideShown(Struct, frozen=True):
    """The list of what lies aside, on record as `act`."""

    act: ActId
    lines: tuple[AsideLine, ...]


def quarantine_routes(bench: Workbench) -> list[Route]:
    """Listing counts, looking for a purpose, deciding with a coded reason."""
    return [
        Route(
            "GET",
            "api/quarantine",
            "As a filter team: count what lies in quarantine",
            lambda call: list_quarantine(bench, call.officer, call.query.office),
            gives=tuple[QuarantineLine, ...],
            asks=AskedOffice,
        ),
        Route(
            "POST",
            "api/quarantine-looks",
            "As a filter team: list what was put aside of an exhibit, for a stated purpose",
            lambda call: _looked(bench, call),
            LookAside,
            AsideShown,
        ),
        Route(
            "POST",
            "api/quarantine-openings",
            "As a filter team: open one item that was put aside; the content is streamed",
            lambda call: _opened(bench, call),
            LookAside,
            headers={"Comity-Act": "the act that says so"},
        ),
        Route(
            "POST",
            "api/quarantine-decisions",
            "As a filter team: release what a further grant covers, or destroy what lies aside",
            lambda call: decide_aside(bench, call.officer, call.command),
            DecideAside,
            AsideDecided,
        ),
    ]


def _looked(bench: Workbench, call: Call) -> AsideShown | Refusal:
    if call.command.item is not None:
        raise BrokenInputError(ErrorCode.MALFORMED, "an item is opened, not listed", do="POST api/quarantine-openings")
    looked = look_aside(bench, call.officer, call.command)
    return looked if isinstance(looked, Refusal) else AsideShown(looked.act, looked.lines)


def _opened(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    if call.command.item is None:
        raise BrokenInputError(ErrorCode.MALFORMED, "no item is named", expected="the item's id, by a look at the list")
    looked = look_aside(bench, call.officer, call.command)
    if isinstance(looked, Refusal):
        return looked
    return file(looked.content or (), BYTES, {"Comity-Act": looked.act})
