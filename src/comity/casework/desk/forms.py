"""Forms: an act as its printed form for one reader, as one page for whoever decides, and a form that came back, read.

Making a form is reading the act, with the same permission and the same record. What goes inside is the sealed act as it is
kept, so what a partner without a node gets by e-mail proves as much as what a node gets, but for the receipt.
"""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from comity.acts.bodies import order_of
from comity.acts.payload import Payload
from comity.casework.bench.reading import sealed_acts
from comity.casework.bench.readings import act_on_record
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import OfficerRef
from comity.forms.form_format import CopyRow, FormFile
from comity.forms.loader import Forms
from comity.forms.making import Kind, Made, fitting, make
from comity.forms.readings import Reading
from comity.forms.summary import LONGEST, summarise
from comity.forms.terms import Audience, Language
from comity.forms.views import FormView
from comity.trust.keys import SealKey
from comity.trust.seals import OpenedSeal, read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Gap, Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.wire import b64url

_SHORTER = (LONGEST, LONGEST // 3, LONGEST // 9)


class Papers(Protocol):
    """Sets and reads pages. Usable concurrently; nothing is kept."""

    def form(self, made: Made, seal: SealKey, *, at: datetime, others: tuple[bytes, ...]) -> bytes:
        """The signed PDF. `others` are certificates (DER) of the seals inside. Raises `BrokenInputError(UNAVAILABLE)`."""
        ...

    def summary(self, view: FormView, seal: SealKey, *, at: datetime) -> tuple[bytes, int]:
        """The signed PDF of a summary, and how many pages it came to. Raises `BrokenInputError(UNAVAILABLE)`."""
        ...

    def read(self, data: bytes, forms: Forms, pins: "Pins") -> Reading:
        """The reading of a PDF. Raises `BrokenInputError`: OVERSIZED, MALFORMED."""
        ...


class Pins(Protocol):
    """Whose seal a certificate is."""

    def __call__(self, issuer: AuthorityId, fingerprint: str) -> bool | None:
        """Whether the certificate with that SHA-256 (hexadecimal) is that issuer's; None where nobody here knows."""
        ...


class RenderForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: this act, as a form. `form` and `audience` may be left out where only one fits."""

    act: ActId
    form: str = ""
    audience: Audience | None = None
    language: Language = Language.ENGLISH


class Rendered(Struct, frozen=True):
    """The form: which copy, what the act does not say that the form asks for, and the signed PDF."""

    kind: Kind
    missing: tuple[Gap, ...]
    pdf: bytes


class SummariseAct(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: this act on one page."""

    act: ActId
    language: Language = Language.ENGLISH


class ReadForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: read this PDF (at most eight mebibytes with the rest of the request)."""

    pdf: bytes


def render_form(
    bench: Workbench, papers: Papers, forms: Forms, officer: OfficerRef, command: RenderForm
) -> Rendered | Refusal:
    """The form of an act, signed by this node.

    1. The officer may read the act. 2. One copy fits. 3. The order that the act answers is here. 4. The form is filled, set,
    and signed under the node's seal.
    """
    # 1.
    read = act_on_record(bench, officer, command.act)
    if isinstance(read, Refusal):
        return read
    payload = read.opened.payload
    # 2.
    chosen = _chosen(forms, payload, command)
    if isinstance(chosen, Refusal):
        return chosen
    form, row = chosen
    # 3.
    kind = Kind(form.form.id, form.form.version, row.audience, command.language)
    order, answer = (_answered(bench, payload), read.sealed) if row.attach == "answer" else (read.sealed, None)
    # 4.
    made = make(forms, kind, order=order, answer=answer)
    others = tuple(_certificate(bench, read_sealed(each)) for each in made.enclosed.values())
    pdf = papers.form(made, bench.seal_key(), at=bench.clock.now(), others=others)
    return Rendered(kind, made.view.gaps, pdf)


def summarise_act(
    bench: Workbench, papers: Papers, forms: Forms, officer: OfficerRef, command: SummariseAct
) -> tuple[FormView, bytes] | Refusal:
    """The act on one page, as a view and as a PDF: the author's words are cut until they fit."""
    read = act_on_record(bench, officer, command.act)
    if isinstance(read, Refusal):
        return read
    words = forms.words[command.language]
    for longest in _SHORTER:
        view = summarise(bench.law, read.opened, words, longest=longest)
        pdf, pages = papers.summary(view, bench.seal_key(), at=bench.clock.now())
        if pages == 1:
            return view, pdf
    raise BrokenInputError(ErrorCode.OVERSIZED, "the act names more than one page can hold", do="read the act itself")


def read_form(bench: Workbench, papers: Papers, forms: Forms, data: bytes) -> Reading:
    """A form that came back, checked against the directory in force. Raises `BrokenInputError`: OVERSIZED, MALFORMED."""
    directory = bench.directory()

    def pins(issuer: AuthorityId, fingerprint: str) -> bool | None:
        if not directory.knows(issuer):
            return None
        try:
            directory.seal_certificate(issuer, b64url(bytes.fromhex(fingerprint)), bench.clock.now())
        except BrokenInputError:
            return False
        return True

    return papers.read(data, forms, pins)


def _chosen(forms: Forms, payload: Payload, command: RenderForm) -> tuple[FormFile, CopyRow] | Refusal:
    fits = list(fitting(forms, payload))
    wanted = [
        (form, row)
        for form, row in fits
        if command.form in ("", form.form.id) and command.audience in (None, row.audience)
    ]
    if len(wanted) == 1:
        return wanted[0]
    named = ", ".join(f"{form.form.id} for {row.audience.value}" for form, row in fits)
    if not fits:
        return Refusal("no-form", "no form is made of acts of this kind", do="see the list of forms: comity form list")
    return Refusal("which-form", f"this act can be: {named}", do="name the form and the audience")


def _answered(bench: Workbench, payload: Payload) -> bytes | None:
    """The act that this one answers, as it is kept."""
    act = order_of(payload.body) or next(iter(payload.re), None)
    return sealed_acts(bench, [act])[act] if act else None


def _certificate(bench: Workbench, opened: OpenedSeal) -> bytes:
    """The certificate the act was sealed under, so that the seal inside can be checked without a directory."""
    header = opened.signatures[0].header
    return bench.directory().seal_certificate(opened.payload.issuer, header.x5t, header.sig_t).der
