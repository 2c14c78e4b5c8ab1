"""Routes that ask the law: ways to go, everything about an act, a case's clocks, what a new version would change."""

from datetime import UTC, datetime

from msgspec import Struct

from comity.casework.bench.workbench import Workbench
from comity.casework.desk.advise import (
    ActOpinion,
    CompareLaw,
    case_docket,
    changes_by,
    explanation,
    opinion_on_act,
    opinion_on_draft,
    ways,
)
from comity.casework.desk.law_versions import IN_FORCE, KeptLaw, kept_law
from comity.casework.dossier.leaving import Leaving, leaving
from comity.entrypoints.api.routing import Route
from comity.law.changes import LawChanges
from comity.law.docket import Docket
from comity.law.explain import Explanation
from comity.law.opinions import Opinion
from comity.law.questions import Question
from comity.law.routes import Routes
from comity.law.rows import Country


class AsOf(Struct, frozen=True, forbid_unknown_fields=True):
    """As of when; now without one. An instant that names no zone is in UTC.

    `law` is the version to ask: `node` (in force here), `packaged`, or the beginning of the digest of one kept here.
    """

    at: datetime | None = None
    law: str = IN_FORCE


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """`instrument` is its id; `asked` a measure or an article, e.g. `29(7)`; `at` is as of when, now without one."""

    instrument: str
    asked: str = ""
    at: datetime | None = None


class ToState(Struct, frozen=True, forbid_unknown_fields=True):
    """The State a case would go to, ISO 3166-1 alpha-2."""

    state: Country


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
            "api/law-rules",
            "A measure or an article of an instrument, rule by rule, with source and citation; all of it without either",
            lambda call: explanation(bench, call.query.instrument, call.query.asked, _instant(call.query)),
            gives=Explanation,
            asks=Rules,
        ),
        Route(
            "POST",
            "api/law-changes",
            "What one version of the law changes against another, rule by rule and in open cases clock by clock",
            lambda call: changes_by(bench, call.officer, call.command),
            CompareLaw,
            LawChanges,
        ),
        Route(
            "GET",
            "api/law-versions",
            "The versions of the law that this node has had in force and keeps",
            lambda call: kept_law(bench, call.officer),
            gives=KeptLaw,
        ),
        *_about_cases(bench),
    ]


def _about_cases(bench: Workbench) -> list[Route]:
    """Asking it about what is drafted or filed here."""
    return [
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
            "Everything the law of its day says about a filed act, for both sides, and what today's tells otherwise",
            lambda call: opinion_on_act(bench, call.officer, call.path["act"]),
            gives=ActOpinion,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/clocks",
            "Every clock of a case with both zones and how it was counted; as of an instant, or by a version of the law kept here",
            lambda call: case_docket(bench, call.officer, call.path["case"], _instant(call.query), call.query.law),
            gives=Docket,
            asks=AsOf,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/leaving",
            "What stands against taking a case to a State and its courts",
            lambda call: leaving(bench, call.officer, call.path["case"], call.query.state),
            gives=Leaving,
            asks=ToState,
        ),
    ]


def _instant(asked: AsOf | Rules) -> datetime | None:
    at = asked.at
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)
