"""Routes about partners without a node: what was sent to them by hand, and what they answered on paper."""

from django.http import HttpResponseBase

from comity.casework.bench.workbench import Workbench
from comity.casework.desk.by_hand import (
    PaperOnRecord,
    RecordAnswer,
    RecordSending,
    record_answer,
    record_sending,
)
from comity.casework.desk.draft import Drafted
from comity.casework.desk.scans import ReadScan, read_scan
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
            "Draft the record of an answer that came on paper, with its scan; another officer approves it",
            lambda call: record_answer(bench, call.officer, call.command),
            RecordAnswer,
            Drafted,
        ),
        Route(
            "POST",
            "api/paper-scans",
            "The scan that an act or a draft names, as it was filed",
            lambda call: _scan(bench, call),
            ReadScan,
        ),
    ]


def _scan(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = read_scan(bench, call.officer, call.command)
    return outcome if isinstance(outcome, Refusal) else file(outcome, BYTES)
