"""How a sealed act travels: JWS General JSON (RFC 7515 section 7.2.1) with JAdES-compatible headers.

Personal approvals stand in the protected header of the node's seal (`apprs`): the seal then covers them, and nobody can
drop or swap one on the way.
"""

from msgspec import Struct, field

from comity.acts.payload import PAYLOAD_LIMIT
from comity.vocabulary.identifiers import OfficeId, OfficerId
from comity.vocabulary.instants import Instant

SEALED_LIMIT = 2 * PAYLOAD_LIMIT
"""Bytes of one sealed act: base64url adds a third, and seals, approvals and certificates take the rest."""


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """One officer's WebAuthn assertion over exactly one draft.

    `purpose` separates what a signature was given for (e.g. `approve`, `validate`); the three WebAuthn values are
    base64url of the raw bytes.
    """

    officer: OfficerId
    office: OfficeId
    purpose: str
    credential: str
    authenticator_data: str
    client_data: str
    signature: str


class SealHeader(Struct, frozen=True, forbid_unknown_fields=True):
    """A seal's protected header. `x5t` is the SHA-256 thumbprint of the seal certificate, `sig_t` the time of sealing."""

    alg: str
    sig_t: Instant = field(name="sigT")
    x5t: str = field(name="x5t#S256")
    crit: tuple[str, ...] = ("sigT",)
    approvals: tuple[Approval, ...] = field(name="apprs", default=())


class SealSignature(Struct, frozen=True, forbid_unknown_fields=True):
    """One seal: base64url of the protected header, and of the signature over `protected.payload`."""

    protected: str
    signature: str


class SealedAct(Struct, frozen=True, forbid_unknown_fields=True):
    """An act as it travels and as it is kept."""

    payload: str
    signatures: tuple[SealSignature, ...]
