"""The node's own keys: closed, whole, never shown, and rotated without a moment in which nobody has them."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from rich.pretty import pretty_repr

from comity.adapters.keys.node_key_format import GRACE, SIGNING_GRACE, KeyKind, public_of
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.casework.ports.node import Randomness
from comity.vocabulary.errors import BrokenInputError, ErrorCode

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Counted(Randomness):
    """Bytes that never repeat and are the same in every run."""

    def __init__(self) -> None:
        self._drawn = 0

    def take(self, count: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._drawn.to_bytes(8)).digest(count)


@pytest.fixture
def random() -> Counted:
    return Counted()


@pytest.fixture
def keys(tmp_path: Path, random: Counted) -> FileNodeKeys:
    store = FileNodeKeys(tmp_path / "keys")
    store.generate(random)
    return store


def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "node-keys.json"


def code_of(call: Callable[..., object], *arguments: object) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        call(*arguments)
    return caught.value.code


def test_keys_are_never_made_over_keys(keys: FileNodeKeys, random: Counted) -> None:
    before = keys.load()
    assert code_of(keys.generate, random) is ErrorCode.NOT_ALLOWED
    assert keys.load() == before


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    assert code_of(FileNodeKeys(tmp_path / "none").load) is ErrorCode.NOT_FOUND


def test_a_cut_off_key_file_is_refused_at_every_byte(keys: FileNodeKeys, tmp_path: Path) -> None:
    whole = key_file(tmp_path).read_bytes()
    for size in range(len(whole) - 2):
        key_file(tmp_path).write_bytes(whole[:size])
        assert code_of(keys.load) is ErrorCode.MALFORMED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"comity-node-keys-v1", b"comity-node-keys-v2"),
        (b'"seal"', b'"seals"'),
        (b'"next": {}', b'"next": {"seal": "abcd"}'),
        (b'"next": {}', b'"next": {"box": "' + b"a" * 64 + b'"}'),
        (b'"next": {}', b'"next": {}, "next": {}'),
        (
            b'"retired": []',
            b'"retired": [{"kind": "seal", "private": "' + b"g" * 64 + b'", "at": "2026-01-01T00:00:00Z"}]',
        ),
        (
            b'"retired": []',
            b'"retired": [{"kind": "seal", "private": "' + b"a" * 64 + b'", "at": "2026-01-01T00:00:00"}]',
        ),
    ],
)
def test_a_key_file_of_another_form_is_refused(keys: FileNodeKeys, tmp_path: Path, old: bytes, new: bytes) -> None:
    whole = key_file(tmp_path).read_bytes()
    assert old in whole
    key_file(tmp_path).write_bytes(whole.replace(old, new))
    with pytest.raises(BrokenInputError):
        keys.load()


def test_errors_about_a_key_file_never_show_a_key(keys: FileNodeKeys, tmp_path: Path) -> None:
    secret = keys.load().seal.hex()
    whole = key_file(tmp_path).read_bytes()
    key_file(tmp_path).write_bytes(whole.replace(secret.encode(), secret.upper().encode() + b"X"))
    with pytest.raises(BrokenInputError) as caught:
        keys.load()
    shown = f"{caught.value} {caught.value.found} {caught.value.expected} {caught.value.do}".lower()
    assert secret not in shown


def test_keys_open_to_others_are_refused(keys: FileNodeKeys, tmp_path: Path) -> None:
    key_file(tmp_path).chmod(0o644)
    assert code_of(keys.load) is ErrorCode.NOT_ALLOWED


def test_a_folder_open_to_others_is_refused(tmp_path: Path, random: Counted) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    assert code_of(FileNodeKeys(tmp_path / "open").generate, random) is ErrorCode.NOT_ALLOWED


@pytest.mark.usefixtures("keys")
def test_folder_and_file_are_closed_to_others(tmp_path: Path) -> None:
    assert key_file(tmp_path).parent.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in key_file(tmp_path).parent.iterdir()} == {0o600}


def test_keys_in_memory_are_never_shown(keys: FileNodeKeys) -> None:
    loaded = keys.load()
    file = keys._read()
    shown = f"{loaded!r} {loaded} {pretty_repr(loaded)} {[loaded]} {file!r} {pretty_repr(file)}"
    for secret in (loaded.seal, loaded.agreement, loaded.box, loaded.wrapping):
        assert repr(secret) not in shown
        assert secret.hex() not in shown


def test_every_key_is_drawn_anew(keys: FileNodeKeys) -> None:
    loaded = keys.load()
    assert len({loaded.seal, loaded.ledger, loaded.witness, loaded.agreement, loaded.box, loaded.wrapping}) == 6
    assert len(loaded.agreement) == 96


def test_a_crash_before_the_replacement_is_complete_leaves_the_old_keys(
    keys: FileNodeKeys, tmp_path: Path, random: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keys.load()

    def crash(_self: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            keys.prepare(KeyKind.SEAL, random)
    assert (tmp_path / "keys" / ".node-keys.json.new").exists()
    assert keys.load() == before
    assert keys.prepared() == {}
    assert len(keys.prepare(KeyKind.SEAL, random)) == 32


def test_a_prepared_successor_is_not_in_use_and_stays_the_same(keys: FileNodeKeys, random: Counted) -> None:
    before = keys.load()
    announced = keys.prepare(KeyKind.SEAL, random)
    assert keys.prepare(KeyKind.SEAL, random) == announced
    assert keys.load() == before
    assert keys.prepared() == {KeyKind.SEAL: announced}


def test_an_activated_successor_is_the_one_that_was_announced(keys: FileNodeKeys, random: Counted) -> None:
    for kind in KeyKind:
        announced = keys.prepare(kind, random)
        assert keys.activate(kind, NOW).public(kind) == announced
    assert keys.prepared() == {}


def test_nothing_is_activated_that_was_not_prepared(keys: FileNodeKeys) -> None:
    assert code_of(keys.activate, KeyKind.SEAL, NOW) is ErrorCode.NOT_FOUND


def test_rotating_one_key_leaves_the_others_and_what_they_wait_for(keys: FileNodeKeys, random: Counted) -> None:
    before = keys.load()
    waiting = keys.prepare(KeyKind.WITNESS, random)
    keys.rotate(KeyKind.LEDGER, random, NOW)
    after = keys.load()
    assert after.ledger != before.ledger
    assert (after.seal, after.witness, after.agreement) == (before.seal, before.witness, before.agreement)
    assert (after.box, after.wrapping) == (before.box, before.wrapping)
    assert keys.prepared() == {KeyKind.WITNESS: waiting}


def test_a_retired_agreement_key_stays_for_its_grace_and_no_longer(keys: FileNodeKeys, random: Counted) -> None:
    first = keys.load().agreement
    keys.rotate(KeyKind.AGREEMENT, random, NOW)
    second = keys.load().agreement
    keys.rotate(KeyKind.AGREEMENT, random, NOW + timedelta(days=1))
    assert keys.load().retired == (second, first)
    assert keys.forget_retired(NOW + GRACE - timedelta(seconds=1)) == 0
    assert keys.forget_retired(NOW + GRACE) == 1
    assert keys.load().retired == (second,)


def test_a_retired_signing_key_is_gone_from_the_folder_after_a_few_minutes(
    keys: FileNodeKeys, tmp_path: Path, random: Counted
) -> None:
    old = keys.load().seal
    keys.rotate(KeyKind.SEAL, random, NOW)
    assert keys.forget_retired(NOW + SIGNING_GRACE - timedelta(seconds=1)) == 0
    with key_file(tmp_path).open("rb") as replaced:
        assert keys.forget_retired(NOW + SIGNING_GRACE) == 1
        assert not any(replaced.read())  # the old file's bytes were overwritten where they lay
    assert all(old.hex().encode() not in path.read_bytes() for path in key_file(tmp_path).parent.iterdir())
    assert keys.private(KeyKind.SEAL, public_of(KeyKind.SEAL, old)) is None


@pytest.mark.parametrize("kind", list(KeyKind))
def test_around_a_rotation_both_keys_are_found_by_their_public_half(
    keys: FileNodeKeys, random: Counted, kind: KeyKind
) -> None:
    old = keys.load().public(kind)
    other = FileNodeKeys(keys._folder)  # another process
    assert other.private(kind, old) is not None
    new = keys.prepare(kind, random)
    for found in (old, new):
        assert public_of(kind, other.private(kind, found) or b"") == found
    keys.activate(kind, NOW)
    for found in (old, new):
        assert public_of(kind, other.private(kind, found) or b"") == found
    assert other.private(kind, bytes(len(new))) is None


def test_envelopes_open_with_every_agreement_key_newest_first(keys: FileNodeKeys, random: Counted) -> None:
    first = keys.load().agreement
    keys.rotate(KeyKind.AGREEMENT, random, NOW)
    second = keys.load().agreement
    prepared = keys.prepare(KeyKind.AGREEMENT, random)
    newest, *rest = keys.agreements()
    assert public_of(KeyKind.AGREEMENT, newest) == prepared
    assert rest == [second, first]


def test_public_halves_belong_to_the_private_ones(keys: FileNodeKeys) -> None:
    loaded = keys.load()
    signature = Ed25519PrivateKey.from_private_bytes(loaded.seal).sign(b"text")
    Ed25519PublicKey.from_public_bytes(loaded.public(KeyKind.SEAL)).verify(signature, b"text")
    assert len(loaded.public(KeyKind.AGREEMENT)) == 1184 + 32


def test_two_stores_over_one_folder_do_not_lose_each_others_rotations(
    keys: FileNodeKeys, tmp_path: Path, random: Counted
) -> None:
    other = FileNodeKeys(tmp_path / "keys")
    keys.prepare(KeyKind.SEAL, random)
    other.prepare(KeyKind.LEDGER, random)
    assert set(keys.prepared()) == {KeyKind.SEAL, KeyKind.LEDGER}
