"""What a dossier says to people and to other tools: plain text and CASE/UCO, without a way to forge a line."""

import hashlib
import json
import unicodedata
from datetime import timedelta

import msgspec
import pytest

from comity.acts import bodies as b
from comity.acts.classes import ActClass, ActType
from comity.acts.payload import Payload
from comity.evidence.dossier.custody_certificate import Rereading
from comity.evidence.dossier.provenance import provenance
from comity.evidence.dossier.story import index_text
from comity.evidence.dossier.words import plain, sentence, size_words
from comity.vocabulary.categories import Urgency


def test_hostile_names_are_shown_as_what_they_are(workshop):
    text = index_text(workshop.federation.story())
    assert "mailbox/<U+202E>gnp.exe<U+001B>[31m/../../passwd" in text
    assert all(letter == "\n" or unicodedata.category(letter)[0] != "C" for letter in text)


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "\u2028x", "\u200fx", "\x00", "\ud800", "\U000e0041"])
def test_what_cannot_be_seen_is_written_as_its_code(text):
    shown = plain(text)
    assert "<U+" in shown
    assert shown.isprintable()


def test_ordinary_names_of_every_script_stay_as_they_are():
    for name in (
        "Jo\u00e3o",
        "\u0391\u03b8\u03ae\u03bd\u03b1",
        "\u0441\u0443\u0434",
        "\u88c1\u5224\u6240",
        "caf\u00e9 (1).pdf",
    ):
        assert plain(name) == name


def test_an_officers_words_never_stand_in_a_sentence():
    words = "and the court accepted it"
    body = b.RequestRefused("ground-29-5", words)
    payload = Payload(
        1,
        "de",
        (),
        "a" * 32,
        "b" * 32,
        None,
        1,
        (),
        ActClass(ActType.REQUEST_REFUSED, "x", Urgency.URGENT),
        (),
        None,
        body,
    )
    assert words not in sentence(payload)
    assert "ground-29-5" in sentence(payload)


def test_every_kind_of_act_has_a_sentence():
    from comity.evidence.dossier.words import _SENTENCES

    assert set(_SENTENCES) == set(ActType)


@pytest.mark.parametrize(("size", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (5 * 10**9, "5.0 GB")])
def test_sizes_are_told_in_decimal_units(size, words):
    assert size_words(size) == words


def graph(workshop):
    federation = workshop.federation
    story = federation.story()
    acts = {line.act: federation.sealed[line.act] for line in federation.nodes["pt"].lines}
    return provenance(story, acts, federation.exhibits)


def test_provenance_is_the_same_each_time_and_every_reference_leads_somewhere(workshop):
    data = graph(workshop)
    assert data == graph(workshop)
    nodes = json.loads(data)["@graph"]
    ids = [node["@id"] for node in nodes]
    assert len(set(ids)) == len(ids)
    references = {
        reference["@id"]
        for node in nodes
        for key, value in node.items()
        if key.startswith(("case-investigation:", "uco-core:object", "uco-action:performer"))
        for reference in (value if isinstance(value, list) else [value])
        if isinstance(reference, dict)
    }
    assert references <= set(ids)


def test_provenance_has_an_action_for_every_act_and_a_hash_for_every_item(workshop):
    nodes = json.loads(graph(workshop))["@graph"]
    kinds = [node["@type"] for node in nodes]
    federation = workshop.federation
    assert kinds.count("case-investigation:InvestigativeAction") == len(federation.nodes["pt"].lines)
    exhibit = next(iter(federation.exhibits.values()))
    files = [node for node in nodes if node["@type"] == "uco-observable:File"]
    hashes = {file["uco-core:hasFacet"][1]["uco-observable:hash"][0]["uco-types:hashValue"]["@value"] for file in files}
    assert len(files) == exhibit.seal.items == len(hashes)


@pytest.mark.parametrize("provisional", [False, True])
def test_provenance_leads_from_a_redacted_copy_by_the_act_of_redacting_to_its_original_by_hash(
    make_workshop, workshop, provisional
):
    shop = make_workshop(workshop.new_federation(), (workshop.exhibit("mail", 12, 7, content=lambda n: b"%d" % n),))
    exhibit = next(iter(shop.federation.exhibits))
    derived = shop.federation.redact(exhibit, 2, provisional=provisional)
    (row,) = shop.federation.story().copies
    nodes = {node["@id"]: node for node in json.loads(graph(shop))["@graph"]}
    (link,) = (node for node in nodes.values() if node["@type"] == "uco-observable:ObservableRelationship")
    copy, original = (nodes[link[end]["@id"]] for end in ("uco-core:source", "uco-core:target"))
    assert hash_of(copy) == hashlib.sha256(shop.federation.derived[derived]).hexdigest()
    assert hash_of(original) == hashlib.sha256(b"2").hexdigest()
    assert ("uco-core:externalReference" in original) is not provisional, "what is kept out is known by its hash alone"
    (action,) = (
        node for node in nodes.values() if row.act in node.get("uco-core:description", "") and "performer" in str(node)
    )
    assert action["uco-action:object"] == [link["uco-core:target"]]
    assert action["uco-action:result"] == [link["uco-core:source"]]
    assert "mailbox/00002.eml" not in graph(shop).decode() or not provisional


def hash_of(file):
    """The SHA-256 that the graph gives a file."""
    return file["uco-core:hasFacet"][-1]["uco-observable:hash"][0]["uco-types:hashValue"]["@value"]


def test_the_story_names_what_was_withheld_and_what_was_quarantined(workshop):
    story = workshop.federation.story()
    assert story.exhibits[0].withheld == "3 out-of-scope; 1 refused"
    assert story.exhibits[0].quarantined == "1 out-of-scope by pt"
    assert [part.decision for part in story.parts] == ["granted", "refused"]
    assert msgspec.json.encode(story)


def test_the_story_tells_how_often_an_exhibit_was_read_again_since_it_came_and_what_was_found_last(workshop):
    federation = workshop.federation
    (exhibit,) = federation.exhibits
    came = next(row.at for row in federation.story().custody if row.what.startswith("received") and row.holder == "pt")
    rounds = [
        Rereading(came + timedelta(hours=hours), came + timedelta(hours=hours + 1), "pt", f"{hours:064x}", 4, broken)
        for hours, broken in ((0, 0), (24, 1))
    ]
    early = Rereading(came - timedelta(hours=1), came, "pt", "e" * 64, 4, 3)
    told = federation.story(rereadings={exhibit: [early, *rounds]}).custody
    (row,) = (row for row in told if "again" in row.what)
    assert (row.at, row.exhibit, row.holder, row.act) == (rounds[-1].at, exhibit, "pt", rounds[-1].act)
    assert row.what.startswith("read 4 objects again: 1 broken (2 rounds since it came")
    assert federation.story(rereadings={exhibit: [early]}).custody == federation.story().custody


def test_a_redacted_copy_is_told_with_what_is_missing_and_an_original_that_is_kept_out_is_named_nowhere(
    make_workshop, workshop
):
    shop = make_workshop(workshop.new_federation(), (workshop.exhibit("mail", 12, 7, content=lambda n: b"%d" % n),))
    exhibit = next(iter(shop.federation.exhibits))
    beside = shop.federation.redact(exhibit, 3)
    instead = shop.federation.redact(exhibit, 2, provisional=True)
    story = shop.federation.story()
    text = index_text(story)
    for derived in (beside, instead):
        assert f"data/derived/{derived}.bin" in text
    assert "missing: words in 1 place (third-party)" in text
    assert "kept out: a provisional redaction stands" in text
    assert "6 items" in text
    assert "mailbox/00003.eml" in text
    assert "mailbox/00002.eml" not in text
    assert "(provisional: yes)" in text
    assert [row.original[:6] for row in story.copies] == ["beside", "kept o"]
