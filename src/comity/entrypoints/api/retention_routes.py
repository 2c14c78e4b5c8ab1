"""Routes about keeping: how long a case is kept, and what became of the copies that others have."""

from comity.casework.bench.retention_standing import Keeping
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.copies import AskCopies, Asked, ReportCopies, ask_copies, list_copies, report_copies
from comity.casework.custody.retention import (
    ExtendRetention,
    ReviewRetention,
    SetRetention,
    extend_retention,
    read_retention,
    review_retention,
    set_retention,
)
from comity.entrypoints.api.answers import Filed, filed
from comity.entrypoints.api.routing import Route


def retention_routes(bench: Workbench) -> list[Route]:
    """For the offices that the access policies let."""
    return [
        Route(
            "POST",
            "api/retentions",
            "Set how long a case is kept, by a rule of the office's own",
            lambda call: filed(set_retention(bench, call.officer, call.command)),
            SetRetention,
            Filed,
        ),
        Route(
            "POST",
            "api/retentions-extended",
            "Keep a case beyond its latest date, on a coded ground",
            lambda call: filed(extend_retention(bench, call.officer, call.command)),
            ExtendRetention,
            Filed,
        ),
        Route(
            "POST",
            "api/retentions-reviewed",
            "Record that a case was looked at and is still needed",
            lambda call: filed(review_retention(bench, call.officer, call.command)),
            ReviewRetention,
            Filed,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/retention",
            "Every rule on how long a case is kept, with dates and citations",
            lambda call: read_retention(bench, call.officer, call.path["case"]),
            gives=Keeping,
        ),
        Route(
            "POST",
            "api/copies-asked",
            "Ask everybody who holds copies of what came under a withdrawn order what became of them",
            lambda call: ask_copies(bench, call.officer, call.command),
            AskCopies,
            tuple[Asked, ...],
        ),
        Route(
            "POST",
            "api/copies-reported",
            "Answer what became of the copies that this node holds",
            lambda call: filed(report_copies(bench, call.officer, call.command)),
            ReportCopies,
            Filed,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/copies",
            "Who was asked for copies of a case, and what was answered",
            lambda call: list_copies(bench, call.officer, call.path["case"]),
            gives=tuple[Asked, ...],
        ),
    ]
