"""Figures of a year at a real node: from its ledger through the route to the command line, for whom they are and for nobody else."""

import json

import pytest

from comity.acts.bodies import PreservationOrdered
from comity.acts.matters import Contact, DataSought, Offence
from comity.casework.desk.statistics import OfYear, statistics
from comity.casework.ports.access import OfficerRef
from comity.entrypoints.cli.main import main
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.errors import Refusal
from comity.vocabulary.targets import Target, TargetKind

LEE = "provider.lee"
NUMBER = "351910000123"
NEW_CASE = "5a" * 16


@pytest.fixture
def ordered(world):
    """An order to preserve of `de` came; nobody has held anything for it yet."""
    body = PreservationOrdered(
        measure="preservation",
        data=DataSought((Target(TargetKind.PHONE, NUMBER),), (DataCategory.TRAFFIC,)),
        days=60,
        grounds="A secret ground.",
        issuing=Contact("Court", "judge", "Judge Richter"),
        offence=Offence("kidnapping", "Penal Code"),
    )
    act = world.played["de"].act(NEW_CASE, body, approver="de.richter", instrument="EU-2023-1543")
    answer = world.played["de"].send(act)
    assert answer.receipts, answer
    return world.now().year


def test_the_figures_come_over_the_route_and_to_the_command_line_without_a_word_of_the_case(
    desk, ordered, tmp_path, capsys
):
    status, content, _ = desk.call("GET", f"/api/statistics?year={ordered}", token=desk.token(LEE))
    assert status == 200, content
    found = {each["id"]: each for each in json.loads(content)["figures"]}
    (line,) = found["sp-a"]["lines"]
    assert (line["number"], line["tally"], line["data"], line["issuing_state"]) == (1, "received", ["traffic"], "DE")
    assert [each["tally"] for each in found["sp-b"]["lines"]] == ["not-fulfilled"]
    assert not any(found[name]["lines"] for name in found if name not in ("sp-a", "sp-b"))
    assert not any(word.encode() in content for word in (NUMBER, NEW_CASE, "secret", "Richter", "kidnapping"))
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(desk.token(LEE))
    asked = ("statistics", "--url", f"http://127.0.0.1:{desk.port}", "--token-file", str(token), "--year")
    assert main([*asked, str(ordered)]) == 0
    said = capsys.readouterr().out
    assert "1 received; preservation-ordered; data traffic; from DE; no emergency" in said
    assert "costs claimed and reimbursed" in said
    assert main([*asked, str(ordered - 1), "--json"]) == 0
    assert not any(each["lines"] for each in json.loads(capsys.readouterr().out)["figures"])


def test_figures_are_for_the_offices_that_answer_for_cases(world):
    bench = world.node.bench
    for kind in OfficeKind:
        officer = OfficerRef(LEE, "provider", {"desk": kind})
        refused = isinstance(statistics(bench, officer, OfYear(2026)), Refusal)
        assert refused is (kind in {OfficeKind.CONTACT_POINT, OfficeKind.POLICE, OfficeKind.FILTER_TEAM})
    assert isinstance(statistics(bench, OfficerRef(LEE, "provider", {}), OfYear(2026)), Refusal)


def test_cases_of_which_nothing_is_left_are_said_to_be_missing(world):
    year = world.now().year
    found = [statistics(world.node.bench, world.officer, OfYear(each)).disposed for each in (year, year + 1)]
    assert found == [1, 0]
