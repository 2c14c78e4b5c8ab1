"""An opinion says everything about an act at both sides; a docket puts a case's clocks in order, each by its own places."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.law.calendars import Calendar, calendar_of, no_holidays
from comity.law.clocks import one_way
from comity.law.docket import docket
from comity.law.history import past_act
from comity.law.matters import Participant
from comity.law.opinions import Circumstances, GroundStanding, opinion
from comity.law.packaged import packaged_files, packaged_law
from comity.law.terms import Severity, Side
from comity.law.triggers import TriggerFile, trigger_faults, triggered

REGULATION = "EU-2023-1543"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def around(*countries, at=NOON, **more):
    issuer, *others = countries
    return Circumstances(issuer=Participant(issuer), addressees=tuple(map(Participant, others)), at=at, **more)


def test_a_finding_of_both_sides_stands_once_with_its_weight_at_each(law, payload_of, preservation):
    body = msgspec.structs.replace(preservation, facts="")
    (told,) = opinion(law, payload_of(body, "CETS185"), around("PT", "DE")).findings
    assert told.code == "bc29.facts"
    assert told.weights == {Side.SENDING: Severity.BLOCKS, Side.RECEIVING: Severity.BLOCKS}
    assert told.who_text == "the requesting Party"


def test_an_old_decision_is_found_again_by_the_version_it_was_made_under_and_another_version_says_that_it_is_another(
    law, payload_of, emergency
):
    text = packaged_files()["eu-2023-1543.toml"].decode()
    rule = 'values = ["subscriber", "user-identification"]\nwhen = [{ field = "without_validation"'
    assert rule in text
    edited = packaged_law({"eu-2023-1543.toml": text.replace(rule, rule.replace('"]', '", "content"]'), 1).encode()})
    body = msgspec.structs.replace(emergency, data=msgspec.structs.replace(emergency.data, categories=("content",)))
    made = msgspec.structs.replace(payload_of(body, REGULATION), law=law.version)
    then, later = (opinion(each, made, around("PT", "DE")) for each in (law, edited))
    codes = [{told.code for told in found.findings} for found in (then, later)]
    assert [("eu4.unvalidated-data" in found) for found in codes] == [True, False]
    assert (then.law, then.of_its_day) == (law.version, True)
    assert (later.law, later.made_under, later.of_its_day) == (edited.version, law.version, False)
    assert opinion(edited, payload_of(body, REGULATION), around("PT", "DE")).of_its_day


def test_asked_for_one_side_the_other_says_nothing(law, payload_of, preservation):
    body = msgspec.structs.replace(preservation, facts="")
    found = opinion(law, payload_of(body, "CETS185"), around("PT", "DE"), sides=(Side.RECEIVING,))
    assert not found.blocks(Side.SENDING)
    assert found.blocks(Side.RECEIVING)


def test_a_ground_that_the_offence_waives_is_told_as_not_in_point(law, payload_of, preservation):
    found = opinion(law, payload_of(preservation, "CETS185"), around("PT", "DE"))
    standings = {ground.code: ground.standing for ground in found.grounds}
    assert standings["dual-criminality"] is GroundStanding.NOT_IN_POINT
    assert standings["political-offence"] is GroundStanding.OPEN


def test_a_ground_that_needs_a_reservation_is_told_where_it_is_not_known_whether_it_was_made(
    law, payload_of, preservation
):
    body = msgspec.structs.replace(preservation, offence=msgspec.structs.replace(preservation.offence, code="murder"))
    found = opinion(law, payload_of(body, "CETS185"), around("PT", "DE"))
    (ground,) = [each for each in found.grounds if each.code == "dual-criminality"]
    assert ground.standing is GroundStanding.NOT_KNOWN
    assert not ground.verified


def test_each_addressees_state_has_its_own_grounds(law, payload_of, preservation):
    found = opinion(law, payload_of(preservation, "CETS185"), around("PT", "DE", "FR"))
    assert {ground.country for ground in found.grounds} == {"DE", "FR"}


def test_what_no_law_knows_is_one_finding_and_no_crash(law, payload_of, preservation):
    found = opinion(law, payload_of(preservation, "CETS999"), around("PT", "DE"))
    assert [told.code for told in found.findings] == ["instrument.unknown"]
    assert (found.grounds, found.notes) == ((), ())


def test_notes_bear_on_an_act_that_goes_to_or_comes_from_their_state_only(law, payload_of, emergency):
    def notes(*states):
        order = msgspec.structs.replace(emergency, measure="direct-order")
        found = opinion(law, payload_of(order, "US-GB-2019"), around(*states))
        return {note.id for note in found.notes}

    assert "us-gb.side-letter-1" in notes("US", "GB")
    assert "us-gb.side-letter-1" not in notes("US", "US")


def test_lapsed_clocks_come_first_and_those_without_a_number_after_those_with_one(law, payload_of, emergency):
    past = past_act(law, "a" * 64, payload_of(emergency, REGULATION, at=NOON), received_at=NOON)
    nowhere = Calendar("UTC", no_holidays, "none")
    found = docket(law, "x", [past], at=NOON + timedelta(days=1), calendars=one_way(nowhere, nowhere))
    states = [(line.clock.state.value, line.clock.legal_due is None) for line in found.lines]
    assert states[0] == ("lapsed", False)
    assert states == sorted(states)


def test_each_clock_is_counted_where_the_side_of_its_own_act_works(law, payload_of, emergency):
    """A case can hold an order that went out and one that came in."""
    out = past_act(law, "a" * 64, payload_of(emergency, REGULATION, at=NOON), received_at=NOON)
    back = past_act(law, "b" * 64, payload_of(emergency, REGULATION, at=NOON), received_at=NOON)
    here, there = calendar_of("PT", "Europe/Lisbon"), calendar_of("DE", "Europe/Berlin")

    def places(act):
        return (
            {Side.SENDING: here, Side.RECEIVING: there}
            if act == out.act
            else {Side.SENDING: there, Side.RECEIVING: here}
        )

    found = docket(law, "x", [out, back], at=NOON, calendars=places)
    zones = {line.clock.started_by: line.zones[Side.SENDING] for line in found.lines if line.clock.id == "tl-08"}
    assert zones == {out.act: "Europe/Lisbon", back.act: "Europe/Berlin"}


FACTS = {
    "instrument": REGULATION,
    "happened": [
        {"act": "production-ordered", "measure": "production", "at": NOON, "says": {"without_validation": True}}
    ],
}


def test_facts_of_a_file_start_the_clocks_that_the_act_would(law, payload_of, emergency):
    file = msgspec.convert(FACTS, TriggerFile)
    assert list(trigger_faults(law, file)) == []
    (told,) = triggered(law, file)
    kept = past_act(law, told.act, payload_of(emergency, REGULATION, at=NOON), received_at=NOON)
    assert set(told.facts) == set(kept.facts)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"instrument": "CETS0"}, "no instrument"),
        ({"measure": "moonwalk"}, "no measure"),
        ({"at": NOON.replace(tzinfo=None)}, "says its zone"),
        ({"answers": [1]}, "stands before"),
        ({"says": {"moon": 1}}, "no clock looks at"),
        ({"says": {"emergency": 1.5}}, "takes a text"),
    ],
)
def test_facts_that_make_no_sense_are_told(law, change, said):
    file = msgspec.convert({**FACTS, "happened": [{**FACTS["happened"][0], **change}]}, TriggerFile)
    assert said in " / ".join(reason for _, reason in trigger_faults(law, file))
