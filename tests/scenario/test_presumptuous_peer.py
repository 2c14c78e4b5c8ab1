"""A peer seals what is not its to say: the seal is genuine, the act is refused all the same, and nothing stops.

pt's keys are at hand. What they can make is judged by who may take a step, not only by whether the step may follow.
"""

import io
import sys
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from rich.console import Console

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.custody_bodies import OpeningRefused
from comity.acts.review_bodies import ReviewRequested
from comity.cases.house import house_case
from comity.entrypoints.demo import play, play_emergency
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.timeline import Timeline
from comity.vocabulary.wire import b64url

wire: Any = sys.modules["scenario_hostile_peer"]

pytestmark = pytest.mark.usefixtures("de_goes_on")

NODE = "node"


def shared(pt, requests):
    """A case that pt and de share, by a request of pt's: its id and the request's."""
    payload = requests.payload()
    act = requests.sealed(payload)
    assert pt.send(DE, act).receipted == (wire.named(act),)
    return payload.case, wire.named(act)


@pytest.mark.parametrize(
    "body",
    [
        b.CaseClosed("closed by somebody else"),
        b.CaseDisposed(rule="none", keys=1, acts=1, exhibits=0, objects=1, unreachable=()),
        b.DossierExported("0" * 64, "none"),
        b.DirectorySeen(1, "0" * 64),
        b.OrderReasoned("none", "none"),
        OpeningRefused("0" * 32, "curiosity", "none"),
    ],
    ids=lambda body: type(body).__name__,
)
def test_what_a_node_says_to_itself_only_is_not_taken_from_a_peer(pt, requests, census, federation, body):
    case, request = shared(pt, requests)
    with census.adds(de=()):
        for instrument in (NODE, play.BUDAPEST, play_emergency.REGULATION):
            said = pt.send(DE, pt.seal(pt.payload(body, instrument=instrument, to=[DE], case=case, re=[request])))
            assert said.code in ("not-allowed", "law-unmet"), said
    file = federation.officer("de.weber").client.get(f"/api/cases/{case}")
    assert file["state"]["phase"] == "open"


def test_nobody_grants_their_own_request(pt, requests, census):
    case, request = shared(pt, requests)
    body = b.RequestRefused("essential-interests", "refused by the one who asked")
    payload = pt.payload(
        body, instrument=play.BUDAPEST, to=[DE], case=case, re=[request], author=("pt.silva", "contact-point")
    )
    with census.adds(de=()):
        said = pt.send(DE, requests.sealed(payload))
    assert said.answer.rejected, said


def test_a_stranger_to_a_case_adds_nothing_to_it(pt, as_node, requests, census):
    case, request = shared(pt, requests)
    provider = as_node(PROVIDER)
    body = b.HoldConfirmed("0" * 32, "0" * 64, 1, 1, 1, pt.now(), pt.now() + timedelta(days=90))
    with census.adds(de=()):
        said = provider.send(
            DE, provider.seal(provider.payload(body, instrument=play.BUDAPEST, to=[DE], case=case, re=[request]))
        )
        assert said.answer.rejected, said
        closing = provider.payload(
            b.ProductionWithdrawn(request, "none"), instrument=play.BUDAPEST, to=[DE], case=case, re=[request]
        )
        assert provider.send(DE, provider.seal(closing)).answer.rejected


@pytest.mark.parametrize("how", ["back-dated", "no key", "unknown kind"])
def test_a_rotation_that_cannot_be_is_refused_and_stops_nobody(pt, census, how):
    at = pt.now()
    body = {
        "back-dated": b.KeyRotated("ledger", b64url(bytes(range(32))), at - timedelta(days=1)),
        "no key": b.KeyRotated("agreement", b64url(b"short"), at + timedelta(seconds=5)),
        "unknown kind": b.KeyRotated("skeleton", b64url(bytes(range(32))), at + timedelta(seconds=5)),
    }[how]
    with census.adds(de=()):
        said = pt.send(DE, pt.seal(pt.payload(body, instrument=NODE, to=[DE], case=house_case(PT))))
    assert said.answer.rejected, said


def test_a_rotation_stands_in_the_house_case_of_who_made_it_or_nowhere(pt, requests, census):
    case, _ = shared(pt, requests)
    body = b.KeyRotated("ledger", b64url(bytes(range(32))), pt.now() + timedelta(seconds=5))
    with census.adds(de=()):
        for place in (case, house_case(DE)):
            said = pt.send(DE, pt.seal(pt.payload(body, instrument=NODE, to=[DE], case=place)))
            assert said.answer.rejected, said


def test_a_peer_that_is_no_oversight_body_has_no_ledger_opened_to_it(pt, census):
    body = ReviewRequested("without-validation", 16, "0" * 64)
    with census.adds(de=()):
        said = pt.send(DE, pt.seal(pt.payload(body, instrument=NODE, to=[DE])))
    assert said.code == "not-allowed"


def test_evidence_comes_in_with_an_act_that_is_taken_and_nothing_can_be_hung_on_it(federation, as_node, census):
    provider, de = as_node(PROVIDER), as_node(DE)
    silva = federation.officer("pt.silva")
    draft = silva.draft(play.BUDAPEST, play.preservation(), to=[DE])
    request, case = draft["draft"], draft["case"]
    federation.officer("pt.costa").approve(request)
    now = de.now()
    hold = b.HoldConfirmed("0" * 32, "0" * 64, 1, 1, 1, now, now + timedelta(days=90))
    evidence = provider.seal(provider.payload(hold, instrument=play.BUDAPEST, to=[DE], case=case))
    named = wire.named(evidence)

    def from_de(body, re):
        return de.seal(de.payload(body, instrument=play.BUDAPEST, to=[PT], case=case, re=[re]))

    confirmed = b.PreservationConfirmed("0" * 32, "0" * 64, 1, 1, now, now + timedelta(days=60), encloses=(named,))
    presumed = from_de(b.ItemsQuarantined("0" * 32, 1, "out-of-scope"), request)
    with census.adds(pt=()):
        assert de.send(PT, presumed).code in ("law-unmet", "out-of-order")
    words = from_de(confirmed, request)
    with census.adds(pt=[wire.named(words), named]):
        assert de.send(PT, words, enclosed=[evidence]).receipted == (wire.named(words),)
    with census.adds(pt=()):
        assert de.send(PT, from_de(b.ExhibitDestroyed("0" * 32, "none", 0), named)).code == "out-of-order"
    census.assert_sound(PT)


def test_evidence_enclosed_in_an_act_that_is_refused_stays_outside(pt, as_node, requests, census):
    provider = as_node(PROVIDER)
    case, request = shared(pt, requests)
    hold = b.HoldConfirmed("0" * 32, "0" * 64, 1, 1, 1, pt.now(), pt.now() + timedelta(days=90))
    evidence = provider.seal(provider.payload(hold, instrument=play.BUDAPEST, to=[PT], case=case))
    body = b.PreservationConfirmed("0" * 32, "0" * 64, 1, 1, pt.now(), pt.now(), encloses=(wire.named(evidence),))
    words = pt.payload(body, instrument=play.BUDAPEST, to=[DE], case=case, re=[request])
    with census.adds(de=()):
        assert pt.send(DE, pt.seal(words), enclosed=[evidence]).code in ("law-unmet", "not-allowed")


def test_an_exhibit_handed_over_under_the_name_of_another_cases_exhibit_is_refused(
    federation, as_node, census, tmp_path
):
    """What a node keeps of an exhibit goes by its name: a supplier of two cases must not reach into the other one."""
    stage = Stage(federation, Timeline(Console(file=io.StringIO())), tmp_path, tmp_path)
    first = play_emergency._order_and_produce(stage, "first")
    second = play_emergency._reasoned(stage)
    play_emergency._issue(stage, second)
    order = stage.await_act(PROVIDER, ActType.PRODUCTION_ORDERED, second)
    given = play.body_of(stage, PT, stage.await_act(PT, ActType.EXHIBIT_HANDED_OVER, first))
    provider = as_node(PROVIDER)
    body = msgspec.structs.replace(msgspec.convert(given, b.ExhibitHandedOver), order=order, encloses=())
    words = provider.payload(body, instrument=play_emergency.REGULATION, to=[PT], case=second, re=[order])
    with census.adds(pt=()):
        said = provider.send(PT, provider.seal(words))
    assert said.code == "not-allowed"
    assert "another case" in said.what
    census.assert_sound(PT)
