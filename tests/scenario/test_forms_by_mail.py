"""A partner without a node: an act leaves as a PDF, and comes back as the same act, at a node and at nobody's."""

import io
import tomllib
from base64 import b64decode, b64encode

import msgspec
import pytest
from rich.console import Console

from comity.acts.bodies import ProductionOrdered
from comity.acts.classes import ActType
from comity.bootstrap.papers import papers
from comity.entrypoints.cli.act_examples import example_of
from comity.entrypoints.demo import play, play_emergency
from comity.entrypoints.demo.cast import DE, PROVIDER
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play_forms import send_on_paper
from comity.entrypoints.demo.timeline import Timeline
from comity.forms.packaged import packaged_forms
from comity.forms.readings import Standing
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError

ORDINARY = {
    "issuing_kind": "judge",
    "emergency": None,
    "emergency_reasons": "",
    "without_validation": False,
    "validation_unobtainable": "",
    "domestic_equivalent": "",
}
"""What makes of the example, which is an emergency's, an order that a judge approves."""


@pytest.fixture(scope="module")
def act(federation):
    """A request that pt sent to de."""
    draft = federation.officer("pt.silva").draft(play.BUDAPEST, play.preservation(), to=[DE])
    federation.officer("pt.costa").approve(draft["draft"])
    return draft["draft"]


@pytest.fixture(scope="module")
def form(federation, act):
    """The request as its form, in German."""
    content, headers = federation.officer("pt.silva").client.call("POST", "/api/forms", {"act": act, "language": "de"})
    assert headers["Comity-Form"] == "comity-form preservation-request 1 requested-authority de"
    return content


def test_the_forms_are_listed(federation):
    listed = federation.officer("pt.silva").client.get("/api/forms")["list"]
    assert {each["id"] for each in listed} == set(packaged_forms().forms)


def test_a_partner_reads_the_form_with_no_node_and_gets_the_same_act(form, act):
    reading = papers().read(form, packaged_forms(), lambda _issuer, _fingerprint: None)
    assert (reading.standing, reading.act, reading.issuer) == (Standing.INDETERMINATE, act, "pt")
    pinned = papers().read(form, packaged_forms(), lambda _issuer, found: found == reading.fingerprint)
    assert pinned.standing is Standing.VALID


def test_a_node_that_gets_the_form_knows_the_seal_by_its_directory(federation, form, act):
    client = federation.officer("de.weber").client
    read = client.post("/api/forms/readings", {"pdf": b64encode(form).decode()})
    assert (read["standing"], read["act"]) == ("valid", act)
    assert b64decode(read["sealed"]["act.json"]).startswith(b'{"payload":"')


def test_a_node_finds_an_altered_form(federation, form):
    client = federation.officer("de.weber").client
    broken = bytearray(form)
    broken[2500] ^= 1
    assert client.post("/api/forms/readings", {"pdf": b64encode(broken).decode()})["standing"] == "invalid"


def test_what_an_officer_says_for_the_certificate_reaches_the_provider_whose_own_node_makes_the_same_pages(
    federation, tmp_path
):
    """Said in the file that a draft is written from; read by the provider out of the act that it got."""
    example = tomllib.loads(example_of("production-ordered"))["body"]
    body = msgspec.convert({**example, **ORDINARY}, ProductionOrdered)
    draft = federation.officer("pt.marques").draft(play_emergency.REGULATION, body, to=[PROVIDER])
    done = federation.officer("pt.nunes").approve(draft["draft"])
    stage = play.Stage(federation, Timeline(Console(file=io.StringIO())), tmp_path, tmp_path)
    stage.await_act(PROVIDER, ActType.PRODUCTION_ORDERED, done["case"])
    read = {}
    for name in ("pt.marques", "provider.lee"):
        words = {"act": done["act"], "form": "epoc", "audience": "provider"}
        content, _ = federation.officer(name).client.call("POST", "/api/forms", words)
        read[name] = papers().read(content, packaged_forms(), lambda issuer, _found: issuer == "pt")
    ours, theirs = read.values()
    assert ours.standing is Standing.VALID
    assert ours.sealed == theirs.sealed
    got = read_sealed(theirs.sealed["act.json"]).payload.body
    assert (got.particulars, got.items) == (body.particulars, body.items)
    assert got.particulars.issuing.file_number == example["particulars"]["issuing"]["file_number"]


def test_a_request_comes_on_one_page(federation, act):
    content, _ = federation.officer("pt.silva").client.call("POST", "/api/summaries", {"act": act, "language": "fr"})
    assert content.startswith(b"%PDF-1.7")
    text = federation.officer("pt.silva").client.post("/api/summaries/text", {"act": act, "language": "fr"})["text"]
    assert "Nécessité et proportionnalité" in text
    with pytest.raises(BrokenInputError):
        papers().read(b"not a PDF", packaged_forms(), lambda _issuer, _fingerprint: None)


def test_an_act_that_has_no_such_form_is_refused_with_those_it_has(federation, act):
    with pytest.raises(NodeRefusedError) as told:
        federation.officer("pt.silva").client.call("POST", "/api/forms", {"act": act, "form": "epoc"})
    assert told.value.refusal["code"] == "which-form"
    assert "preservation-request for requested-authority" in told.value.refusal["what"]


def test_an_act_that_is_not_here_has_no_form(federation):
    with pytest.raises(NodeRefusedError):
        federation.officer("pt.silva").client.call("POST", "/api/forms", {"act": "ab" * 32})


def test_the_demo_sends_an_act_on_paper(federation, act, tmp_path):
    said = io.StringIO()
    stage = play.Stage(federation, Timeline(Console(file=said, width=200)), tmp_path, tmp_path)
    assert send_on_paper(stage, act).act == act
    assert {path.name for path in tmp_path.iterdir()} == {"form.pdf", "summary.pdf"}
    assert "one byte altered" in said.getvalue()
