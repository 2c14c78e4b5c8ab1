"""The whole case, step by step, in the federation: each test plays it up to its step, if need be, and looks at the facts.

What the demo tells on its timeline is asked of the nodes themselves here.
"""

import io
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from rich.console import Console

from comity.acts.classes import ActType
from comity.acts.receipt_format import SealedReceipt
from comity.adapters.keys.case_keys import FileCaseKeys
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.adapters.keys.slot_format import SLOT
from comity.adapters.objects.rehearsal import UnsafeFaults, UnsafeRehearsal
from comity.adapters.randomness import SystemRandomness
from comity.casework.custody.consult import ItemPage
from comity.entrypoints.demo import play, play_emergency
from comity.entrypoints.demo.cast import DE, OVERSIGHT, PROVIDER, PT
from comity.entrypoints.demo.needles import scan
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.play_end import NEEDLES, dispose, dossier, look, needle_scan
from comity.entrypoints.demo.sample_evidence import write_sample, write_subscriber
from comity.entrypoints.demo.timeline import Timeline
from comity.evidence.checks.verdicts import Report, Verdict
from comity.evidence.checks.verify import verify_dossier
from comity.exchange.receipts import verify_receipt
from comity.trust.anchors import TrustAnchor, WitnessPolicy, read_anchor, trust_anchor
from comity.trust.directory_founder import DirectoryFounder, derived_seeds
from comity.vocabulary.categories import DataCategory, Urgency
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import decode

STEPS = {
    "approve": play.draft_and_approve,
    "send": play.send,
    "hold": play.hold,
    "request": play.request_disclosure,
    "disclose": play.disclose,
    "emergency": play_emergency.emergency,
    "look": look,
    "dossier": dossier,
    "dispose": dispose,
}

BREAK_OFF = 2 << 20


class Play:
    """The play under way: steps are played once, in their order."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._ahead = list(STEPS.items())

    def until(self, step: str) -> Stage:
        """The stage after that step."""
        while step in dict(self._ahead):
            _, act = self._ahead.pop(0)
            act(self.stage)
        return self.stage


@pytest.fixture(scope="module")
def played(federation: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Stage]]:
    """Plays the case up to a step. One item too many, two that lie about their time, and one transfer that breaks off."""
    out = tmp_path_factory.mktemp("out")
    evidence = out / "sample"
    write_sample(evidence, messages=150, log_lines=2000, blob_mib=5)
    stage = Stage(federation, Timeline(Console(file=io.StringIO(), width=200)), evidence, out)
    rehearsal = UnsafeRehearsal(federation.endpoints[PROVIDER].folder)
    rehearsal.write(
        UnsafeFaults(
            slip_in=play.slipped_in(stage),
            misdated=dict.fromkeys(play.misdated(stage), datetime(2026, 10, 15, tzinfo=UTC)),
            break_off_after=BREAK_OFF,
        )
    )
    yield Play(stage).until
    rehearsal.write(UnsafeFaults())


def bodies(stage: Stage, node: str, kind: ActType, case: str = "") -> list[Any]:
    """The bodies of the case's acts of that kind at a node, oldest first."""
    return [play.body_of(stage, node, str(line["act"])) for line in stage.acts(node, kind, case)]


def clock(stage: Stage, node: str, name: str, case: str = "") -> Any:
    """One clock of the case at a node."""
    file = stage.reader(node).client.get(f"/api/cases/{case or stage.case}")
    return next(each for each in file["clocks"] if each["id"] == name)


def test_1_a_draft_that_lacks_something_is_refused_with_all_its_gaps_and_their_articles(federation, census):
    silva = federation.officer("pt.silva")
    empty = play.b.PreservationRequested(measure="expedited-preservation")
    with census.adds(pt=()), pytest.raises(NodeRefusedError) as refused:
        silva.draft(play.BUDAPEST, empty, to=[DE])
    gaps = refused.value.refusal["gaps"]
    cited = {gap["citation"] for gap in gaps}
    # Article 29(2) lists a to f; all that cannot be left out are told at once (d is for what is available).
    for letter in "abcef":
        assert any(f"29(2)({letter})" in each for each in cited), (letter, cited)
    assert all(gap["message"] and gap["citation"] and gap["field"] for gap in gaps)


def test_2_ones_own_draft_cannot_be_approved_and_a_second_officers_approval_files_the_act(federation, census):
    silva = federation.officer("pt.silva")
    draft = silva.draft(play.BUDAPEST, play.preservation(), to=[DE])
    with census.adds(pt=()), pytest.raises(NodeRefusedError) as refused:
        silva.approve(draft["draft"])
    assert refused.value.refusal["code"] == "own-draft", refused.value
    with census.adds(pt=[draft["draft"]]):
        done = federation.officer("pt.costa").approve(draft["draft"])
    assert done["software"] is True, "a software authenticator is shown as such"
    (approval,) = silva.client.get(f"/api/acts/{draft['draft']}")["approvals"]
    assert approval["officer"] == "pt.costa"


def test_3_the_receipt_proves_that_the_request_stands_in_the_addressees_ledger(played, as_node):
    stage = played("send")
    (request,) = stage.acts(PT, ActType.PRESERVATION_REQUESTED)
    assert request["delivery"] == {DE: "delivered"}
    with psycopg.connect(stage.federation.endpoints[PT].database) as connection:
        row = connection.execute(
            "SELECT sealed FROM comity_receipt r JOIN comity_delivery d ON d.receipt_id = r.id"
            " WHERE d.act_id = decode(%s, 'hex')",
            [request["act"]],
        ).fetchone()
    assert row is not None
    pt = as_node(PT)
    sealed = decode(bytes(row[0]), SealedReceipt, limit=1 << 22)
    proven = verify_receipt(
        sealed,
        directory=pt.in_force(),
        receiver=DE,
        sender=PT,
        expected=[request["act"]],
        at=pt.now(),
    )
    assert request["act"] in proven.acts
    assert proven.checkpoint.size > proven.receipt.first


def test_4_every_item_is_held_under_one_root_and_both_clocks_run(played):
    stage = played("hold")
    (held,) = bodies(stage, PROVIDER, ActType.HOLD_CONFIRMED)
    (confirmed,) = bodies(stage, PT, ActType.PRESERVATION_CONFIRMED)
    assert held["items"] == 150 + 1 + _days(stage.evidence)
    assert held["size"] == sum(path.stat().st_size for path in stage.evidence.iterdir())
    assert (confirmed["root"], confirmed["items"]) == (held["root"], held["items"])
    assert len(bodies(stage, PROVIDER, ActType.SEGMENT_SEALED)) == held["segments"]
    # pt has the provider's own act too, as evidence.
    assert [line["direction"] for line in stage.acts(PT, ActType.HOLD_CONFIRMED)] == ["enclosed"]
    for node, name, days, words in ((PT, "bc29.min", 60, "29(7)"), (PROVIDER, "bc16.max", 90, "16(2)")):
        found = clock(stage, node, name)
        assert found["state"] == "running"
        assert words in found["citation"]
        assert found["trace"]
        length = datetime.fromisoformat(found["due"]) - datetime.fromisoformat(held["effected_at"])
        assert timedelta(days=days - 1) <= length <= timedelta(days=days + 2), length


def _days(evidence: Path) -> int:
    """Items the access log is cut into: one for each day in it."""
    days = {line.split(b"[")[1][:11] for line in (evidence / "access.log").read_bytes().splitlines()}
    return len(days)


def test_5_a_judge_grants_a_part_and_refuses_a_part_on_a_coded_ground(played):
    stage = played("request")
    (asked,) = bodies(stage, DE, ActType.DISCLOSURE_REQUESTED)
    (decided,) = bodies(stage, PT, ActType.DISCLOSURE_DECIDED)
    assert [part["label"] for part in decided["parts"]] == [part["label"] for part in asked["scope"]]
    assert [part["granted"] for part in decided["parts"]] == [True, False, True]
    assert decided["parts"][1]["ground"] == "essential-interests"
    assert [condition["code"] for condition in decided["conditions"]] == ["account-of-use"]


def test_6_what_is_out_of_scope_is_counted_or_quarantined_and_a_broken_transfer_goes_on(played):
    stage = played("disclose")
    (held,) = bodies(stage, PROVIDER, ActType.HOLD_CONFIRMED)
    (given,) = bodies(stage, PROVIDER, ActType.EXHIBIT_HANDED_OVER)
    received = next(each for each in bodies(stage, PT, ActType.EXHIBIT_RECEIVED) if each["opened"])
    aside = {each["code"]: each["items"] for each in bodies(stage, PT, ActType.ITEMS_QUARANTINED)}
    withheld = {each["reason"]: each["items"] for each in given["withheld"]}
    # 1. Nothing is unaccounted for.
    assert given["items"] + sum(withheld.values()) == held["items"]
    assert received["items"] + sum(aside.values()) == given["items"]
    assert withheld.keys() == {"refused", "out-of-scope"}
    # 2. One item too many, and two whose descriptors lie about their time.
    assert aside == {"out-of-scope": 1, "descriptor-differs": 2}
    # 3. Nothing of it is shown: only mails of October and the archive.
    marques = stage.officer("pt.marques")
    (exhibit,) = marques.client.get(f"/api/cases/{stage.case}")["state"]["exhibits"]
    content, _ = marques.client.call("GET", f"/api/cases/{stage.case}/exhibits/{exhibit}")
    listed = [line.descriptor for line in msgspec.json.decode(content, type=ItemPage).lines]
    assert len(listed) == received["items"]
    assert not any(each.name.startswith("access.log") for each in listed)
    assert not {each.name for each in listed} & set(play.misdated(stage))
    assert all(each.first and each.first.month == 10 for each in listed if each.name != "attachments.bin")
    # 4. The quarantine's act says a count and a code to the supplier, and nothing else.
    told = bodies(stage, DE, ActType.ITEMS_QUARANTINED)
    assert [set(each) for each in told] == [{"type", "exhibit", "items", "code"}] * 2
    # 5. The transfer did break off, once.
    assert UnsafeRehearsal(stage.federation.endpoints[PROVIDER].folder).faults().break_off_after == 0


def test_6_an_exhibit_is_passed_on_for_the_request_that_it_was_obtained_for_and_for_no_other(played, census):
    stage = played("disclose")
    weber = stage.officer("de.weber")
    (exhibit,) = (
        name
        for name, each in weber.client.get(f"/api/cases/{stage.case}")["state"]["exhibits"].items()
        if each["received_by"]
    )
    for other in (ActType.PRESERVATION_REQUESTED, ActType.DISCLOSURE_DECIDED, ActType.HOLD_CONFIRMED):
        words = {"exhibit": exhibit, "request": stage.await_act(DE, other), "office": weber.office}
        with census.adds(de=()), pytest.raises(NodeRefusedError) as refused:
            weber.client.post("/api/passings", words)
        assert refused.value.refusal["code"] == "no-request", other


def test_7_an_order_nobody_validated_is_withdrawn_its_data_destroyed_and_oversight_sees_both(played, census):
    stage = played("emergency")
    first, second = stage.emergencies["first"], stage.emergencies["second"]
    # 1. Content data cannot even be drafted.
    ramos = stage.officer("pt.ramos")
    content = play_emergency._order((DataCategory.CONTENT,))
    with pytest.raises(NodeRefusedError) as refused:
        ramos.draft(play_emergency.REGULATION, content, to=[PROVIDER], urgency=Urgency.EMERGENCY)
    assert any("4(" in gap["citation"] for gap in refused.value.refusal["gaps"])
    # 2. In time, and too late.
    assert clock(stage, PT, "tl-08", first)["state"] == "met"
    assert stage.acts(PT, ActType.PRODUCTION_WITHDRAWN, first) == []
    for node in (PT, PROVIDER):
        assert len(stage.acts(node, ActType.PRODUCTION_WITHDRAWN, second)) == 1
        own = [line for line in stage.acts(node, ActType.EXHIBIT_DESTROYED, second) if line["direction"] == "issued"]
        assert own
        state: Any = stage.reader(node).client.get(f"/api/cases/{second}")["state"]
        assert {exhibit["state"] for exhibit in state["exhibits"].values()} == {"destroyed"}
        exhibits = "SELECT count(*) FROM comity_exhibitkey WHERE \"case\" = decode(%s, 'hex')"
        with psycopg.connect(stage.federation.endpoints[node].database) as connection:
            assert connection.execute(exhibits, [second]).fetchone() == (0,)
    # 3. The reasons of the order were never sent.
    assert stage.acts(PROVIDER, ActType.ORDER_REASONED, first) == []
    census.assert_sound(PT, PROVIDER, OVERSIGHT)


def test_8_looking_needs_a_purpose_each_refusal_is_an_act_and_the_supplier_is_told(played):
    stage = played("look")
    refused = bodies(stage, PT, ActType.OPENING_REFUSED)
    assert [each["purpose"] for each in refused] == ["", "curiosity"]
    assert all(each["code"] for each in refused)
    (opened,) = bodies(stage, PT, ActType.ITEM_OPENED)
    assert opened["purpose"] == "same-investigation"
    assert [line["direction"] for line in stage.acts(DE, ActType.ITEM_OPENED)] == ["received"]
    assert stage.acts(DE, ActType.OPENING_REFUSED) == []
    # What is opened is what was held, byte for byte.
    marques = stage.officer("pt.marques")
    words = {
        "case": stage.case,
        "exhibit": opened["exhibit"],
        "item": opened["item"],
        "office": marques.office,
        "purpose": "same-investigation",
        "reasons": "again",
    }
    content, _ = marques.client.call("POST", "/api/openings", words)
    assert content
    assert any(content in path.read_bytes() for path in stage.evidence.iterdir())


# The dossier ----------------------------------------------------------------------------------------------------------


def judged(data: bytes, anchor: TrustAnchor | None) -> Report:
    """The verdict on a dossier, at a present that is after everything in it."""
    return verify_dossier(io.BytesIO(data), anchor, datetime.now(UTC) + timedelta(days=30))


@pytest.fixture(scope="module")
def exported(played) -> tuple[bytes, TrustAnchor]:
    """The dossier, and the anchor of a reader."""
    stage = played("dossier")
    return (stage.out / "dossier.zip").read_bytes(), read_anchor((stage.out / "trust.json").read_bytes())


def test_9_the_dossier_is_valid_in_every_check(exported):
    report = judged(*exported)
    assert report.verdict is Verdict.VALID, report.deciding
    assert len(report.checks) == 12
    assert {check.outcome for check in report.checks} == {Verdict.VALID}


def test_9_one_flipped_bit_anywhere_makes_the_dossier_invalid(exported):
    data, anchor = exported
    chance = random.Random(4711)
    for place in (0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(8))):
        altered = bytearray(data)
        altered[place] ^= 1 << chance.randrange(8)
        report = judged(bytes(altered), anchor)
        assert report.verdict is Verdict.INVALID, place
        assert report.deciding is not None
        assert report.deciding.what


def test_9_a_byte_before_or_after_the_archive_makes_it_invalid(exported):
    data, anchor = exported
    for altered in (b"\0" + data, data + b"\0", data[:-1]):
        report = judged(altered, anchor)
        assert report.verdict is Verdict.INVALID
        assert report.decided_by == 1


def test_9_a_dossier_of_another_federation_is_invalid_and_one_without_an_anchor_indeterminate(exported):
    data, anchor = exported
    now = datetime.now(UTC)
    others = DirectoryFounder(derived_seeds(bytes(range(32)), ["pt"]))
    root = others.found([], expires=now + timedelta(days=9), root_expires=now + timedelta(days=99)).root
    forged = judged(data, trust_anchor(root, anchor.witness_policy))
    assert forged.verdict is Verdict.INVALID
    assert forged.deciding is not None
    assert forged.deciding.name == "directory"
    nobody = judged(data, None)
    assert nobody.verdict is Verdict.INDETERMINATE
    assert nobody.deciding is not None
    assert "pinned" in nobody.deciding.what


def test_9_a_missing_witness_makes_the_dossier_indeterminate(exported):
    data, anchor = exported
    policy = WitnessPolicy(len(anchor.witness_policy.witnesses), anchor.witness_policy.witnesses)
    report = judged(data, msgspec.structs.replace(anchor, witness_policy=policy))
    assert report.verdict is Verdict.INDETERMINATE
    assert report.deciding is not None
    assert report.deciding.name == "witnesses"


# The end --------------------------------------------------------------------------------------------------------------


def test_10_a_disposal_leaves_no_words_no_keys_and_every_earlier_proof(played, exported, census, tmp_path):
    stage = played("dossier")
    folder = stage.federation.endpoints[PT].folder
    slot = _slot(folder, stage.case)
    # The needles are there to be found as long as the case is: a scan that finds nothing must be able to find.
    with zipfile.ZipFile(stage.out / "dossier.zip") as dossier_of_the_case:
        dossier_of_the_case.extractall(tmp_path / "case")
    write_subscriber(tmp_path / "emergency")
    assert {hit.needle for hit in scan([tmp_path], NEEDLES)} == set(NEEDLES)
    played("dispose")
    certificate = play.body_of(stage, PT, stage.await_act(PT, ActType.CASE_DISPOSED))
    assert certificate["keys"] >= 1
    assert certificate["acts"] > 10
    assert certificate["objects"] >= 1
    unreachable = certificate["unreachable"]
    assert isinstance(unreachable, list)
    assert {DE} <= {each["holder"] for each in unreachable}
    # 1. No planted word in any form, anywhere, a fresh base backup included.
    assert needle_scan(stage) == []
    # 2. The case's key is gone, and so are the bytes of its slot.
    keys = FileCaseKeys(folder / "case-keys", FileNodeKeys(folder / "keys").load().wrapping, SystemRandomness())
    with pytest.raises(BrokenInputError) as gone:
        keys.key(stage.case)
    assert gone.value.code is ErrorCode.KEY_DESTROYED
    assert slot not in b"".join(path.read_bytes() for path in (folder / "case-keys").rglob("*") if path.is_file())
    # 3. The case is a tombstone here, and whole at its peers.
    marques = stage.officer("pt.marques")
    file: Any = marques.client.get(f"/api/cases/{stage.case}")
    assert file["state"]["phase"] == "disposed"
    assert [line["type"] for line in file["timeline"]] == ["case-disposed"]
    with pytest.raises(NodeRefusedError):
        marques.draft(play.BUDAPEST, play.preservation(), case=stage.case, to=[DE])
    assert len(stage.reader(DE).client.get(f"/api/cases/{stage.case}")["timeline"]) > 10  # type: ignore[arg-type]
    # 4. What was exported before still proves itself, and all ledgers are in order.
    assert judged(*exported).verdict is Verdict.VALID
    census.assert_sound(PT, DE, PROVIDER, OVERSIGHT, deep=True)


def _slot(folder: Path, case: str) -> bytes:
    """The bytes of the case's slot in the key file, its wrapped key among them."""
    raw = next(path for path in (folder / "case-keys").rglob("*") if path.is_file() and path.stat().st_size > SLOT)
    data = raw.read_bytes()
    slots = [data[start : start + SLOT] for start in range(SLOT, len(data), SLOT)]
    return next(each for each in slots if bytes.fromhex(case) in each)[28:84]


def test_10_the_command_says_the_same_of_the_dossier_with_the_base_install_only(played):
    stage = played("dossier")
    verify = [sys.executable, "-m", "comity.entrypoints.cli.main", "verify", str(stage.out / "dossier.zip")]
    run = partial(subprocess.run, capture_output=True, text=True, check=False)
    with_anchor = run([*verify, "--trust", str(stage.out / "trust.json")])
    assert with_anchor.returncode == 0, with_anchor.stdout
    without = run(verify)
    assert without.returncode == 2
    assert "not pinned" in without.stdout
