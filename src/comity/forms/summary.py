"""One page about one request, from its act alone: what, why, on which basis, how necessary, by when, and what to look out for.

The act's own words are cut, never rewritten. Time limits and provisions are the law's, as of the day of the act, each with
its article; what was not checked against the official text says so. No directory, no case and no other act is asked.
"""

from collections.abc import Iterator

from msgspec import Struct

from comity.acts.body import measure_of
from comity.acts.payload import Payload
from comity.forms.form_format import FieldRow
from comity.forms.shown import ValueKind, ValueShown, isolated, moment, shown
from comity.forms.terms import Audience, FieldKind
from comity.forms.views import Entry, FormView, SectionShown
from comity.forms.words import Words
from comity.law.corpus import AskedMeasure, Instrument, Law
from comity.law.durations import in_words, parse_duration
from comity.law.history import PastAct, past_act
from comity.law.instruments import ClockRule
from comity.law.terms import ClockKind
from comity.trust.seals import OpenedSeal
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode

SUMMARY = "summary"
LONGEST = 700
"""Letters of the author's words that are shown of one field before they are cut."""


class _Asked(Struct, frozen=True):
    """One thing that may stand in an act: where, and how it is shown."""

    label: str
    kind: FieldKind
    paths: tuple[str, ...]
    codes: str = ""


_WHAT = (
    _Asked("categories", FieldKind.CODE, ("data.categories",), "category"),
    _Asked("identifiers", FieldKind.TARGETS, ("data.targets",)),
    _Asked("time-range", FieldKind.SPAN, ("data.period",)),
    _Asked("items", FieldKind.ITEMS, ("items",)),
    _Asked("scope", FieldKind.PARTS, ("scope",)),
    _Asked("description", FieldKind.WORDS, ("data.description",)),
    _Asked("days", FieldKind.NUMBER, ("days",)),
    _Asked("answer-by", FieldKind.MOMENT, ("answer_by",)),
)
_WHY = (
    _Asked("offence", FieldKind.CODE, ("offence.code", "listed_offence"), "offence"),
    _Asked("provisions", FieldKind.WORDS, ("offence.provisions",)),
    _Asked("max-penalty", FieldKind.NUMBER, ("offence.max_penalty_years", "max_penalty_years")),
    _Asked("facts", FieldKind.WORDS, ("facts", "summary", "grounds")),
    _Asked("emergency-ground", FieldKind.CODE, ("emergency",), "emergency"),
    _Asked("emergency-reasons", FieldKind.WORDS, ("emergency_reasons",)),
)
_NECESSITY = (
    _Asked("necessity", FieldKind.WORDS, ("necessity",)),
    _Asked("link-to-offence", FieldKind.WORDS, ("link_to_offence",)),
    _Asked("purpose", FieldKind.WORDS, ("purpose",)),
)


def summarise(law: Law, opened: OpenedSeal, words: Words, *, longest: int = LONGEST) -> FormView:
    """The page as a view. Raises `BrokenInputError(NOT_FOUND)` for an act that rests on no measure of the law at hand."""
    payload = opened.payload
    instrument = law.instruments.get(payload.act.instrument)
    measure = law.measure(payload.act.instrument, measure_of(payload.body))
    if instrument is None or measure is None:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "there is nothing to summarise: the act asks for no measure that the law here knows",
            found=payload.act.type,
            expected="a request or an order",
        )
    basis = instrument.cite(measure.rule)
    clocks = tuple(_clocks(law, instrument, opened, words))
    sections = (
        _section("what", (_title(measure, words), *_entries(_WHAT, payload, words, longest)), words),
        _section("why", tuple(_entries(_WHY, payload, words, longest)), words),
        _section("basis", (_basis(basis.cited_as, basis.article, words, verified=basis.verified),), words),
        _section("necessity", tuple(_entries(_NECESSITY, payload, words, longest)), words),
        _section("clocks", clocks, words),
        _section(
            "risks", _risks(payload, words, checked=basis.verified and all(one.verified for one in clocks)), words
        ),
    )
    return FormView(
        form=SUMMARY,
        version=1,
        language=words.language.value,
        right_to_left=words.language.right_to_left,
        audience=Audience.ISSUING_AUTHORITY,
        issuer=payload.issuer,
        title=words.page("summary"),
        basis=f"{basis.cited_as}, {basis.article}",
        verified=basis.verified,
        act=opened.id,
        at=payload.at,
        head=_head(opened, words),
        sections=sections,
        notes=tuple((key, words.page(key)) for key in ("own-words", "not-stated", "unverified", "page", "version")),
    )


def as_text(view: FormView) -> str:
    """The page as plain text, for a terminal or an e-mail."""
    lines = [view.title, "=" * len(view.title), ""]
    lines += [f"{label}: {value}" for label, value in view.head]
    for section in view.sections:
        lines += ["", section.title, "-" * len(section.title)]
        for entry in section.entries:
            mark = "" if entry.verified else " †"
            lines.append(f"{entry.label}{mark}: " + "; ".join(value.text for value in entry.values))
    if not all(entry.verified for section in view.sections for entry in section.entries):
        lines += ["", "† " + dict(view.notes)["unverified"]]
    return "\n".join(lines) + "\n"


def _head(opened: OpenedSeal, words: Words) -> tuple[tuple[str, str], ...]:
    payload = opened.payload
    return (
        (words.page("issued-by"), isolated(payload.issuer, words)),
        (words.page("addressed-to"), isolated(", ".join(payload.to), words)),
        (words.page("date"), isolated(moment(payload.at), words)),
        (words.page("urgency"), words.code("urgency", payload.act.urgency.value) or payload.act.urgency.value),
        (words.page("case"), payload.case),
        (words.page("act"), opened.id),
    )


def _section(key: str, entries: tuple[Entry, ...], words: Words) -> SectionShown:
    nothing = Entry(
        key, words.page(key), (ValueShown(words.page("not-stated"), ValueKind.CODED),), missing=False, verified=True
    )
    return SectionShown("", words.page(key), entries or (nothing,))


def _title(measure: AskedMeasure, words: Words) -> Entry:
    said = ValueShown(isolated(measure.rule.title, words), ValueKind.PLAIN)
    return Entry("measure", words.section("measures-sought"), (said,), missing=False, verified=measure.rule.verified)


def _basis(cited_as: str, article: str, words: Words, *, verified: bool) -> Entry:
    said = ValueShown(isolated(f"{cited_as}, {article}", words), ValueKind.PLAIN)
    return Entry("basis", words.page("legal-basis"), (said,), missing=False, verified=verified)


def _entries(asked: tuple[_Asked, ...], payload: Payload, words: Words, longest: int) -> Iterator[Entry]:
    for one in asked:
        row = FieldRow(id=one.label, section=SUMMARY, kind=one.kind, source=SUMMARY, codes=one.codes)
        value = next((found for path in one.paths if (found := _at(payload.body, path)) not in (None, "", ())), None)
        values = tuple(_cut(each, longest) for each in shown(row, value, words))
        if values:
            yield Entry(one.label, words.label(one.label), values, missing=False, verified=True)


def _at(value: object, path: str) -> object:
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _cut(value: ValueShown, longest: int) -> ValueShown:
    if value.kind is not ValueKind.OWN or len(value.text) <= longest:
        return value
    return ValueShown(value.text[:longest].rstrip() + " …", ValueKind.OWN)


def _clocks(law: Law, instrument: Instrument, opened: OpenedSeal, words: Words) -> Iterator[Entry]:
    past = past_act(law, opened.id, opened.payload, received_at=opened.payload.at)
    for rule in (*_starting(instrument, past), *_holding(instrument, past)):
        length = _length(rule.limit, words)
        begun = ", ".join(start.called for start in rule.starts if start.act is not past.type)
        text = f"{rule.text} ({instrument.cite(rule).article})" + (f", from: {begun}" if begun else "")
        said = (ValueShown(isolated(text, words), ValueKind.PLAIN),)
        yield Entry(rule.id, length, said, missing=False, verified=rule.verified)


def _starting(instrument: Instrument, past: PastAct) -> Iterator[ClockRule]:
    """The time limits that this act starts, by what it says itself."""
    for clock in instrument.clocks:
        starts = zip(clock.rule.starts, clock.starts, strict=True)
        begun = any(start.act is past.type and asked(past.facts) for start, asked in starts)
        if begun and _bears_on(clock.rule, past):
            yield clock.rule


def _holding(instrument: Instrument, past: PastAct) -> Iterator[ClockRule]:
    """For how long at least data are held for it, where that runs only from the answer."""
    for clock in instrument.clocks:
        rule = clock.rule
        later = bool(rule.starts) and all(start.act is not past.type for start in rule.starts)
        if later and rule.kind is ClockKind.MIN and _bears_on(rule, past):
            yield rule


def _bears_on(rule: ClockRule, past: PastAct) -> bool:
    return (not rule.measures or past.measure in rule.measures) and rule.holds_on(past.at.date())


def _length(limit: str, words: Words) -> str:
    return isolated(in_words(parse_duration(limit)), words) if limit else words.page("no-number")


def _risks(payload: Payload, words: Words, *, checked: bool) -> tuple[Entry, ...]:
    found = [code for code, there in _possible(payload, checked=checked) if there]
    values = tuple(ValueShown(words.code("risk", code) or code, ValueKind.CODED) for code in found)
    none = (ValueShown(words.page("none-found"), ValueKind.CODED),)
    return (Entry("risks", words.page("risks"), values or none, missing=False, verified=True),)


def _possible(payload: Payload, *, checked: bool) -> Iterator[tuple[str, bool]]:
    body = payload.body
    parts = (*getattr(body, "scope", ()), *getattr(body, "items", ()))
    data = getattr(body, "data", None)
    sought = {each for part in (*parts, *((data,) if data else ())) for each in part.categories}
    yield "content-data", DataCategory.CONTENT in sought
    yield "no-period", any(part.period is None for part in parts) or bool(data and data.period is None and not parts)
    yield "not-validated", bool(getattr(body, "without_validation", False))
    yield "not-confidential", getattr(body, "confidential", True) is False
    yield "necessity-not-stated", not getattr(body, "necessity", "")
    yield "privileged-data", bool(getattr(body, "privileged_professional", False))
    yield "person-not-told", bool(getattr(body, "delay_grounds", ()))
    yield "unverified-law", not checked
