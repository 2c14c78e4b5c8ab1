from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.bodies import KeyRotated
from comity.trust.keys import SealKey, SigningKey, seal_certificate
from comity.trust.seals import read_sealed, seal, verify_seals, write_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url

ACT = "f" * 64
HOUR = timedelta(hours=1)


def rotation(world, kind: str, *, name: str = "new", valid_from=None, public: bytes | None = None) -> KeyRotated:
    raw = public if public is not None else SigningKey(world.seed(name)).public
    return KeyRotated(key=kind, public=b64url(raw), valid_from=valid_from or world.now + HOUR)


def seal_rotation(world, *, name: str = "new", valid_from=None, certificate: bytes | None = None) -> KeyRotated:
    der = certificate or seal_certificate(
        world.seed(name), "pt", not_before=world.founded, not_after=world.root_expires, serial=9
    )
    public = b64url(SigningKey(world.seed(name)).public)
    return KeyRotated(key="seal", public=public, valid_from=valid_from or world.now + HOUR, certificate=b64url(der))


def test_a_new_ledger_key_begins_when_the_old_one_ends(world) -> None:
    rotated = world.directory.with_rotation("pt", rotation(world, "ledger"), ACT, world.now)
    new = SigningKey(world.seed("new")).public
    assert rotated.ledger_key("pt", world.now + HOUR) == new
    assert rotated.ledger_key("pt", world.now + HOUR - timedelta(microseconds=1)) != new
    assert len(rotated.ledger_keys("pt")) == 2


def test_a_rotation_changes_nothing_in_the_directory_it_was_made_from(world) -> None:
    before = world.directory.ledger_key("pt", world.now + HOUR)
    world.directory.with_rotation("pt", rotation(world, "ledger"), ACT, world.now)
    assert world.directory.ledger_key("pt", world.now + HOUR) == before


def test_a_rotation_concerns_its_issuer_and_its_kind_only(world) -> None:
    rotated = world.directory.with_rotation("pt", rotation(world, "witness"), ACT, world.now)
    later = world.now + HOUR
    assert rotated.ledger_key("pt", later) == world.directory.ledger_key("pt", later)
    assert rotated.witness_key("de", later) == world.directory.witness_key("de", later)
    assert (rotated.version, rotated.digest) == (world.directory.version, world.directory.digest)


def test_an_agreement_key_is_rotated(world) -> None:
    public = world.seed("hybrid") * 38
    rotated = world.directory.with_rotation("pt", rotation(world, "agreement", public=public), ACT, world.now)
    assert rotated.agreement_key("pt", world.now + HOUR) == public


def test_after_a_seal_rotation_the_old_key_seals_no_more_and_the_new_one_does(world, refused) -> None:
    body = seal_rotation(world, valid_from=world.now)
    rotated = world.directory.with_rotation("pt", body, ACT, world.now)
    new = SealKey(world.seed("new"), _der(body))
    opened = read_sealed(write_sealed(seal(world.payload(), new, at=world.now)))
    assert verify_seals(opened, rotated, at=world.now)[0].x5t == new.x5t
    with refused(ErrorCode.KEY_NOT_VALID):
        verify_seals(opened, world.directory, at=world.now)
    with refused(ErrorCode.KEY_NOT_VALID):
        verify_seals(read_sealed(write_sealed(world.sealed())), rotated, at=world.now)


def test_what_was_sealed_before_the_rotation_still_verifies(world) -> None:
    rotated = world.directory.with_rotation("pt", seal_rotation(world), ACT, world.now)
    (finding,) = verify_seals(read_sealed(write_sealed(world.sealed())), rotated, at=world.now + 2 * HOUR)
    assert not finding.still_valid


def test_the_same_act_twice_has_one_effect(world) -> None:
    body = rotation(world, "ledger")
    once = world.directory.with_rotation("pt", body, ACT, world.now)
    assert once.with_rotation("pt", body, ACT, world.now) is once


def test_a_key_the_directory_already_lists_changes_nothing(world) -> None:
    body = rotation(world, "ledger")
    once = world.directory.with_rotation("pt", body, ACT, world.now)
    again = once.with_rotation("pt", body, "e" * 64, world.now)
    assert again.ledger_keys("pt") == once.ledger_keys("pt")


def test_a_rotation_into_the_past_is_refused(world, refused) -> None:
    body = rotation(world, "ledger", valid_from=world.now - timedelta(seconds=1))
    with refused(ErrorCode.KEY_NOT_VALID, "before the act"):
        world.directory.with_rotation("pt", body, ACT, world.now)


def test_a_key_that_has_ended_never_comes_back(world, refused) -> None:
    old = world.directory.ledger_key("pt", world.now)
    rotated = world.directory.with_rotation("pt", rotation(world, "ledger"), ACT, world.now)
    back = rotation(world, "ledger", public=old, valid_from=world.now + 2 * HOUR)
    with refused(ErrorCode.KEY_NOT_VALID, "again"):
        rotated.with_rotation("pt", back, "e" * 64, world.now + HOUR)


def test_a_seal_certificate_that_has_ended_never_comes_back(world, refused) -> None:
    replaced = world.seal_key("replaced")
    body = KeyRotated("seal", b64url(replaced.public), world.now + HOUR, b64url(replaced.certificate))
    with refused(ErrorCode.KEY_NOT_VALID, "again"):
        world.directory.with_rotation("pt", body, ACT, world.now)


def test_a_certificate_of_another_key_is_refused(world, refused) -> None:
    body = seal_rotation(world, certificate=world.certificate("somebody else", "pt"))
    with refused(ErrorCode.KEY_NOT_VALID, "another key"):
        world.directory.with_rotation("pt", body, ACT, world.now)


def test_a_certificate_that_has_expired_when_its_key_begins_is_refused(world, refused) -> None:
    der = seal_certificate(world.seed("new"), "pt", not_before=world.founded, not_after=world.now, serial=9)
    with refused(ErrorCode.KEY_NOT_VALID, "another time"):
        world.directory.with_rotation("pt", seal_rotation(world, certificate=der), ACT, world.now)


@pytest.mark.parametrize(
    "body", [{"key": "approval"}, {"key": ""}, {"public": "AAAA"}, {"public": ""}, {"public": "A" * 43 + "="}]
)
def test_a_rotation_of_another_form_is_refused(world, refused, body) -> None:
    fields = {"key": "ledger", "public": "A" * 43, "valid_from": world.now} | body
    with refused(ErrorCode.MALFORMED):
        world.directory.with_rotation("pt", KeyRotated(**fields), ACT, world.now)


def test_a_rotation_of_an_unlisted_authority_is_refused(world, refused) -> None:
    with refused(ErrorCode.NOT_FOUND):
        world.directory.with_rotation("fr", rotation(world, "ledger"), ACT, world.now)


@given(steps=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100)), max_size=8), asked=st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_no_rotations_ever_leave_an_instant_without_a_ledger_key(world, steps, asked) -> None:
    directory, at = world.directory, world.now
    for number, (name, minutes) in enumerate(steps):
        at += timedelta(minutes=1)
        body = rotation(world, "ledger", name=f"key {name}", valid_from=at + timedelta(minutes=minutes))
        # An ended key that comes back is refused; that leaves the directory as it was.
        with suppress(BrokenInputError):
            directory = directory.with_rotation("pt", body, f"{number:064x}", at)
    instant = world.now + timedelta(minutes=asked)
    assert directory.ledger_key("pt", instant)


def _der(body: KeyRotated) -> bytes:
    from comity.vocabulary.wire import from_b64url

    return from_b64url(body.certificate)
