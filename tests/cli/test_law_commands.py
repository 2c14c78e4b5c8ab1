"""The law asked on the command line without a node: routes, findings, clocks, versions, golden cases; and newcomers' errors."""

import json

import msgspec
import pytest

from comity.entrypoints.cli.exits import ExitCode

WIDTH = 80
QUESTION = ("law", "routes", "--from", "PT", "--provider-in", "DE", "--category", "subscriber", "--on", "2026-11-21")


@pytest.fixture
def request_file(comity, tmp_path):
    """The filled-in preservation request."""
    path = tmp_path / "request.toml"
    path.write_text(comity("case", "example", "preservation-requested")[1])
    return path


@pytest.fixture
def facts_file(comity, tmp_path):
    """The filled-in file of facts."""
    path = tmp_path / "facts.toml"
    path.write_text(comity("law", "clocks", "--example")[1])
    return path


@pytest.fixture
def other_law(tmp_path, packaged):
    """A folder whose Regulation gives 72 hours for validation."""
    folder = tmp_path / "other-law"
    folder.mkdir()
    (folder / "eu-2023-1543.toml").write_text(packaged.replace('limit = "PT48H"', 'limit = "PT72H"', 1))
    return folder


@pytest.fixture(scope="module")
def packaged():
    from comity.law.packaged import packaged_files

    return packaged_files()["eu-2023-1543.toml"].decode()


def test_routes_are_ranked_with_what_they_take_and_closed_ones_with_their_reason(comity):
    code, out, err = comity(*QUESTION, "--issuing", "prosecutor")
    said = " ".join(out.split())
    assert (code, err) == (0, "")
    assert "1. European Production Order" in said
    assert "[ok] competence: an order for these data" in said
    assert "not in force on this day" in said
    assert "UNVERIFIED" in said


def test_a_prosecutor_who_is_not_competent_is_told(comity):
    said = " ".join(
        comity(*QUESTION[:-4], "--category", "content", "--issuing", "police", "--max-penalty", "5")[1].split()
    )
    assert "[NOT MET] competence" in said


def test_routes_as_json_are_the_whole_answer(comity):
    found = json.loads(comity(*QUESTION, "--json")[1])
    assert found["open"][0]["id"] == "eu.production"
    assert {"prerequisites", "contents", "clocks", "safeguards", "notes"} <= set(found["open"][0])
    assert all(way["points"] for way in found["closed"])


@pytest.mark.parametrize(
    "words",
    [
        (*QUESTION, "--all"),
        ("law", "cases", "law/cases"),
        ("law", "diff", "packaged", "packaged"),
        ("law", "instruments"),
        ("law", "explain", "EU-2023-1543"),
        ("law", "courts", "XB", "--own", "law/template"),
    ],
    ids=" ".join,
)
def test_no_line_is_wider_than_a_narrow_terminal(comity, words):
    assert max(len(line) for line in comity(*words)[1].splitlines()) <= WIDTH


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("law", "routes", "--from", "PRT", "--to", "DE"), "two letters of ISO 3166"),
        (("law", "routes", "--from", "PT"), "--provider-in STATE"),
        (("law", "routes", "--from", "PT", "--to", "DE", "--yes", "help"), "privilege, press"),
        (("law", "check"), "comity case example"),
        (("law", "check", "none.toml", "--from", "PT", "--to", "DE"), "there is no such file"),
        (("law", "check", "--draft", "0"), "--url and --token-file"),
        (("law", "clocks"), "comity law clocks --example"),
        (("law", "clocks", "none.toml"), "comity law clocks --example"),
        (("law", "clocks", "--case", "0"), "--url and --token-file"),
        (("law", "diff", "packaged", "nowhere"), "folder of instrument files"),
        (("law", "diff", "node", "packaged"), "--url and --token-file"),
        (("law", "cases", "nowhere"), "golden cases"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_whoever_asks_wrongly_is_told_what_to_do(comity, words, said):
    code, _, err = comity(*words)
    assert code == ExitCode.FAILED
    assert said in " ".join(err.split())


def test_an_offence_that_no_list_has_is_asked_about_and_noticed(comity):
    code, _, err = comity(*QUESTION, "--offence", "computer-fraud")
    assert code == 0
    assert "computer-related-fraud" in err


def test_no_route_to_demand_decryption_is_an_answer(comity):
    said = " ".join(comity("law", "routes", "--from", "PT", "--to", "DE", "--aim", "decrypt")[1].split())
    assert "0 open" in said


def test_a_complete_request_may_go_and_the_grounds_against_it_are_listed(comity, request_file):
    code, out, _ = comity("law", "check", request_file, "--from", "PT", "--to", "DE")
    said = " ".join(out.split())
    assert code == 0
    assert "sending side: nothing stands against it" in said
    assert "political-offence" in said
    assert "Grounds of refusal: not against this act DE dual-criminality" in said


def test_everything_against_a_request_is_said_at_once_for_both_sides(comity, request_file):
    request_file.write_text(
        request_file.read_text().replace("facts =", "# facts =").replace("necessity =", "# necessity =")
    )
    code, out, _ = comity("law", "check", request_file, "--from", "PT", "--to", "IE", "--json")
    found = json.loads(out)
    assert code == ExitCode.REFUSED
    assert {each["code"] for each in found["findings"]} >= {"bc.parties", "bc29.facts", "bc29.necessity"}
    assert all(each["who_text"] and each["article"] for each in found["findings"])
    assert {side for each in found["findings"] for side in each["weights"]} == {"sending", "receiving"}


def test_an_act_made_under_other_files_of_the_law_is_told_and_with_those_files_it_is_not(
    comity, request_file, other_law
):
    from comity.acts.payload import write_payload
    from comity.entrypoints.cli.law_files import law_of, read_act
    from comity.vocabulary.wire import b64url

    law = law_of(other_law)
    made = msgspec.structs.replace(read_act(request_file, law), law=law.version)
    act = request_file.with_name("act.json")
    act.write_text(json.dumps({"payload": b64url(write_payload(made)), "signatures": []}))
    asked = ("law", "check", act, "--from", "PT", "--to", "DE")
    now, then = (" ".join(comity(*asked, *own)[1].split()) for own in ((), ("--own", other_law)))
    assert f"its issuer judged this act by law {law.version[:12]}" in now
    assert "NOT THE LAW" not in then
    assert f"Law {law.version[:12]}" in then


def test_an_act_that_is_none_is_told_with_what_is_wrong_in_it(comity, request_file):
    request_file.write_text(request_file.read_text().replace("confidential = true", 'confidential = "yes"'))
    code, _, err = comity("law", "check", request_file, "--from", "PT", "--to", "DE")
    assert code == ExitCode.FAILED
    assert "$.confidential" in err


def test_a_fact_that_the_instrument_does_not_declare_is_told_with_those_it_does(comity, request_file):
    err = comity("law", "check", request_file, "--from", "PT", "--to", "DE", "--fact", "moon=full")[2]
    assert "treaty-between-the-pair" in err


def test_clocks_of_a_file_show_both_zones_the_trigger_and_the_counting(comity, facts_file):
    code, out, _ = comity("law", "clocks", facts_file)
    said = " ".join(out.split())
    assert code == 0
    assert "Europe/Lisbon (sending side)" in said
    assert "Europe/Berlin (receiving side)" in said
    assert "MET have the order validated" in said
    assert "set going production-ordered of 23 November 2026 10:00 UTC" in said
    assert "the hour of the event is not counted" in said


def test_clocks_as_of_an_earlier_instant_are_those_of_that_instant(comity, facts_file):
    found = json.loads(comity("law", "clocks", facts_file, "--at", "2026-11-24T09:00Z", "--json")[1])
    states = {line["clock"]["id"]: line["clock"]["state"] for line in found["lines"]}
    assert states["tl-08"] == "running"


def test_facts_that_no_clock_looks_at_are_told_with_their_line_and_what_is_looked_at(comity, facts_file):
    facts_file.write_text(facts_file.read_text().replace('"emergency"', '"emergncy"').replace("[1]", "[3]"))
    code, _, err = comity("law", "clocks", facts_file)
    assert code == ExitCode.FAILED
    assert "no clock looks at 'emergncy'" in err
    assert "no act 3 stands before this one" in err
    assert "without_validation" in err


def test_a_new_version_tells_its_rules_and_what_becomes_of_a_case(comity, facts_file, other_law):
    code, out, _ = comity("law", "diff", "packaged", other_law, "--facts", facts_file, "--at", "2026-11-25T12:00Z")
    said = " ".join(out.split())
    assert code == 0
    assert "changed clock tl-08 [Art 4(5)]: limit" in said
    assert "1 rules differ" in said


def test_a_version_with_mistakes_is_refused_with_every_line(comity, other_law):
    (other_law / "bad.toml").write_text("x")
    (other_law / "worse.toml").write_text("y")
    code, _, err = comity("law", "diff", "packaged", other_law)
    assert code == ExitCode.FAILED
    assert "bad.toml:1" in err
    assert "worse.toml:1" in err


def test_golden_cases_of_a_template_run_with_an_offices_own_law(comity):
    code, out, _ = comity("law", "cases", "law/template/cases", "--own", "law/template", "--list")
    assert code == 0
    assert "golden cases hold" in out
    assert comity("law", "cases", "law/template/cases")[0] == ExitCode.FAILED


def test_an_offices_own_law_is_explained_like_any_other(comity):
    assert "XA-CCP" in comity("law", "instruments", "--own", "law/template")[1]
    code, out, _ = comity("law", "explain", "XA-CCP", "key-demand", "--own", "law/template")
    assert code == 0
    assert "a judge alone demands a key [Section 122]" in " ".join(out.split())
    assert comity("law", "explain", "XA-CCP")[0] == ExitCode.FAILED


def test_of_courts_that_nobody_wrote_down_nothing_is_said(comity):
    code, out, _ = comity("law", "courts", "FR")
    assert code == 0
    assert "is not known here, and nothing is guessed" in " ".join(out.split())
    assert "LACKS authentication" in " ".join(comity("law", "courts", "XB", "--own", "law/template")[1].split())
