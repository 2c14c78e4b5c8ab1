import hashlib
import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.payload import act_id
from comity.acts.seal_format import Approval
from comity.trust.approvals import approval_challenge, verify_approval, verify_approvals
from comity.trust.cose_keys import CoseAlgorithm
from comity.trust.directory_format import OfficerEntry
from comity.trust.seals import read_sealed, seal, write_sealed
from comity.trust.software_authenticator import UnsafeSoftwareAuthenticator
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url, encode, from_b64url, tagged_hash

DRAFT = "d" * 64


def verify(world, approval: Approval, *, draft: str = DRAFT, authority: str = "pt", at=None, directory=None):
    return verify_approval(approval, draft, directory or world.directory, authority=authority, at=at or world.now)


def approve(world, *, purpose: str = "approve", draft: str = DRAFT) -> Approval:
    return world.authenticator("pt.costa", "pt").approve(draft, purpose, officer="pt.costa", office="prosecutor")


def assertion(world, *, client_data: bytes | None = None, authenticator_data: bytes | None = None) -> Approval:
    """A truly signed assertion over other client or authenticator data: what a dishonest client can get signed."""
    device = world.authenticator("pt.costa", "pt")
    client_data = device.client_data(approval_challenge("approve", DRAFT)) if client_data is None else client_data
    authenticator_data = device.authenticator_data(0) if authenticator_data is None else authenticator_data
    return Approval(
        officer="pt.costa",
        office="prosecutor",
        purpose="approve",
        credential=b64url(device.credential_id),
        authenticator_data=b64url(authenticator_data),
        client_data=b64url(client_data),
        signature=b64url(device.sign(authenticator_data, client_data)),
    )


def client_fields(world) -> dict[str, object]:
    return json.loads(world.authenticator("pt.costa", "pt").client_data(approval_challenge("approve", DRAFT)))


def test_an_approval_verifies_and_says_by_whom_in_which_office_and_with_what(world) -> None:
    finding = verify(world, approve(world))
    assert (finding.officer, finding.office, finding.office_kind) == ("pt.costa", "prosecutor", OfficeKind.PROSECUTOR)
    assert (finding.purpose, finding.algorithm, finding.synced) == ("approve", CoseAlgorithm.ES256, False)


def test_a_software_authenticator_is_shown_as_one(world) -> None:
    assert verify(world, approve(world)).software


def test_an_eddsa_passkey_verifies(world) -> None:
    device = world.authenticator("pt.silva", "pt", CoseAlgorithm.EDDSA)
    finding = verify(world, device.approve(DRAFT, "approve", officer="pt.silva", office="contact-point"))
    assert finding.algorithm is CoseAlgorithm.EDDSA


def test_the_challenge_is_the_tagged_hash_of_purpose_and_draft() -> None:
    assert approval_challenge("approve", DRAFT) == tagged_hash("comity-approval-v1", b"approve", bytes.fromhex(DRAFT))


def test_an_approval_of_another_draft_is_refused(world, refused) -> None:
    with refused(ErrorCode.BAD_APPROVAL, "another draft or purpose"):
        verify(world, approve(world), draft="e" * 64)


def test_an_approval_for_another_purpose_is_refused(world, refused) -> None:
    replayed = msgspec.structs.replace(approve(world, purpose="acknowledge"), purpose="approve")
    with refused(ErrorCode.BAD_APPROVAL, "another draft or purpose"):
        verify(world, replayed)


def test_an_approval_for_the_login_relying_party_is_refused(world, refused) -> None:
    login = UnsafeSoftwareAuthenticator(world.seed("pt.costa"), rp_id="pt.example", origin="https://approve.pt.example")
    assert login.credential_id == world.authenticator("pt.costa", "pt").credential_id
    with refused(ErrorCode.BAD_APPROVAL, "relying party"):
        verify(world, login.approve(DRAFT, "approve", officer="pt.costa", office="prosecutor"))


def test_an_approval_for_another_authoritys_relying_party_is_refused(world, refused) -> None:
    data = hashlib.sha256(b"approve.de.example").digest() + b"\x05\0\0\0\0"
    with refused(ErrorCode.BAD_APPROVAL, "relying party"):
        verify(world, assertion(world, authenticator_data=data))


@pytest.mark.parametrize(
    "origin",
    [
        "https://pt.example",
        "https://approve.pt.example.evil",
        "http://approve.pt.example",
        "https://approve.pt.example/",
        "https://approve.pt.example:8443",
        "",
    ],
)
def test_an_approval_on_another_page_is_refused(world, refused, origin) -> None:
    data = json.dumps(client_fields(world) | {"origin": origin}).encode()
    with refused(ErrorCode.BAD_APPROVAL, "another page"):
        verify(world, assertion(world, client_data=data))


@pytest.mark.parametrize("kind", ["webauthn.create", "webauthn.GET", "payment.get", "", "navigator.id.getAssertion"])
def test_client_data_of_another_type_are_refused(world, refused, kind) -> None:
    data = json.dumps(client_fields(world) | {"type": kind}).encode()
    with refused(ErrorCode.BAD_APPROVAL, "another type"):
        verify(world, assertion(world, client_data=data))


@pytest.mark.parametrize("extra", [{"crossOrigin": True}, {"topOrigin": "https://evil.example"}])
def test_an_approval_in_an_embedded_page_is_refused(world, refused, extra) -> None:
    data = json.dumps(client_fields(world) | extra).encode()
    with refused(ErrorCode.BAD_APPROVAL, "embedded"):
        verify(world, assertion(world, client_data=data))


def test_client_data_that_name_a_key_twice_are_refused(world, refused) -> None:
    data = json.dumps(client_fields(world)).encode()
    data = b'{"challenge":"AAAA",' + data[1:]
    with refused(ErrorCode.BAD_APPROVAL, "twice"):
        verify(world, assertion(world, client_data=data))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"type":1}', b" " * 5000])
def test_broken_client_data_are_refused(world, refused, data) -> None:
    with refused(ErrorCode.BAD_APPROVAL):
        verify(world, assertion(world, client_data=data))


def test_client_data_with_a_browsers_own_field_verify(world) -> None:
    data = json.dumps(client_fields(world) | {"other_keys_can_be_added_here": "do not compare"}).encode()
    assert verify(world, assertion(world, client_data=data)).officer == "pt.costa"


@pytest.mark.parametrize(
    ("flags", "missing"), [(0x00, "both"), (0x01, "verification"), (0x04, "presence"), (0x18, "both but backup")]
)
def test_an_approval_without_presence_and_verification_is_refused(world, refused, flags, missing) -> None:
    data = hashlib.sha256(b"approve.pt.example").digest() + bytes([flags]) + bytes(4)
    with refused(ErrorCode.BAD_APPROVAL, "present and verified"):
        verify(world, assertion(world, authenticator_data=data))
    assert missing


def test_an_assertion_that_carries_a_new_credential_is_refused(world, refused) -> None:
    data = hashlib.sha256(b"approve.pt.example").digest() + b"\x45" + bytes(4 + 16 + 2)
    with refused(ErrorCode.BAD_APPROVAL, "new credential"):
        verify(world, assertion(world, authenticator_data=data))


def test_bytes_after_the_authenticator_data_are_refused(world, refused) -> None:
    data = world.authenticator("pt.costa", "pt").authenticator_data(0) + b"\0"
    with refused(ErrorCode.BAD_APPROVAL, "does not verify"):
        verify(world, assertion(world, authenticator_data=data))


@pytest.mark.parametrize("length", [0, 36, 5000])
def test_authenticator_data_of_another_length_are_refused(world, refused, length) -> None:
    with refused(ErrorCode.BAD_APPROVAL, "length"):
        verify(world, assertion(world, authenticator_data=bytes(length)))


def test_a_synced_passkey_is_shown_as_one(world) -> None:
    data = hashlib.sha256(b"approve.pt.example").digest() + b"\x1d" + bytes(4)
    assert verify(world, assertion(world, authenticator_data=data)).synced


def test_a_credential_of_another_officer_is_refused(world, refused) -> None:
    stolen = msgspec.structs.replace(approve(world), officer="pt.silva", office="contact-point")
    with refused(ErrorCode.KEY_NOT_VALID, "no such approval credential"):
        verify(world, stolen)


def test_an_officer_of_another_authority_is_refused(world, refused) -> None:
    with refused(ErrorCode.NOT_COMPETENT):
        verify(world, approve(world), authority="de")


def test_an_office_the_officer_does_not_hold_is_refused(world, refused) -> None:
    with refused(ErrorCode.NOT_COMPETENT, "does not hold"):
        verify(world, msgspec.structs.replace(approve(world), office="contact-point"))


def test_an_office_the_authority_does_not_have_is_refused(world, refused) -> None:
    with refused(ErrorCode.NOT_COMPETENT):
        verify(world, msgspec.structs.replace(approve(world), office="judge"))


def test_a_revoked_credential_is_refused(world, refused) -> None:
    old = world.authenticator("pt.silva.old", "pt")
    with refused(ErrorCode.KEY_NOT_VALID, "not valid at that time"):
        verify(world, old.approve(DRAFT, "approve", officer="pt.silva", office="contact-point"))


def test_a_revoked_credential_still_proves_what_it_approved_before(world) -> None:
    old = world.authenticator("pt.silva.old", "pt")
    approval = old.approve(DRAFT, "approve", officer="pt.silva", office="contact-point")
    assert verify(world, approval, at=world.now - timedelta(days=40)).officer == "pt.silva"


def test_a_credential_is_not_valid_before_it_was_registered(world, refused) -> None:
    with refused(ErrorCode.KEY_NOT_VALID):
        verify(world, approve(world), at=world.founded - timedelta(seconds=1))


def test_a_signature_by_another_key_is_refused(world, refused) -> None:
    other = world.authenticator("de.costa", "pt").approve(DRAFT, "approve", officer="pt.costa", office="prosecutor")
    forged = msgspec.structs.replace(approve(world), signature=other.signature)
    with refused(ErrorCode.BAD_APPROVAL, "does not verify"):
        verify(world, forged)


def test_an_approval_that_is_not_base64url_is_refused(world, refused) -> None:
    for part in ("authenticator_data", "client_data", "signature"):
        with refused(ErrorCode.MALFORMED):
            verify(world, msgspec.structs.replace(approve(world), **{part: getattr(approve(world), part) + "="}))


@pytest.mark.parametrize("officer", ["pt.costa", "pt.silva"])
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_any_single_bit_flipped_in_an_approval_is_refused(world, officer, data) -> None:
    approval = world.approval(
        world.payload(), officer=officer, office="prosecutor" if officer == "pt.costa" else "contact-point"
    )
    part = data.draw(st.sampled_from(["authenticator_data", "client_data", "signature"]))
    spoiled = bytearray(from_b64url(getattr(approval, part)))
    bit = data.draw(st.integers(0, len(spoiled) * 8 - 1))
    spoiled[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenInputError):
        verify(
            world, msgspec.structs.replace(approval, **{part: b64url(bytes(spoiled))}), draft=act_id(world.payload())
        )


def test_all_approvals_of_a_sealed_act_are_verified_at_the_time_of_sealing(world) -> None:
    payload = world.payload()
    approvals = (world.approval(payload), world.approval(payload, officer="pt.silva", office="contact-point"))
    opened = read_sealed(write_sealed(seal(payload, world.seal_key(), at=world.now, approvals=approvals)))
    assert [one.officer for one in verify_approvals(opened, world.directory)] == ["pt.costa", "pt.silva"]


def test_one_officer_cannot_approve_twice_for_one_purpose(world, refused) -> None:
    payload = world.payload()
    approvals = (world.approval(payload),) * 2
    opened = read_sealed(write_sealed(seal(payload, world.seal_key(), at=world.now, approvals=approvals)))
    with refused(ErrorCode.BAD_APPROVAL, "twice"):
        verify_approvals(opened, world.directory)


def test_an_approval_of_the_same_words_written_anew_is_refused(world, refused) -> None:
    payload = world.payload()
    respelled = json.dumps(json.loads(payload)).encode()
    opened = read_sealed(
        write_sealed(seal(respelled, world.seal_key(), at=world.now, approvals=(world.approval(payload),)))
    )
    with refused(ErrorCode.BAD_APPROVAL, "another draft"):
        verify_approvals(opened, world.directory)


@pytest.mark.parametrize(
    "rp_id",
    [
        "pt.example",
        "login.pt.example",
        "approve",
        "approve.",
        "approver.pt.example",
        "APPROVE.pt.example",
        "approve.pt.example.",
    ],
)
def test_the_directory_takes_no_credential_of_another_relying_party(world, rp_id) -> None:
    device = UnsafeSoftwareAuthenticator(world.seed("x"), rp_id=rp_id, origin=f"https://{rp_id}")
    with pytest.raises(ValueError, match="approve"):
        device.credential(valid_from=world.founded)


@pytest.mark.parametrize(
    "origin",
    [
        "http://approve.pt.example",
        "https://pt.example",
        "https://approve.pt.example/x",
        "https://approve.pt.example:0",
        "https://approveXpt.example",
    ],
)
def test_the_directory_takes_no_credential_of_another_origin(world, origin) -> None:
    device = UnsafeSoftwareAuthenticator(world.seed("x"), rp_id="approve.pt.example", origin=origin)
    with pytest.raises(ValueError, match="origin"):
        device.credential(valid_from=world.founded)


def test_a_demonstration_on_this_machine_may_use_plain_http(world) -> None:
    device = UnsafeSoftwareAuthenticator(
        world.seed("x"), rp_id="approve.pt.localhost", origin="http://approve.pt.localhost:8001"
    )
    assert device.credential(valid_from=world.founded).software


def test_a_key_that_is_no_passkey_never_gets_into_the_directory(world, refused) -> None:
    credential = world.authenticator("pt.costa", "pt").credential(valid_from=world.founded)
    for key in (b"\x04" + bytes(64), b"", bytes.fromhex("a5010203262001215820") + bytes(67), bytes(77)):
        spoiled = msgspec.structs.replace(credential, public_key=b64url(key) or "AA")
        officer = OfficerEntry(id="pt.costa", offices=("prosecutor",), credentials=(spoiled,))
        edition = world.amended(officers=(officer,))
        with refused(ErrorCode.BAD_DIRECTORY, "COSE"):
            world.verify(edition.files)


def test_an_approval_travels_as_plain_json(world) -> None:
    approval = approve(world)
    assert msgspec.json.decode(encode(approval), type=Approval) == approval
