"""Routes about screens: set, lifted, listed."""

from comity.casework.bench.workbench import Workbench
from comity.casework.custody.screens import (
    LiftScreen,
    Screening,
    ScreenLine,
    SetScreen,
    lift_screen,
    list_screens,
    set_screen,
)
from comity.entrypoints.api.answers import Filed, filed
from comity.entrypoints.api.routing import Route


def screen_routes(bench: Workbench) -> list[Route]:
    """For the offices that the access policies let."""
    return [
        Route(
            "POST",
            "api/screens",
            "Have what comes in a case and may be privileged put aside for the filter team",
            lambda call: set_screen(bench, call.officer, call.command),
            SetScreen,
            Screening,
        ),
        Route(
            "POST",
            "api/screens-lifted",
            "As a judge or a filter team: lift one screen",
            lambda call: filed(lift_screen(bench, call.officer, call.command)),
            LiftScreen,
            Filed,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/screens",
            "The screens that stand in a case",
            lambda call: list_screens(bench, call.officer, call.path["case"]),
            gives=tuple[ScreenLine, ...],
        ),
    ]
