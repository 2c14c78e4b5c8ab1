"""A disk that is full during intake, a peer that is down for an hour, and a node that comes back from a backup."""

import contextlib
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from comity.acts import bodies as b
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError

wire: Any = sys.modules["scenario_hostile_peer"]
eventually: Any = wire.eventually

MIB = 1 << 20


def request_of(federation: Any, facts: str = play.FACTS) -> tuple[str, str]:
    """A request of pt to de, approved and on its way: the act and its case."""
    body = play.preservation()
    body = type(body)(**{name: getattr(body, name) for name in body.__struct_fields__} | {"facts": facts})
    draft = federation.officer("pt.silva").draft(play.BUDAPEST, body, to=[DE])
    federation.officer("pt.costa").approve(draft["draft"])
    return draft["draft"], draft["case"]


def order_of(federation: Any, request: str, case: str) -> str:
    """de's order to the provider to preserve, approved and on its way."""
    body = b.PreservationOrdered("custodian-preservation", play._sought(), 90, "The logs are overwritten.")
    draft = federation.officer("de.weber").draft(play.BUDAPEST, body, case=case, to=[PROVIDER], re=[request])
    federation.officer("de.brandt").approve(draft["draft"])
    return str(draft["draft"])


def delivery(federation: Any, officer: str, case: str, act: str, peer: str) -> str:
    """What the node says of an act's way to a peer."""
    lines = federation.officer(officer).client.get(f"/api/cases/{case}")["timeline"]
    return str(next(line["delivery"][peer] for line in lines if line["act"] == act))


# A full disk ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def order(federation, census) -> tuple[str, str]:
    """An order to preserve that has reached the provider, and its case."""
    request, case = request_of(federation)
    eventually(lambda: request in census.acts(DE), "the request reached de")
    ordered = order_of(federation, request, case)
    eventually(lambda: ordered in census.acts(PROVIDER), "the order reached the provider")
    return ordered, case


@contextlib.contextmanager
def little_room(federation: Any, room: int) -> Iterator[None]:
    """The provider's evidence store can grow by about `room` bytes: its file system is made smaller, and large again."""
    place = federation.endpoints[PROVIDER].folder / "evidence"
    if not place.is_mount():
        pytest.skip("mounting a file system of limited size needs more rights than this user has")
    status = os.statvfs(place)
    used = (status.f_blocks - status.f_bfree) * status.f_frsize
    _resize(place, used + room)
    try:
        yield
    finally:
        _resize(place, status.f_blocks * status.f_frsize)


def _resize(place: Path, size: int) -> None:
    subprocess.run(["/bin/mount", "-o", f"remount,size={size}", place], check=True, capture_output=True)


@pytest.fixture
def large_folder(tmp_path) -> Path:
    """Forty mebibytes in ten files that do not compress, beside a small one."""
    folder = tmp_path / "held"
    folder.mkdir()
    for number in range(10):
        (folder / f"part-{number}.bin").write_bytes(os.urandom(4 * MIB))
    (folder / "note.txt").write_text("a small file among large ones\n")
    return folder


def test_a_full_disk_during_intake_is_told_shows_nothing_half_and_is_made_up_for(
    federation, census, order, large_folder
):
    ordered, case = order
    lee = federation.officer("provider.lee")
    words = {"order": ordered, "source": str(large_folder), "office": lee.office}
    with little_room(federation, 12 * MIB):
        with census.adds(provider=(), de=(), pt=()):
            with pytest.raises(NodeRefusedError) as refused:
                lee.client.post("/api/holds", words)
            assert refused.value.status == http.client.INSUFFICIENT_STORAGE
            assert refused.value.answer["code"] == "store-full"
            assert refused.value.answer["what"]
            assert refused.value.answer["do"]
        # Nothing of it is to be seen: no hold, no exhibit, and the order still stands.
        file = lee.client.get(f"/api/cases/{case}")
        assert (file["state"]["holds"], file["state"]["exhibits"]) == ({}, {})
        census.assert_sound(PROVIDER)
        # The node goes on with what needs no room for evidence.
        another, _ = request_of(federation)
        eventually(lambda: another in census.acts(DE), "the others go on")
    # With room again, taking in again completes.
    taken = lee.client.post("/api/holds", words)
    assert taken["intake"]["items"] == 11
    assert taken["intake"]["size"] == 40 * MIB + len("a small file among large ones\n")
    assert not taken["intake"]["left_out"]
    eventually(lambda: taken["act"] in census.acts(DE), "the hold is confirmed to de")
    types = [line["type"] for line in lee.client.get(f"/api/cases/{case}")["timeline"]]
    assert types.count("hold-confirmed") == 1
    # Nor did the broken-off intake leave anything: nothing is stored that nobody refers to.
    census.assert_sound(PROVIDER, deep=True)


# A peer that is down --------------------------------------------------------------------------------------------------


def test_a_peer_down_for_an_hour_gets_everything_once_and_in_order(federation, census):
    eventually(lambda: not census.undelivered(PT), "nothing is under way")
    federation.kill(DE)
    known, at_pt = set(census.acts(DE)), set(census.acts(PT))
    sent = [request_of(federation, f"The {number}. request while de was down.") for number in range(1, 4)]
    acts = [act for act, _ in sent]
    # 1. It is tried, put back, and said to whoever asks.
    eventually(lambda: set(acts) <= set(census.undelivered(PT)), "the acts wait")
    eventually(lambda: all("unavailable" in census.undelivered(PT)[act] for act in acts), "the reason is kept")
    assert "delivered" not in delivery(federation, "pt.silva", sent[0][1], acts[0], DE)
    # 2. For an hour.
    for _ in range(3):
        before = _tries(federation, acts)
        federation.advance_clock(timedelta(minutes=20))
        eventually(lambda before=before: _tried_again(federation, before), "each is tried again")
    assert set(acts) <= set(census.undelivered(PT))
    tries = _tries(federation, acts)
    assert all(count <= 60 for count in tries.values()), f"retries are no flood: {tries}"
    eventually(lambda: _alarms(federation) == [("undelivered", DE)], "people are told")
    assert f"ALARM undelivered {DE}" in (federation.endpoints[PT].folder / "node.log").read_text()
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", federation.endpoints[PT].port)) as watching:
        watching.request("GET", "/health")
        assert b'"undelivered"' in watching.getresponse().read()
    census.assert_sound(PT)
    # 3. It is back, and has everything once, in the order in which it was sealed.
    census.forget(DE)
    federation.start([DE])
    federation.advance_clock(timedelta(minutes=5))
    eventually(lambda: not census.undelivered(PT), "everything is delivered")
    assert set(census.acts(DE)) - known >= set(acts)
    assert known <= set(census.acts(DE))
    assert census.new(PT, at_pt).keys() == set(acts)
    assert sorted(acts, key=_leaves(federation, acts).__getitem__) == acts
    eventually(lambda: _alarms(federation) == [], "and that it is over")
    for act, case in sent:
        assert delivery(federation, "pt.silva", case, act, DE) == "delivered"
        (line,) = federation.officer("de.weber").client.get(f"/api/cases/{case}")["timeline"]
        assert line["act"] == act
    census.assert_sound(PT, DE)


def _alarms(federation: Any) -> list[tuple[str, str]]:
    alarms = federation.officer("pt.silva").client.get("/api/alarms")["list"]
    return [(each["code"], each["subject"]) for each in alarms if each["code"] == "undelivered"]


def _tries(federation: Any, acts: list[str]) -> dict[str, int]:
    with psycopg.connect(federation.endpoints[PT].database) as connection:
        rows = connection.execute("SELECT encode(act_id, 'hex'), attempts FROM comity_delivery").fetchall()
    return {act: attempts for act, attempts in rows if act in acts}


def _tried_again(federation: Any, before: dict[str, int]) -> bool:
    tries = _tries(federation, list(before))
    return all(tries[act] > count for act, count in before.items())


def _all_witnessed(federation: Any) -> bool:
    """Whether every act that de has filed stands under a checkpoint that witnesses have co-signed."""
    with psycopg.connect(federation.endpoints[DE].database) as connection:
        row = connection.execute(
            "SELECT (SELECT max(size) FROM comity_witnessedcheckpoint)"
            ' > (SELECT max("index") FROM comity_ledgerentry WHERE act IN (SELECT id FROM comity_act))'
        ).fetchone()
    return row is not None and bool(row[0])


def _leaves(federation: Any, acts: list[str]) -> dict[str, int]:
    with psycopg.connect(federation.endpoints[DE].database) as connection:
        rows = connection.execute("SELECT encode(act, 'hex'), \"index\" FROM comity_ledgerentry").fetchall()
    return {act: index for act, index in rows if act in acts}


# A restored backup ----------------------------------------------------------------------------------------------------


def _close_and_dispose(federation: Any, case: str) -> None:
    keller = federation.officer("de.keller")
    keller.client.post("/api/closings", {"case": case, "office": keller.office, "reason": "test-over"})
    words = {"case": case, "office": keller.office, "rule": "retention-ended"}

    def disposed() -> bool:
        try:
            keller.client.post("/api/disposals", words)
        except NodeRefusedError as refused:
            if refused.refusal["code"] != "still-sending":
                raise
            return False
        return True

    eventually(disposed, "the case is disposed of")


def test_a_restored_backup_signs_nothing_until_the_gap_is_bridged_and_then_gets_back_what_it_forgot(
    federation, census, pt, tmp_path, new_tokens
):
    kept, kept_case = request_of(federation)
    doomed, doomed_case = request_of(federation)
    eventually(lambda: {kept, doomed} <= set(census.acts(DE)), "both requests reached de")
    folder, place = federation.endpoints[DE].folder, tmp_path / "backups"
    federation._command(DE, "backup", str(folder), "--to", str(place))
    # 1. Life goes on after the backup: acts come, a case ends, witnesses co-sign.
    forgotten = [request_of(federation) for _ in range(2)]
    acts = [act for act, _ in forgotten]
    eventually(lambda: set(acts) <= set(census.acts(DE)), "two more requests reached de")
    eventually(lambda: not census.undelivered(PT), "pt has their receipts")
    issued = [order_of(federation, kept, kept_case), order_of(federation, *forgotten[0])]
    eventually(lambda: set(issued) <= set(census.acts(PROVIDER)), "two orders of de reached the provider")
    _close_and_dispose(federation, doomed_case)
    before = census.acts(DE)
    eventually(lambda: _all_witnessed(federation), "witnesses have co-signed all of it")
    # 2. The machine is lost, and the backup is put back.
    census.forget(DE)
    federation.kill(DE)
    federation._command(DE, "restore", str(folder), "--from", str(place))
    assert not set(acts) & set(census.acts(DE)), "the backup knows nothing of them"
    federation.start([DE])
    # 3. No token came back with the backup. With new ones it reads, and it signs nothing.
    with pytest.raises(NodeRefusedError, match="counts now"):
        federation.officer("de.weber").client.get(f"/api/cases/{kept_case}")
    new_tokens(DE)
    weber = federation.officer("de.weber")
    eventually(lambda: _reads(weber, kept_case), "the restored node reads")
    with census.adds(de=()):
        for attempt in (lambda: order_of(federation, kept, kept_case), lambda: _takes(pt)):
            with pytest.raises(NodeRefusedError) as refused:
                attempt()
            assert refused.value.refusal["code"] == "behind-witnesses", refused.value
            assert refused.value.refusal["do"]
    # 4. What was destroyed stays destroyed, although the backup still had its rows.
    assert weber.client.get(f"/api/cases/{doomed_case}")["state"]["phase"] == "disposed"
    assert doomed not in census.acts(DE)
    # 5. Bridged by an act, it goes on, and its peers send again what it forgot.
    federation.kill(DE)
    told = federation._command(DE, "node", "recover", str(folder))
    assert "bridged" in told or "lost" in told, told
    federation.start([DE])
    # Whoever was told to come later while de signed nothing comes now.
    federation.advance_clock(timedelta(minutes=10))
    eventually(lambda: set(acts) <= set(census.acts(DE)), "what was forgotten comes again")
    eventually(lambda: not census.undelivered(PT), "and is receipted anew")
    after = census.acts(DE)
    gone = {act for act in before if act not in after}
    assert gone <= _own(before), "nothing that others sent is lost"
    eventually(lambda: set(issued) <= _own(census.acts(DE)), "de has its own orders back")
    eventually(lambda: not census.undelivered(DE), "and their receipts")
    for act, case in forgotten:
        assert delivery(federation, "pt.silva", case, act, DE) == "delivered"
    order_of(federation, kept, kept_case)
    eventually(lambda: not census.undelivered(DE), "de is believed again")
    census.assert_sound(DE, PT, PROVIDER, deep=True)
    # 6. Its ledger can be reviewed as a whole.
    _review(federation, DE)


def _reads(officer: Any, case: str) -> bool:
    try:
        return bool(officer.client.get(f"/api/cases/{case}")["timeline"])
    except (NodeRefusedError, OSError):
        return False


def _takes(peer: Any) -> None:
    """A peer's act is not taken: taking it would have to sign the ledger's head."""
    payload = peer.payload(play.preservation(), instrument=play.BUDAPEST, to=[DE], author=("pt.silva", "contact-point"))
    data = wire.write_payload(payload)
    said = peer.send(DE, peer.seal(data, [peer.approval(data, "pt.costa", "contact-point")]))
    raise NodeRefusedError(said.status, dict(said.error))


def _own(acts: dict[str, str]) -> set[str]:
    return {act for act, direction in acts.items() if direction == "issued"}


def _review(federation: Any, authority: str) -> None:
    noor = federation.officer("oversight.noor")
    asked = noor.client.post(
        "/api/reviews", {"authority": authority, "mark": "without-validation", "office": noor.office}
    )
    act = noor.client.get(f"/api/acts/{asked['act']}")
    case = act["payload"]["case"]

    def concluded() -> Any:
        lines = noor.client.get(f"/api/cases/{case}")["timeline"]
        return [line["act"] for line in lines if line["type"] == "review-concluded"]

    (found,) = eventually(concluded, f"the review of {authority} is concluded")
    body = noor.client.get(f"/api/acts/{found}")["payload"]["body"]
    assert body["complete"], body
    assert body["code"] == ""
