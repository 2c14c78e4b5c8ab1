"""The routes of forms: which there are, one act as a form or on one page, and a form that came back."""

from django.http import HttpResponseBase
from msgspec import Struct

from comity.bootstrap.papers import papers
from comity.casework.bench.workbench import Workbench
from comity.casework.desk.forms import (
    ReadForm,
    Rendered,
    RenderForm,
    SummariseAct,
    read_form,
    render_form,
    summarise_act,
)
from comity.entrypoints.api.answers import file
from comity.entrypoints.api.routing import Call, Route
from comity.forms.outline import FormLine, listed_forms
from comity.forms.packaged import packaged_forms
from comity.forms.readings import Reading
from comity.forms.summary import as_text
from comity.vocabulary.errors import Refusal

PDF = "application/pdf"


class SummaryText(Struct, frozen=True):
    """A request on one page, as plain text."""

    text: str


def form_routes(bench: Workbench) -> list[Route]:
    """Forms of acts; the pages are made at each call and kept nowhere."""
    return [
        Route(
            "GET",
            "api/forms",
            "The forms there are",
            lambda _call: listed_forms(packaged_forms()),
            gives=tuple[FormLine, ...],
        ),
        Route(
            "POST",
            "api/forms",
            "An act as its form: a signed PDF with the sealed act inside",
            lambda call: _form(bench, call),
            RenderForm,
            media=PDF,
            headers={"Comity-Form": "which form, in which version, for whom, in which language"},
        ),
        Route(
            "POST",
            "api/summaries",
            "A request on one page, from its act alone",
            lambda call: _summary(bench, call),
            SummariseAct,
            media=PDF,
        ),
        Route(
            "POST",
            "api/summaries/text",
            "The same page as plain text",
            lambda call: _summary_text(bench, call),
            SummariseAct,
            SummaryText,
        ),
        Route(
            "POST",
            "api/forms/readings",
            "Read a form's PDF back, checked against the directory in force",
            lambda call: read_form(bench, papers(), packaged_forms(), call.command.pdf),
            ReadForm,
            Reading,
        ),
    ]


def _form(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = render_form(bench, papers(), packaged_forms(), call.officer, call.command)
    if isinstance(outcome, Rendered):
        return _pdf(outcome.pdf, f"{outcome.kind.form}.pdf", outcome.kind.in_words())
    return outcome


def _summary(bench: Workbench, call: Call) -> HttpResponseBase | Refusal:
    outcome = summarise_act(bench, papers(), packaged_forms(), call.officer, call.command)
    return outcome if isinstance(outcome, Refusal) else _pdf(outcome[1], "summary.pdf", "summary")


def _summary_text(bench: Workbench, call: Call) -> SummaryText | Refusal:
    outcome = summarise_act(bench, papers(), packaged_forms(), call.officer, call.command)
    return outcome if isinstance(outcome, Refusal) else SummaryText(as_text(outcome[0]))


def _pdf(content: bytes, name: str, form: str) -> HttpResponseBase:
    return file(content, PDF, {"Comity-Form": form}, name=name)
