"""The routes of redaction: make a derived item, read it for a stated purpose, lift what was provisional."""

from django.http import HttpResponseBase

from comity.casework.bench.workbench import Workbench
from comity.casework.custody.read_redacted import OpenDerived, OpenedDerived, OpenedNames, open_derived, open_names
from comity.casework.custody.redact import Redacted, RedactItem, redact
from comity.casework.desk.draft import Drafted
from comity.casework.desk.lift_redaction import LiftRedaction, lift_redaction
from comity.entrypoints.api.answers import BYTES, file
from comity.entrypoints.api.routing import Call, Route
from comity.vocabulary.errors import Refusal


def redaction_routes(bench: Workbench) -> list[Route]:
    """What an officer can do about redaction."""
    return [
        Route(
            "POST",
            "api/redactions",
            "Open an item for a stated purpose and make a derived one without words, columns, fields, parts or regions",
            lambda call: redact(bench, call.officer, call.command),
            RedactItem,
            Redacted,
        ),
        Route(
            "POST",
            "api/derived-openings",
            "Open a derived item for a stated purpose",
            lambda call: _opened(bench, call),
            OpenDerived,
            headers={
                "Comity-Act": "the act of opening",
                "Comity-Digest": "SHA-256 of the content",
                "Comity-Supplier-Told": "true or false",
            },
        ),
        Route(
            "POST",
            "api/derived-names",
            "Open the table of who is who in a derived item, for a stated purpose: a judge once it was lifted, or a filter team",
            lambda call: open_names(bench, call.officer, call.command),
            OpenDerived,
            OpenedNames,
        ),
        Route(
            "POST",
            "api/redaction-liftings",
            "Draft that a court has lifted a redaction, provisional or with other names, by a judge's approval here, an act of another's, or on paper",
            lambda call: lift_redaction(bench, call.officer, call.command),
            LiftRedaction,
            Drafted,
        ),
    ]


def _opened(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = open_derived(bench, call.officer, call.command)
    if isinstance(outcome, Refusal):
        return outcome
    return file(outcome.content, BYTES, _headers(outcome))


def _headers(outcome: OpenedDerived) -> dict[str, str]:
    return {
        "Comity-Act": outcome.act,
        "Comity-Digest": outcome.digest,
        "Comity-Supplier-Told": str(outcome.supplier_told).lower(),
    }
