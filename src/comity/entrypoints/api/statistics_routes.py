"""The route of the figures of a year."""

from comity.casework.bench.workbench import Workbench
from comity.casework.desk.statistics import OfYear, Statistics, statistics
from comity.entrypoints.api.routing import Route


def statistics_routes(bench: Workbench) -> list[Route]:
    """For the offices that the access policies let."""
    return [
        Route(
            "GET",
            "api/statistics",
            "The figures of a year that the law asks for, counted from the acts filed here",
            lambda call: statistics(bench, call.officer, call.query),
            gives=Statistics,
            asks=OfYear,
        )
    ]
