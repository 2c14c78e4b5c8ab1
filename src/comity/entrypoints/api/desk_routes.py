"""The routes of officers: every use case that a person at this node can call, and nothing that is not one."""

from django.http import HttpResponseBase
from msgspec import Struct

from comity.casework.bench.readings import ReadingPage, ReadingsAsked, list_readings
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.consult import (
    ItemPage,
    ItemPaging,
    OpenedItem,
    OpenedItems,
    OpenItem,
    OpenItems,
    list_items,
    open_item,
    open_items,
)
from comity.casework.custody.dispose import CloseCase, DisposeCase, Disposed, close, dispose
from comity.casework.custody.hand_over import HandedOver, PassOn, Release, pass_on, release
from comity.casework.custody.hold import Streamed, TakeIn, TakeInStream, Taken, take_for_production, take_into_hold
from comity.casework.custody.review_match import (
    MatchAsked,
    MatchPage,
    ReviewedMatch,
    ReviewMatch,
    list_match,
    review_match,
)
from comity.casework.desk.approvals import ApprovalPage, list_approvals
from comity.casework.desk.approve import Approved, ApproveDraft, approve
from comity.casework.desk.casebook import ActText, CaseFile, CasePage, list_cases, read_act, read_case
from comity.casework.desk.draft import Drafted, WriteAct, draft, file_unapproved
from comity.casework.desk.drafts import (
    DiscardDraft,
    Discarded,
    DraftPage,
    DraftText,
    discard_draft,
    list_drafts,
    read_draft,
)
from comity.casework.desk.review import ReviewOrder, request_review
from comity.casework.desk.search import FoundPage, Search, search
from comity.casework.ports.paging import Paging
from comity.entrypoints.api.answers import BYTES, ErrorAnswer, Filed, file, filed, said
from comity.entrypoints.api.item_archive import TAR, tar_of
from comity.entrypoints.api.routing import Call, Route
from comity.entrypoints.streams import STREAMS
from comity.vocabulary.errors import BrokenInputError, Refusal

_OPENED = {"Comity-Act": "the act of opening", "Comity-Supplier-Told": "true or false"}


class ApprovalOutcome(Struct, frozen=True):
    """What became of one approval: exactly one of the three is there."""

    approved: Approved | None = None
    refusal: Refusal | None = None
    error: ErrorAnswer | None = None


def act_routes(bench: Workbench) -> list[Route]:
    """Writing, approving and reading acts."""
    return [
        *draft_routes(bench),
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
            lambda call: filed(file_unapproved(bench, call.officer, call.command)),
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
        Route(
            "GET",
            "api/approvals",
            "List what your own credentials approved, newest first; what you did not approve tells of a stolen key",
            lambda call: list_approvals(bench, call.officer, call.query),
            gives=ApprovalPage,
            asks=Paging,
        ),
    ]


def draft_routes(bench: Workbench) -> list[Route]:
    """Drafts: listed, read as the bytes that will be approved, discarded."""
    return [
        Route(
            "GET",
            "api/drafts",
            "List the drafts that you wrote or may approve, oldest first",
            lambda call: list_drafts(bench, call.officer, call.query),
            gives=DraftPage,
            asks=Paging,
        ),
        Route(
            "GET",
            "api/drafts/<str:draft>",
            "Read a draft: its exact bytes, whose SHA-256 is its name, and what they say",
            lambda call: read_draft(bench, call.officer, call.path["draft"]),
            gives=DraftText,
        ),
        Route(
            "POST",
            "api/discards",
            "Discard a draft: nobody can approve it any more",
            lambda call: discard_draft(bench, call.officer, call.command),
            DiscardDraft,
            Discarded,
        ),
    ]


def case_routes(bench: Workbench) -> list[Route]:
    """Reading cases, finding them, and ending them."""
    return [
        Route(
            "GET",
            "api/cases",
            "List the cases of this node that you may read, newest change first",
            lambda call: list_cases(bench, call.officer, call.query),
            gives=CasePage,
            asks=Paging,
        ),
        Route(
            "GET",
            "api/cases/<str:case>",
            "Read a case: state, timeline, clocks",
            lambda call: read_case(bench, call.officer, call.path["case"]),
            gives=CaseFile,
        ),
        Route(
            "POST",
            "api/searches",
            "Find cases by an identifier; in the body, so that it stands in no address and no log",
            lambda call: search(bench, call.officer, call.command),
            Search,
            FoundPage,
        ),
        Route(
            "POST",
            "api/closings",
            "Close a case",
            lambda call: filed(close(bench, call.officer, call.command)),
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
            lambda call: filed(request_review(bench, call.officer, call.command)),
            ReviewOrder,
            Filed,
        ),
        Route(
            "GET",
            "api/readings",
            "List who read what of cases here, newest first; for those who inspect it",
            lambda call: list_readings(bench, call.officer, call.query),
            gives=ReadingPage,
            asks=ReadingsAsked,
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
        *_streams(bench),
        *match_routes(bench),
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
            lambda call: list_items(bench, call.officer, call.path["case"], call.path["exhibit"], call.query),
            gives=ItemPage,
            asks=ItemPaging,
        ),
        *_openings(bench),
    ]


def _streams(bench: Workbench) -> list[Route]:
    return [
        Route(
            "POST",
            f"{STREAMS}holds",
            "Take a stream into a hold and confirm it; one that broke off goes on when it comes again from its beginning",
            lambda call: take_into_hold(bench, call.officer, _streamed(call)),
            TakeInStream,
            Taken,
        ),
        Route(
            "POST",
            f"{STREAMS}productions",
            "Take in as a stream what a production order asks for",
            lambda call: take_for_production(bench, call.officer, _streamed(call)),
            TakeInStream,
            Taken,
        ),
    ]


def _streamed(call: Call) -> Streamed:
    asked: TakeInStream = call.command
    return Streamed(asked.order, asked.name, asked.office, asked.terms, stream=call.stream)


def _openings(bench: Workbench) -> list[Route]:
    return [
        Route(
            "POST",
            "api/openings",
            "Open an item for a stated purpose; the content is streamed",
            lambda call: _opened(bench, call),
            OpenItem,
            headers=_OPENED,
        ),
        Route(
            "POST",
            "api/joint-openings",
            "Open several items for one purpose, by one act; streamed as a tar, each under its id",
            lambda call: _opened_together(bench, call),
            OpenItems,
            headers=_OPENED,
        ),
    ]


def match_routes(bench: Workbench) -> list[Route]:
    """What a custodian does between an order and its hand-over."""
    return [
        Route(
            "GET",
            "api/matches/<str:order>",
            "List the items that an order matches, and which of them a review withholds; that you looked is on record",
            lambda call: list_match(bench, call.officer, call.path["order"], call.query),
            gives=MatchPage,
            asks=MatchAsked,
        ),
        Route(
            "POST",
            "api/match-reviews",
            "Withhold single items of what an order matches, for a reason, or let them go after all",
            lambda call: review_match(bench, call.officer, call.command),
            ReviewMatch,
            ReviewedMatch,
        ),
    ]


def _outcome(outcome: Approved | Refusal | BrokenInputError) -> ApprovalOutcome:
    if isinstance(outcome, Approved):
        return ApprovalOutcome(approved=outcome)
    if isinstance(outcome, Refusal):
        return ApprovalOutcome(refusal=outcome)
    return ApprovalOutcome(error=said(outcome))


def _opened(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = open_item(bench, call.officer, call.command)
    if isinstance(outcome, Refusal):
        return outcome
    return file(outcome.content, BYTES, _said_of(outcome))


def _opened_together(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = open_items(bench, call.officer, call.command)
    if isinstance(outcome, Refusal):
        return outcome
    return file(tar_of(outcome.contents), TAR, _said_of(outcome))


def _said_of(opened: OpenedItem | OpenedItems) -> dict[str, str]:
    return {"Comity-Act": opened.act, "Comity-Supplier-Told": str(opened.supplier_told).lower()}
