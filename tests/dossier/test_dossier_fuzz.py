"""Whatever stands in a dossier's files, verifying it ends in a verdict and never in an exception."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout

STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.sampled_from(
        [
            "",
            "0" * 64,
            "9999-12-31T23:59:59-12:00",
            "0001-01-01T00:00:00+14:00",
            "2026-03-02T09:00:00",
            "\u202e\x1b[31m",
            "A" * 5000,
            [],
            {},
            [[]],
            1e308,
        ]
    ),
)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def json_paths(workshop):
    lists = [layout.HEADER, layout.ENTRIES]
    exhibit = next(iter(workshop.federation.exhibits))
    receipts = [path for path in workshop.files if path.startswith("data/receipts/")]
    directory = [path for path in workshop.files if path.startswith("data/directory/")]
    acts = [layout.act_path(workshop.acts.passed_on), layout.act_path(workshop.acts.held)]
    return [*lists, layout.seal_path(exhibit), receipts[0], *directory[:4], *acts]


@settings(max_examples=150)
@given(data=st.data())
def test_any_value_in_any_place_of_any_json_file_gets_a_verdict(workshop, data):
    path = data.draw(st.sampled_from(json_paths(workshop)))
    value = json.loads(workshop.files[path])
    where = data.draw(st.sampled_from(list(places(value))))
    altered = json.dumps(replaced(value, where, data.draw(STRANGE))).encode()
    if path == layout.HEADER:
        dossier = repacked(workshop, path, altered)
    else:
        dossier = workshop.altered({path: altered}, vouch=False)
    assert workshop.federation.verify(dossier).verdict in Verdict


@settings(max_examples=60)
@given(data=st.data())
def test_any_bytes_in_place_of_any_file_get_a_verdict(workshop, data):
    path = data.draw(st.sampled_from(sorted(workshop.files)))
    altered = data.draw(st.binary(max_size=60))
    assert workshop.federation.verify(repacked(workshop, path, altered)).verdict is not Verdict.VALID


def repacked(workshop, path, data):
    """A canonical archive with one file replaced and nothing else put right."""
    return workshop.zip({f"dossier/{name}": old for name, old in (workshop.files | {path: data}).items()})


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"])
def test_a_time_beyond_every_calendar_is_refused_and_does_no_harm(workshop, at):
    header = json.loads(workshop.files[layout.HEADER])
    header["exported_at"] = at
    report = workshop.federation.verify(repacked(workshop, layout.HEADER, json.dumps(header).encode()))
    assert report.decided_by == 2
