"""A directory is believed only when the pinned root vouches for every byte of it. Attacks first."""

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.exceptions import FormatError
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, TargetFile
from tuf.api.serialization.json import JSONSerializer
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from comity.trust.directory_founder import DirectoryFounder, derived_seeds
from comity.trust.keys import SigningKey, private_key
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import encode

TIMESTAMP = "metadata/timestamp.json"


def changed(world, edition=None, **change) -> dict[str, bytes]:
    return dict((edition or world.edition).files) | change


def second(world):
    return world.amended(name="Authority of PT, renamed")


def seeds(world):
    return derived_seeds(world.seed("federation"), ["pt", "de"])


def resigned(data: bytes, seed: bytes, change) -> bytes:
    """The metadata with a change, truly signed: what a dishonest holder of one key can make."""
    metadata = Metadata.from_bytes(data)
    change(metadata.signed)
    metadata.sign(CryptoSigner(private_key(seed)))
    return metadata.to_bytes()


def republished(world, edition, country_change=None, entries=None, top_change=None) -> dict[str, bytes]:
    """A whole version around changed content, signed with the true online keys."""
    keys, files, number = seeds(world), dict(edition.files), edition.version
    names = {role: f"metadata/{number}.{role}.json" for role in ("snapshot", "targets", "pt", "de")}
    if country_change:
        files[names["pt"]] = resigned(files[names["pt"]], keys.countries["pt"], country_change)
    if top_change:
        files[names["targets"]] = resigned(files[names["targets"]], keys.targets, top_change)
    files |= entries or {}

    def listing(snapshot) -> None:
        for role in ("targets", "pt", "de"):
            _set(snapshot.meta[f"{role}.json"], files[names[role]])

    files[names["snapshot"]] = resigned(files[names["snapshot"]], keys.snapshot, listing)
    files[TIMESTAMP] = resigned(
        files[TIMESTAMP], keys.timestamp, lambda one: _set(one.snapshot_meta, files[names["snapshot"]])
    )
    return files


def _set(meta, data: bytes) -> None:
    meta.length, meta.hashes = len(data), {"sha256": hashlib.sha256(data).hexdigest()}


def test_a_founded_directory_verifies_under_its_pinned_root(world) -> None:
    assert set(world.verify(world.edition.files).authorities) == {"pt", "de"}


def test_a_wholly_forged_federation_with_the_same_names_is_refused(world, refused) -> None:
    forger = DirectoryFounder(derived_seeds(world.seed("forger"), ["pt", "de"]))
    forged = forger.found(world.edition.entries.values(), expires=world.expires, root_expires=world.root_expires)
    assert world.verify(forged.files, root=forged.root).knows("pt")
    with refused(ErrorCode.BAD_DIRECTORY, "another federation"):
        world.verify(forged.files)


def test_a_forged_federation_that_puts_the_true_root_in_front_is_refused(world) -> None:
    forger = DirectoryFounder(derived_seeds(world.seed("forger"), ["pt", "de"]))
    forged = forger.found(world.edition.entries.values(), expires=world.expires, root_expires=world.root_expires)
    for files in (
        dict(forged.files) | {"metadata/1.root.json": world.edition.root},
        dict(forged.files) | {"metadata/1.root.json": world.edition.root, "metadata/2.root.json": forged.root},
    ):
        with pytest.raises(BrokenInputError):
            world.verify(files)


@pytest.mark.parametrize("pinned", [b"", b"{}", b"null", b'{"signatures":[],"signed":{}}', b"\xff"])
def test_a_pinned_root_that_is_none_is_refused(world, refused, pinned) -> None:
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(world.edition.files, root=pinned)


def test_a_pinned_root_of_another_kind_is_refused(world, refused) -> None:
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(world.edition.files, root=world.edition.files[TIMESTAMP])


def test_a_root_below_its_threshold_is_refused(world, refused) -> None:
    metadata = Metadata.from_bytes(world.edition.root)
    for keyid in list(metadata.signatures)[1:]:
        del metadata.signatures[keyid]
    weak = metadata.to_bytes()
    with refused(ErrorCode.BAD_DIRECTORY, "threshold"):
        world.verify(changed(world, **{"metadata/1.root.json": weak}), root=weak)


def test_one_key_signing_twice_does_not_meet_a_threshold_of_two(world, refused) -> None:
    content = json.loads(world.edition.root)
    content["signatures"] = [content["signatures"][0], content["signatures"][0]]
    weak = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(changed(world, **{"metadata/1.root.json": weak}), root=weak)


def rotated(world, *, previous=None):
    newer = DirectoryFounder(msgspec.structs.replace(seeds(world), root=(world.seed("r1"), world.seed("r2"))))
    return newer.rotate_root(
        world.edition,
        previous=seeds(world).root if previous is None else previous,
        expires=world.expires,
        root_expires=world.root_expires,
    )


def test_a_rotated_root_is_followed_from_the_pinned_one(world) -> None:
    edition = rotated(world)
    assert world.verify(edition.files).metadata.root == 2


def test_a_reader_who_pinned_the_second_root_verifies_too(world) -> None:
    edition = rotated(world)
    without_roots = {name: data for name, data in edition.files.items() if not name.endswith(".root.json")}
    assert world.verify(edition.files, root=edition.roots[1]).metadata.root == 2
    assert world.verify(without_roots, root=edition.roots[1]).metadata.root == 2


def test_a_forged_first_root_before_the_pinned_second_is_refused(world) -> None:
    edition = rotated(world)
    forged = DirectoryFounder(derived_seeds(world.seed("forger"), ["pt"])).found(
        (), expires=world.expires, root_expires=world.root_expires
    )
    with pytest.raises(BrokenInputError):
        world.verify(changed(world, edition, **{"metadata/1.root.json": forged.root}), root=edition.roots[1])


@pytest.mark.parametrize("signers", [0, 1])
def test_a_root_that_its_predecessor_did_not_sign_is_refused(world, refused, signers) -> None:
    with refused(ErrorCode.BAD_DIRECTORY, "predecessor"):
        world.verify(rotated(world, previous=seeds(world).root[:signers]).files)


def test_a_gap_in_the_roots_is_refused(world, refused) -> None:
    edition = rotated(world)
    later = DirectoryFounder(
        msgspec.structs.replace(seeds(world), root=(world.seed("r1"), world.seed("r2")))
    ).rotate_root(edition, previous=(), expires=world.expires, root_expires=world.root_expires)
    files = dict(later.files)
    del files["metadata/2.root.json"]
    with refused(ErrorCode.BAD_DIRECTORY, "root is missing"):
        world.verify(files)


def test_roots_in_swapped_places_are_refused(world) -> None:
    edition = rotated(world)
    first, then = edition.roots
    with pytest.raises(BrokenInputError):
        world.verify(changed(world, edition, **{"metadata/1.root.json": then, "metadata/2.root.json": first}))


def test_a_version_older_than_the_one_in_use_is_refused(world, refused) -> None:
    newer = world.verify(second(world).files)
    assert newer.version == 2
    with refused(ErrorCode.BAD_DIRECTORY, "older"):
        world.verify(world.edition.files, replaces=newer)


def test_an_older_root_than_the_one_in_use_is_refused(world, refused) -> None:
    newer = world.verify(rotated(world).files)
    third = world.founder.amend(second(world), [], expires=world.expires)
    with refused(ErrorCode.BAD_DIRECTORY, "older"):
        world.verify(third.files, replaces=newer)


def test_a_country_left_out_of_a_newer_version_is_refused(world, refused) -> None:
    smaller = DirectoryFounder(derived_seeds(world.seed("federation"), ["pt"]))
    edition = smaller.amend(world.edition, [], expires=world.expires)
    with refused(ErrorCode.BAD_DIRECTORY, "older"):
        world.verify(edition.files, replaces=world.directory)


def test_two_versions_with_one_number_are_a_fork(world, refused) -> None:
    other = world.amended(name="Another name")
    with refused(ErrorCode.FORK):
        world.verify(other.files, replaces=world.verify(second(world).files))


def test_the_same_version_may_be_read_again_and_a_newer_one_taken(world) -> None:
    assert world.verify(world.edition.files, replaces=world.directory).digest == world.directory.digest
    assert world.verify(second(world).files, replaces=world.directory).version == 2


@pytest.mark.parametrize("role", ["snapshot", "targets", "pt", "de"])
def test_parts_of_two_versions_do_not_mix(world, role) -> None:
    newer = second(world)
    files = changed(world, newer)
    files[f"metadata/2.{role}.json"] = world.edition.files[f"metadata/1.{role}.json"]
    with pytest.raises(BrokenInputError):
        world.verify(files)


def test_an_old_timestamp_does_not_go_with_a_new_snapshot(world, refused) -> None:
    files = changed(world, second(world), **{TIMESTAMP: world.edition.files[TIMESTAMP]})
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(files)


def test_an_old_authority_file_does_not_go_with_a_new_listing(world, refused) -> None:
    newer = second(world)
    old = next(data for name, data in world.edition.files.items() if name.startswith("targets/pt/"))
    name = next(name for name in newer.files if name.startswith("targets/pt/"))
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(changed(world, newer, **{name: old}))


def test_a_tampered_authority_file_is_refused(world, refused) -> None:
    name = next(name for name in world.edition.files if name.startswith("targets/pt/"))
    data = world.edition.files[name].replace(b"https://pt.example", b"https://pt.examp1e")
    with refused(ErrorCode.BAD_DIRECTORY, name):
        world.verify(changed(world, **{name: data}))


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_single_bit_flipped_in_any_directory_file_is_refused(world, data) -> None:
    files = dict(rotated(world).files)
    name = data.draw(st.sampled_from(sorted(files)))
    spoiled = bytearray(files[name])
    bit = data.draw(st.integers(0, len(spoiled) * 8 - 1))
    spoiled[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenInputError):
        world.verify(files | {name: bytes(spoiled)})


def test_an_upper_case_signature_is_refused_though_tuf_accepts_it(world, refused) -> None:
    content = json.loads(world.edition.files[TIMESTAMP])
    content["signatures"][0]["sig"] = content["signatures"][0]["sig"].upper()
    spoiled = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
    Metadata.from_bytes(world.edition.root).signed.verify_delegate(
        "timestamp", Metadata.from_bytes(spoiled).signed_bytes, Metadata.from_bytes(spoiled).signatures
    )
    with refused(ErrorCode.BAD_DIRECTORY, "foreign"):
        world.verify(changed(world, **{TIMESTAMP: spoiled}))


@pytest.mark.parametrize("extra", ["foreign signature", "unsigned field", "field in a signature", "space"])
def test_bytes_that_no_signature_covers_are_refused(world, refused, extra) -> None:
    content = json.loads(world.edition.files[TIMESTAMP])
    if extra == "foreign signature":
        content["signatures"].append({"keyid": "0" * 64, "sig": "00" * 64})
    elif extra == "unsigned field":
        content["note"] = "anything"
    elif extra == "field in a signature":
        content["signatures"][0]["note"] = "anything"
    spoiled = json.dumps(content, separators=(",", ":") if extra != "space" else None, sort_keys=True).encode()
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(changed(world, **{TIMESTAMP: spoiled}))


def test_metadata_that_another_tuf_tool_wrote_with_indents_verifies(world) -> None:
    indented = Metadata.from_bytes(world.edition.files[TIMESTAMP]).to_bytes(JSONSerializer(compact=False))
    assert world.verify(changed(world, **{TIMESTAMP: indented})).digest == world.directory.digest


@pytest.mark.parametrize(
    "part", [TIMESTAMP, "metadata/1.snapshot.json", "metadata/1.targets.json", "metadata/1.pt.json", "targets/pt"]
)
def test_a_missing_file_is_named(world, refused, part) -> None:
    files = {name: data for name, data in world.edition.files.items() if not name.startswith(part)}
    with refused(ErrorCode.BAD_DIRECTORY, "missing"):
        world.verify(files)


@pytest.mark.parametrize(
    "name", ["metadata/2.snapshot.json", "targets/pt/x.json", "README", "metadata/01.root.json", "../etc/passwd"]
)
def test_a_file_that_is_not_needed_is_refused(world, name) -> None:
    with pytest.raises(BrokenInputError):
        world.verify(changed(world, **{name: b"{}"}))


def test_too_many_files_are_refused(world, refused) -> None:
    with refused(ErrorCode.BAD_DIRECTORY, "too many"):
        world.verify({str(number): b"" for number in range(20_001)})


def test_an_oversized_file_is_refused_before_it_is_parsed(world, refused) -> None:
    with refused(ErrorCode.OVERSIZED):
        world.verify(changed(world, **{TIMESTAMP: b" " * ((8 << 20) + 1)}))


def test_deeply_nested_metadata_are_refused(world, refused) -> None:
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(changed(world, **{TIMESTAMP: b"[" * 200_000}))


def test_an_expired_version_is_refused_and_an_old_one_can_be_judged_as_of_then(world, refused) -> None:
    later = world.expires + timedelta(days=30)
    with refused(ErrorCode.DIRECTORY_EXPIRED):
        world.verify(world.edition.files, at=later)
    with refused(ErrorCode.DIRECTORY_EXPIRED):
        world.verify(world.edition.files, at=world.expires)
    assert world.verify(world.edition.files, at=world.expires - timedelta(seconds=1)).version == 1
    assert world.verify(world.edition.files, at=later, allow_expired=True).metadata.expires == world.expires


@pytest.mark.parametrize("part", ["root", "timestamp"])
def test_one_expired_part_expires_the_version(world, refused, part) -> None:
    early = datetime(2026, 2, 1, tzinfo=UTC)
    if part == "root":
        edition = world.founder.found(world.edition.entries.values(), expires=world.expires, root_expires=early)
        files, root = edition.files, edition.root
    else:

        def expire(signed) -> None:
            signed.expires = early

        stale = resigned(world.edition.files[TIMESTAMP], seeds(world).timestamp, expire)
        files, root = changed(world, **{TIMESTAMP: stale}), world.edition.root
    with refused(ErrorCode.DIRECTORY_EXPIRED):
        world.verify(files, root=root)


def test_a_country_that_lists_another_countrys_authority_is_refused(world, refused) -> None:
    stolen = msgspec.structs.replace(world.edition.entries["de"], endpoint="https://evil.example")
    body = encode(stolen)

    def list_it(targets) -> None:
        targets.targets["de/de.json"] = TargetFile.from_data("de/de.json", body, ["sha256"])

    name = f"targets/de/{hashlib.sha256(body).hexdigest()}.de.json"
    with refused(ErrorCode.BAD_DIRECTORY, "not its own"):
        world.verify(republished(world, world.edition, list_it, {name: body}))


@pytest.mark.parametrize(
    ("path", "change"),
    [("pt/other.json", {}), ("pt/pt.json", {"country": "DE"}), ("pt/de.json", {"id": "de"}), ("pt/x/pt.json", {})],
)
def test_a_file_that_names_another_authority_country_or_place_is_refused(world, refused, path, change) -> None:
    body = encode(msgspec.structs.replace(world.edition.entries["pt"], **change))
    digest = hashlib.sha256(body).hexdigest()

    def list_it(targets) -> None:
        targets.targets = {path: TargetFile.from_data(path, body, ["sha256"])}

    files = republished(world, world.edition, list_it)
    files = {name: data for name, data in files.items() if not name.startswith("targets/pt/")}
    folder, leaf = path.rsplit("/", 1)
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(files | {f"targets/{folder}/{digest}.{leaf}": body})


def test_one_name_in_two_countries_is_refused(world, refused) -> None:
    body = encode(msgspec.structs.replace(world.edition.entries["de"], country="PT"))

    def list_it(targets) -> None:
        targets.targets["pt/de.json"] = TargetFile.from_data("pt/de.json", body, ["sha256"])

    name = f"targets/pt/{hashlib.sha256(body).hexdigest()}.de.json"
    with refused(ErrorCode.BAD_DIRECTORY, "twice"):
        world.verify(republished(world, world.edition, list_it, {name: body}))


def test_a_country_cannot_sign_for_another(world, refused) -> None:
    keys = seeds(world)
    spoiled = resigned(world.edition.files["metadata/1.pt.json"], keys.countries["de"], lambda _: None)
    edition = msgspec.structs.replace(world.edition, files=changed(world, **{"metadata/1.pt.json": spoiled}))
    with refused(ErrorCode.BAD_DIRECTORY):
        world.verify(republished(world, edition))


@pytest.mark.parametrize(
    "change",
    [
        lambda top: setattr(top.delegations.roles["pt"], "paths", ["*"]),
        lambda top: setattr(top.delegations.roles["pt"], "paths", ["pt/*", "de/*"]),
        lambda top: setattr(top.delegations.roles["pt"], "terminating", False),
    ],
    ids=["everything", "another country too", "not terminating"],
)
def test_a_delegation_of_more_than_one_country_is_refused(world, refused, change) -> None:
    with refused(ErrorCode.BAD_DIRECTORY, "delegation"):
        world.verify(republished(world, world.edition, top_change=change))


def test_a_listing_without_a_hash_is_refused(world, refused) -> None:
    def loosen(timestamp) -> None:
        timestamp.snapshot_meta.hashes = None

    loose = resigned(world.edition.files[TIMESTAMP], seeds(world).timestamp, loosen)
    with refused(ErrorCode.BAD_DIRECTORY, "SHA-256"):
        world.verify(changed(world, **{TIMESTAMP: loose}))


def test_an_authority_file_with_an_unknown_field_is_refused(world, refused) -> None:
    body = encode(world.edition.entries["pt"])[:-1] + b',"extra":1}'

    def list_it(targets) -> None:
        targets.targets = {"pt/pt.json": TargetFile.from_data("pt/pt.json", body, ["sha256"])}

    name = f"targets/pt/{hashlib.sha256(body).hexdigest()}.pt.json"
    files = republished(world, world.edition, list_it)
    files = {one: data for one, data in files.items() if not one.startswith("targets/pt/")}
    with refused(ErrorCode.BAD_DIRECTORY, "pt/pt.json"):
        world.verify(files | {name: body})


def test_the_reference_client_accepts_what_we_publish(world) -> None:
    files = rotated(world).files
    client = TrustedMetadataSet(world.edition.root, EnvelopeType.METADATA)
    client.reference_time = world.now
    client.update_root(files["metadata/2.root.json"])
    client.update_timestamp(files[TIMESTAMP])
    client.update_snapshot(files["metadata/2.snapshot.json"])
    client.update_targets(files["metadata/2.targets.json"])
    country = client.update_delegated_targets(files["metadata/2.pt.json"], "pt", "targets")
    target = country.targets["pt/pt.json"]
    target.verify_length_and_hashes(files[f"targets/pt/{target.hashes['sha256']}.pt.json"])


def test_the_same_seeds_and_entries_found_the_same_bytes(world) -> None:
    again = DirectoryFounder(seeds(world)).found(
        world.edition.entries.values(), expires=world.expires, root_expires=world.root_expires
    )
    assert again.files == world.edition.files


def test_an_authority_can_be_added_and_removed(world) -> None:
    added = msgspec.structs.replace(world.edition.entries["pt"], id="pt.judges")
    edition = world.founder.amend(world.edition, [added], removed=["de"], expires=world.expires)
    directory = world.verify(edition.files, replaces=world.directory)
    assert set(directory.authorities) == {"pt", "pt.judges"}


def test_the_digest_differs_between_versions_and_not_between_readings(world) -> None:
    assert (
        world.verify(second(world).files).digest != world.directory.digest == world.verify(world.edition.files).digest
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 70) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("role", ["pt", "targets", "snapshot", "timestamp"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_a_dishonest_role_signs_raises_nothing_but_a_typed_error(world, role, data) -> None:
    name = TIMESTAMP if role == "timestamp" else f"metadata/1.{role}.json"
    content = json.loads(world.edition.files[name])
    place = content["signed"]
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(anything)
    keys = seeds(world)
    seed = keys.countries["pt"] if role == "pt" else getattr(keys, role)
    try:
        payload = encode_canonical(content["signed"]).encode()
    except (FormatError, UnicodeEncodeError):
        payload = b""
    content["signatures"][0]["sig"] = SigningKey(seed).sign(payload).hex()
    spoiled = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
    files = changed(world, **{name: spoiled})
    with suppress(BrokenInputError):
        world.verify(relisted(world, files))


def relisted(world, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with snapshot and timestamp made to name what is there, where those are still what they should be."""
    edition = msgspec.structs.replace(world.edition, files=files)
    try:
        return republished(world, edition)
    except (RepositoryError, ValueError, TypeError, AttributeError, KeyError):
        return files
