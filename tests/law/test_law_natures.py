"""Measures that listen or break open stand apart, end, and are looked at again; a file that leaves one out is refused."""

import pytest

from comity.law.explain import measure_in_words
from comity.law.loader import MalformedLaw, read_instruments
from comity.law.nature_checks import NATURES, PRESERVING
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
        ("budapest.toml", 'sunset = "bc15.sunset"', 'no_sunset = "none"', "names a clock of the file as its sunset"),
        ("budapest.toml", 'review = "bc15.review"', 'no_review = "none"', "where one is named or needed"),
        ("budapest.toml", '\nsunset = "bc16.max"', "", "that preserves names a clock of the file as its sunset"),
        ("budapest.toml", '\nno_review = "Article 29 states no review"', "", "a clock of the file as its review"),
        ("budapest.toml", 'sunset = "bc16.max"', 'sunset = "bc29.min"', "is not of this measure"),
        ("budapest.toml", 'sunset = "bc16.max"', 'sunset = "bc16.max"\nno_sunset = "none"', "where one is named"),
        (
            "eu-2023-1543.toml",
            'title = "European Production Order"',
            'title = "x"\nno_review = "none"',
            "no nature that",
        ),
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
    listening = [(instrument, rule) for instrument, rule in measures(law) if rule.nature is not Nature.ORDINARY]
    assert len({instrument.head.id for instrument, _ in listening}) >= 6
    for instrument, rule in listening:
        clocks = {clock.rule.id for clock in instrument.clocks}
        assert {rule.sunset, rule.review} <= clocks
        assert rule.opens is not None


PRESERVATION = {
    "CETS185 custodian-preservation": ("bc16.max", "bc15.order-review"),
    "CETS185 expedited-preservation": (None, None),
    "EU-2014-41 provisional-measure": (None, None),
    "EU-2023-1543 preservation": ("tl-16", None),
    "UNCC domestic-preservation": ("un25.max", "un24.order-review"),
    "UNCC expedited-preservation": (None, "un24.review"),
}
"""Of every measure by which data are preserved, the clocks by which it ends and is reviewed, where its instrument has any."""


def test_every_packaged_measure_that_preserves_ends_and_is_looked_at_again_or_says_that_its_law_has_no_day(law):
    preserving = {
        f"{instrument.head.id} {rule.id}": rule for instrument, rule in measures(law) if rule.opens in PRESERVING
    }
    assert set(preserving) == set(PRESERVATION)
    for name, (sunset, review) in PRESERVATION.items():
        rule = preserving[name]
        assert (rule.sunset or None, rule.review or None) == (sunset, review)
        assert (bool(rule.no_sunset), bool(rule.no_review)) == (sunset is None, review is None)
        assert (rule.no_sunset or rule.sunset) in measure_in_words(rule)
        assert (rule.no_review or rule.review) in measure_in_words(rule)


def measures(law):
    """Every measure of every instrument."""
    return [(each, asked.rule) for each in law.instruments.values() for asked in each.measures.values()]
