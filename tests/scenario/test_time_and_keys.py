"""Keys that have ended, clocks that differ, and acts that come before what they answer, or without it for ever."""

import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from comity.acts import bodies as b
from comity.acts.matters import Contact, DataSought, Offence
from comity.acts.payload import read_payload, write_payload
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.play_emergency import REGULATION
from comity.entrypoints.demo.sample_evidence import NEEDLE_ACCOUNT
from comity.vocabulary.categories import DataCategory, OfficeKind
from comity.vocabulary.targets import Target, TargetKind
from comity.vocabulary.wire import from_b64url

wire: Any = sys.modules["scenario_hostile_peer"]
eventually: Any = wire.eventually


# Keys -----------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("de_goes_on")
def test_an_expired_key_seals_nothing_any_more(pt, requests, census, expired_key):
    assert pt.directory.authority(PT).seal_certificates[0].valid_until < pt.now()
    with census.adds(de=()):
        said = pt.send(DE, requests.sealed(key=expired_key))
        assert said.code == "key-not-valid"
        assert "not valid at that time" in said.what
        # Nor does one whose time has not come: a seal of tomorrow by a key of today is no way around.
        far = pt.now() + timedelta(days=4 * 365)
        assert pt.send(DE, requests.sealed(at=far)).code == "key-not-valid"


def test_a_rotated_key_ends_at_its_instant_and_what_it_sealed_before_is_still_taken(federation, as_node, census):
    de = as_node(DE)
    silva = federation.officer("pt.silva")
    draft = silva.draft(play.BUDAPEST, play.preservation(), to=[DE])
    request, case = draft["draft"], draft["case"]
    federation.officer("pt.costa").approve(request)
    eventually(lambda: request in census.acts(DE), "the request reached de")

    def refusal(ground_reasons: str, **seal: Any) -> Any:
        """de's answer to pt's request, in words of its own; what makes it another act are its words."""
        body = b.RequestRefused("essential-interests", ground_reasons)
        payload = write_payload(
            de.payload(
                body, instrument=play.BUDAPEST, to=[PT], case=case, re=[request], author=("de.weber", "contact-point")
            )
        )
        return de.seal(payload, [de.approval(payload, "de.brandt", "contact-point")], **seal)

    old = de.seal_key()
    late = refusal("sealed before the rotation, and under way when it came", key=old)
    known_before = {PT: set(census.acts(PT)), PROVIDER: set(census.acts(PROVIDER))}
    federation._command(DE, "keys", "rotate", str(federation.endpoints[DE].folder), "seal")
    for peer, known in known_before.items():
        eventually(lambda peer=peer, known=known: set(census.acts(peer)) - known, f"the rotation reached {peer}")
    time.sleep(3)
    # 1. The old key is over for what is sealed from now on.
    with census.adds(pt=()):
        said = de.send(PT, refusal("sealed with the old key after its end", key=old))
        assert said.code == "key-not-valid"
    # 2. What it sealed before its end is no loss, however late it comes.
    with census.adds(pt=[wire.named(late)]):
        assert de.send(PT, late).receipted == (wire.named(late),)
    # 3. The node itself goes on under the new key, in both directions.
    assert de.seal_key().public != old.public
    order = _order_preservation(federation, request, case)
    eventually(lambda: order in census.acts(PROVIDER), "an order under the new key reached the provider")
    federation.officer("pt.costa").approve(silva.draft(play.BUDAPEST, play.preservation(), to=[DE])["draft"])
    eventually(lambda: not census.undelivered(PT), "de receipts under its new key")
    census.assert_sound(PT, DE, PROVIDER, deep=True)


@pytest.mark.usefixtures("de_goes_on")
def test_an_agreement_key_that_was_rotated_opens_what_is_still_under_way_and_no_more(federation, pt, requests, census):
    folder = federation.endpoints[DE].folder
    old = pt.agreement_key(DE)
    federation._command(DE, "keys", "rotate", str(folder), "agreement")
    fresh = eventually(lambda: _other_agreement_key(pt, old), "pt knows de's new agreement key")
    # 1. An envelope under the old key was under way: it is opened.
    act = requests.sealed()
    with census.adds(de=[wire.named(act)]):
        assert pt.send(DE, act, key=old).receipted
    # 2. Two weeks later the old key is gone from de's folder, and nothing opens that was encrypted to it.
    federation.advance_clock(timedelta(days=15))
    eventually(lambda: len(as_keys(folder).agreements()) == 1, "the retired key is destroyed")
    with census.adds(de=()):
        said = pt.send(DE, requests.sealed(), key=old)
        assert (said.status, said.code) == (400, "cannot-decrypt")
        assert said.error["do"]
    pt.agreement[DE] = fresh


def _other_agreement_key(pt: Any, old: bytes) -> bytes | None:
    found = pt.in_force().agreement_key(DE, pt.now())
    return found if found != old else None


def as_keys(folder: Path) -> FileNodeKeys:
    """A node's own keys, as its folder holds them now."""
    return FileNodeKeys(folder / "keys")


def _order_preservation(federation, request, case) -> str:
    body = b.PreservationOrdered("custodian-preservation", play._sought(), 90, "The logs are overwritten.")
    draft = federation.officer("de.weber").draft(play.BUDAPEST, body, case=case, to=[PROVIDER], re=[request])
    federation.officer("de.brandt").approve(draft["draft"])
    return str(draft["draft"])


# Clocks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("de_goes_on")
@pytest.mark.parametrize("minutes", [-90, -6, 6, 90])
def test_a_skewed_clock_is_a_finding_and_not_a_loss(federation, pt, requests, census, minutes):
    if minutes < 0:
        # Far enough from the founding for keys to have been valid by their clock.
        federation.advance_clock(timedelta(hours=2))
    theirs = pt.now() + timedelta(minutes=minutes)
    payload = requests.payload(at=theirs)
    act = requests.sealed(payload, at=theirs)
    log = federation.endpoints[DE].folder / "node.log"
    before = log.stat().st_size
    with census.adds(de=[wire.named(act)]):
        said = pt.send(DE, act, sent_at=theirs)
        assert said.receipted == (wire.named(act),)
    (line,) = federation.officer("de.weber").client.get(f"/api/cases/{payload.case}")["timeline"]
    assert line["ahead"] == pytest.approx(max(0, minutes) * 60, abs=60)
    told = log.read_bytes()[before:].decode()
    assert f"the clock of pt differs from this node's by {-minutes * 60}" in told
    # Our own clock starts the legal clocks, and our own time is in the receipt.
    assert abs(said.receipts[0].received_at - pt.now()) < timedelta(minutes=2)


@pytest.mark.usefixtures("de_goes_on")
def test_a_clock_within_five_minutes_is_no_finding(federation, pt, requests):
    theirs = pt.now() + timedelta(minutes=4)
    payload = requests.payload(at=theirs)
    log = federation.endpoints[DE].folder / "node.log"
    before = log.stat().st_size
    assert pt.send(DE, requests.sealed(payload, at=theirs), sent_at=theirs).receipted
    (line,) = federation.officer("de.weber").client.get(f"/api/cases/{payload.case}")["timeline"]
    assert line["ahead"] == 0
    assert "the clock of" not in log.read_bytes()[before:].decode()


# Order ----------------------------------------------------------------------------------------------------------------


def order_and_withdrawal(pt: Any) -> tuple[Any, Any]:
    """An order of pt's to the provider, and the act that takes it back: the second answers the first."""
    body = b.ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.PROSECUTOR,
        issuing=Contact("Ministerio Publico (demo)", "prosecutor", "pt.marques", phone="351210000001"),
        data=DataSought((Target(TargetKind.EMAIL, NEEDLE_ACCOUNT),), (DataCategory.SUBSCRIBER,)),
        offence=Offence("kidnapping", "Penal code (demo) section 160", max_penalty_years=8),
    )
    payload = pt.payload(body, instrument=REGULATION, to=[PROVIDER], author=("pt.marques", "prosecutor"))
    data = write_payload(payload)
    order = pt.seal(data, [pt.approval(data, "pt.lopes", "prosecutor")])
    withdrawn = b.ProductionWithdrawn(wire.named(order), "no longer needed")
    answer = pt.payload(withdrawn, instrument=REGULATION, to=[PROVIDER], case=payload.case, re=[wire.named(order)])
    return order, pt.seal(answer)


def test_re_ordered_acts_of_one_envelope_are_all_filed_in_their_own_order(pt, census):
    order, withdrawal = order_and_withdrawal(pt)
    first, second = wire.named(order), wire.named(withdrawal)
    with census.adds(provider=[first, second]):
        said = pt.send(PROVIDER, withdrawal, order)
        assert said.answer.waiting == (second,)
        assert said.receipted == (first,)
        again = pt.send(PROVIDER, withdrawal, order)
        assert set(again.receipted) == {first, second}
        assert again.leaves[first] < again.leaves[second]
    assert not census.waiting(PROVIDER)
    census.assert_sound(PROVIDER)


def test_re_ordered_envelopes_leave_nothing_behind(pt, census):
    order, withdrawal = order_and_withdrawal(pt)
    first, second = wire.named(order), wire.named(withdrawal)
    with census.adds(provider=[first, second]):
        for _ in range(3):
            assert pt.send(PROVIDER, withdrawal).answer.waiting == (second,)
        assert census.waiting(PROVIDER) == {second}
        assert pt.send(PROVIDER, order).receipted == (first,)
        assert pt.send(PROVIDER, withdrawal).receipted == (second,)
    assert not census.waiting(PROVIDER)
    census.assert_sound(PROVIDER)


def test_an_act_that_no_longer_passes_when_its_predecessor_comes_harms_neither_that_nor_the_node(pt, census):
    """What an act is under is known only with the act it answers: the law is asked once more then."""
    order, _ = order_and_withdrawal(pt)
    first = wire.named(order)
    body = b.ProductionValidated(first, OfficeKind.PROSECUTOR)
    case = read_payload(from_b64url(order.payload)).case
    payload = pt.payload(
        body, instrument=REGULATION, to=[PROVIDER], case=case, re=[first], author=("pt.ramos", "police")
    )
    data = write_payload(payload)
    validation = pt.seal(data, [pt.approval(data, "pt.rocha", "police")])
    with census.adds(provider=[first]):
        assert pt.send(PROVIDER, validation).answer.waiting == (wire.named(validation),)
        for _ in range(2):
            assert pt.send(PROVIDER, order).receipted == (first,)
        assert not census.waiting(PROVIDER)
        assert pt.send(PROVIDER, validation).code == "law-unmet"
    census.assert_sound(PROVIDER)


def test_an_act_whose_predecessor_never_comes_waits_is_refused_and_is_taken_when_it_comes_after_all(
    federation, pt, census
):
    order, withdrawal = order_and_withdrawal(pt)
    first, second = wire.named(order), wire.named(withdrawal)
    # 1. It waits, and waiting is no fault of the node.
    with census.adds(provider=()):
        assert pt.send(PROVIDER, withdrawal).answer.waiting == (second,)
        census.assert_sound(PROVIDER)
        federation.advance_clock(timedelta(hours=23))
        assert pt.send(PROVIDER, withdrawal).answer.waiting == (second,)
        # 2. Its deadline passes: the node lets it go by itself, and says so to whoever sends it again.
        federation.advance_clock(timedelta(hours=2))
        eventually(lambda: not census.waiting(PROVIDER), "the act is given up at its deadline")
        log = (federation.endpoints[PROVIDER].folder / "node.log").read_text()
        assert f"act {second} of pt is given up: the act it answers, {first}, did not come" in log
        for _ in range(2):
            said = pt.send(PROVIDER, withdrawal)
            assert said.code == "predecessor-missing"
            assert first in said.what
            assert said.answer.rejected[0].retry
        assert not census.waiting(PROVIDER)
        census.assert_sound(PROVIDER)
    # 3. It was refused, not lost.
    with census.adds(provider=[first, second]):
        assert pt.send(PROVIDER, order).receipted == (first,)
        assert pt.send(PROVIDER, withdrawal).receipted == (second,)
    census.assert_sound(PROVIDER)
