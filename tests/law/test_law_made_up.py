"""A made-up treaty between made-up states, added by a file alone: the engine needs no code for a new instrument."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.acts.bodies import DisclosureDecided, DisclosureRequested, RequestRefused
from comity.acts.matters import Offence, PartDecision, ScopePart
from comity.law.calendars import Calendar, no_holidays
from comity.law.clock_run import ClockStatus
from comity.law.clocks import clocks, one_way
from comity.law.explain import explain
from comity.law.findings import findings
from comity.law.grounds import check_ground
from comity.law.history import past_act
from comity.law.marks import marks
from comity.law.matters import Participant
from comity.law.packaged import packaged_law
from comity.law.purposes import may_open
from comity.law.terms import Severity, Side
from comity.vocabulary.categories import DataCategory, OfficeKind

BILATERAL = """
[instrument]
id = "XA-XB"
title = "Treaty between Atlantis and Brobdingnag on mutual assistance"
cited_as = "Treaty"
edition = 2026-01-01
as_of = 2026-01-01

[instrument.application]
article = "Section 90"
source = "text"
verified = true
start = 2020-01-01
end = 2030-01-01
note = "denounced"

[sources.text]
title = "the text"
[sources.hearsay]
title = "hearsay"

[actors]
asking = "the asking State"
asked = "the asked State"

[facts]
seal-grade = "grade of the seal of the act"

[parties]
as_of = 2026-01-01
article = "Section 91"
source = "text"
verified = true
reservation_flag = "Q"
rows = [
  { iso = "XA", in_force = 2020-01-01, ended = 2028-01-01, flags = "Q" },
  { iso = "XB", in_force = 2020-01-01, reservations = [{ article = "Section 7", since = 2022-01-01 }] },
  { iso = "XC", signed = 2020-01-01 },
  { iso = "XD", in_force = 2020-01-01 },
]

[[measure]]
id = "letter"
title = "letter of request"
article = "Section 1"
source = "text"
verified = true
opens = "disclosure-requested"
acts = ["disclosure-decided", "request-refused"]
categories = ["subscriber", "traffic"]
category_field = "scope[].categories"

[[party_test]]
id = "both"
article = "Section 2"
source = "text"
verified = true
test = "both-bound"
message = "not bound"
who = "asking"

[[require]]
id = "facts-before"
article = "Section 3"
source = "text"
verified = true
until = 2025-01-01
field = "facts"
must = "be-present"
message = "state the facts"
who = "asking"

[[require]]
id = "facts-now"
article = "Section 3a"
source = "hearsay"
verified = false
since = 2025-01-01
field = "facts"
must = "be-present"
severity = "advises"
message = "state the facts if you can"
who = "asking"

[[require]]
id = "seal"
article = "Section 4"
source = "text"
verified = true
field = "fact.seal-grade"
must = "be-one-of"
values = ["qualified"]
sides = ["receiving"]
message = "the seal must be qualified"
who = "asked"

[[require]]
id = "serious"
article = "Section 5"
source = "text"
verified = true
act = "disclosure-decided"
when = [{ field = "opening.offence.max_penalty_years", must = "be-at-most", values = [1] }]
field = "conditions"
must = "be-present"
message = "petty cases are granted on conditions only"
who = "asked"

[[competence]]
id = "asks"
article = "Section 6"
source = "text"
verified = true
role = "draft"
offices = ["central-authority"]
message = "the central authority asks"
who = "asking"

[[ground]]
id = "reserved"
code = "reserved"
article = "Section 7"
source = "text"
verified = true
reservation = "Section 7"
text = "reserved"

[[ground]]
id = "petty"
code = "petty"
article = "Section 8"
source = "text"
verified = true
when = [{ field = "offence.max_penalty_years", must = "be-at-most", values = [1] }]
text = "too small a case"

[[condition]]
id = "limited"
code = "limited"
article = "Section 9"
source = "text"
verified = true
text = "limited use"

[[condition]]
id = "agreed"
code = "agreed"
article = "Section 9"
source = "text"
verified = true
text = "wider use agreed"

[[purpose]]
id = "wider"
code = "wider"
article = "Section 9"
source = "text"
verified = true
barred_by = ["limited"]
lifted_by = ["agreed"]
text = "wider use"

[[purpose]]
id = "onward"
code = "onward"
article = "Section 10"
source = "text"
verified = true
needs = ["agreed"]
text = "passing on"

[[mark]]
id = "grave"
mark = "grave"
article = "Section 11"
source = "text"
verified = true
when = [{ field = "offence.max_penalty_years", must = "be-at-least", values = [10] }]

[[effect]]
id = "silence"
code = "deemed-granted"
article = "Section 12"
source = "text"
verified = true
who = "asked"
text = "silence is consent"

[[clock]]
id = "answer"
measures = ["letter"]
article = "Section 12"
source = "text"
verified = true
kind = "max"
who = "asked"
acting = "receiving"
text = "answer"
limit = "P5D"
unit = "working-days"
counting = "plain"
consequence = "deemed-granted"
starts = [{ act = "disclosure-requested", at = "received", called = "receipt" }]
events = [{ act = "disclosure-decided", does = "meets" }]

[[clock]]
id = "report"
article = "Section 13"
source = "text"
verified = true
kind = "review"
who = "asked"
acting = "receiving"
text = "report every year"
yearly = "--03-31"
counting = "plain"

[[clock]]
id = "conference"
article = "Section 14"
source = "text"
verified = true
kind = "review"
who = "asked"
acting = "receiving"
text = "hold a conference"
by_date = 2027-06-30
counting = "plain"

[[counting]]
id = "plain"
title = "plain"
hours = "at-once"
days = "whole-days"
moves = true
weekend = ["friday", "saturday"]
basis = [{ on = "working-days", rule = "Section 15", article = "Section 15", source = "text", verified = true, text = "Fridays and Saturdays are free" }]

[[note]]
id = "letter-note"
article = "Section 16"
source = "text"
verified = true
text = "side letter of 2021"
"""

TODAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)  # a Monday


@pytest.fixture(scope="module")
def own():
    return packaged_law({"atlantis.toml": BILATERAL.encode()})


@pytest.fixture
def letter():
    return DisclosureRequested(
        measure="letter",
        offence=Offence("smuggling", "Code 1", 2),
        facts="something happened",
        scope=(ScopePart("a", (DataCategory.TRAFFIC,)),),
    )


@pytest.fixture
def codes(own, payload_of):
    def ask(body, *, at=TODAY, states=("XA", "XB"), side=Side.SENDING, **more):
        issuer, other = (Participant(state) for state in states)
        payload = payload_of(body, "XA-XB", at=at)
        found = findings(own, payload, side=side, issuer=issuer, addressees=(other,), at=at, **more)
        return {finding.code for finding in found}

    return ask


def test_a_request_between_the_two_states_is_in_order(codes, letter):
    assert codes(letter) == set()


def test_the_law_of_the_day_is_asked(codes, letter):
    bare = msgspec.structs.replace(letter, facts="")
    assert codes(bare, at=datetime(2024, 6, 1, tzinfo=UTC)) == {"facts-before"}
    assert codes(bare, at=TODAY) == {"facts-now"}
    assert codes(letter, at=datetime(2019, 6, 1, tzinfo=UTC)) == {"instrument.not-in-force", "both"}
    assert codes(letter, at=datetime(2028, 6, 1, tzinfo=UTC)) == {"both"}
    assert codes(letter, at=datetime(2031, 6, 1, tzinfo=UTC)) == {"instrument.not-in-force", "both"}


def test_categories_beyond_the_measure_are_found(codes, letter):
    wide = msgspec.structs.replace(letter, scope=(*letter.scope, ScopePart("b", (DataCategory.CONTENT,))))
    assert codes(wide) == {"category.not-covered"}


def test_a_fact_no_act_says_can_be_asked_of_one_side(codes, letter):
    assert codes(letter, side=Side.RECEIVING) == {"seal"}
    assert codes(letter, side=Side.RECEIVING, facts={"seal-grade": "advanced"}) == {"seal"}
    assert codes(letter, side=Side.RECEIVING, facts={"seal-grade": "qualified"}) == set()


def test_only_a_competent_office_drafts(codes, letter):
    assert codes(letter, drafter=OfficeKind.POLICE) == {"asks"}
    assert codes(letter, drafter=OfficeKind.CENTRAL_AUTHORITY) == set()


def test_a_rule_on_an_answer_can_look_at_what_is_answered(codes, letter, payload_of):
    decision = DisclosureDecided((PartDecision("a", granted=True),))
    petty = msgspec.structs.replace(letter, offence=Offence("littering", "Code 2", 1))
    assert codes(decision, opening=payload_of(petty, "XA-XB")) == {"serious"}
    assert codes(decision, opening=payload_of(letter, "XA-XB")) == set()


def test_a_ground_may_need_a_reservation_and_a_case_in_point(own, letter, payload_of):
    def check(code, country, at=TODAY, opening=None):
        found = check_ground(own, "XA-XB", "letter", code, country=country, at=at, opening=opening)
        return found and (found.code, found.severity, found.verified)

    petty = msgspec.structs.replace(letter, offence=Offence("littering", "Code 2", 1))
    assert check("reserved", "XB") is None
    assert check("reserved", "XB", at=datetime(2021, 6, 1, tzinfo=UTC))[0] == "ground.not-reserved"
    assert check("reserved", "XD")[0] == "ground.not-reserved"
    assert check("reserved", "XC")[0] == "ground.not-reserved"
    assert check("reserved", "XA") == ("ground.reservation-unknown", Severity.ADVISES, False)
    assert check("petty", "XB", opening=payload_of(petty, "XA-XB")) is None
    assert check("petty", "XB", opening=payload_of(letter, "XA-XB"))[0] == "ground.not-in-point"
    assert check("anything", "XB")[0] == "ground.not-admissible"


def test_purposes_are_barred_lifted_and_need_consent_as_the_file_says(own):
    def open_for(purpose, *conditions):
        found = may_open(own, "XA-XB", "letter", purpose, conditions, at=TODAY)
        return found and found.code

    assert open_for("wider") is None
    assert open_for("wider", "limited") == "purpose.barred"
    assert open_for("wider", "limited", "agreed") is None
    assert open_for("onward") == "purpose.needs-consent"
    assert open_for("onward", "agreed") is None


def test_marks_are_put_on_as_the_file_says(own, letter):
    grave = msgspec.structs.replace(letter, offence=Offence("treason", "Code 3", 20))
    assert marks(own, "XA-XB", grave, at=TODAY) == ("grave",)
    assert marks(own, "XA-XB", letter, at=TODAY) == ()


def test_working_days_go_by_the_weekend_the_file_names_and_dates_need_no_act(own, letter, payload_of):
    kept = past_act(own, "a" * 64, payload_of(letter, "XA-XB", at=TODAY), received_at=TODAY)
    nowhere = Calendar("UTC", no_holidays, "none")
    place = one_way(nowhere, nowhere)
    states = {state.id: state for state in clocks(own, [kept], at=TODAY + timedelta(days=1), calendars=place)}
    assert states["answer"].legal_due == datetime(2026, 6, 9, tzinfo=UTC)  # 2, 3, 4, 7, 8 June
    assert states["report"].legal_due == datetime(2027, 4, 1, tzinfo=UTC)
    assert states["conference"].legal_due == datetime(2027, 7, 1, tzinfo=UTC)
    (late,) = [
        state for state in clocks(own, [kept], at=TODAY + timedelta(days=30), calendars=place) if state.id == "answer"
    ]
    assert (late.state, late.consequence, late.consequence_text) == (
        ClockStatus.LAPSED,
        "deemed-granted",
        "silence is consent",
    )


def test_a_refusal_is_checked_against_the_files_own_grounds(codes):
    refusal = RequestRefused("petty", "too small")
    assert codes(refusal, measure="letter", states=("XB", "XA")) == set()


def test_everything_is_explained_with_its_section(own):
    found = explain(own, "XA-XB", "letter", at=TODAY)
    (measure,) = found.measures
    sections = {line.citation.article for line in measure.lines}
    assert {f"Section {number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 90)} <= sections
    assert found.unverified == 1
