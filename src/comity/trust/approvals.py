"""Personal approvals: WebAuthn assertions bound to the exact bytes of one draft, for one purpose.

What an approval proves: the holder of a registered passkey was present, was verified by the device (PIN or biometrics),
and the device signed a challenge that only this draft and this purpose have. What it does not prove: what the screen
showed. A passkey signs a hash; a compromised browser or node can show one text and ask for a signature on another. That
is why each officer is told, outside the node, of everything their key approved.

The passkey serves nothing else: its relying party is an approval-only name, never the one officers log in under, so a
login can't be turned into an approval or the other way round.
"""

import hashlib
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType, field

from comity.acts.seal_format import Approval
from comity.trust.competence import office_held
from comity.trust.cose_keys import CoseAlgorithm, read_cose_key
from comity.trust.directory import Directory
from comity.trust.directory_format import ApprovalCredential
from comity.trust.seals import OpenedSeal
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, OfficeId, OfficerId
from comity.vocabulary.wire import b64url, decode, from_b64url, tagged_hash

APPROVAL_TAG = "comity-approval-v1"
CLIENT_DATA_LIMIT = 4 << 10
AUTHENTICATOR_DATA_LIMIT = 4 << 10

_RP_HASH = slice(0, 32)
_FLAGS = 32
_COUNTER = slice(33, 37)
_SHORTEST = 37
_USER_PRESENT, _USER_VERIFIED, _BACKUP_ELIGIBLE, _ATTESTED = 0x01, 0x04, 0x08, 0x40


class ClientData(Struct, frozen=True):
    """The client data of an assertion (WebAuthn level 3 section 5.8.1). Browsers may add fields: they are ignored.

    `topOrigin` may be present only when a page was embedded in another's, which an approval never is.
    """

    type: str
    challenge: str
    origin: str
    cross_origin: bool = field(name="crossOrigin", default=False)
    top_origin: str | UnsetType = field(name="topOrigin", default=UNSET)


class ApprovalFinding(Struct, frozen=True):
    """An approval that verified. `software` and `synced` say how well its key is kept, and are shown to the reader.

    `software`: the key is in a software authenticator, allowed by policy. `synced`: the passkey may be copied between the
    holder's devices (WebAuthn's backup eligibility).
    """

    authority: AuthorityId
    officer: OfficerId
    office: OfficeId
    office_kind: OfficeKind
    purpose: str
    credential: str
    algorithm: CoseAlgorithm
    software: bool
    synced: bool
    counter: int


def approval_challenge(purpose: str, draft_id: ActId) -> bytes:
    """The 32 bytes a passkey is asked to sign to approve this draft for this purpose.

    `draft_id` is the SHA-256 of the draft's payload bytes, the id the act will have.
    """
    return tagged_hash(APPROVAL_TAG, purpose.encode(), bytes.fromhex(draft_id))


def verify_approval(
    approval: Approval, draft_id: ActId, directory: Directory, *, authority: AuthorityId, at: datetime
) -> ApprovalFinding:
    """The finding on one approval of the draft by an officer of `authority`; `at` is when the act was sealed.

    Steps (WebAuthn level 3 section 7.2, and what this use adds):
        1. The officer holds the office by the directory; NOT_COMPETENT.
        2. The credential is that officer's, registered for approvals and valid at `at`; KEY_NOT_VALID.
        3. The client data are an assertion's, made on a page of its own, not in one embedded in another's.
        4. The challenge is exactly the one of this purpose and this draft.
        5. The origin is exactly the one the credential was registered for.
        6. The authenticator signed for the approval-only relying party.
        7. The user was present and was verified; no new credential is smuggled in.
        8. The signature verifies over the authenticator data and the client data, and py_webauthn agrees on 3 to 7.

    Raises `BrokenInputError` (BAD_APPROVAL from step 3 on; MALFORMED for text that is not base64url).
    """
    # 1.
    office = office_held(directory, authority, approval.officer, approval.office)
    # 2.
    credential = directory.credential(authority, approval.officer, approval.credential, at)
    challenge = approval_challenge(approval.purpose, draft_id)
    # 3. to 5.
    client_data = from_b64url(approval.client_data)
    _check_client_data(client_data, challenge, credential)
    # 6. and 7.
    authenticator_data = from_b64url(approval.authenticator_data)
    flags = _check_authenticator_data(authenticator_data, credential)
    # 8.
    _check_assertion(credential, challenge, client_data, authenticator_data, from_b64url(approval.signature))
    return ApprovalFinding(
        authority=authority,
        officer=approval.officer,
        office=approval.office,
        office_kind=office.kind,
        purpose=approval.purpose,
        credential=approval.credential,
        algorithm=read_cose_key(from_b64url(credential.public_key)).algorithm,
        software=credential.software,
        synced=bool(flags & _BACKUP_ELIGIBLE),
        counter=int.from_bytes(authenticator_data[_COUNTER]),
    )


def verify_approvals(opened: OpenedSeal, directory: Directory) -> tuple[ApprovalFinding, ...]:
    """One finding for each approval in a sealed act, judged at the time of sealing; the seals must have verified before.

    Raises `BrokenInputError` as `verify_approval` does, and BAD_APPROVAL when one officer approves twice for one purpose.
    """
    findings = tuple(
        verify_approval(one, opened.id, directory, authority=opened.payload.issuer, at=opened.sealed_at)
        for one in opened.approvals
    )
    if len({(one.officer, one.purpose) for one in findings}) != len(findings):
        raise _bad("an officer approved twice for the same purpose", "", "each officer once")
    return findings


def _check_client_data(data: bytes, challenge: bytes, credential: ApprovalCredential) -> None:
    # 3.
    try:
        client = decode(data, ClientData, limit=CLIENT_DATA_LIMIT)
    except BrokenInputError as error:
        raise _bad(f"the client data are broken: {error.what}", error.found, "client data of an assertion") from None
    if client.type != "webauthn.get":
        raise _bad("the client data are of another type", client.type, "webauthn.get")
    if client.cross_origin or client.top_origin is not UNSET:
        raise _bad("the approval was given in an embedded page", client.origin, "a page of its own")
    # 4.
    if client.challenge != b64url(challenge):
        raise _bad("the approval is of another draft or purpose", client.challenge, b64url(challenge))
    # 5.
    if client.origin != credential.origin:
        raise _bad("the approval was given on another page", client.origin, credential.origin)


def _check_authenticator_data(data: bytes, credential: ApprovalCredential) -> int:
    if not _SHORTEST <= len(data) <= AUTHENTICATOR_DATA_LIMIT:
        raise _bad("the authenticator data have another length", str(len(data)), f"at least {_SHORTEST} bytes")
    # 6.
    if data[_RP_HASH] != hashlib.sha256(credential.rp_id.encode()).digest():
        raise _bad("the approval was signed for another relying party", data[_RP_HASH].hex(), credential.rp_id)
    # 7.
    flags = data[_FLAGS]
    if not flags & _USER_PRESENT or not flags & _USER_VERIFIED:
        raise _bad("the user was not present and verified", f"flags {flags:#04x}", "flags UP and UV")
    if flags & _ATTESTED:
        raise _bad("an assertion carries a new credential", f"flags {flags:#04x}", "no attested credential data")
    return flags


def _check_assertion(
    credential: ApprovalCredential, challenge: bytes, client_data: bytes, authenticator_data: bytes, signature: bytes
) -> None:
    """The library's verdict on the whole assertion, at half as much again as the bare signature check."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

    assertion = AuthenticationCredential(
        id=credential.id,
        raw_id=from_b64url(credential.id),
        response=AuthenticatorAssertionResponse(
            client_data_json=client_data, authenticator_data=authenticator_data, signature=signature
        ),
    )
    try:
        verify_authentication_response(
            credential=assertion,
            expected_challenge=challenge,
            expected_rp_id=credential.rp_id,
            expected_origin=credential.origin,
            credential_public_key=from_b64url(credential.public_key),
            # Approvals are judged in any order and long after: the counter is reported, not compared.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as error:
        raise _bad("an approval does not verify", str(error), "an assertion of this draft") from None


def _bad(what: str, found: str, expected: str) -> BrokenInputError:
    return BrokenInputError(ErrorCode.BAD_APPROVAL, what, found=found[:120], expected=expected)
