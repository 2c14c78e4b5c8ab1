"""Routes about legal holds: set, lifted, listed."""

from comity.casework.bench.workbench import Workbench
from comity.casework.custody.legal_hold import (
    HeldLegally,
    LegalHoldLine,
    LiftLegalHold,
    SetLegalHold,
    lift_legal_hold,
    list_legal_holds,
    set_legal_hold,
)
from comity.entrypoints.api.answers import Filed, filed
from comity.entrypoints.api.routing import Route


def legal_hold_routes(bench: Workbench) -> list[Route]:
    """For the offices that the access policies let."""
    return [
        Route(
            "POST",
            "api/legal-holds",
            "Stop every destruction in a case",
            lambda call: set_legal_hold(bench, call.officer, call.command),
            SetLegalHold,
            HeldLegally,
        ),
        Route(
            "POST",
            "api/legal-holds-lifted",
            "Lift one legal hold",
            lambda call: filed(lift_legal_hold(bench, call.officer, call.command)),
            LiftLegalHold,
            Filed,
        ),
        Route(
            "GET",
            "api/cases/<str:case>/legal-holds",
            "The legal holds that stand in a case",
            lambda call: list_legal_holds(bench, call.officer, call.path["case"]),
            gives=tuple[LegalHoldLine, ...],
        ),
    ]
