"""The CASE community's own judge, with the ontology it brings along, on the provenance of a dossier."""

import hashlib
import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

from comity.evidence.dossier import provenance

PROVENANCE = "data/provenance.jsonld"


def judged(graph: bytes, folder: Path) -> tuple[bool, str]:
    """Whether `case_validate` takes the graph for good, and what it says."""
    (folder / "graph.jsonld").write_bytes(graph)
    judge = Path(sysconfig.get_path("scripts")) / "case_validate"
    done = subprocess.run([judge, folder / "graph.jsonld"], capture_output=True, text=True, check=False)
    assert "Conforms: " in done.stdout, done.stderr
    return done.returncode == 0 and "Conforms: True" in done.stdout, done.stdout


def test_the_judge_of_the_case_community_accepts_the_provenance(workshop, tmp_path):
    assert judged(workshop.files[PROVENANCE], tmp_path) == (True, "Validation Report\nConforms: True\n")


def test_that_judge_accepts_redacted_copies_beside_and_instead_of_their_originals(make_workshop, workshop, tmp_path):
    shop = make_workshop(workshop.new_federation(), (workshop.exhibit("mail", 12, 7, content=lambda n: b"%d" % n),))
    exhibit = next(iter(shop.federation.exhibits))
    shop.federation.redact(exhibit, 3)
    shop.federation.redact(exhibit, 2, provisional=True)
    graph = shop.unpack(shop.federation.dossier())[PROVENANCE]
    assert graph.count(b"Derived_From") == 2
    assert judged(graph, tmp_path) == (True, "Validation Report\nConforms: True\n")


def nodes_of(graph, kind):
    return [node for node in json.loads(graph)["@graph"] if node["@type"] == kind]


@pytest.mark.parametrize("most", [5, 7])
def test_a_graph_that_leaves_items_out_says_how_many_and_is_accepted(
    make_workshop, workshop, tmp_path, monkeypatch, most
):
    left = 7 - most
    monkeypatch.setattr(provenance, "ITEMS_NAMED", most)
    shop = make_workshop(workshop.new_federation(), (workshop.exhibit("mail", 12, 7, content=lambda n: b"%d" % n),))
    graph = shop.files[PROVENANCE]
    assert len(nodes_of(graph, "uco-observable:File")) == most
    (investigation,) = nodes_of(graph, "case-investigation:Investigation")
    (record,) = nodes_of(graph, "case-investigation:ProvenanceRecord")
    if left:
        assert (
            f"names {most} of the 7 items in the dossier and leaves {left} out" in investigation["uco-core:description"]
        )
        assert f"; {left} items left out of this graph" in record["uco-core:description"]
    else:
        assert investigation["uco-core:description"] == "This graph names every item of the dossier: 7"
        assert "left out" not in record["uco-core:description"]
    assert judged(graph, tmp_path)[0]


def test_a_copy_of_an_item_that_the_graph_leaves_out_is_named_with_its_originals_hash(
    make_workshop, workshop, tmp_path, monkeypatch
):
    monkeypatch.setattr(provenance, "ITEMS_NAMED", 2)
    shop = make_workshop(workshop.new_federation(), (workshop.exhibit("mail", 12, 7, content=lambda n: b"%d" % n),))
    shop.federation.redact(next(iter(shop.federation.exhibits)), 5)
    graph = shop.unpack(shop.federation.dossier())[PROVENANCE]
    assert hashlib.sha256(b"5").hexdigest().encode() in graph
    assert b"leaves 5 out" in graph
    assert judged(graph, tmp_path)[0]


@pytest.mark.parametrize(
    ("sound", "spoiled"),
    [
        pytest.param(b'"uco-observable:sizeInBytes":', b'"uco-observable:sizeInFeet":', id="a word that is none"),
        pytest.param(
            b'"uco-observable:mimeType":', b'"uco-observable:mimeType": 7, "of no meaning":', id="a number for words"
        ),
    ],
)
def test_that_judge_refuses_a_graph_that_was_spoiled(workshop, tmp_path, sound, spoiled):
    graph = workshop.files[PROVENANCE]
    assert sound in graph
    accepted, _ = judged(graph.replace(sound, spoiled), tmp_path)
    assert not accepted
