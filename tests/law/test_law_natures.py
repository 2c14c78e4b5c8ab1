"""Measures that listen or break open stand apart, end, and are looked at again; a file that leaves one out is refused."""

import pytest

from comity.law.loader import MalformedLaw, read_instruments
from comity.law.nature_checks import NATURES
from comity.law.packaged import packaged_files
from comity.law.terms import Aim, Nature

FILES = packaged_files()


def problems(name, old, new):
    text = FILES[name].decode()
    assert old in text
    found = read_instruments({**FILES, name: text.replace(old, new, 1).encode()})
    assert isinstance(found, MalformedLaw)
    return " / ".join(problem.in_words() for problem in found.problems)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("budapest.toml", '\nsunset = "bc15.sunset"', "", "names a clock of the file as its sunset"),
        ("budapest.toml", '\nreview = "bc15.review"', "", "names a clock of the file as its review"),
        ("budapest.toml", 'sunset = "bc15.sunset"', 'sunset = "bc16.max"', "is not of this measure"),
        ("budapest.toml", 'sunset = "bc15.sunset"', 'sunset = "moon"', "names a clock of the file as its sunset"),
        ("budapest.toml", 'nature = "real-time"\n', "", "but no nature that needs one"),
        (
            "budapest.toml",
            'aims = ["collect-as-it-arises"]',
            'aims = ["disclose"]',
            "leads to measures of the nature 'ordinary'",
        ),
        ("budapest.toml", 'aims = ["intercept"]', 'aims = ["decrypt"]', "of the nature 'decrypting'"),
        ("eu-2023-1543.toml", 'aims = ["disclose"]', 'aims = ["disclose", "decrypt"]', "of the nature 'decrypting'"),
        ("budapest.toml", 'nature = "intercepting"', 'nature = "decrypting"', "names who approves it"),
        ("budapest.toml", 'end_field = "scope[].period.end"', 'end_field = "facts"', "is not of the kind datetime"),
    ],
)
def test_a_measure_that_listens_or_breaks_open_is_refused_where_it_does_not_stand_apart(name, old, new, said):
    told = problems(name, old, new)
    assert said in told
    assert f"{name}:" in told


def test_a_route_that_says_nothing_of_states_is_refused():
    name, listed = "eu-mla-2000.toml", '["letters-rogatory", "interception", "joint-teams"]'
    text = FILES[name].decode()
    assert text.count(listed) == 2
    found = read_instruments({**FILES, name: text.replace(listed, '["letters-rogatory"]').encode()})
    assert isinstance(found, MalformedLaw)
    assert [problem.reason for problem in found.problems] == [
        "route.measures: no party test says between which States 'interception' is there",
        "route.measures: no party test says between which States 'joint-teams' is there",
    ]


def test_every_aim_that_listens_or_breaks_open_has_a_nature_of_its_own():
    assert set(NATURES.values()) == set(Nature) - {Nature.ORDINARY}
    assert set(NATURES) == {Aim.COLLECT_AS_IT_ARISES, Aim.INTERCEPT, Aim.DECRYPT}


def test_every_packaged_measure_that_listens_ends_and_is_looked_at_again(law):
    listening = [
        (instrument, measure.rule)
        for instrument in law.instruments.values()
        for measure in instrument.measures.values()
        if measure.rule.nature is not Nature.ORDINARY
    ]
    assert len({instrument.head.id for instrument, _ in listening}) >= 6
    for instrument, rule in listening:
        clocks = {clock.rule.id for clock in instrument.clocks}
        assert {rule.sunset, rule.review} <= clocks
        assert rule.opens is not None
