"""Runs golden cases: asks the law at hand what each case asks, and compares with what its author expects.

Steps:
1. Files are read strictly; what is wrong with one is said with its name and line, and none of its cases is run.
2. The acts that cases start from are gathered from all files.
3. Each case cites an article that some rule of its instrument stands at; then it is asked, and every difference is said.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time

import msgspec
from msgspec import Struct

from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass
from comity.acts.payload import Payload, type_of
from comity.law.calendars import Calendar, calendar_of, no_holidays
from comity.law.checks import provisions
from comity.law.clocks import CalendarsOf, ClockState, clocks, one_way
from comity.law.corpus import Law
from comity.law.findings import findings
from comity.law.golden_format import Asks, Case, CaseFile, Happened, Limit, Tree
from comity.law.golden_routes import route_differences
from comity.law.grounds import check_ground
from comity.law.history import past_act
from comity.law.matters import Participant
from comity.law.positions import line_of
from comity.law.purposes import may_open, may_pass_on
from comity.law.questions import Question
from comity.law.table_files import Problem, read_file
from comity.law.terms import Severity
from comity.vocabulary.categories import Urgency

_CASE = "0"


class Outcome(Struct, frozen=True):
    """How one case went: nothing in `differences` means that the law answers as expected. `line` is its place."""

    file: str
    line: int
    name: str
    article: str
    instrument: str
    negative: bool
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the law answers as its author expects."""
        return not self.differences


def run_cases(files: Mapping[str, bytes], law: Law) -> tuple[Outcome, ...]:
    """Every case of these files (by name), in the order of the files; a file that cannot be read is an outcome too."""
    read: dict[str, CaseFile] = {}
    outcomes: list[Outcome] = []
    for name in sorted(files):
        found = read_file(CaseFile, name, files[name])
        if isinstance(found, CaseFile):
            read[name] = found
        else:
            outcomes += map(_broken, found)
    given = {title: tree for file in read.values() for title, tree in file.given.items()}
    for name, file in read.items():
        text = files[name].decode()
        for position, case in enumerate(file.cases):
            line = line_of(text, ("case", position))
            outcomes.append(_outcome(name, line, case, tuple(_differences(law, case, given))))
    return tuple(outcomes)


def _broken(problem: Problem) -> Outcome:
    return Outcome(
        file=problem.file,
        line=problem.line,
        name="the file",
        article="",
        instrument="",
        negative=False,
        differences=(problem.reason,),
    )


def _outcome(file: str, line: int, case: Case, differences: tuple[str, ...]) -> Outcome:
    return Outcome(
        file=file,
        line=line,
        name=case.name,
        article=case.article,
        instrument=case.instrument,
        negative=case.negative,
        differences=differences,
    )


def _differences(law: Law, case: Case, given: Mapping[str, Tree]) -> Iterator[str]:
    """Step 3."""
    yield from _citation(law, case)
    try:
        yield from _ASKS[case.asks](law, case, given)
    except _CannotAskError as error:
        yield str(error)


class _CannotAskError(Exception):
    """The case cannot be asked as it stands; the text says why."""


def _citation(law: Law, case: Case) -> Iterator[str]:
    instrument = law.instruments.get(case.instrument)
    if instrument is None:
        yield f"no instrument {case.instrument!r} is known"
        return
    articles = {row.article for _, row in provisions(instrument.file)} | {instrument.head.application.article}
    articles |= {basis.article for counting in instrument.file.counting for basis in counting.basis}
    if not any(article.startswith(case.article) or case.article in article.split(" and ") for article in articles):
        yield f"no rule of {case.instrument} stands at {case.article!r}"


def _at(case: Case) -> datetime:
    """The instant asked about; a day alone is taken at noon."""
    if case.at is not None:
        return case.at
    if case.on is None:
        raise _CannotAskError("say on which day, or at which instant, the law is asked")
    return datetime.combine(case.on, time(12), tzinfo=UTC)


def _body(given: Mapping[str, Tree], name: str, change: Tree, leave_out: tuple[str, ...]) -> AnyBody:
    """A given act with changes at dotted paths, and without the fields left out."""
    if name not in given:
        raise _CannotAskError(f"no act is given as {name!r}")
    tree = msgspec.msgpack.decode(msgspec.msgpack.encode(given[name]))
    for path, value in change.items():
        table, key = _reach(tree, path)
        table[key] = value
    for path in leave_out:
        table, key = _reach(tree, path)
        table.pop(key, None)
    try:
        body: AnyBody = msgspec.convert(tree, AnyBody)
    except msgspec.ValidationError as error:
        raise _CannotAskError(f"{name!r} as changed is no act: {error}") from error
    return body


def _reach(tree: object, path: str) -> tuple[Tree, str]:
    *way, key = path.split(".")
    at = tree
    for part in way:
        at = at.setdefault(part, {}) if isinstance(at, dict) else None
    if not isinstance(at, dict):
        raise _CannotAskError(f"{path!r} leads nowhere in the act")
    return at, key


def _payload(case: Case, body: AnyBody, at: datetime, re: tuple[str, ...] = ()) -> Payload:
    return Payload(
        v=1,
        issuer="issuer",
        to=("addressee",),
        case=_CASE,
        nonce=_CASE,
        at=at,
        directory=1,
        re=re,
        act=ActClass(type_of(body), case.instrument, Urgency.ORDINARY),
        seals=("EdDSA",),
        author=None,
        body=body,
    )


def _ask_act(law: Law, case: Case, given: Mapping[str, Tree]) -> Iterator[str]:
    if not case.states:
        raise _CannotAskError("say in states who issues and to whom")
    issuer, *others = case.states
    at = _at(case)
    opening = _body(given, case.answering, case.answering_change, ()) if case.answering else None
    found = findings(
        law,
        _payload(case, _body(given, case.act, case.change, case.leave_out), at),
        side=case.side,
        issuer=Participant(issuer),
        addressees=tuple(Participant(other, case.addressee) for other in others),
        at=at,
        approvers=case.approved_by,
        drafter=case.drafted_by,
        measure=case.measure,
        opening=_payload(case, opening, at) if opening else None,
        facts={name: value for name, value in case.facts.items() if isinstance(value, str | int)},
    )
    for severity, expected in (
        (Severity.BLOCKS, case.blocks),
        (Severity.REFUSABLE, case.refusable),
        (Severity.ADVISES, case.advises),
    ):
        codes = [finding.code for finding in found if finding.severity is severity]
        yield from _unlike(severity.value, expected, codes)
    yield from _unlike("unverified", case.unverified, [each.code for each in found if not each.verified])


def _unlike(what: str, expected: tuple[str, ...], found: list[str]) -> Iterator[str]:
    missing, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing:
        yield f"{what}: expected {', '.join(missing)}"
    if more:
        yield f"{what}: found besides {', '.join(more)}"


def _ask_clocks(law: Law, case: Case, given: Mapping[str, Tree]) -> Iterator[str]:
    history = [
        past_act(
            law,
            f"{number:064x}",
            _payload(case, _story_body(given, act), act.at, tuple(f"{answered:064x}" for answered in act.answers)),
            received_at=act.received or act.at,
            measure=act.measure,
        )
        for number, act in enumerate(case.happened, 1)
    ]
    found = clocks(law, history, at=_at(case), calendars=_calendars(case))
    for limit in case.limits:
        states = [state for state in found if state.id == limit.id]
        if not states:
            yield f"{limit.id}: does not run"
        for state in states[-1:]:
            yield from _limit_differences(limit, state)
    yield from (f"{name}: runs" for name in sorted({state.id for state in found} & set(case.absent)))


def _story_body(given: Mapping[str, Tree], act: Happened) -> AnyBody:
    return _body(given, act.act, act.change, act.leave_out)


def _calendars(case: Case) -> CalendarsOf:
    asking = _calendar(case.asking_place or case.place, case.asking_zone or case.zone)
    return one_way(asking, _calendar(case.place, case.zone))


def _calendar(place: str, zone: str) -> Calendar:
    if not place:
        return Calendar(zone=zone, holidays=no_holidays, name="no holidays")
    country, _, subdivision = place.partition("-")
    return calendar_of(country, zone, subdivision)


def _limit_differences(limit: Limit, state: ClockState) -> Iterator[str]:
    pairs: tuple[tuple[str, object, object], ...] = (
        ("article", limit.article or state.citation.article, state.citation.article),
        ("state", limit.state or state.state.value, state.state.value),
        ("due", limit.due or state.legal_due, state.legal_due),
        ("strict", limit.strict or state.target_due, state.target_due),
        ("settled", limit.settled or state.settled_at, state.settled_at),
        ("who", limit.who or state.who, state.who),
        ("then", state.then if limit.then is None else limit.then, state.then),
        ("consequence", state.consequence if limit.consequence is None else limit.consequence, state.consequence),
        ("verified", state.verified if limit.verified is None else limit.verified, state.verified),
    )
    for what, expected, found in pairs:
        if expected != found:
            yield f"{limit.id}: {what} is {found}, expected {expected}"


def _ask_routes(law: Law, case: Case, _given: Mapping[str, Tree]) -> Iterator[str]:
    if not case.way:
        raise _CannotAskError("say in way what is sought, from where and to where")
    day = _at(case).date()
    try:
        question = msgspec.convert({**case.way, "on": day}, Question)
    except msgspec.ValidationError as error:
        raise _CannotAskError(f"way is no question: {error}") from error
    yield from route_differences(law, case, question)


def _ask_may_open(law: Law, case: Case, _given: Mapping[str, Tree]) -> Iterator[str]:
    found = may_open(law, case.instrument, case.measure or "", case.purpose, case.conditions, at=_at(case))
    yield from _refusal(case, found.code if found else "")


def _ask_pass_on(law: Law, case: Case, _given: Mapping[str, Tree]) -> Iterator[str]:
    found = may_pass_on(law, case.instrument, case.measure or "", case.conditions, at=_at(case))
    yield from _refusal(case, found.code if found else "")


def _ask_ground(law: Law, case: Case, given: Mapping[str, Tree]) -> Iterator[str]:
    opening = _body(given, case.answering, case.answering_change, ()) if case.answering else None
    found = check_ground(
        law,
        case.instrument,
        case.measure or "",
        case.ground,
        country=case.country,
        at=_at(case),
        opening=_payload(case, opening, _at(case)) if opening else None,
    )
    yield from _refusal(case, found.code if found else "")


def _refusal(case: Case, found: str) -> Iterator[str]:
    if found != case.refused:
        yield f"refused is {found or 'nothing'}, expected {case.refused or 'nothing'}"


_ASKS: Mapping[Asks, Callable[[Law, Case, Mapping[str, Tree]], Iterator[str]]] = {
    Asks.ACT: _ask_act,
    Asks.CLOCKS: _ask_clocks,
    Asks.ROUTES: _ask_routes,
    Asks.MAY_OPEN: _ask_may_open,
    Asks.GROUND: _ask_ground,
    Asks.PASS_ON: _ask_pass_on,
}
