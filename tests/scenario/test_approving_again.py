"""An approval that comes again: after a cut connection, or twice in one request."""

from comity.casework.desk.draft import APPROVE
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, PT


def test_an_approval_that_stands_twice_in_one_request_files_one_act_and_says_so_twice(federation):
    silva, costa = federation.officer("pt.silva"), federation.officer("pt.costa")
    draft = silva.draft(play.BUDAPEST, play.preservation(), to=[DE])
    approval = costa._credentials.authenticator(PT, costa.name).approve(
        draft["draft"], APPROVE, officer=costa.name, office=costa.office
    )
    command = {"draft": draft["draft"], "approval": approval}
    first, second = costa.client.post("/api/approvals", [command, command])["list"]
    assert first["approved"]["act"] == draft["draft"]
    assert second == first
    timeline = federation.officer("pt.marques").client.get(f"/api/cases/{draft['case']}")["timeline"]
    assert [line["act"] for line in timeline] == [draft["draft"]]
