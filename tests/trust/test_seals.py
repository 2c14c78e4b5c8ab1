import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.payload import read_payload
from comity.acts.seal_format import SEALED_LIMIT, SealedAct, SealHeader, SealSignature
from comity.trust.seals import read_sealed, seal, verify_seals, write_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url, encode, from_b64url


def header_of(sealed: SealedAct, index: int = 0) -> dict[str, object]:
    return json.loads(from_b64url(sealed.signatures[index].protected))


def resealed(world, sealed: SealedAct, header: dict[str, object] | bytes, *, key=None) -> SealedAct:
    """The same payload under another header, truly signed: what a dishonest sealer can make."""
    raw = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    protected = b64url(raw)
    signature = (key or world.seal_key()).sign(f"{protected}.{sealed.payload}".encode())
    return SealedAct(payload=sealed.payload, signatures=(SealSignature(protected, b64url(signature)),))


def verify(world, sealed: SealedAct, *, at=None):
    return verify_seals(read_sealed(write_sealed(sealed)), world.directory, at=at or world.now)


def test_a_sealed_act_verifies_and_says_who_sealed_it_when_and_with_what(world) -> None:
    (finding,) = verify(world, world.sealed(), at=world.now + timedelta(seconds=3))
    assert (finding.authority, finding.algorithm, finding.sealed_at) == ("pt", "EdDSA", world.now)
    assert finding.skew == timedelta(seconds=3)
    assert finding.certificate == world.seal_key().certificate
    assert finding.still_valid


def test_opening_gives_back_the_exact_payload_bytes_and_their_id(world) -> None:
    payload = world.payload()
    opened = read_sealed(write_sealed(seal(payload, world.seal_key(), at=world.now)))
    assert opened.payload_bytes == payload
    assert opened.payload == read_payload(payload)


def test_sealing_twice_gives_the_same_bytes(world) -> None:
    assert write_sealed(world.sealed()) == write_sealed(world.sealed())


def test_a_dropped_signature_is_refused(world, refused) -> None:
    payload = world.payload(seals=("EdDSA", "ES256"))
    with refused(ErrorCode.SEAL_SET_DIFFERS):
        seal(payload, world.seal_key(), at=world.now)
    sealed = resealed(world, SealedAct(payload=b64url(payload), signatures=()), header_of(world.sealed()))
    with refused(ErrorCode.SEAL_SET_DIFFERS):
        verify(world, sealed)


def test_an_act_without_any_signature_is_refused(world, refused) -> None:
    with refused(ErrorCode.SEAL_SET_DIFFERS):
        verify(world, SealedAct(payload=world.sealed().payload, signatures=()))


def test_an_added_signature_is_refused(world, refused) -> None:
    sealed = world.sealed()
    bare = seal(world.payload(), world.seal_key(), at=world.now)
    both = SealedAct(payload=sealed.payload, signatures=(*sealed.signatures, *bare.signatures))
    with refused(ErrorCode.SEAL_SET_DIFFERS):
        verify(world, both)


def test_a_payload_that_names_a_seal_twice_is_refused(world, refused) -> None:
    payload = world.payload(seals=("EdDSA", "EdDSA"))
    with refused(ErrorCode.SEAL_SET_DIFFERS):
        seal(payload, world.seal_key(), world.seal_key(), at=world.now)


def test_a_signature_swapped_from_another_act_is_refused(world, refused) -> None:
    other = seal(world.payload(nonce="6" * 32), world.seal_key(), at=world.now)
    with refused(ErrorCode.BAD_SEAL):
        verify(world, SealedAct(payload=world.sealed().payload, signatures=other.signatures))


def test_approvals_moved_to_another_act_are_refused(world, refused) -> None:
    sealed = world.sealed()
    stolen = header_of(sealed)
    bare = seal(world.payload(nonce="6" * 32), world.seal_key(), at=world.now)
    swapped = SealSignature(b64url(json.dumps(stolen).encode()), bare.signatures[0].signature)
    with refused(ErrorCode.BAD_SEAL):
        verify(world, SealedAct(payload=bare.payload, signatures=(swapped,)))


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256", "ES256K", "eddsa", "Ed25519", "dir", ""])
def test_another_algorithm_is_refused_even_when_the_payload_names_it(world, refused, algorithm) -> None:
    payload = world.payload(seals=(algorithm,))
    header = header_of(world.sealed()) | {"alg": algorithm}
    sealed = resealed(world, SealedAct(payload=b64url(payload), signatures=()), header)
    with refused(ErrorCode.BAD_SEAL, "algorithm"):
        verify(world, sealed)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_an_algorithm_that_is_not_the_keys_is_refused(world, refused, algorithm) -> None:
    payload = world.payload(seals=(algorithm,))
    header = header_of(world.sealed()) | {"alg": algorithm}
    sealed = resealed(world, SealedAct(payload=b64url(payload), signatures=()), header)
    with refused(ErrorCode.BAD_SEAL, "not its key's"):
        verify(world, sealed)


def test_a_header_algorithm_other_than_the_payloads_is_refused(world, refused) -> None:
    with refused(ErrorCode.SEAL_SET_DIFFERS):
        verify(world, resealed(world, world.sealed(), header_of(world.sealed()) | {"alg": "none"}))


@pytest.mark.parametrize("critical", [["b64"], ["sigT", "b64"], ["sigT", "sigT"], [], ["exp"], ["sigT", "apprs"]])
def test_a_critical_header_that_is_not_understood_is_refused(world, refused, critical) -> None:
    with refused(ErrorCode.BAD_SEAL, "critical"):
        verify(world, resealed(world, world.sealed(), header_of(world.sealed()) | {"crit": critical}))


@pytest.mark.parametrize(
    "extra", [{"b64": False}, {"jwk": {"kty": "OKP"}}, {"jku": "https://x"}, {"x5u": "https://x"}, {"kid": "1"}]
)
def test_an_unknown_header_is_refused(world, refused, extra) -> None:
    with refused(ErrorCode.MALFORMED):
        verify(world, resealed(world, world.sealed(), header_of(world.sealed()) | extra))


def test_a_header_that_names_a_key_twice_is_refused(world, refused) -> None:
    raw = from_b64url(world.sealed().signatures[0].protected)
    doubled = raw.replace(b'{"alg":"EdDSA"', b'{"alg":"none","alg":"EdDSA"', 1)
    with refused(ErrorCode.DUPLICATE_KEY):
        verify(world, resealed(world, world.sealed(), doubled))


def test_a_wrapper_that_names_a_key_twice_is_refused(world, refused) -> None:
    data = write_sealed(world.sealed())
    with refused(ErrorCode.DUPLICATE_KEY):
        read_sealed(data.replace(b'{"payload":', b'{"payload":"e30","payload":', 1))


def test_an_unknown_field_in_the_wrapper_is_refused(world, refused) -> None:
    data = write_sealed(world.sealed())
    with refused(ErrorCode.MALFORMED):
        read_sealed(data[:-1] + b',"header":{}}')


def test_a_wrapper_written_anew_is_refused(world, refused) -> None:
    data = json.dumps(json.loads(write_sealed(world.sealed()))).encode()
    with refused(ErrorCode.MALFORMED, "written anew"):
        read_sealed(data)


def test_a_payload_written_anew_is_refused(world, refused) -> None:
    sealed = world.sealed()
    respelled = json.dumps(json.loads(from_b64url(sealed.payload))).encode()
    with refused(ErrorCode.BAD_SEAL, "does not verify"):
        verify(world, msgspec.structs.replace(sealed, payload=b64url(respelled)))


@pytest.mark.parametrize("ending", ["=", "==", "\n", "/", "+", "A", " "])
@pytest.mark.parametrize("part", ["payload", "protected", "signature"])
def test_base64url_that_is_not_canonical_is_refused(world, ending, part) -> None:
    sealed = world.sealed()
    (one,) = sealed.signatures
    if part == "payload":
        sealed = msgspec.structs.replace(sealed, payload=sealed.payload + ending)
    else:
        one = msgspec.structs.replace(one, **{part: getattr(one, part) + ending})
        sealed = msgspec.structs.replace(sealed, signatures=(one,))
    with pytest.raises(BrokenInputError):
        verify(world, sealed)


def test_a_trailing_bit_that_base64url_ignores_is_refused(world, refused) -> None:
    sealed = world.sealed()
    (one,) = sealed.signatures
    # 64 bytes leave four unused bits in the last character: 'A' and 'B' decode alike in a lax decoder.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = one.signature[:-1] + alphabet[alphabet.index(one.signature[-1]) ^ 1]
    with refused(ErrorCode.MALFORMED, "base64url"):
        verify(world, msgspec.structs.replace(sealed, signatures=(msgspec.structs.replace(one, signature=twin),)))


def test_a_seal_under_an_expired_certificate_is_refused(world, refused) -> None:
    key = world.seal_key("expired", not_after=world.founded + timedelta(days=10))
    with refused(ErrorCode.KEY_NOT_VALID, "expired"):
        verify(world, seal(world.payload(), key, at=world.now))


def test_a_seal_under_a_replaced_key_is_refused(world, refused) -> None:
    with refused(ErrorCode.KEY_NOT_VALID, "not valid at that time"):
        verify(world, seal(world.payload(), world.seal_key("replaced"), at=world.now))


def test_a_seal_from_before_its_key_was_replaced_still_verifies_and_says_so(world) -> None:
    earlier = world.now - timedelta(days=3)
    payload = read_payload(world.payload())
    old = encode(msgspec.structs.replace(payload, at=earlier))
    (finding,) = verify(world, seal(old, world.seal_key("replaced"), at=earlier))
    assert not finding.still_valid
    assert finding.skew == timedelta(days=3)


def test_a_seal_of_another_authority_is_refused(world, refused) -> None:
    with refused(ErrorCode.KEY_NOT_VALID, "no such seal certificate"):
        verify(world, seal(world.payload(), world.seal_key(authority="de"), at=world.now))


def test_a_seal_under_a_certificate_nobody_listed_is_refused(world, refused) -> None:
    with refused(ErrorCode.KEY_NOT_VALID, "no such seal certificate"):
        verify(world, seal(world.payload(), world.seal_key("unlisted"), at=world.now))


def test_another_key_under_a_listed_thumbprint_is_refused(world, refused) -> None:
    with refused(ErrorCode.BAD_SEAL, "does not verify"):
        verify(world, resealed(world, world.sealed(), header_of(world.sealed()), key=world.seal_key(authority="de")))


def test_an_issuer_nobody_listed_is_refused(world, refused) -> None:
    with refused(ErrorCode.UNKNOWN_SENDER):
        verify(world, seal(world.payload(issuer="fr"), world.seal_key(), at=world.now))


def test_a_seal_older_than_its_act_is_refused(world, refused) -> None:
    with refused(ErrorCode.BAD_SEAL):
        seal(world.payload(), world.seal_key(), at=world.now - timedelta(minutes=1))
    stale = SealHeader(alg="EdDSA", sig_t=world.now - timedelta(minutes=1), x5t=world.seal_key().x5t)
    with refused(ErrorCode.BAD_SEAL, "older"):
        verify(world, resealed(world, world.sealed(), encode(stale)))


def test_a_time_without_a_zone_is_refused(world, refused) -> None:
    with refused(ErrorCode.MALFORMED):
        verify(world, resealed(world, world.sealed(), header_of(world.sealed()) | {"sigT": "2026-03-01T12:00:00"}))


def test_a_clock_that_is_ahead_is_a_finding_and_not_a_loss(world) -> None:
    (finding,) = verify(world, world.sealed(), at=world.now - timedelta(minutes=7))
    assert finding.skew == -timedelta(minutes=7)


def test_approvals_outside_the_first_seal_are_refused(world, refused) -> None:
    sealed = world.sealed()
    second = SealedAct(payload=sealed.payload, signatures=sealed.signatures * 2)
    with refused(ErrorCode.MALFORMED, "first seal"):
        read_sealed(write_sealed(second))


def test_too_many_signatures_are_refused_before_any_is_decoded(world, refused) -> None:
    sealed = world.sealed()
    flood = SealedAct(payload=sealed.payload, signatures=(SealSignature("!", "!"),) * 1000)
    with refused(ErrorCode.SEAL_SET_DIFFERS):
        read_sealed(write_sealed(flood))


def test_an_oversized_act_is_refused_before_it_is_read(refused) -> None:
    with refused(ErrorCode.OVERSIZED):
        read_sealed(b"[" * (SEALED_LIMIT + 1))


def test_an_oversized_header_is_refused(world, refused) -> None:
    header = header_of(world.sealed()) | {"alg": "x" * 70_000}
    with refused(ErrorCode.OVERSIZED):
        verify(world, resealed(world, world.sealed(), header))


@pytest.mark.parametrize("cut", [0, 1, 20, 500, -1])
def test_a_truncated_act_is_refused(world, cut) -> None:
    with pytest.raises(BrokenInputError):
        read_sealed(write_sealed(world.sealed())[:cut])


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_single_bit_flipped_in_a_sealed_act_is_refused(world, data) -> None:
    spoiled = bytearray(write_sealed(world.sealed()))
    bit = data.draw(st.integers(0, len(spoiled) * 8 - 1))
    spoiled[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenInputError):
        verify_seals(read_sealed(bytes(spoiled)), world.directory, at=world.now)


@given(garbage=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_garbage_raises_nothing_but_a_typed_error(garbage) -> None:
    with pytest.raises(BrokenInputError):
        read_sealed(garbage)


@given(
    header=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda c: (
            st.lists(c, max_size=3)
            | st.dictionaries(st.sampled_from(["alg", "sigT", "crit", "apprs", "x5t#S256"]), c, max_size=5)
        ),
        max_leaves=8,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_other_header_raises_nothing_but_a_typed_error(world, header) -> None:
    raw = json.dumps(header).encode()
    with pytest.raises(BrokenInputError):
        verify(world, resealed(world, world.sealed(), raw))
