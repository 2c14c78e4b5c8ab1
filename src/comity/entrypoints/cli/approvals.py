"""Approvals as they come to the command line: from a real passkey's client, or from an UNSAFE software key of a rehearsal."""

from pathlib import Path

import msgspec
from msgspec import Struct, field

from comity.acts.seal_format import Approval
from comity.casework.desk.draft import APPROVE
from comity.trust.software_authenticator import UnsafeSoftwareAuthenticator
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, Hex64, OfficerId
from comity.vocabulary.wire import decode

LIMIT = 1 << 16
"""Bytes of an assertion or a key file."""


class _Response(Struct, frozen=True):
    authenticator_data: str = field(name="authenticatorData")
    client_data: str = field(name="clientDataJSON")
    signature: str


class Assertion(Struct, frozen=True):
    """What `PublicKeyCredential.toJSON()` gives (WebAuthn level 3 section 5.1); more than is needed here is let be."""

    id: str
    response: _Response


class UnsafeSoftwareKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A software authenticator in a file: a rehearsal's stand-in for an officer's passkey. Whoever reads it can approve."""

    unsafe: str
    officer: OfficerId
    seed: Hex64
    rp_id: str
    origin: str

    def authenticator(self) -> UnsafeSoftwareAuthenticator:
        """The authenticator of this key."""
        return UnsafeSoftwareAuthenticator(bytes.fromhex(self.seed), rp_id=self.rp_id, origin=self.origin)


def approval_of_assertion(path: Path, *, officer: OfficerId, office: str) -> Approval:
    """The approval that a passkey's client made over a draft's challenge. The node judges it."""
    try:
        made = msgspec.json.decode(_read(path, "assertion"), type=Assertion)
    except msgspec.DecodeError as error:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "that is no assertion of a passkey",
            found=str(error),
            expected="the JSON of a WebAuthn authentication: id, response.clientDataJSON and so on",
        ) from None
    return Approval(
        officer=officer,
        office=office,
        purpose=APPROVE,
        credential=made.id,
        authenticator_data=made.response.authenticator_data,
        client_data=made.response.client_data,
        signature=made.response.signature,
    )


def approval_of_software_key(path: Path, draft: ActId, *, office: str) -> Approval:
    """An approval by a software authenticator; marked as such wherever it is shown."""
    key = decode(_read(path, "software key"), UnsafeSoftwareKey, limit=LIMIT)
    return key.authenticator().approve(draft, APPROVE, officer=key.officer, office=office)


def _read(path: Path, what: str) -> bytes:
    if not path.is_file():
        raise BrokenInputError(ErrorCode.NOT_FOUND, f"there is no such {what} file", found=str(path))
    if path.stat().st_size > LIMIT:
        raise BrokenInputError(ErrorCode.OVERSIZED, f"the {what} file is too large", expected=f"at most {LIMIT} bytes")
    return path.read_bytes()
