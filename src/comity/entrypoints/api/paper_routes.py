"""Routes about partners without a node: what was sent to them by hand, and what they answered on paper."""

from django.http import HttpResponseBase

from comity.casework.by_hand import (
    PaperOnRecord,
    ReadScan,
    RecordAnswer,
    RecordSending,
    read_scan,
    record_answer,
    record_sending,
)
from comity.casework.workbench import Workbench
from comity.entrypoints.api.answers import BYTES, file
from comity.entrypoints.api.routing import Call, Route
from comity.vocabulary.errors import Refusal


def paper_routes(bench: Workbench) -> list[Route]:
    """For the offices that the access policies let."""
    return [
        Route(
            "POST",
            "api/sendings",
            "Record that an act was sent to an addressee by hand: how, when, and which file",
            lambda call: record_sending(bench, call.officer, call.command),
            RecordSending,
            PaperOnRecord,
        ),
        Route(
            "POST",
            "api/paper-answers",
            "Record an answer that came on paper, with its scan",
            lambda call: record_answer(bench, call.officer, call.command),
            RecordAnswer,
            PaperOnRecord,
        ),
        Route(
            "POST",
            "api/paper-scans",
            "The scan of a recorded answer, as it was filed",
            lambda call: _scan(bench, call),
            ReadScan,
        ),
    ]


def _scan(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = read_scan(bench, call.officer, call.command)
    return outcome if isinstance(outcome, Refusal) else file(outcome, BYTES)
