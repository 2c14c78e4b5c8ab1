"""The instrument files of the package say what the sources say, no more."""

import json
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from comity.acts.classes import ActType
from comity.law.calendars import Calendar, no_holidays
from comity.law.checks import provisions
from comity.law.clocks import clocks, one_way
from comity.law.durations import parse_duration
from comity.law.explain import LineKind, explain
from comity.law.history import past_act
from comity.law.marks import marks
from comity.law.packaged import packaged_files
from comity.law.purposes import may_open, tells_supplier
from comity.vocabulary.categories import OfficeKind

SHARED = Path(__file__).resolve().parents[3] / "shared" / "law"
TODAY = datetime(2026, 11, 21, tzinfo=UTC)
TREATY, REGULATION = "CETS185", "EU-2023-1543"


def shared(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the collected facts of law are not beside this checkout: {name}")
    return json.loads(path.read_text())


def test_the_parties_and_their_dates_are_those_of_the_chart(law):
    chart = shared("parties.json")[TREATY]
    ours = law.instruments[TREATY].parties
    dated = {
        row["iso"]: tuple(
            date.fromisoformat(row[key]) if key in row else None for key in ("signed", "consent", "in_force")
        )
        for row in (*chart["parties"], *chart["signatories_not_ratified"])
    }
    assert {iso: (party.signed, party.consent, party.in_force) for iso, party in ours.items()} == dated


def test_the_states_bound_by_the_regulation_are_those_listed(law):
    listed = shared("parties.json")["EU_2023_1543"]
    instrument = law.instruments[REGULATION]
    assert {iso for iso in instrument.parties if instrument.binds(iso, TODAY.date())} == set(listed["bound"])
    assert not any(instrument.binds(iso, TODAY.date()) for iso in listed["not_bound"])


def test_the_treatys_clocks_are_those_collected(law):
    ours = {clock.rule.id: clock.rule for clock in law.instruments[TREATY].clocks}
    for row in shared("clocks.json")["clocks"]:
        if row["instrument"] != TREATY:
            continue
        rule = ours["bc35.available" if row["id"] == "bc35.247" else row["id"]]
        assert rule.article == f"Art {row['art']}"
        assert rule.kind.value == row["kind"]
        assert rule.verified is (row["verified"] is True)
        assert not rule.limit or parse_duration(rule.limit) == parse_duration(row["limit"])


def test_every_clock_collected_is_in_the_law_with_its_kind_length_and_doubt(law):
    ours = {clock.rule.id: clock.rule for instrument in law.instruments.values() for clock in instrument.clocks}
    renamed = {"bc35.247": "bc35.available", "un41.247": "un41.available"}
    renamed |= {"cloud.congress": "us-gb.congress", "cloud.renew": "us-gb.renew"}
    no_act_starts = {"eio.intercept.notify", "cloud.congress", "cloud.renew"}
    kinds = {"max_wait": "wait", "reasonable_efforts": "reasonable-efforts", "best_effort": "best-effort"}
    kinds |= {"max_ordered": "max"}
    for row in shared("clocks.json")["clocks"]:
        rule = ours[renamed.get(row["id"], row["id"])]
        assert rule.article.endswith(row["art"]), row["id"]
        assert rule.verified is (row["verified"] is True), row["id"]
        if row["id"] in no_act_starts or row["id"] == "eio.urgent":
            assert not rule.limit  # the number, if any, is in its words: nothing here starts it
            continue
        assert rule.kind.value == kinds.get(row["kind"], row["kind"]), row["id"]
        assert not rule.limit or rule.limit == row["limit"].split()[0], row["id"]


def test_all_forty_time_limits_of_the_regulation_are_there(law):
    ids = {clock.rule.id for clock in law.instruments[REGULATION].clocks}
    missing = [f"tl-{n:02}" for n in range(1, 41) if not any(name.startswith(f"tl-{n:02}") for name in ids)]
    assert missing == []


def test_who_signed_and_ratified_the_protocol_is_as_collected(law):
    listed = shared("parties.json")["CETS224"]
    ours = law.instruments["CETS224"].parties
    assert {iso: party.signed.isoformat() for iso, party in ours.items()} == listed["signatories"]
    assert {iso: p.consent.isoformat() for iso, p in ours.items() if p.consent} == listed["ratifications"]
    assert not any(law.instruments["CETS224"].binds(iso, TODAY.date()) for iso in ours)


def test_who_is_bound_by_the_order_directive_and_the_agreements_is_as_collected(law):
    listed = shared("parties.json")
    for name, key in (("EU-2014-41", "EU_2014_41_EIO"),):
        ours = law.instruments[name]
        assert {iso for iso in ours.parties if ours.binds(iso, TODAY.date())} == set(listed[key]["bound"])
        assert not any(ours.binds(iso, TODAY.date()) for iso in listed[key]["not_bound"])
    agreements = {
        (frozenset(row["parties"]), row["in_force"], row["signed"]) for row in listed["CLOUD_ACT"]["agreements"]
    }
    ours = {
        (
            frozenset(each.parties),
            *{(p.in_force.isoformat(), p.signed.isoformat()) for p in each.parties.values()}.pop(),
        )
        for name, each in law.instruments.items()
        if name.startswith("US-")
    }
    assert ours == agreements


def test_whoever_signed_the_un_convention_is_listed_and_none_is_bound(law):
    listed = shared("parties.json")["UNCC"]
    ours = law.instruments["UNCC"]
    assert set(ours.parties) == {*listed["signatories"], *listed["signatories_added_later"]}
    assert not any(ours.binds(iso, TODAY.date()) for iso in ours.parties)


def test_duties_at_large_are_told_of_the_instrument_and_of_no_case(law, emergency, payload_of):
    lines = explain(law, REGULATION, "duties-at-large", at=TODAY).measures[0].lines
    large = {line.id: line for line in lines if line.kind is LineKind.CLOCK}
    assert "--03-31" in large["tl-34"].text
    assert not large["tl-36"].in_force  # from August 2027 on
    nowhere = Calendar(zone="UTC", holidays=no_holidays, name="none")
    kept = past_act(law, "a" * 64, payload_of(emergency, REGULATION, at=TODAY), received_at=TODAY)
    states = clocks(law, [kept], at=TODAY, calendars=one_way(nowhere, nowhere))
    assert set(large) & {state.id for state in states} == set()


def test_no_duty_without_a_number_in_the_law_has_one_here(law):
    for instrument in law.instruments.values():
        for clock in instrument.clocks:
            if clock.rule.kind in ("qualitative", "availability"):
                assert (clock.rule.limit, clock.rule.limit_field, clock.rule.counting) == ("", "", "")


def test_whatever_is_from_memory_is_unverified(law):
    for instrument in law.instruments.values():
        unread = {key for key, source in instrument.file.sources.items() if "from memory" in source.title}
        wrong = [
            row.id for _, row in provisions(instrument.file) if row.source in unread - {"counting"} and row.verified
        ]
        assert not wrong


def test_every_rule_cites_an_article_and_a_source_that_is_named(law):
    for instrument in law.instruments.values():
        for _, row in provisions(instrument.file):
            assert row.article
            assert instrument.file.sources[row.source].title


def test_every_file_is_plain_toml_in_utf8():
    for name, data in packaged_files().items():
        assert tomllib.loads(data.decode()), name


# Looking ------------------------------------------------------------------------------------------------------------


def may(law, purpose, *conditions):
    found = may_open(law, TREATY, "stored-data-assistance", purpose, conditions, at=TODAY)
    return found and found.code


def test_an_item_is_not_opened_without_a_purpose_or_for_one_nobody_knows(law):
    assert may(law, "") == "purpose.not-stated"
    assert may(law, "curiosity") == "purpose.unknown"


def test_an_item_is_opened_for_the_investigation_it_was_given_for(law):
    assert may(law, "same-investigation", "not-for-other-investigations", "account-of-use") is None


def test_another_investigation_is_barred_by_the_use_limit_until_the_supplier_agrees(law):
    assert may(law, "other-investigation", "not-for-other-investigations") == "purpose.barred"
    assert may(law, "other-investigation", "not-for-other-investigations", "further-use-consented") is None


def test_the_supplier_is_told_of_an_opening_only_under_the_condition_that_says_so(law):
    assert tells_supplier(law, TREATY, ["account-of-use"], at=TODAY)
    assert not tells_supplier(law, TREATY, ["confidential", "not-for-other-investigations"], at=TODAY)
    assert not tells_supplier(law, REGULATION, ["account-of-use"], at=TODAY)
    assert not tells_supplier(law, "NOWHERE", ["account-of-use"], at=TODAY)


# Counting by overseers ------------------------------------------------------------------------------------------------


def test_an_order_without_validation_is_marked_for_the_overseer(law, emergency, preservation):
    assert marks(law, REGULATION, emergency, at=TODAY) == ("emergency", "without-validation")
    assert marks(law, TREATY, preservation, at=TODAY) == ()


# What follows -----------------------------------------------------------------------------------------------------------


def test_a_withdrawn_order_makes_whoever_holds_the_data_delete_or_restrict_them(law):
    rows = law.measure(REGULATION, "production").effects
    (effect,) = [row for row in rows if row.act is ActType.PRODUCTION_WITHDRAWN]
    assert (effect.code, effect.who, effect.article) == ("delete-or-restrict", "holder", "Art 4(5)")
    assert not [row for row in rows if row.act is ActType.PRODUCTION_ORDERED]


def test_the_addressees_view_leaves_out_necessity_and_summary(law):
    (withheld,) = law.measure(REGULATION, "production").by_act[ActType.ORDER_REASONED].withheld
    assert withheld.rule.fields == ("necessity", "summary")
    assert OfficeKind.PROVIDER_DESK in withheld.rule.hidden_from
    assert OfficeKind.JUDGE not in withheld.rule.hidden_from


# Explaining ---------------------------------------------------------------------------------------------------------


def test_a_measure_is_explained_rule_by_rule_with_its_source(law):
    found = explain(law, TREATY, "expedited-preservation", at=TODAY)
    (measure,) = found.measures
    assert measure.opened_by == "preservation-requested"
    clock = next(line for line in measure.lines if line.id == "bc29.min")
    assert clock.kind is LineKind.CLOCK
    assert clock.citation.in_words() == "Budapest Convention, Art 29(7)"
    assert "60 calendar days" in clock.text
    assert clock.source.startswith("CETS 185")
    assert found.law == law.version


def test_an_article_is_explained_with_its_paragraphs_and_no_other_article(law):
    for asked in ("29", "Art 29", "article 29"):
        articles = {
            line.citation.article
            for measure in explain(law, TREATY, asked, at=TODAY).measures
            for line in measure.lines
        }
        assert "Art 29(2)(a)" in articles
        assert all(article.startswith("Art 29") for article in articles)
    assert {line.id for measure in explain(law, TREATY, "2", at=TODAY).measures for line in measure.lines} == {
        "illegal-access"
    }


def test_what_is_unverified_says_so_when_it_is_explained(law):
    found = explain(law, TREATY, "stored-data-assistance", at=TODAY)
    doubtful = [line for measure in found.measures for line in measure.lines if not line.citation.verified]
    assert len(doubtful) == found.unverified > 0
    assert all("unverified" in line.citation.in_words() for line in doubtful)


def test_an_instrument_nobody_knows_has_no_explanation(law):
    assert explain(law, "NOWHERE", "", at=TODAY) is None
