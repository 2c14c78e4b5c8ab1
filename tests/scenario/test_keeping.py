"""The end of a case between two real nodes: not early, asked for at the other, kept there on a ground, and gone there too."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from comity.acts import bodies as b
from comity.acts.matters import Contact, DataSought, Offence
from comity.cases.copies import copies_thread
from comity.entrypoints.cli.main import main
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play_emergency import REGULATION
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind

wire: Any = sys.modules["scenario_hostile_peer"]
eventually: Any = wire.eventually


def shifted(federation: Any, by: timedelta) -> str:
    """An instant from now by the federation's clock."""
    offset = int((federation.folder / "clock-offset").read_text())
    return (datetime.now(UTC) + timedelta(seconds=offset) + by).strftime("%Y-%m-%dT%H:%M:%SZ")


def dispose(officer: Any, case: str) -> dict[str, Any]:
    """The certificate, as soon as nothing of the case is on its way any more."""
    words = {"case": case, "office": officer.office, "rule": "own.archive"}
    done: list[dict[str, Any]] = []

    def disposed() -> bool:
        try:
            done.append(officer.client.post("/api/disposals", words)["certificate"])
        except NodeRefusedError as refused:
            if refused.refusal["code"] != "still-sending":
                raise
        return bool(done)

    eventually(disposed, "the case is disposed of")
    return done[0]


def answered(officer: Any, case: str) -> dict[str, Any]:
    """What the other node last said of its copies."""
    (asked,) = officer.client.get(f"/api/cases/{case}/copies")["list"]
    return dict(asked["traced"])


@pytest.fixture
def case(federation: Any, census: Any) -> str:
    """A request of pt that has reached de."""
    draft = federation.officer("pt.silva").draft(play.BUDAPEST, play.preservation(), to=[DE])
    federation.officer("pt.costa").approve(draft["draft"])
    eventually(lambda: draft["draft"] in census.acts(DE), "the request reached de")
    return str(draft["case"])


def test_a_case_ends_neither_early_nor_with_copies_that_nobody_answers_for(federation, census, case, capsys):
    marques, keller = federation.officer("pt.marques"), federation.officer("de.keller")
    # 1. Not before the date that the office set; the rule is named.
    set_by = {"case": case, "office": marques.office, "rule": "own.archive", "citation": "Archive Act, Section 3"}
    marques.client.post("/api/retentions", set_by | {"at_least": shifted(federation, timedelta(days=2))})
    marques.client.post("/api/closings", {"case": case, "office": marques.office, "reason": "judgment is final"})
    with pytest.raises(NodeRefusedError) as refused:
        dispose(marques, case)
    assert refused.value.refusal["code"] == "too-early"
    assert "Archive Act, Section 3" in refused.value.refusal["what"]
    token = federation.folder / "officers" / "pt.marques.token"
    node = ["--url", federation.endpoints[PT].url, "--token-file", str(token)]
    assert main(["case", "retention", case, *node]) == 0
    assert "own.archive (case-rule)" in capsys.readouterr().out
    # 2. Replaced by an act, it lets the case go; the certificate says whom the copies were asked of.
    marques.client.post("/api/retentions", set_by | {"at_most": shifted(federation, timedelta(days=2))})
    certificate = dispose(marques, case)
    assert [(each["holder"], each["standing"]) for each in certificate["copies"]] == [(DE, None)]
    assert certificate["law"]
    assert certificate["set_by"]
    # 3. The other node keeps its copies on a ground until a date, and cannot say that they are gone.
    thread = copies_thread(PT, DE, case)
    eventually(lambda: certificate["copies"][0]["asked"] in census.acts(DE), "the question reached de")
    words = {"thread": thread, "office": keller.office}
    with pytest.raises(NodeRefusedError) as refused:
        keller.client.post("/api/copies-reported", words)
    assert refused.value.refusal["code"] == "still-kept"
    until = shifted(federation, timedelta(days=20))
    keller.client.post("/api/copies-reported", words | {"ground": "appeal-pending", "until": until})
    eventually(lambda: answered(marques, case)["standing"] == "kept", "pt knows until when de keeps them")
    assert answered(marques, case)["ground"] == "appeal-pending"
    # 4. When they are gone, whoever asked is told without being asked for it.
    keller.client.post("/api/closings", {"case": case, "office": keller.office, "reason": "appeal is over"})
    dispose(keller, case)
    eventually(lambda: answered(marques, case)["standing"] == "destroyed", "pt knows that de has none any more")
    assert main(["case", "copies", case, *node]) == 0
    assert "de  destroyed" in capsys.readouterr().out
    # 5. de's own question is answered by what is left of the case at pt.
    back = copies_thread(DE, PT, case)
    eventually(lambda: marques.client.get(f"/api/cases/{back}")["state"]["copies"], "de's question reached pt")
    marques.client.post("/api/copies-reported", {"thread": back, "office": marques.office})
    eventually(lambda: answered(keller, case)["standing"] == "destroyed", "de knows that pt has none any more")
    census.assert_sound(PT, DE)


def test_copies_of_what_came_under_a_withdrawn_order_are_asked_for_and_answered(federation, census):
    marques, lee = federation.officer("pt.marques"), federation.officer("provider.lee")
    body = b.ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.PROSECUTOR,
        issuing=Contact("Ministerio Publico (demo)", "prosecutor", "pt.marques", phone="351210000001"),
        data=DataSought((Target(TargetKind.EMAIL, "withdrawn@mail.example"),), (DataCategory.SUBSCRIBER,)),
        offence=Offence("kidnapping", "Penal code (demo) section 160", max_penalty_years=8),
    )
    draft = marques.draft(REGULATION, body, to=[PROVIDER])
    order, case = draft["draft"], draft["case"]
    federation.officer("pt.lopes").approve(order)
    words = {"case": case, "office": marques.office, "order": order}
    with pytest.raises(NodeRefusedError) as refused:
        marques.client.post("/api/copies-asked", words)
    assert refused.value.refusal["code"] == "not-withdrawn"
    assert marques.client.get(f"/api/cases/{case}/copies")["list"] == []
    marques.file(REGULATION, b.ProductionWithdrawn(order, "issued in error"), case=case, to=[PROVIDER], re=[order])
    (asked,) = marques.client.get(f"/api/cases/{case}/copies")["list"]
    assert asked["traced"]["holder"] == PROVIDER, "asked with the withdrawal, by nobody's hand"
    eventually(lambda: asked["traced"]["asked"] in census.acts(PROVIDER), "the question reached the provider")
    with pytest.raises(NodeRefusedError):
        marques.file(REGULATION, b.ProductionWithdrawn(order, "issued in error"), case=case, to=[PROVIDER], re=[order])
    (again,) = marques.client.post("/api/copies-asked", words)["list"]
    assert again == asked, "nobody is asked twice for the same"
    lee.client.post("/api/copies-reported", {"thread": asked["thread"], "office": lee.office})
    eventually(lambda: answered(marques, case)["standing"] == "none-held", "pt knows that nothing came of it")
    census.assert_sound(PT, PROVIDER)
