"""The routes of officers: every use case that a person at this node can call, and nothing that is not one."""

from collections.abc import Sequence

from django.http import HttpResponseBase, StreamingHttpResponse
from msgspec import Struct

from comity.casework.approve import Approved, ApproveDraft, approve
from comity.casework.casebook import ActText, CaseFile, CaseLine, list_cases, read_act, read_case, search
from comity.casework.consult import ItemLine, OpenItem, list_items, open_item
from comity.casework.dispose import CloseCase, DisposeCase, Disposed, close, dispose
from comity.casework.draft import Drafted, WriteAct, draft, file_unapproved
from comity.casework.hand_over import HandedOver, PassOn, Release, pass_on, release
from comity.casework.hold import TakeIn, Taken, take_for_production, take_into_hold
from comity.casework.review import ReviewOrder, request_review
from comity.casework.sequencer import Committed
from comity.casework.workbench import Workbench
from comity.entrypoints.api.answers import ErrorAnswer, said
from comity.entrypoints.api.routing import Call, Route
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.targets import TargetKind


class Filed(Struct, frozen=True):
    """An act that was sealed and filed at once."""

    act: ActId


class ApprovalOutcome(Struct, frozen=True):
    """What became of one approval: exactly one of the three is there."""

    approved: Approved | None = None
    refusal: Refusal | None = None
    error: ErrorAnswer | None = None


def act_routes(bench: Workbench) -> list[Route]:
    """Writing, approving and reading acts."""
    return [
        Route(
            "POST",
            "api/drafts",
            "Draft an act; refused with every gap at once",
            lambda call: draft(bench, call.officer, call.command),
            WriteAct,
            Drafted,
        ),
        Route(
            "POST",
            "api/approvals",
            "Approve drafts with passkey assertions over their exact bytes",
            lambda call: [_outcome(each) for each in approve(bench, call.officer, call.command)],
            tuple[ApproveDraft, ...],
            tuple[ApprovalOutcome, ...],
        ),
        Route(
            "POST",
            "api/acts",
            "File an act that needs no second officer",
            lambda call: _filed(file_unapproved(bench, call.officer, call.command)),
            WriteAct,
            Filed,
        ),
        Route(
            "GET",
            "api/acts/<str:act>",
            "Read one act in full",
            lambda call: read_act(bench, call.officer, call.path["act"]),
            gives=ActText,
        ),
    ]


def case_routes(bench: Workbench) -> list[Route]:
    """Reading cases, finding them, and ending them."""
    return [
        Route(
            "GET",
            "api/cases",
            "List the cases of this node",
            lambda call: list_cases(bench, call.officer),
            gives=tuple[CaseLine, ...],
        ),
        Route(
            "GET",
            "api/cases/<str:case>",
            "Read a case: state, timeline, clocks",
            lambda call: read_case(bench, call.officer, call.path["case"]),
            gives=CaseFile,
        ),
        Route(
            "GET",
            "api/search",
            "Find cases by an identifier: ?kind=email&value=...",
            lambda call: _search(bench, call),
            gives=tuple[str, ...],
        ),
        Route(
            "POST",
            "api/closings",
            "Close a case",
            lambda call: _act(close(bench, call.officer, call.command)),
            CloseCase,
            Filed,
        ),
        Route(
            "POST",
            "api/disposals",
            "Dispose of a closed case: keys destroyed, rows and objects gone",
            lambda call: dispose(bench, call.officer, call.command),
            DisposeCase,
            Disposed,
        ),
        Route(
            "POST",
            "api/reviews",
            "Ask an authority to open the classes of its witnessed ledger",
            lambda call: _act(request_review(bench, call.officer, call.command)),
            ReviewOrder,
            Filed,
        ),
    ]


def evidence_routes(bench: Workbench) -> list[Route]:
    """Taking in, handing over, looking."""
    return [
        Route(
            "POST",
            "api/holds",
            "Take data into a hold and confirm it",
            lambda call: take_into_hold(bench, call.officer, call.command),
            TakeIn,
            Taken,
        ),
        Route(
            "POST",
            "api/productions",
            "Take in what a production order asks for",
            lambda call: take_for_production(bench, call.officer, call.command),
            TakeIn,
            Taken,
        ),
        Route(
            "POST",
            "api/releases",
            "Hand over from a hold exactly what an order grants",
            lambda call: release(bench, call.officer, call.command),
            Release,
            HandedOver,
        ),
        Route(
            "POST",
            "api/passings",
            "Hand an exhibit on, unopened",
            lambda call: pass_on(bench, call.officer, call.command),
            PassOn,
            HandedOver,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/exhibits/<str:exhibit>",
            "List the items that may be opened",
            lambda call: list_items(bench, call.officer, call.path["case"], call.path["exhibit"]),
            gives=tuple[ItemLine, ...],
        ),
        Route(
            "POST",
            "api/openings",
            "Open an item for a stated purpose; the content is streamed",
            lambda call: _opened(bench, call),
            OpenItem,
        ),
    ]


def _outcome(outcome: Approved | Refusal | BrokenInputError) -> ApprovalOutcome:
    if isinstance(outcome, Approved):
        return ApprovalOutcome(approved=outcome)
    if isinstance(outcome, Refusal):
        return ApprovalOutcome(refusal=outcome)
    return ApprovalOutcome(error=said(outcome))


def _filed(outcome: Committed | Refusal) -> Filed | Refusal:
    return outcome if isinstance(outcome, Refusal) else Filed(next(iter(outcome.indexes)))


def _act(outcome: ActId | Refusal) -> Filed | Refusal:
    return outcome if isinstance(outcome, Refusal) else Filed(outcome)


def _search(bench: Workbench, call: Call) -> Sequence[str] | Refusal:
    try:
        return search(bench, call.officer, TargetKind(call.query.get("kind", "")), call.query.get("value", ""))
    except ValueError as error:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "that is no identifier", found=str(error), expected="?kind=email&value=name@domain"
        ) from None


def _opened(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = open_item(bench, call.officer, call.command)
    if isinstance(outcome, Refusal):
        return outcome
    return StreamingHttpResponse(
        outcome.content,
        content_type="application/octet-stream",
        headers={
            "Comity-Act": outcome.act,
            "Comity-Supplier-Told": str(outcome.supplier_told).lower(),
            "Content-Disposition": "attachment",
            "X-Content-Type-Options": "nosniff",
        },
    )
