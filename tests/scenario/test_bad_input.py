"""Bad input gets a clear error and loses nothing: what pt's own keys can make, and no honest node would send.

Each test spoils one thing about a request that is sound otherwise, posts it to de, and looks at the answer, at both ends'
ledgers, and at whether de goes on.
"""

import json
import sys
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from comity.acts.payload import write_payload
from comity.acts.seal_format import SealedAct, SealSignature
from comity.entrypoints.demo.cast import DE, OVERSIGHT, PROVIDER, PT
from comity.exchange.bundle import BUNDLE_LIMIT
from comity.exchange.compression import deflate
from comity.exchange.dictionaries import BUNDLE_DICTIONARY
from comity.exchange.envelope import ENVELOPE_LIMIT
from comity.vocabulary.wire import b64url, from_b64url

wire: Any = sys.modules["scenario_hostile_peer"]

pytestmark = pytest.mark.usefixtures("de_goes_on")


def assert_clear(said: Any, status: int, code: str) -> None:
    """The refusal of a whole envelope: the status that fits, the code, and words a person can act on."""
    assert (said.status, said.code) == (status, code), said.error
    assert set(said.error) == {"code", "what", "found", "expected", "do"}
    assert said.what
    assert said.error["found"] or said.error["expected"], "it says neither what was found nor what was expected"


@pytest.mark.parametrize("stated", [ENVELOPE_LIMIT + 1, 1 << 40])
def test_an_oversized_request_is_refused_by_its_stated_length_before_it_is_read(pt, census, stated):
    with census.adds(de=()):
        said = pt.post(DE, pt.bundle(DE), b"x" * 4096, length=stated)
    assert_clear(said, 413, "oversized")
    assert said.error["expected"].startswith("at most ")
    assert str(stated) in said.error["found"]


def test_an_oversized_bundle_behind_a_small_envelope_is_refused_and_never_held_in_memory(pt, census):
    bomb = deflate(bytes(64 << 20), BUNDLE_DICTIONARY)
    assert len(bomb) < BUNDLE_LIMIT // 64
    with census.adds(de=()):
        said = pt.post(DE, pt.bundle(DE), pt.envelope(DE, bomb))
    assert_clear(said, 413, "oversized")


def test_an_oversized_act_is_refused_with_its_envelope(pt, requests, census):
    big = requests.sealed(write_payload(requests.payload()) + b" " * (1 << 20))
    with census.adds(de=()):
        said = pt.send(DE, big)
    assert_clear(said, 413, "oversized")
    assert str(1 << 20) in said.error["found"] + said.error["expected"]


@pytest.mark.parametrize("left", [0, 3, 13, 200, 1200, -1])
def test_a_truncated_envelope_is_refused_as_a_whole(pt, requests, census, left):
    bundle = pt.bundle(DE)
    whole = pt.envelope(DE, deflate(wire.pack_unchecked(bundle, [requests.sealed()]), BUNDLE_DICTIONARY))
    with census.adds(de=()):
        said = pt.post(DE, bundle, whole[:left])
    assert_clear(said, 400, "malformed" if 0 <= left <= 1149 else "cannot-decrypt")


def test_a_request_truncated_on_its_way_is_refused_as_a_whole(pt, requests, census):
    bundle = pt.bundle(DE)
    whole = pt.envelope(DE, deflate(wire.pack_unchecked(bundle, [requests.sealed()]), BUNDLE_DICTIONARY))
    with census.adds(de=()):
        said = pt.post(DE, bundle, whole[:2000], length=len(whole))
    assert_clear(said, 400, "malformed")


def test_a_truncated_act_is_refused_alone_and_its_neighbour_is_taken(pt, requests, census):
    sound = requests.sealed()
    cut = requests.sealed(write_payload(requests.payload())[:-40])
    with census.adds(de=[wire.named(sound)]):
        said = pt.send(DE, cut, sound)
    assert said.receipted == (wire.named(sound),)
    assert said.code == "malformed"
    assert said.what


def test_duplicated_acts_have_one_effect_and_the_same_place_in_the_ledger(pt, requests, census):
    act = requests.sealed()
    name = wire.named(act)
    with census.adds(de=[name]):
        thrice = pt.send(DE, act, act, act)
        bundle = pt.bundle(DE)
        envelope = pt.envelope(DE, deflate(wire.pack_unchecked(bundle, [act]), BUNDLE_DICTIONARY))
        again = [pt.post(DE, bundle, envelope) for _ in range(3)]
    assert thrice.receipted == (name,)
    assert [said.leaves for said in again] == [thrice.leaves] * 3
    assert not any(said.answer.rejected or said.answer.waiting for said in (thrice, *again))


def test_the_same_words_sealed_anew_are_the_same_act(pt, requests, census):
    payload = write_payload(requests.payload())
    first, second = requests.sealed(payload), requests.sealed(payload)
    with census.adds(de=[wire.named(first)]):
        assert pt.send(DE, first).leaves == pt.send(DE, second).leaves


def test_a_re_serialised_act_is_not_the_act_that_was_sealed(pt, requests, census):
    act = requests.sealed()
    words = json.loads(from_b64url(act.payload))
    spaced = json.dumps(words).encode()
    turned = json.dumps(dict(reversed(words.items())), separators=(",", ":")).encode()
    with census.adds(de=()):
        for other in (spaced, turned):
            said = pt.send(DE, SealedAct(b64url(other), act.signatures))
            assert said.code == "bad-seal"
            assert said.what


def test_a_re_serialised_bundle_is_refused_as_a_whole(pt, requests, census):
    bundle = pt.bundle(DE)
    plain = wire.pack_unchecked(bundle, [requests.sealed()])
    assert plain[0] == 0x96, "a MessagePack array of six"
    longer = b"\xdc\x00\x06" + plain[1:]
    assert msgspec.msgpack.decode(longer) == msgspec.msgpack.decode(plain)
    with census.adds(de=()):
        said = pt.post_plain(DE, bundle, longer)
    assert (said.status, said.code) == (400, "malformed")
    assert "one encoding" in said.what


def test_an_envelope_replayed_to_another_node_cannot_be_opened_there(pt, requests, census):
    bundle, act = pt.bundle(DE), requests.sealed()
    envelope = pt.envelope(DE, deflate(wire.pack_unchecked(bundle, [act]), BUNDLE_DICTIONARY))
    with census.adds(de=[wire.named(act)], provider=(), oversight=()):
        assert pt.post(DE, bundle, envelope).receipted == (wire.named(act),)
        for node in (PROVIDER, OVERSIGHT):
            assert_clear(pt.post(node, bundle, envelope), 400, "cannot-decrypt")


def test_an_act_replayed_to_another_node_in_a_new_envelope_is_set_aside_there(pt, as_node, requests, census):
    act = requests.sealed()
    with census.adds(de=(), provider=(), oversight=()):
        for node in (PROVIDER, OVERSIGHT):
            said = pt.send(node, act)
            assert said.code == "not-addressed"
            assert not said.receipted
        # A third party that got hold of the act is no courier for it, not even to the right addressee.
        carried = as_node(OVERSIGHT).send(DE, act)
        assert carried.code == "unknown-sender"
        assert "did not send it" in carried.what


def test_a_wrongly_addressed_act_is_refused_and_one_addressed_to_nobody_too(pt, requests, census):
    with census.adds(de=(), provider=()):
        for to in ([PROVIDER], [OVERSIGHT, PROVIDER], []):
            said = pt.send(DE, requests.sealed(requests.payload(to=to)))
            assert said.code == "not-addressed", to
            assert said.what


def test_a_wrongly_addressed_bundle_is_refused_as_a_whole(pt, requests, census):
    with census.adds(de=(), provider=()):
        said = pt.send(DE, requests.sealed(), recipient=PROVIDER)
        assert_clear(said, 400, "not-addressed")
        assert said.error["found"] == f"from {PT} to {PROVIDER}"
        # Nor does a node take its own word from outside.
        assert_clear(pt.send(DE, requests.sealed(), sender=DE), 400, "not-addressed")


def test_an_act_of_an_issuer_whom_nobody_lists_is_refused(pt, requests, census):
    words = msgspec.structs.replace(requests.payload(), issuer="atlantis")
    with census.adds(de=()):
        said = pt.send(DE, requests.sealed(words), sender="atlantis")
    assert said.code == "unknown-sender"


def test_a_wrongly_signed_act_is_refused(pt, as_node, requests, census):
    act = requests.sealed()
    flipped = bytearray(from_b64url(act.signatures[0].signature))
    flipped[7] ^= 1
    strangers = Ed25519PrivateKey.generate().sign(b"something else")
    with census.adds(de=()):
        for signature in (bytes(flipped), strangers, b"", bytes(64)):
            said = pt.send(DE, wire.with_signature(act, signature))
            assert said.code == "bad-seal"
        # Another node's genuine key does not seal for pt.
        assert pt.send(DE, requests.sealed(key=as_node(PROVIDER).seal_key())).code == "key-not-valid"


def test_a_wrongly_approved_act_is_refused(pt, requests, census):
    payload = requests.payload()
    data = write_payload(payload)
    sound = pt.approval(data, "pt.costa", "contact-point")
    other = pt.approval(write_payload(requests.payload()), "pt.costa", "contact-point")
    cases = {
        "none": [],
        "one's own": [pt.approval(data, "pt.silva", "contact-point")],
        "of another act": [other],
        "of an office not held": [msgspec.structs.replace(sound, office="prosecutor")],
        "under another name": [msgspec.structs.replace(sound, officer="pt.lopes")],
        "for another purpose": [msgspec.structs.replace(sound, purpose="validate")],
    }
    with census.adds(de=()):
        for how, approvals in cases.items():
            said = pt.send(DE, pt.seal(payload, approvals))
            assert said.code in ("bad-approval", "key-not-valid", "not-competent", "not-found"), how
            assert said.what, how


def test_a_signature_dropped_is_noticed_by_the_set_that_the_act_names(pt, requests, census):
    act = requests.sealed()
    two = requests.sealed(requests.payload(seals=("EdDSA", "ES256")))
    with census.adds(de=()):
        for spoilt in (SealedAct(act.payload, ()), two):
            said = pt.send(DE, spoilt)
            assert said.code == "seal-set-differs"
            assert said.what
        # And one too many is noticed alike.
        more = pt.seal(from_b64url(act.payload)).signatures
        said = pt.send(DE, SealedAct(act.payload, (*act.signatures, *more)))
        assert said.code == "seal-set-differs"


def test_an_approval_dropped_from_the_seal_breaks_the_seal(pt, requests, census):
    act = requests.sealed()
    header = json.loads(from_b64url(act.signatures[0].protected))
    del header["apprs"]
    bare = SealSignature(b64url(json.dumps(header, separators=(",", ":")).encode()), act.signatures[0].signature)
    with census.adds(de=()):
        assert pt.send(DE, SealedAct(act.payload, (bare,))).code == "bad-seal"


def test_duplicate_keys_are_refused_though_the_seal_over_them_is_genuine(pt, requests, census):
    data = write_payload(requests.payload())
    twice = data.replace(b'{"v":1,', b'{"v":1,"v":1,', 1)
    deep = data.replace(b'"necessity":', b'"necessity":"nothing","necessity":', 1)
    assert twice != data != deep
    with census.adds(de=()):
        for spoilt in (twice, deep):
            said = pt.send(DE, requests.sealed(spoilt))
            assert said.code == "duplicate-key"
            assert "twice" in said.what
    sealed = requests.sealed()
    protected = from_b64url(sealed.signatures[0].protected)
    doubled = SealSignature(b64url(protected.replace(b'{"alg":', b'{"alg":"EdDSA","alg":', 1)), b64url(bytes(64)))
    with census.adds(de=()):
        assert pt.send(DE, SealedAct(sealed.payload, (doubled,))).code == "duplicate-key"


def test_an_unknown_type_is_refused_and_does_not_sink_its_envelope(pt, requests, census):
    data = write_payload(requests.payload())
    future = data.replace(b'"preservation-requested"', b'"preservation-prolonged"')
    sound = requests.sealed()
    with census.adds(de=[wire.named(sound)]):
        said = pt.send(DE, requests.sealed(future), sound)
    assert said.receipted == (wire.named(sound),)
    assert said.code == "unknown-type"
    assert said.what


def test_an_unknown_field_is_refused(pt, requests, census):
    data = write_payload(requests.payload()).replace(b'{"v":1,', b'{"v":1,"colour":"blue",', 1)
    with census.adds(de=()):
        said = pt.send(DE, requests.sealed(data))
    assert said.code == "malformed"


def test_what_is_no_envelope_at_all_is_refused_in_words(pt, census):
    with census.adds(de=()):
        for junk in (b"GET / HTTP/1.1\r\n\r\n", bytes(5000), b"CMTY\x02" + bytes(4000)):
            said = pt.post(DE, pt.bundle(DE), junk)
            assert said.status == 400
            assert said.code in ("malformed", "cannot-decrypt")
            assert said.what
