"""A passkey in memory, for demonstrations, simulations and tests. Never for an officer's real approvals."""

import hashlib
import json
import logging

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from comity.acts.seal_format import Approval
from comity.trust.approvals import approval_challenge
from comity.trust.cose_keys import CoseAlgorithm, write_cose_key
from comity.trust.directory_format import ApprovalCredential
from comity.vocabulary.identifiers import ActId, OfficeId, OfficerId
from comity.vocabulary.instants import Instant
from comity.vocabulary.wire import b64url, tagged_hash

_logger = logging.getLogger(__name__)

_PRESENT_AND_VERIFIED = 0x05
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class UnsafeSoftwareAuthenticator:
    """Makes real WebAuthn assertions with a key that anybody who reads this process's memory can copy.

    It says that a user was present and verified when nobody was: the directory must list its credential as `software`,
    and every finding on its approvals says so. The same seed gives the same credential and the same signatures
    (RFC 6979 for ES256).
    """

    def __init__(self, seed: bytes, *, rp_id: str, origin: str, algorithm: CoseAlgorithm = CoseAlgorithm.ES256) -> None:
        _logger.warning("UnsafeSoftwareAuthenticator: approvals for %s are made without a person's device", rp_id)
        self._private = _private_key(seed, algorithm)
        self._rp_id = rp_id
        self._origin = origin
        self.public_key = write_cose_key(self._private.public_key())
        self.credential_id = tagged_hash("comity-software-credential-v1", self.public_key)

    def credential(self, *, valid_from: Instant, valid_until: Instant | None = None) -> ApprovalCredential:
        """What the directory lists for the officer who uses this authenticator."""
        return ApprovalCredential(
            id=b64url(self.credential_id),
            public_key=b64url(self.public_key),
            rp_id=self._rp_id,
            origin=self._origin,
            software=True,
            valid_from=valid_from,
            valid_until=valid_until,
        )

    def approve(
        self, draft_id: ActId, purpose: str, *, officer: OfficerId, office: OfficeId, counter: int = 0
    ) -> Approval:
        """An assertion over exactly this draft for this purpose."""
        client_data = self.client_data(approval_challenge(purpose, draft_id))
        authenticator_data = self.authenticator_data(counter)
        return Approval(
            officer=officer,
            office=office,
            purpose=purpose,
            credential=b64url(self.credential_id),
            authenticator_data=b64url(authenticator_data),
            client_data=b64url(client_data),
            signature=b64url(self.sign(authenticator_data, client_data)),
        )

    def client_data(self, challenge: bytes) -> bytes:
        """The JSON a browser would make (WebAuthn level 3 section 5.8.1.1), byte for byte."""
        fields = {"type": "webauthn.get", "challenge": b64url(challenge), "origin": self._origin, "crossOrigin": False}
        return json.dumps(fields, separators=(",", ":")).encode()

    def authenticator_data(self, counter: int) -> bytes:
        """37 bytes (WebAuthn level 3 section 6.1): relying party hash, flags UP and UV, counter."""
        return hashlib.sha256(self._rp_id.encode()).digest() + bytes([_PRESENT_AND_VERIFIED]) + counter.to_bytes(4)

    def sign(self, authenticator_data: bytes, client_data: bytes) -> bytes:
        """The assertion signature (WebAuthn level 3 section 6.3.3 step 11)."""
        data = authenticator_data + hashlib.sha256(client_data).digest()
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(data)
        return self._private.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True))


def _private_key(seed: bytes, algorithm: CoseAlgorithm) -> Ed25519PrivateKey | ec.EllipticCurvePrivateKey:
    if algorithm is CoseAlgorithm.EDDSA:
        return Ed25519PrivateKey.from_private_bytes(tagged_hash("comity-software-eddsa-v1", seed))
    # 512 bits reduced by a 256-bit order: no scalar is noticeably likelier than another.
    wide = tagged_hash("comity-software-es256-v1", seed, b"0") + tagged_hash("comity-software-es256-v1", seed, b"1")
    return ec.derive_private_key(int.from_bytes(wide) % (_P256_ORDER - 1) + 1, ec.SECP256R1())
