"""From sealed acts to a filled form and what is enclosed with it. The same steps make a copy and check one that came back."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from comity.acts.body import measure_of
from comity.acts.payload import Payload
from comity.forms.copies import authority_copy, opened_acts, provider_copy, seen_as_provider
from comity.forms.form_format import CopyRow, FormFile, Head
from comity.forms.loader import Forms
from comity.forms.terms import Audience, Language
from comity.forms.views import FormView, fill
from comity.trust.seals import OpenedSeal
from comity.vocabulary.errors import BrokenInputError, ErrorCode

ACT_FILE = "act.json"
"""The name of the enclosed act: exactly the bytes of the sealed act."""

OTHER_FILE = "order.json"
"""The name of the order that the enclosed act answers, where the copy has both."""


class Kind(Struct, frozen=True, forbid_unknown_fields=True):
    """Which copy: the form with its version, for whom, in which language."""

    form: str
    version: int
    audience: Audience
    language: Language

    def in_words(self) -> str:
        """One line, as it stands in the PDF's own description."""
        return f"comity-form {self.form} {self.version} {self.audience.value} {self.language.value}"


class Made(Struct, frozen=True):
    """A filled form, and the files that go inside it: `act.json`, and `order.json` where the act answers one."""

    kind: Kind
    view: FormView
    enclosed: Mapping[str, bytes]


def read_kind(line: str) -> Kind | None:
    """The copy a PDF says it is; None where it says nothing that we wrote."""
    match line.split(" "):
        case ["comity-form", form, version, audience, language] if version.isdigit() and version.isascii():
            if audience in set(Audience) and language in set(Language):
                return Kind(form, int(version), Audience(audience), Language(language))
    return None


def make(forms: Forms, kind: Kind, *, order: bytes | None, answer: bytes | None = None) -> Made:
    """The copy, from the sealed acts.

    Steps:
        1. The form is known, in that version.
        2. The acts are sealed acts of this form, and the answer is one to the order.
        3. The order says nothing that this audience may not see.
        4. The copy is projected for the audience, and the form filled from the projection alone.
        5. What the form is attached to goes inside: the exact bytes.

    Raises `BrokenInputError`: NOT_FOUND, NOT_ALLOWED, PREDECESSOR_MISSING, UNKNOWN_TYPE, and what `read_sealed` raises.
    """
    # 1.
    form = forms.forms.get(kind.form)
    if form is None or form.form.version != kind.version:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "there is no such form in that version", found=f"{kind.form} {kind.version}"
        )
    row = form.copy_for(kind.audience)
    if row is None:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "the form has no copy for that audience",
            found=kind.audience.value,
            expected=", ".join(each.audience.value for each in form.sheet.copy),
        )
    # 2.
    asked, said = opened_acts(order, answer)
    _require_fitting(form.form, asked, said)
    # 3.
    _require_nothing_withheld(row, asked)
    # 4.
    copy = provider_copy(asked, said) if seen_as_provider(kind.audience) else authority_copy(asked, said)
    view = fill(form, row, copy, forms.words[kind.language])
    # 5.
    return Made(kind, view, _enclosed(row, order, answer))


def fitting(forms: Forms, payload: Payload) -> Iterator[tuple[FormFile, CopyRow]]:
    """Every copy that this act goes inside of, in the order of the forms' names."""
    for form in (forms.forms[name] for name in sorted(forms.forms)):
        for row in form.sheet.copy:
            if _belongs(form, row, payload):
                yield form, row


def made_from(forms: Forms, kind: Kind, enclosed: Mapping[str, bytes]) -> Made:
    """As `make`, from the files enclosed in a copy that came back. Raises as `make` does."""
    act, other = enclosed[ACT_FILE], enclosed.get(OTHER_FILE)
    form = forms.forms.get(kind.form)
    row = form.copy_for(kind.audience) if form else None
    if row is not None and row.attach == "answer":
        return make(forms, kind, order=other, answer=act)
    return make(forms, kind, order=act, answer=None)


def _belongs(form: FormFile, row: CopyRow, payload: Payload) -> bool:
    return _is_answer(form.form, payload) if row.attach == "answer" else _is_order(form.form, payload)


def _is_order(head: Head, payload: Payload) -> bool:
    of_it = payload.act.instrument == head.instrument and payload.act.type in head.order
    return of_it and (not head.measures or measure_of(payload.body) in head.measures)


def _is_answer(head: Head, payload: Payload) -> bool:
    return payload.act.instrument == head.instrument and payload.act.type is head.answer


def _require_fitting(head: Head, order: OpenedSeal | None, answer: OpenedSeal | None) -> None:
    if (order and not _is_order(head, order.payload)) or (answer and not _is_answer(head, answer.payload)):
        raise BrokenInputError(
            ErrorCode.UNKNOWN_TYPE,
            "this form is for other acts",
            found=", ".join(act.payload.act.type.value for act in (order, answer) if act),
            expected=", ".join((*head.order, *((head.answer,) if head.answer else ()))),
        )


def _require_nothing_withheld(row: CopyRow, order: OpenedSeal | None) -> None:
    said = [name for name in row.withheld if order is not None and getattr(order.payload.body, name, None)]
    if said:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "the act itself says what this audience may not see, and the act goes inside the form",
            found=", ".join(said),
            expected="an order whose grounds stand in an act of their own",
        )


def _enclosed(row: CopyRow, order: bytes | None, answer: bytes | None) -> Mapping[str, bytes]:
    main, other = (answer, order) if row.attach == "answer" else (order, None)
    return {name: act for name, act in ((ACT_FILE, main), (OTHER_FILE, other)) if act is not None}
