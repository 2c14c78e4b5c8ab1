"""Routes by which evidence leaves its holder otherwise than by a hand-over: a copy given out, an exhibit given back."""

from django.http import HttpResponseBase

from comity.casework.bench.workbench import Workbench
from comity.casework.custody.copy_out import CopyItem, copy_out
from comity.casework.custody.give_back import ReturnExhibit, give_back
from comity.entrypoints.api.answers import BYTES, Filed, file, filed
from comity.entrypoints.api.routing import Call, Route
from comity.vocabulary.errors import Refusal


def touch_routes(bench: Workbench) -> list[Route]:
    """For the offices that the access policies let."""
    return [
        Route(
            "POST",
            "api/item-copies",
            "Give a copy of an item out, for a stated purpose; the content is streamed",
            lambda call: _copied(bench, call),
            CopyItem,
            headers={
                "Comity-Act": "the act of copying",
                "Comity-Digest": "SHA-256 of the content",
                "Comity-Supplier-Told": "true or false",
            },
        ),
        Route(
            "POST",
            "api/exhibit-returns",
            "Give an exhibit back to whom it came from, and keep nothing of it",
            lambda call: filed(give_back(bench, call.officer, call.command)),
            ReturnExhibit,
            Filed,
        ),
    ]


def _copied(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = copy_out(bench, call.officer, call.command)
    if isinstance(outcome, Refusal):
        return outcome
    headers = {
        "Comity-Act": outcome.act,
        "Comity-Digest": outcome.digest,
        "Comity-Supplier-Told": str(outcome.supplier_told).lower(),
    }
    return file(outcome.content, BYTES, headers)
