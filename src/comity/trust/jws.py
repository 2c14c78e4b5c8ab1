"""One JWS signature (RFC 7515) with the headers of `comity.acts.seal_format`: opened strictly, made, and judged.

Shared by seals over acts and seals over receipts. Signatures go through `cryptography` directly and not through
`joserfc`: its verification of the same object took 1.26 to 1.31 times the bare signature check, it warns at every use
of `EdDSA` (RFC 9864 prefers the name `Ed25519`), and the header has to be decoded strictly here in any case, because it
accepts duplicate keys and base64url that is not canonical. The tests use it as a second opinion.
"""

from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from comity.acts.seal_format import Approval, SealHeader, SealSignature
from comity.trust.certificates import SealAlgorithm, SealCertificate
from comity.trust.directory import Directory
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.instants import to_utc
from comity.vocabulary.wire import b64url, decode, encode, from_b64url

HEADER_LIMIT = 64 << 10
"""Bytes of one protected header: several approvals of about a kilobyte each."""

_UNDERSTOOD = ("sigT",)
_ALGORITHMS = frozenset(SealAlgorithm)


class Sealer(Protocol):
    """Something that can seal: a key in memory (`comity.trust.keys.SealKey`) or one in a device."""

    @property
    def algorithm(self) -> SealAlgorithm:
        """The JWS algorithm of its signatures."""
        ...

    @property
    def x5t(self) -> str:
        """The `x5t#S256` of its certificate."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The JWS signature value over exactly these bytes (for ES256 the two integers, not ASN.1). May raise OSError."""
        ...


class OpenedSignature(Struct, frozen=True):
    """One signature, decoded and not yet judged. `protected` is the header as it travelled: what was signed."""

    header: SealHeader
    protected: str
    signature: bytes


class SealFinding(Struct, frozen=True):
    """A seal that verified: by whom, with which certificate, when by its own word.

    `sealed_at` is the sealer's claim. `skew` is `at` less `sealed_at`, `at` being the instant by which the seal is known
    to have existed; negative when the sealer's clock was ahead. `still_valid` says that the key was valid at `at` too:
    when it is false, only a witnessed time can tell a late delivery from a back-dated seal.
    """

    authority: AuthorityId
    algorithm: SealAlgorithm
    x5t: str
    certificate: bytes
    sealed_at: datetime
    skew: timedelta
    still_valid: bool


def open_signature(signature: SealSignature) -> OpenedSignature:
    """The signature with its header decoded; raises `BrokenInputError` (MALFORMED, OVERSIZED, DUPLICATE_KEY)."""
    header = decode(from_b64url(signature.protected), SealHeader, limit=HEADER_LIMIT)
    return OpenedSignature(header=header, protected=signature.protected, signature=from_b64url(signature.signature))


def make_signature(
    payload: str, sealer: Sealer, *, at: datetime, approvals: tuple[Approval, ...] = ()
) -> SealSignature:
    """A signature over a payload in base64url. `at` becomes `sigT`, in UTC."""
    header = SealHeader(alg=sealer.algorithm.value, sig_t=to_utc(at), x5t=sealer.x5t, approvals=approvals)
    protected = b64url(encode(header))
    return SealSignature(protected=protected, signature=b64url(sealer.sign(_signing_input(protected, payload))))


def judge_signature(
    opened: OpenedSignature,
    payload: str,
    directory: Directory,
    *,
    authority: AuthorityId,
    stated_at: datetime,
    at: datetime,
) -> SealFinding:
    """The finding on one signature by `authority` over `payload` (base64url), which says it was written at `stated_at`.

    Steps:
        1. The algorithm is one that seals: EdDSA, ES256 or PS256 (RFC 8725 section 3.1); BAD_SEAL.
        2. No header is critical but `sigT`, the one extension we understand (RFC 7515 section 4.1.11); BAD_SEAL.
        3. `x5t#S256` names a certificate of the authority, valid at `sigT`; KEY_NOT_VALID.
        4. The algorithm is the one of the certificate's key; BAD_SEAL.
        5. The signature verifies over the header and the payload as they travelled; BAD_SEAL.
        6. The seal is not older than what it seals; BAD_SEAL.
    """
    header = opened.header
    # 1.
    if header.alg not in _ALGORITHMS:
        raise _bad_seal("the algorithm of a seal is none that seals", header.alg, ", ".join(sorted(_ALGORITHMS)))
    # 2.
    if header.crit != _UNDERSTOOD:
        raise _bad_seal("a critical header of a seal is not understood", ", ".join(header.crit), "sigT")
    # 3.
    certificate = directory.seal_certificate(authority, header.x5t, header.sig_t)
    # 4.
    if header.alg != certificate.algorithm:
        raise _bad_seal("the algorithm of a seal is not its key's", header.alg, certificate.algorithm)
    # 5.
    if not certificate.verifies(opened.signature, _signing_input(opened.protected, payload)):
        raise _bad_seal("a seal does not verify", f"{header.alg} by {authority}", "a signature over these bytes")
    # 6.
    if header.sig_t < stated_at:
        raise _bad_seal("a seal is older than what it seals", header.sig_t.isoformat(), stated_at.isoformat())
    return SealFinding(
        authority=authority,
        algorithm=certificate.algorithm,
        x5t=header.x5t,
        certificate=certificate.der,
        sealed_at=to_utc(header.sig_t),
        skew=at - header.sig_t,
        still_valid=_still_valid(certificate, directory, authority, at),
    )


def _still_valid(certificate: SealCertificate, directory: Directory, authority: AuthorityId, at: datetime) -> bool:
    try:
        directory.seal_certificate(authority, certificate.x5t, at)
    except BrokenInputError:
        return False
    return True


def _signing_input(protected: str, payload: str) -> bytes:
    """RFC 7515 section 5.1 step 8."""
    return f"{protected}.{payload}".encode("ascii")


def _bad_seal(what: str, found: str, expected: str) -> BrokenInputError:
    return BrokenInputError(ErrorCode.BAD_SEAL, what, found=found[:80], expected=expected)
