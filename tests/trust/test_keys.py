import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from comity.trust.certificates import read_certificate
from comity.trust.keys import SealKey, SigningKey, key_thumbprint, seal_certificate
from comity.vocabulary.errors import ErrorCode
from comity.vocabulary.wire import b64url


def test_a_signature_verifies_under_the_raw_public_key(world) -> None:
    key = SigningKey(world.seed("ledger"))
    Ed25519PublicKey.from_public_bytes(key.public).verify(key.sign(b"checkpoint"), b"checkpoint")


def test_the_same_seed_gives_the_same_key_and_thumbprint(world) -> None:
    key = SigningKey(world.seed("ledger"))
    assert key.thumbprint == SigningKey(world.seed("ledger")).thumbprint == key_thumbprint(key.public)
    assert key.thumbprint == hashlib.sha256(key.public).hexdigest()


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length, refused) -> None:
    with refused(ErrorCode.MALFORMED):
        SigningKey(bytes(length))


def test_a_key_does_not_show_its_seed(world) -> None:
    key = world.seal_key()
    assert world.seed("pt seal").hex() not in repr(key)
    assert not hasattr(key, "__dict__")


def test_a_seal_certificate_is_the_same_bytes_for_the_same_arguments(world) -> None:
    arguments = {"not_before": world.founded, "not_after": world.expires, "serial": 7}
    first = seal_certificate(world.seed("x"), "pt", **arguments)
    assert first == seal_certificate(world.seed("x"), "pt", **arguments)
    assert first != seal_certificate(world.seed("x"), "pt", **(arguments | {"serial": 8}))


def test_a_seal_certificate_is_for_sealing_only_and_verifies_itself(world) -> None:
    der = world.seal_key().certificate
    certificate = x509.load_der_x509_certificate(der)
    certificate.verify_directly_issued_by(certificate)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_thumbprint_of_a_certificate_is_x5t_s256(world) -> None:
    der = world.seal_key().certificate
    assert read_certificate(der).x5t == world.seal_key().x5t == b64url(hashlib.sha256(der).digest())


def test_a_seal_key_refuses_the_certificate_of_another_key(world, refused) -> None:
    with refused(ErrorCode.KEY_NOT_VALID):
        SealKey(world.seed("pt seal"), world.certificate("de seal", "de"))
