"""The routes of redaction: make a derived item, read it, lift what was provisional."""

from django.http import HttpResponseBase

from comity.casework.redact import (
    LiftRedaction,
    NamesTable,
    OpenDerived,
    OpenNames,
    Redacted,
    RedactItem,
    lift_redaction,
    open_derived,
    open_names,
    redact,
)
from comity.casework.workbench import Workbench
from comity.entrypoints.api.answers import BYTES, Filed, file, filed
from comity.entrypoints.api.routing import Call, Route
from comity.vocabulary.errors import Refusal


def redaction_routes(bench: Workbench) -> list[Route]:
    """What an officer can do about redaction."""
    return [
        Route(
            "POST",
            "api/redactions",
            "Make a derived item without words, columns, fields or parts; the original stays as it is",
            lambda call: redact(bench, call.officer, call.command),
            RedactItem,
            Redacted,
        ),
        Route(
            "POST",
            "api/derived-openings",
            "Read a derived item; the reading is on record",
            lambda call: _opened(bench, call),
            OpenDerived,
            headers={"Comity-Act": "the act that made it", "Comity-Digest": "SHA-256 of the content"},
        ),
        Route(
            "POST",
            "api/derived-names",
            "Who is who in a derived item; the reading is on record",
            lambda call: open_names(bench, call.officer, call.command),
            OpenNames,
            NamesTable,
        ),
        Route(
            "POST",
            "api/redaction-liftings",
            "Lift a provisional redaction by a court's decision",
            lambda call: filed(lift_redaction(bench, call.officer, call.command)),
            LiftRedaction,
            Filed,
        ),
    ]


def _opened(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = open_derived(bench, call.officer, call.command)
    if isinstance(outcome, Refusal):
        return outcome
    return file(outcome.content, BYTES, {"Comity-Act": outcome.act, "Comity-Digest": outcome.digest})
