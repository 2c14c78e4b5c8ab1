from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.trust.directory_format import AuthorityEntry, DatedKey, OfficerEntry
from comity.trust.keys import SigningKey
from comity.vocabulary.errors import ErrorCode
from comity.vocabulary.wire import b64url, decode, encode

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_version_is_the_snapshots(world) -> None:
    assert world.directory.version == 1
    assert world.directory.metadata.roles == {"targets": 1, "pt": 1, "de": 1}
    assert world.directory.metadata.expires == world.expires


def test_an_authority_is_found_by_name(world) -> None:
    assert world.directory.knows("pt")
    assert not world.directory.knows("fr")
    assert world.directory.authority("pt").endpoint == "https://pt.example/exchange"
    assert set(world.directory.authorities) == {"pt", "de"}


@pytest.mark.parametrize("look", ["authority", "ledger_keys", "witness_keys", "agreement_keys"])
def test_an_authority_that_is_not_listed_is_not_found(world, refused, look) -> None:
    with refused(ErrorCode.NOT_FOUND):
        getattr(world.directory, look)("fr")


def test_an_officer_and_an_office_are_found_within_their_authority_only(world, refused) -> None:
    assert world.directory.officer("pt", "pt.silva").name == "A. Silva"
    for look, title in (("officer", "de.silva"), ("office", "judge")):
        with refused(ErrorCode.NOT_FOUND):
            getattr(world.directory, look)("pt", title)


@pytest.mark.parametrize("kind", ["ledger", "witness", "agreement"])
def test_a_key_is_found_at_an_instant_in_its_validity_only(world, refused, kind) -> None:
    look = getattr(world.directory, f"{kind}_key")
    assert look("pt", world.founded) == look("pt", world.now)
    with refused(ErrorCode.KEY_NOT_VALID):
        look("pt", world.founded - timedelta(seconds=1))


def test_of_several_valid_keys_the_newest_is_current_and_all_stay_listed(world) -> None:
    new = SigningKey(world.seed("newer")).public
    later = DatedKey(public=b64url(new), valid_from=world.now)
    old = world.directory.authority("pt").ledger_keys
    directory = world.verify(world.amended(ledger_keys=(*old, later)).files)
    assert directory.ledger_key("pt", world.now) == new
    assert directory.ledger_key("pt", world.now - timedelta(seconds=1)) == world.directory.ledger_key("pt", world.now)
    assert directory.ledger_keys("pt")[0][1] == new
    assert len(directory.ledger_keys("pt")) == 2


def test_the_current_seal_certificate_is_the_newest_valid_one(world) -> None:
    assert world.directory.current_seal_certificate("pt", world.now).x5t == world.seal_key().x5t


def test_without_a_valid_seal_certificate_there_is_none(world, refused) -> None:
    with refused(ErrorCode.KEY_NOT_VALID):
        world.directory.current_seal_certificate("pt", world.founded - timedelta(days=1))


def test_the_end_of_a_validity_is_exclusive(world, refused) -> None:
    end = world.now - timedelta(days=1)
    x5t = world.seal_key("replaced").x5t
    assert world.directory.seal_certificate("pt", x5t, end - timedelta(microseconds=1))
    with refused(ErrorCode.KEY_NOT_VALID):
        world.directory.seal_certificate("pt", x5t, end)


def test_an_entry_reads_back_as_it_was_written(world) -> None:
    entry = world.edition.entries["pt"]
    assert decode(encode(entry), AuthorityEntry, limit=1 << 20) == entry


@pytest.mark.parametrize(
    "change",
    [
        {"kinds": ()},
        {"languages": ()},
        {"ledger_keys": (DatedKey(public="AAAA", valid_from=FOUNDED),)},
        {"ledger_keys": (DatedKey(public="A" * 44, valid_from=FOUNDED),)},
        {"agreement_keys": (DatedKey(public="A" * 43, valid_from=FOUNDED),)},
        {"witness_keys": (DatedKey(public="A" * 43, valid_from=FOUNDED),) * 2},
        {"officers": (OfficerEntry(id="pt.x", offices=("judge",)),)},
        {"officers": (OfficerEntry(id="pt.x", offices=()),) * 2},
    ],
    ids=[
        "no kind",
        "no language",
        "short key",
        "long key",
        "short agreement key",
        "key twice",
        "no office",
        "officer twice",
    ],
)
def test_an_entry_that_contradicts_itself_is_refused(world, change) -> None:
    with pytest.raises(ValueError, match=r"."):
        msgspec.structs.replace(world.edition.entries["pt"], **change)


def test_one_credential_cannot_belong_to_two_officers(world) -> None:
    credential = world.authenticator("pt.costa", "pt").credential(valid_from=world.founded)
    officers = tuple(OfficerEntry(id=f"pt.{name}", offices=(), credentials=(credential,)) for name in "ab")
    with pytest.raises(ValueError, match="credential"):
        msgspec.structs.replace(world.edition.entries["pt"], officers=officers)


def test_a_validity_that_ends_before_it_begins_is_refused(world) -> None:
    with pytest.raises(ValueError, match="validity"):
        DatedKey(public="A" * 43, valid_from=world.now, valid_until=world.founded)
