"""The directory's keeper: what is published verifies, nothing that was signed becomes unjudgeable, keys stay closed."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.adapters.directory_files import DirectoryFiles, read_folder
from comity.entrypoints.cli import directory_keeper as keeper
from comity.trust.anchors import read_anchor
from comity.trust.directory_format import AuthorityEntry, DatedKey
from comity.trust.directory_tuf import verify_directory
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


def entry(name, country="PT", *, ledger=1, witness=2):
    def key(number):
        return DatedKey(public=b64url(bytes([number]) * 32), valid_from=NOW - YEAR)

    return AuthorityEntry(
        id=name,
        name=name,
        country=country,
        kinds=("state",),
        endpoint="https://node.example",
        time_zone="Europe/Lisbon",
        calendar=country,
        languages=("pt",),
        ledger_keys=(key(ledger),),
        witness_keys=(key(witness),),
    )


@pytest.fixture
def folder(tmp_path):
    keeper.found(tmp_path / "keeper", [entry("pt"), entry("de", "DE", ledger=3, witness=4)], NOW, YEAR)
    return tmp_path / "keeper"


def published(folder, at=NOW):
    return verify_directory(read_folder(folder / "published"), root=(folder / "root.json").read_bytes(), at=at)


def test_what_is_founded_verifies_from_the_root_that_is_handed_out(folder):
    directory = published(folder)
    assert (directory.version, sorted(directory.authorities)) == (1, ["de", "pt"])


def test_the_keepers_keys_are_closed_to_everybody_else(folder):
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()] == [0o600]


def test_no_key_of_the_directory_is_published(folder):
    seeds = json.loads((folder / "keys" / "directory-seeds-1.json").read_text())
    secret = {seeds["targets"], seeds["snapshot"], seeds["timestamp"], *seeds["root"], *seeds["countries"].values()}
    everything = b"".join(path.read_bytes() for path in (folder / "published").rglob("*") if path.is_file())
    assert not [each for each in secret if each.encode() in everything]
    assert len(secret) == 8


def test_a_directory_is_founded_once(folder):
    before = (folder / "root.json").read_bytes()
    with pytest.raises(BrokenInputError) as caught:
        keeper.found(folder, [entry("pt")], NOW, YEAR)
    assert caught.value.code is ErrorCode.NOT_ALLOWED
    assert (folder / "root.json").read_bytes() == before


def test_a_node_takes_one_version_after_the_other_under_the_first_root(folder, tmp_path):
    files = DirectoryFiles(tmp_path / "node")
    files.pin((folder / "root.json").read_bytes())
    assert files.take(folder / "published", NOW).version == 1
    keeper.publish(folder, [entry("es", "ES", ledger=5, witness=6)], [], NOW, YEAR)
    taken = files.take(folder / "published", NOW)
    assert (taken.version, sorted(taken.authorities)) == (2, ["de", "es", "pt"])
    keeper.publish(folder, [], ["de"], NOW, YEAR)
    assert sorted(files.take(folder / "published", NOW).authorities) == ["es", "pt"]


def test_an_entry_that_drops_a_key_is_refused_and_nothing_is_published(folder):
    with pytest.raises(BrokenInputError) as caught:
        keeper.publish(folder, [entry("pt", ledger=9)], [], NOW, YEAR)
    assert caught.value.code is ErrorCode.NOT_ALLOWED
    assert published(folder).version == 1


def test_an_entry_that_keeps_the_old_key_and_adds_one_is_published(folder):
    old = entry("pt")
    more = msgspec.structs.replace(old, ledger_keys=(*old.ledger_keys, *entry("pt", ledger=9).ledger_keys))
    keeper.publish(folder, [more], [], NOW, YEAR)
    assert len(published(folder).authorities["pt"].ledger_keys) == 2


def test_removing_who_is_not_listed_is_refused(folder):
    with pytest.raises(BrokenInputError) as caught:
        keeper.publish(folder, [], ["nobody"], NOW, YEAR)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_a_publication_that_broke_off_between_its_renames_is_taken_up_again(folder):
    (folder / "published").rename(folder / "published.old")
    assert keeper.edition_of(folder, NOW).version == 1
    keeper.publish(folder, [], [], NOW, YEAR)
    assert published(folder).version == 2


def test_an_expired_version_can_be_renewed_with_its_keys_alone(folder):
    late = NOW + 2 * YEAR
    with pytest.raises(BrokenInputError):
        published(folder, late)
    keeper.publish(folder, [], [], late, YEAR)
    assert published(folder, late).version == 2


def test_a_node_that_pinned_the_first_root_follows_to_the_next_and_its_version_after(folder, comity, tmp_path):
    files = DirectoryFiles(tmp_path / "node")
    files.pin((folder / "root.json").read_bytes())
    files.take(folder / "published", NOW)
    pinned = (folder / "root.json").read_bytes()
    code, out, err = comity("directory", "rotate-root", folder)
    assert (code, err) == (0, "")
    assert "directory version 2: de, pt" in out
    assert files.take(folder / "published", NOW).metadata.root == 2
    assert (folder / "root.json").read_bytes() == pinned
    keeper.publish(folder, [entry("es", "ES", ledger=5, witness=6)], [], NOW, YEAR)
    taken = files.take(folder / "published", NOW)
    assert (taken.metadata.root, sorted(taken.authorities)) == (2, ["de", "es", "pt"])


def test_a_rotation_leaves_no_old_key_but_the_countries(folder):
    def keys():
        (path,) = (folder / "keys").iterdir()
        return json.loads(path.read_text())

    old = keys()
    keeper.rotate_root(folder, NOW, YEAR)
    new = keys()
    assert new["countries"] == old["countries"]
    for kind in ("targets", "snapshot", "timestamp"):
        assert new[kind] != old[kind]
    assert not set(new["root"]) & set(old["root"])


def test_a_rotation_that_broke_off_before_it_was_published_changes_nothing_and_is_begun_anew(folder, monkeypatch):
    def break_off(*_):
        raise OSError("no space")

    with monkeypatch.context() as patched:
        patched.setattr(keeper, "_publish", break_off)
        with pytest.raises(OSError, match="no space"):
            keeper.rotate_root(folder, NOW, YEAR)
    keeper.publish(folder, [], [], NOW, YEAR)
    assert (published(folder).version, published(folder).metadata.root) == (2, 1)
    keeper.rotate_root(folder, NOW, YEAR)
    assert (published(folder).version, published(folder).metadata.root) == (3, 2)


def test_a_root_that_expired_is_replaced_and_followed(folder):
    late = NOW + 6 * YEAR
    keeper.rotate_root(folder, late, YEAR)
    assert published(folder, late).metadata.root == 2


def test_the_trust_anchor_pins_the_root_and_the_named_witnesses(folder, comity, tmp_path):
    out = tmp_path / "trust.json"
    code, _, err = comity("directory", "trust", folder, "--out", out, "--witness", "de")
    assert (code, err) == (0, "")
    anchor = read_anchor(out.read_bytes())
    assert anchor.root_bytes == (folder / "root.json").read_bytes()
    assert [(each.name, each.key) for each in anchor.witness_policy.witnesses] == [
        ("comity/de/witness", bytes([4]) * 32)
    ]


@pytest.mark.parametrize("threshold", ["3", "0", "-1"])
def test_a_threshold_that_nobody_can_meet_is_refused(folder, comity, tmp_path, threshold):
    out = tmp_path / "trust.json"
    assert comity("directory", "trust", folder, "--out", out, "--threshold", threshold)[0] != 0
    assert not out.exists()


def test_a_file_that_is_no_entry_is_refused_by_name(comity, tmp_path):
    path = tmp_path / "entry.json"
    path.write_text('{"id": "pt"}')
    code, _, err = comity("directory", "found", tmp_path / "keeper", path)
    assert (code, (tmp_path / "keeper").exists()) == (1, False)
    assert "missing required field" in err


def test_where_nothing_can_be_written_is_said_without_a_traceback(folder, comity, tmp_path):
    code, _, err = comity("directory", "trust", folder, "--out", tmp_path / "no" / "folder" / "trust.json")
    assert code == 1
    assert "No such file or directory" in err
    assert "Traceback" not in err
