"""From a checked instrument file to rules that are ready to be asked: paths become readers, tests become functions.

Done once at load, because findings are asked for every act on both sides.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import msgspec

from comity.acts.classes import ActType
from comity.law.admissibility import Admitted, AskedGround, admitted
from comity.law.answers import Finding, cite
from comity.law.clock_checks import AT_ACT
from comity.law.corpus import (
    AskedBar,
    AskedClock,
    AskedCompetence,
    AskedMark,
    AskedMeasure,
    AskedPartyTest,
    AskedRequirement,
    AskedRules,
    AskedWay,
    AskedWithheld,
    FactCheck,
    Instrument,
)
from comity.law.fields import Reader, body_reader, reader
from comity.law.instruments import (
    ClockRule,
    Competence,
    Event,
    Ground,
    InstrumentFile,
    Measure,
    Parties,
    Requirement,
    Start,
)
from comity.law.matters import Check, FactValue, Matter
from comity.law.predicates import ADMISSIBLE, compile_predicate
from comity.law.route_rows import Route
from comity.law.rows import Provision, Test
from comity.law.rule_checks import acts_of
from comity.law.terms import (
    Must,
    Severity,
    Side,
)

P = TypeVar("P", bound=Provision)


def compile_instrument(file: InstrumentFile, parties: Parties | None, law: str) -> Instrument:
    """The instrument, ready to be asked. The file must have passed every check; `law` is the version its findings carry."""
    rows = parties.rows if parties else ()
    compiler = _Compiler(file, parties, law)
    measures = {measure.id: compiler.measure(measure) for measure in file.measure}
    clocks = tuple(compiler.clock(clock) for clock in file.clock)
    return Instrument(
        file=file,
        parties={party.iso: party for party in rows},
        party_table=parties,
        measures=measures,
        clocks=clocks,
        started_by=_started_by(clocks),
        standing=tuple(clock for clock in clocks if not clock.rule.starts),
        kept=_kept(file),
        countings={counting.id: counting for counting in file.counting},
        ways=tuple(compiler.way(route, measures[route.measures[0]]) for route in file.route),
    )


class _Compiler:
    """Compiles the rules of one file; holds what all of them need."""

    def __init__(self, file: InstrumentFile, parties: Parties | None, law: str) -> None:
        self._file = file
        self._parties = parties
        self._law = law
        self._lists = {codes.id: codes for codes in file.list}

    def measure(self, measure: Measure) -> AskedMeasure:
        file, own = self._file, partial(_of, measure)
        grounds = tuple(AskedGround(rule=rule, asked=self._ground(rule)) for rule in own(file.ground))
        admits = admitted(grounds, own(file.condition), own(file.purpose), self._parties)
        return AskedMeasure(
            rule=measure,
            acts=frozenset(acts_of(measure)),
            categories=reader(measure.category_field) if measure.category_field else None,
            by_act={act: self._rules(measure, act, admits) for act in acts_of(measure)},
            party_tests=tuple(
                AskedPartyTest(
                    rule=rule, found=self._finding(rule, "payload.to", rule.message, rule.who, rule.severity)
                )
                for rule in own(file.party_test)
            ),
            admits=admits,
            effects=own(file.effect),
            clocks=own(file.clock),
            notes=own(file.note),
            retention=own(file.retention),
        )

    def _rules(self, measure: Measure, act: ActType, admits: Admitted) -> AskedRules:
        file = self._file

        def own(rows: Iterable[P]) -> tuple[P, ...]:
            return tuple(row for row in _of(measure, rows) if (getattr(row, "act", None) or measure.opens) is act)

        return AskedRules(
            requirements=tuple(self._requirement(rule, admits) for rule in own(file.require)),
            competences=tuple(
                AskedCompetence(rule=rule, asked=self._all(rule.when), found=self._found(rule, "payload.author"))
                for rule in own(file.competence)
            ),
            withheld=tuple(
                AskedWithheld(
                    rule=rule,
                    found=self._finding(rule, " ".join(rule.fields), rule.message, rule.who, Severity.BLOCKS),
                )
                for rule in own(file.withheld)
            ),
            marks=tuple(AskedMark(rule=rule, asked=self._body_test(rule.when)) for rule in own(file.mark)),
        )

    def _requirement(self, rule: Requirement, admits: Admitted) -> AskedRequirement:
        own = self._test(rule.test(), admits)
        others = tuple(self._test(test, admits) for test in rule.otherwise)
        return AskedRequirement(
            rule=rule,
            holds=partial(_any, (own, *others)) if others else own,
            asked=self._all(rule.when),
            found=self._found(rule, rule.field),
            each=reader(rule.each) if rule.each else None,
        )

    def _test(self, test: Test, admits: Admitted | None = None) -> Check:
        read = reader(test.field)
        if test.must in ADMISSIBLE and admits is not None:
            return partial(_admissible, read, admits, test.must)
        holds = compile_predicate(test.must, self._values(test))
        if not test.to_field:
            return lambda subject, matter: holds(read(subject, matter), None)
        end = reader(test.to_field)
        return lambda subject, matter: holds(read(subject, matter), end(subject, matter))

    def _all(self, tests: tuple[Test, ...]) -> Check:
        compiled = tuple(self._test(test) for test in tests)
        if not compiled:
            return _always
        return compiled[0] if len(compiled) == 1 else partial(_every, compiled)

    def _ground(self, rule: Ground) -> Check:
        """All of `when`, and not all of `barred_when`."""
        holds, barred = self._all(rule.when), self._all(rule.barred_when)
        if not rule.barred_when:
            return holds
        return lambda subject, matter: holds(subject, matter) and not barred(subject, matter)

    def _body_test(self, tests: tuple[Test, ...]) -> Callable[[object], bool]:
        compiled = tuple((body_reader(test.field), compile_predicate(test.must, self._values(test))) for test in tests)
        return lambda body: all(holds(read(body), None) for read, holds in compiled)

    def _values(self, test: Test) -> tuple[str | int | bool, ...]:
        return self._codes(test.list) if test.list else test.values

    def _codes(self, name: str) -> tuple[str, ...]:
        """The codes of a list, those of the lists it includes first."""
        codes = self._lists[name]
        included = tuple(code for other in codes.includes for code in self._codes(other))
        return (*included, *(listed.code for listed in codes.codes))

    def _found(self, rule: Requirement | Competence, field: str) -> Mapping[Side, Finding]:
        found = self._finding(rule, field, rule.message, rule.who, rule.severity)
        receiving = msgspec.structs.replace(found, severity=rule.receiving or rule.severity)
        return {Side.SENDING: found, Side.RECEIVING: receiving}

    def _finding(self, rule: Provision, field: str, message: str, who: str, severity: Severity) -> Finding:
        return Finding(
            code=rule.id,
            field=field,
            message=message,
            citation=cite(self._file.instrument, rule),
            severity=severity,
            who=who,
            verified=rule.verified,
            law=self._law,
        )

    def way(self, route: Route, measure: AskedMeasure) -> AskedWay:
        """A route with what closes and conditions it; the question's fields are read as those of a body are."""
        own = partial(_of, measure.rule)
        return AskedWay(
            rule=route,
            measure=measure,
            paces=tuple(self._body_test(pace.when) for pace in route.paces),
            bars=tuple(
                AskedBar(
                    rule=bar,
                    others=self._body_test(tuple(test for test in bar.when if test.field != bar.asks)),
                    when=self._body_test(bar.when),
                    unless=tuple(self._body_test((test,)) for test in bar.unless),
                )
                for bar in own(self._file.bar)
            ),
            prerequisites=tuple((row, self._body_test(row.when)) for row in own(self._file.prerequisite)),
            safeguards=tuple((row, self._body_test(row.when)) for row in own(self._file.safeguard)),
            grounds=tuple((row, self._body_test(row.question)) for row in own(self._file.ground)),
        )

    def clock(self, rule: ClockRule) -> AskedClock:
        """A clock's starts and events, tested on the facts kept of past acts."""
        within = next((each for each in self._file.clock if each.id == rule.not_after), None)
        effect = next((each for each in self._file.effect if each.code == rule.consequence), None)
        return AskedClock(
            rule=rule,
            starts=tuple(self._facts_test(start) for start in rule.starts),
            events=tuple(self._facts_test(event) for event in rule.events),
            consequence=effect.text if effect else "",
            within=self.clock(within) if within else None,
        )

    def _facts_test(self, row: Start | Event) -> FactCheck:
        tests = tuple((test.field, compile_predicate(test.must, self._values(test))) for test in row.when)

        def holds(facts: Mapping[str, FactValue]) -> bool:
            return all(predicate(facts.get(field), None) for field, predicate in tests)

        return holds


def _started_by(clocks: tuple[AskedClock, ...]) -> Mapping[ActType, tuple[AskedClock, ...]]:
    """For each act, the clocks with a start of its type."""
    starting = {start.act for clock in clocks for start in clock.rule.starts}
    return {
        act: tuple(clock for clock in clocks if any(start.act is act for start in clock.rule.starts))
        for act in starting
    }


def _kept(file: InstrumentFile) -> Mapping[ActType, Mapping[str, Reader]]:
    """For each act, the readers of the fields that any clock needs of it."""
    kept: dict[ActType, dict[str, Reader]] = {}
    for clock in file.clock:
        rows: tuple[Start | Event, ...] = (*clock.starts, *clock.events)
        for row in rows:
            paths = {test.field for test in row.when} | ({row.at} - set(AT_ACT))
            paths |= {row.to_field} if isinstance(row, Event) and row.to_field else set()
            paths |= {clock.limit_field, clock.end_field} - {""} if isinstance(row, Start) else set()
            kept.setdefault(row.act, {}).update((path, reader(path)) for path in paths)
    return kept


def _of(measure: Measure, rows: Iterable[P]) -> tuple[P, ...]:
    """The provisions that belong to the measure."""
    return tuple(row for row in rows if not row.measures or measure.id in row.measures)


def _always(_subject: object, _matter: Matter) -> bool:
    return True


def _every(checks: tuple[Check, ...], subject: object, matter: Matter) -> bool:
    return all(check(subject, matter) for check in checks)


def _any(checks: tuple[Check, ...], subject: object, matter: Matter) -> bool:
    return any(check(subject, matter) for check in checks)


def _admissible(read: Reader, admits: Admitted, must: Must, subject: object, matter: Matter) -> bool:
    """Whether every code in the field is one that the measure admits, that day, for the party that uses it."""
    value = read(subject, matter)
    codes = admits.codes(must, matter)
    return all(code in codes for code in (value if isinstance(value, tuple) else (value,)))
