"""A malformed instrument file is refused with file, line and reason; all problems of all files at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.law.corpus import Law
from comity.law.loader import MalformedLaw, read_instruments
from comity.law.packaged import packaged_files, packaged_law
from comity.vocabulary.errors import BrokenInputError, ErrorCode

GOOD = """
[instrument]
id = "XX-1"
title = "A made-up treaty"
cited_as = "Treaty"
edition = 2026-01-01
as_of = 2026-01-01

[instrument.application]
article = "Art 99"
source = "text"
verified = true
start = 2020-01-01

[sources.text]
title = "the text"

[actors]
requesting = "the requesting State"

[[measure]]
id = "hold"
title = "hold"
article = "Art 1"
source = "text"
verified = true
opens = "preservation-requested"
acts = ["preservation-confirmed", "request-refused"]
category_field = "data.categories"
sunset = "days"
no_review = "none is stated"

[[require]]
id = "necessity"
measures = ["hold"]
article = "Art 2"
source = "text"
verified = true
field = "necessity"
must = "be-present"
message = "say why"
who = "requesting"

[[clock]]
id = "days"
measures = ["hold"]
article = "Art 3"
source = "text"
verified = true
kind = "min"
who = "requesting"
acting = "receiving"
text = "hold"
limit = "P60D"
counting = "plain"
starts = [{ act = "preservation-confirmed", at = "effected_at", called = "held" }]

[[counting]]
id = "plain"
title = "plain"
hours = "at-once"
days = "whole-days"
moves = false
weekend = ["saturday", "sunday"]
basis = []
"""

PARTIES = """
parties_of = "XX-1"

[sources.chart]
title = "the chart"

[parties]
as_of = 2026-01-01
article = "chart"
source = "chart"
verified = true
rows = [
  { iso = "XA", in_force = 2020-01-01 },
  { iso = "XB", in_force = 2020-01-01 },
]
"""


def problems(*texts):
    files = {f"file{number}.toml": text.encode() for number, text in enumerate(texts)}
    found = read_instruments(files)
    return found.problems if isinstance(found, MalformedLaw) else ()


def line(text, needle):
    return next(number for number, row in enumerate(text.splitlines(), 1) if needle in row)


def test_the_good_file_is_law():
    law = read_instruments({"good.toml": GOOD.encode(), "parties.toml": PARTIES.encode()})
    assert isinstance(law, Law)
    assert set(law.instruments["XX-1"].parties) == {"XA", "XB"}


BROKEN = [
    ("not TOML", 'id = "XX-1"', "id = XX-1", "not TOML", "id = XX-1"),
    ("unknown key", 'message = "say why"', 'mesage = "say why"', "unknown key 'mesage'", "mesage"),
    ("missing key", 'message = "say why"\n', "", "'message' is missing", "[[require]]"),
    ("no citation", 'article = "Art 2"\n', "", "'article' is missing", "[[require]]"),
    ("empty citation", 'article = "Art 2"', 'article = ""', "length", 'article = ""'),
    ("nobody said whether it was read", "verified = true\nfield", "field", "'verified' is missing", "[[require]]"),
    ("unknown field", 'field = "necessity"', 'field = "necessitty"', "no field 'necessitty'", "necessitty"),
    (
        "unknown inner field",
        'field = "necessity"',
        'field = "offence.kode"',
        "no field 'kode' in Offence",
        "offence.kode",
    ),
    ("unknown list", 'must = "be-present"', 'must = "be-one-of"\nlist = "offences"', "no list 'offences'", "list ="),
    ("unknown test", 'must = "be-present"', 'must = "be-nice"', "Invalid enum value 'be-nice'", "be-nice"),
    ("test of the wrong kind", 'must = "be-present"', 'must = "be-true"', "not true or false", "be-true"),
    (
        "number of the wrong kind",
        'must = "be-present"',
        'must = "be-at-most"\nvalues = [9]',
        "not a whole number",
        "at-most",
    ),
    (
        "unknown measure",
        'measures = ["hold"]\narticle = "Art 2"',
        'measures = ["hld"]\narticle = "Art 2"',
        "no measure 'hld'",
        "hld",
    ),
    (
        "unknown source",
        'source = "text"\nverified = true\nfield',
        'source = "txt"\nverified = true\nfield',
        "no source 'txt'",
        "txt",
    ),
    (
        "unknown actor",
        'message = "say why"\nwho = "requesting"',
        'message = "say why"\nwho = "anyone"',
        "no actor 'anyone'",
        "anyone",
    ),
    ("duplicate id", 'id = "days"', 'id = "necessity" # again', "used twice", "# again"),
    ("bad duration", 'limit = "P60D"', 'limit = "60 days"', "no ISO 8601 duration", "60 days"),
    ("hours mixed with days", 'limit = "P60D"', 'limit = "P1DT2H"', "mixes hours", "P1DT2H"),
    ("number where the law has none", 'kind = "min"', 'kind = "qualitative"', "has no number", "[[clock]]"),
    ("limit without length", 'limit = "P60D"\n', "", "takes one of limit", "[[clock]]"),
    ("unknown counting", 'counting = "plain"', 'counting = "fancy"', "no way of counting 'fancy'", "fancy"),
    (
        "unknown trigger act",
        'act = "preservation-confirmed"',
        'act = "preservation-dreamt"',
        "Invalid enum value",
        "starts",
    ),
    ("trigger at no instant", 'at = "effected_at"', 'at = "items"', "not of the kind datetime", "starts"),
    (
        "bound by no clock",
        'limit = "P60D"',
        'limit = "P60D"\nnot_after = "made-up.none"',
        "no other clock 'made-up.none'",
        "not_after",
    ),
    ("unknown consequence", 'limit = "P60D"', 'limit = "P60D"\nconsequence = "doom"', "no effect 'doom'", "doom"),
    (
        "act of another measure",
        'field = "necessity"',
        'act = "item-opened"\nfield = "purpose"',
        "none of the measure",
        "[[require]]",
    ),
    (
        "ends before it begins",
        'field = "necessity"',
        'since = 2020-01-01\nuntil = 2019-01-01\nfield = "necessity"',
        "ends before",
        "until",
    ),
    ("bad date", "edition = 2026-01-01", 'edition = "soon"', "Invalid RFC3339", "edition"),
    (
        "categories that are none",
        'category_field = "data.categories"',
        'category_field = "facts"',
        "no categories",
        "category_field",
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "reason", "place"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_a_broken_file_is_refused_with_file_line_and_reason(old, new, reason, place):
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    found = problems(text)
    assert any(reason in problem.reason for problem in found), [problem.in_words() for problem in found]
    problem = next(problem for problem in found if reason in problem.reason)
    assert problem.file == "file0.toml"
    assert problem.line == line(text, place)


def test_all_problems_of_all_files_come_at_once():
    first = GOOD.replace('field = "necessity"', 'field = "necessitty"').replace('limit = "P60D"', 'limit = "60 days"')
    second = PARTIES.replace('"XX-1"', '"XX-2"').replace('source = "chart"', 'source = "cart"')
    third = "not = toml = at all"
    found = problems(first, second, third)
    assert {problem.file for problem in found} == {"file0.toml", "file1.toml", "file2.toml"}
    assert len(found) >= 5


def test_several_faults_of_shape_in_one_file_come_at_once():
    text = (
        GOOD.replace('message = "say why"', "message = 3")
        .replace('kind = "min"', 'kind = "some"')
        .replace("moves = false", "")
    )
    assert {(problem.line, problem.reason.split(":")[0]) for problem in problems(text)} >= {
        (line(text, "message = 3"), "require.message"),
        (line(text, 'kind = "some"'), "clock.kind"),
        (line(text, "[[counting]]"), "counting"),
    }


def test_an_instrument_stands_in_one_file_only():
    (problem,) = problems(GOOD, GOOD)
    assert (problem.file, problem.line) == ("file1.toml", line(GOOD, 'id = "XX-1"'))


def test_parties_belong_to_an_instrument_and_each_stands_once():
    assert any("no file holds" in problem.reason for problem in problems(PARTIES))
    (problem,) = problems(GOOD, PARTIES.replace("XB", "XA"))
    assert "stands twice" in problem.reason
    assert problem.line == line(PARTIES, '"XB"')


def test_two_party_tables_for_one_instrument_are_refused():
    assert any("stand in" in problem.reason for problem in problems(GOOD, PARTIES, PARTIES))


def test_a_file_that_is_not_utf8_is_refused():
    found = read_instruments({"bad.toml": GOOD.encode().replace(b"made-up", b"made\xff-up")})
    assert isinstance(found, MalformedLaw)
    assert any("UTF-8" in problem.reason for problem in found.problems)


@given(st.data())
def test_no_damage_to_a_file_is_anything_but_law_or_problems(data):
    start = data.draw(st.integers(0, len(GOOD) - 1))
    end = data.draw(st.integers(start, min(len(GOOD), start + 40)))
    text = GOOD[:start] + data.draw(st.text(max_size=6)) + GOOD[end:]
    found = read_instruments({"damaged.toml": text.encode("utf-8", "surrogatepass")})
    assert isinstance(found, Law | MalformedLaw)
    if isinstance(found, MalformedLaw):
        assert all(1 <= problem.line <= text.count("\n") + 2 for problem in found.problems)


def test_the_version_depends_on_every_byte_and_name_and_not_on_the_order():
    files = dict(packaged_files())
    law = packaged_law()
    assert read_instruments(dict(reversed(files.items()))).version == law.version
    name = next(iter(files))
    assert read_instruments({**files, name: files[name] + b"\n"}).version != law.version
    renamed = {(f"other-{key}" if key == name else key): value for key, value in files.items()}
    assert read_instruments(renamed).version != law.version


def test_an_offices_own_broken_file_is_an_error_with_every_line():
    with pytest.raises(BrokenInputError) as caught:
        packaged_law({"ours.toml": GOOD.replace('"necessity"\nmust', '"neccessity"\nmust').encode()})
    assert caught.value.code is ErrorCode.MALFORMED
    assert "ours.toml:" in caught.value.found
