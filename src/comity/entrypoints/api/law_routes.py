"""Routes that ask the law: ways to go, everything about an act, a case's clocks, what a new version would change."""

import re
from datetime import UTC, datetime

from comity.casework.advise import CompareLaw, case_docket, changes_by, opinion_on_act, opinion_on_draft, ways
from comity.casework.leaving import Leaving, leaving
from comity.casework.workbench import Workbench
from comity.entrypoints.api.routing import Call, Route
from comity.law.changes import LawChanges
from comity.law.docket import Docket
from comity.law.opinions import Opinion
from comity.law.questions import Question
from comity.law.routes import Routes
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_STATE = re.compile(r"[A-Z]{2}")


def law_routes(bench: Workbench) -> list[Route]:
    """Asking the law of this node."""
    return [
        Route(
            "POST",
            "api/law-routes",
            "Which ways are open for a question, ranked, and why others are closed",
            lambda call: ways(bench, call.command),
            Question,
            Routes,
        ),
        Route(
            "GET",
            "api/drafts/<str:draft>/findings",
            "Everything the law says about a draft, for both sides",
            lambda call: opinion_on_draft(bench, call.officer, call.path["draft"]),
            gives=Opinion,
        ),
        Route(
            "GET",
            "api/acts/<str:act>/findings",
            "Everything the law says about a filed act, for both sides",
            lambda call: opinion_on_act(bench, call.officer, call.path["act"]),
            gives=Opinion,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/clocks",
            "Every clock of a case with both zones and how it was counted; ?at= an instant",
            lambda call: case_docket(bench, call.officer, call.path["case"], _instant(call)),
            gives=Docket,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/leaving",
            "What stands against taking a case to a State and its courts: ?state=FR",
            lambda call: leaving(bench, call.officer, call.path["case"], _state(call)),
            gives=Leaving,
        ),
        Route(
            "POST",
            "api/law-changes",
            "What another version of the law would change, rule by rule and in open cases clock by clock",
            lambda call: changes_by(bench, call.officer, call.command),
            CompareLaw,
            LawChanges,
        ),
    ]


def _state(call: Call) -> str:
    said = call.query.get("state", "").upper()
    if _STATE.fullmatch(said) is None:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "that is no State", found=said[:40], expected="?state= and two letters of ISO 3166"
        )
    return said


def _instant(call: Call) -> datetime | None:
    said = call.query.get("at")
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "that is no instant", found=said[:40], expected="?at=2026-11-21T09:00:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
