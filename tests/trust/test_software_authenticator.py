"""Two other implementations of WebAuthn judge what the software authenticator makes and what our verifier accepts."""

import hashlib
import json
import logging

import pytest
from fido2.cose import CoseKey
from fido2.webauthn import AuthenticatorData, CollectedClientData
from webauthn import verify_authentication_response

from comity.trust.approvals import approval_challenge
from comity.trust.cose_keys import CoseAlgorithm, read_cose_key, write_cose_key
from comity.trust.software_authenticator import UnsafeSoftwareAuthenticator
from comity.vocabulary.errors import ErrorCode
from comity.vocabulary.wire import b64url, from_b64url

DRAFT = "d" * 64
RP_ID = "approve.pt.example"


@pytest.fixture(params=list(CoseAlgorithm))
def device(request) -> UnsafeSoftwareAuthenticator:
    return UnsafeSoftwareAuthenticator(b"seed", rp_id=RP_ID, origin=f"https://{RP_ID}", algorithm=request.param)


def test_it_warns_by_name_when_it_is_made(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        UnsafeSoftwareAuthenticator(b"seed", rp_id=RP_ID, origin=f"https://{RP_ID}")
    assert "UnsafeSoftwareAuthenticator" in caplog.text


def test_the_same_seed_gives_the_same_assertions(device) -> None:
    twin = UnsafeSoftwareAuthenticator(
        b"seed", rp_id=RP_ID, origin=f"https://{RP_ID}", algorithm=read_cose_key(device.public_key).algorithm
    )
    first = device.approve(DRAFT, "approve", officer="pt.costa", office="prosecutor")
    assert first == twin.approve(DRAFT, "approve", officer="pt.costa", office="prosecutor")


def test_another_seed_gives_another_credential(device) -> None:
    other = UnsafeSoftwareAuthenticator(b"other", rp_id=RP_ID, origin=f"https://{RP_ID}")
    assert other.credential_id != device.credential_id


def test_py_webauthn_accepts_its_assertions(device) -> None:
    approval = device.approve(DRAFT, "approve", officer="pt.costa", office="prosecutor", counter=7)
    response = {
        "authenticatorData": approval.authenticator_data,
        "clientDataJSON": approval.client_data,
        "signature": approval.signature,
    }
    verified = verify_authentication_response(
        credential=json.dumps(
            {"id": approval.credential, "rawId": approval.credential, "type": "public-key", "response": response}
        ),
        expected_challenge=approval_challenge("approve", DRAFT),
        expected_rp_id=RP_ID,
        expected_origin=f"https://{RP_ID}",
        credential_public_key=device.public_key,
        credential_current_sign_count=6,
        require_user_verification=True,
    )
    assert verified.user_verified
    assert verified.new_sign_count == 7


def test_fido2_accepts_its_assertions(device) -> None:
    approval = device.approve(DRAFT, "approve", officer="pt.costa", office="prosecutor")
    client_data = CollectedClientData(from_b64url(approval.client_data))
    data = AuthenticatorData(from_b64url(approval.authenticator_data))
    assert client_data.type == "webauthn.get"
    assert client_data.challenge == approval_challenge("approve", DRAFT)
    assert data.rp_id_hash == hashlib.sha256(RP_ID.encode()).digest()
    assert data.is_user_present()
    assert data.is_user_verified()
    key = CoseKey.parse(_cbor(device.public_key))
    key.verify(bytes(data) + client_data.hash, from_b64url(approval.signature))


def test_cose_keys_have_the_form_that_fido2_writes(device) -> None:
    from fido2 import cbor

    key = read_cose_key(device.public_key)
    assert cbor.encode(dict(CoseKey.for_alg(key.algorithm).from_cryptography_key(key.public))) == device.public_key
    assert write_cose_key(key.public) == device.public_key


def test_a_point_off_the_curve_is_refused(refused) -> None:
    key = UnsafeSoftwareAuthenticator(b"seed", rp_id=RP_ID, origin=f"https://{RP_ID}").public_key
    with refused(ErrorCode.MALFORMED):
        read_cose_key(key[:-1] + bytes([key[-1] ^ 1]))


def test_the_credential_says_that_it_is_software(device, world) -> None:
    credential = device.credential(valid_from=world.founded)
    assert credential.software
    assert credential.public_key == b64url(device.public_key)


def _cbor(data: bytes) -> dict[int, object]:
    from fido2 import cbor

    return cbor.decode(data)
