"""Seals from devices (ES256, PS256) verify, and `joserfc` agrees with every one of our seals."""

import json
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.errors import BadSignatureError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.registry import HeaderParameter

from comity.acts.seal_format import SealedAct
from comity.trust.certificates import SealAlgorithm, read_certificate
from comity.trust.directory_format import DatedCertificate
from comity.trust.seals import read_sealed, seal, verify_seals, write_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass
class Device:
    """A seal key in a PKCS#11 device, as far as a signature shows."""

    private: PrivateKey
    certificate: bytes
    algorithm: SealAlgorithm

    @property
    def x5t(self) -> str:
        return read_certificate(self.certificate).x5t

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32), SHA256())
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


def self_signed(key: PrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pt")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2028, 1, 1, tzinfo=UTC))
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def devices() -> dict[str, Device]:
    p256, big = ec.derive_private_key(7, ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    return {
        "ES256": Device(p256, self_signed(p256), SealAlgorithm.ES256),
        "PS256": Device(big, self_signed(big), SealAlgorithm.PS256),
    }


@pytest.fixture(scope="module")
def directory(world, devices):
    listed = [DatedCertificate(der=b64url(one.certificate), valid_from=world.founded) for one in devices.values()]
    entry = world.edition.entries["pt"]
    edition = world.amended(seal_certificates=(*entry.seal_certificates, *listed))
    return world.verify(edition.files)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_a_seal_from_a_device_verifies(world, directory, devices, algorithm) -> None:
    sealed = seal(world.payload(seals=(algorithm,)), devices[algorithm], at=world.now)
    (finding,) = verify_seals(read_sealed(write_sealed(sealed)), directory, at=world.now)
    assert finding.algorithm == algorithm


def test_an_act_with_two_seals_verifies_in_its_order_only(world, directory, devices, refused) -> None:
    payload = world.payload(seals=("EdDSA", "ES256"))
    sealed = seal(payload, world.seal_key(), devices["ES256"], at=world.now)
    found = verify_seals(read_sealed(write_sealed(sealed)), directory, at=world.now)
    assert [one.algorithm for one in found] == ["EdDSA", "ES256"]
    turned = SealedAct(payload=sealed.payload, signatures=sealed.signatures[::-1])
    for broken in (
        turned,
        SealedAct(sealed.payload, sealed.signatures[:1]),
        SealedAct(sealed.payload, sealed.signatures[1:]),
    ):
        with refused(ErrorCode.SEAL_SET_DIFFERS):
            verify_seals(read_sealed(write_sealed(broken)), directory, at=world.now)


@pytest.mark.parametrize("length", [0, 1, 63, 65, 257, 1000])
def test_a_signature_of_another_length_is_refused(world, directory, devices, refused, length) -> None:
    for algorithm, device in devices.items():
        sealed = seal(world.payload(seals=(algorithm,)), device, at=world.now)
        one = msgspec.structs.replace(sealed.signatures[0], signature=b64url(b"\x01" * length))
        with refused(ErrorCode.BAD_SEAL):
            verify_seals(read_sealed(write_sealed(SealedAct(sealed.payload, (one,)))), directory, at=world.now)


def test_an_es256_signature_in_asn1_form_is_refused(world, directory, devices, refused) -> None:
    sealed = seal(world.payload(seals=("ES256",)), devices["ES256"], at=world.now)
    (one,) = sealed.signatures
    data = f"{one.protected}.{sealed.payload}".encode()
    der = devices["ES256"].private.sign(data, ec.ECDSA(SHA256()))
    spoiled = SealedAct(sealed.payload, (msgspec.structs.replace(one, signature=b64url(der)),))
    with refused(ErrorCode.BAD_SEAL):
        verify_seals(read_sealed(write_sealed(spoiled)), directory, at=world.now)


def test_zero_is_no_es256_signature(world, directory, devices, refused) -> None:
    sealed = seal(world.payload(seals=("ES256",)), devices["ES256"], at=world.now)
    one = msgspec.structs.replace(sealed.signatures[0], signature=b64url(bytes(64)))
    with refused(ErrorCode.BAD_SEAL):
        verify_seals(read_sealed(write_sealed(SealedAct(sealed.payload, (one,)))), directory, at=world.now)


@pytest.mark.parametrize("scheme", ["pkcs1v15", "another salt length", "another hash"])
def test_an_rsa_signature_of_another_scheme_is_refused(world, directory, devices, refused, scheme) -> None:
    device = devices["PS256"]
    sealed = seal(world.payload(seals=("PS256",)), device, at=world.now)
    (one,) = sealed.signatures
    data = f"{one.protected}.{sealed.payload}".encode()
    schemes = {
        "pkcs1v15": (padding.PKCS1v15(), SHA256()),
        "another salt length": (padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=20), SHA256()),
        "another hash": (padding.PSS(mgf=padding.MGF1(SHA384()), salt_length=48), SHA384()),
    }
    signature = device.private.sign(data, *schemes[scheme])
    spoiled = SealedAct(sealed.payload, (msgspec.structs.replace(one, signature=b64url(signature)),))
    with refused(ErrorCode.BAD_SEAL):
        verify_seals(read_sealed(write_sealed(spoiled)), directory, at=world.now)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES384", "PS384", "none"])
def test_an_rsa_key_is_never_used_with_another_algorithm(world, directory, devices, refused, algorithm) -> None:
    payload = world.payload(seals=(algorithm,))
    device = devices["PS256"]
    header = b64url(json.dumps({"alg": algorithm, "sigT": "2026-03-01T12:00:00Z", "x5t#S256": device.x5t}).encode())
    text = b64url(payload)
    spoiled = {
        "payload": text,
        "signatures": [{"protected": header, "signature": b64url(device.sign(f"{header}.{text}".encode()))}],
    }
    data = json.dumps(spoiled, separators=(",", ":")).encode()
    with refused(ErrorCode.BAD_SEAL, "algorithm"):
        verify_seals(read_sealed(data), directory, at=world.now)


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1()])
def test_a_certificate_of_a_key_that_cannot_seal_is_refused(curve, refused) -> None:
    with refused(ErrorCode.MALFORMED, "not a seal certificate"):
        read_certificate(self_signed(ec.derive_private_key(7, curve)))


def test_a_small_rsa_key_cannot_seal(refused) -> None:
    with refused(ErrorCode.MALFORMED, "not a seal certificate"):
        read_certificate(self_signed(rsa.generate_private_key(65537, 1024)))  # noqa: S505 - the point of the test


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x80", bytes(2000), bytes(20_000)])
def test_bytes_that_are_no_certificate_are_refused(data) -> None:
    with pytest.raises(BrokenInputError):
        read_certificate(data)


def test_a_certificate_with_bytes_behind_it_is_refused(world, refused) -> None:
    with refused(ErrorCode.MALFORMED):
        read_certificate(world.seal_key().certificate + b"\0")


def second_opinion(sealed: bytes, algorithm: str, certificate: bytes) -> bytes:
    """The payload, when joserfc says that the seal verifies."""
    kinds = {"EdDSA": OKPKey, "ES256": ECKey, "PS256": RSAKey}
    known = {
        "sigT": HeaderParameter("sealing time", "str", required=True),
        "apprs": HeaderParameter("approvals", lambda _: None),
    }
    registry = jws.JWSRegistry(known, algorithms=[algorithm])
    registry.max_header_length = 1 << 16
    key = kinds[algorithm].import_key(read_certificate(certificate).key)
    with warnings.catch_warnings():
        # RFC 9864 prefers the name Ed25519 over EdDSA; joserfc says so at every use.
        warnings.simplefilter("ignore", SecurityWarning)
        return jws.deserialize_json(json.loads(sealed), key, registry=registry).payload or b""


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "PS256"])
def test_joserfc_verifies_every_kind_of_seal_we_make_or_accept(world, devices, algorithm) -> None:
    sealer = world.seal_key() if algorithm == "EdDSA" else devices[algorithm]
    payload = world.payload(seals=(algorithm,))
    sealed = write_sealed(seal(payload, sealer, at=world.now))
    assert second_opinion(sealed, algorithm, sealer.certificate) == payload


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "PS256"])
def test_joserfc_agrees_that_a_changed_payload_does_not_verify(world, devices, algorithm) -> None:
    sealer = world.seal_key() if algorithm == "EdDSA" else devices[algorithm]
    sealed = seal(world.payload(seals=(algorithm,)), sealer, at=world.now)
    other = b64url(world.payload(seals=(algorithm,), nonce="6" * 32))
    with pytest.raises(BadSignatureError):
        second_opinion(write_sealed(msgspec.structs.replace(sealed, payload=other)), algorithm, sealer.certificate)
