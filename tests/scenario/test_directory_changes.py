"""A directory version published while nodes run: in force within seconds, on record, and never an older one after it."""

import contextlib
import http.client
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.cases.house import house_case
from comity.entrypoints.demo import federation as founding
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, PT
from comity.entrypoints.demo.federation import Federation
from comity.trust.directory_founder import DirectoryFounder, Edition

wire: Any = sys.modules["scenario_hostile_peer"]
eventually: Any = wire.eventually


class Keeper:
    """Publishes into the folder that the nodes watch, as a keeper does: another folder in the place of the one before."""

    def __init__(self, founder: DirectoryFounder, edition: Edition) -> None:
        self.founder = founder
        self.edition = edition
        self.first = edition
        self.folder = Path()

    def publish(self, edition: Edition) -> None:
        new, old = self.folder.with_suffix(".new"), self.folder.with_suffix(".old")
        for name, content in edition.files.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_bytes(content)
        self.folder.rename(old)
        new.rename(self.folder)
        shutil.rmtree(old)

    def amend(self, *entries: Any, life: timedelta = timedelta(days=365)) -> None:
        self.edition = self.founder.amend(self.edition, entries, expires=datetime.now(UTC) + life)
        self.publish(self.edition)

    def revoke_seal(self, authority: str) -> None:
        entry = self.edition.entries[authority]
        ended = [msgspec.structs.replace(one, valid_until=datetime.now(UTC)) for one in entry.seal_certificates]
        self.amend(msgspec.structs.replace(entry, seal_certificates=tuple(ended)))


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Federation, Keeper]]:
    """Two nodes that watch the folder their keeper publishes into."""
    keepers: list[Keeper] = []

    class Founder(DirectoryFounder):
        def found(self, *args: Any, **words: Any) -> Edition:
            keepers.append(Keeper(self, super().found(*args, **words)))
            return keepers[0].edition

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(founding, "DirectoryFounder", Founder)
        folder = tmp_path_factory.mktemp("watched") / "nodes"
        federation = Federation.found(folder)
    (keeper,) = keepers
    keeper.folder = folder / "directory"
    for name in (PT, DE):
        with (folder / name / "node.toml").open("a") as settings:
            settings.write('directory_published = "../directory"\n')
    with federation:
        federation.start([PT, DE])
        yield federation, keeper


def sent_by(peer: Any) -> Any:
    """What de says of a sound request that was sealed just now."""
    body = play.preservation()
    payload = peer.payload(body, instrument=play.BUDAPEST, to=[DE], author=("pt.silva", "contact-point"))
    data = wire.write_payload(payload)
    return peer.send(DE, peer.seal(data, [peer.approval(data, "pt.costa", "contact-point")]))


def test_a_key_that_the_keeper_revokes_is_refused_within_seconds_by_a_node_that_runs(watched, capsys):
    federation, keeper = watched
    peer = wire.HostilePeer(federation, PT, {})
    key, version = peer.seal_key(), peer.directory.version
    peer.seal_key = lambda: key
    assert sent_by(peer).receipted
    keeper.revoke_seal(PT)
    began = time.monotonic()
    eventually(lambda: not sent_by(peer).receipted, "the revoked key is refused")
    with capsys.disabled():
        sys.stdout.write(f"  refused after {time.monotonic() - began:.1f} s")
    assert sent_by(peer).code == "key-not-valid"
    # It is on record at de, once, and in the log.
    weber = federation.officer("de.weber")

    def named() -> list[str]:
        lines = weber.client.get(f"/api/cases/{house_case(DE)}")["timeline"]
        return [line["act"] for line in lines if line["type"] == "directory-seen"]

    acts = eventually(lambda: len(named()) >= 2 and named(), "the version is named in the ledger")
    bodies = [weber.client.get(f"/api/acts/{act}")["payload"]["body"] for act in acts]
    assert [each["version"] for each in bodies] == [version, version + 1]
    assert f"directory version {version + 1} is in force" in log_of(federation)
    # An older version, properly signed, changes nothing any more.
    keeper.publish(keeper.first)
    eventually(lambda: "a published directory version is not taken: bad-directory" in log_of(federation), "it is said")
    assert sent_by(peer).code == "key-not-valid"
    keeper.publish(keeper.edition)


def test_a_version_half_published_or_by_strangers_changes_nothing_and_the_next_one_is_taken(watched):
    federation, keeper = watched
    good = (keeper.folder / "metadata" / "timestamp.json").read_bytes()
    (keeper.folder / "metadata" / "timestamp.json").write_bytes(b'{"signed": {}}')
    time.sleep(2.5)
    assert federation.alive(DE)
    version = keeper.edition.version
    (keeper.folder / "metadata" / "timestamp.json").write_bytes(good)
    keeper.amend()
    federation.advance_clock(timedelta(minutes=1))
    eventually(lambda: f"directory version {version + 1} is in force" in log_of(federation), "the next one is taken")


def test_a_directory_that_runs_out_is_told_to_officers_operators_and_whoever_watches(watched):
    federation, keeper = watched
    weber = federation.officer("de.weber")
    keeper.amend(life=timedelta(days=3))

    def codes() -> list[str]:
        return [alarm["code"] for alarm in weber.client.get("/api/alarms")["list"] if "directory" in alarm["code"]]

    eventually(lambda: codes() == ["directory-expires-soon"], "officers see that it expires soon")
    federation.advance_clock(timedelta(days=4))
    eventually(lambda: codes() == ["directory-expired"], "officers see that it has expired")
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", federation.endpoints[DE].port)) as watching:
        watching.request("GET", "/health")
        assert b'"directory-expired"' in watching.getresponse().read()
    assert "ALARM directory-expired" in log_of(federation)
    with pytest.raises(RuntimeError):
        federation._command(DE, "check", str(federation.endpoints[DE].folder))
    # An expired version is not taken from anybody; the next good one ends the alarm.
    keeper.amend(life=timedelta(days=3))
    eventually(lambda: "is not taken: directory-expired" in log_of(federation), "it is refused")
    keeper.amend(life=timedelta(days=400))
    federation.advance_clock(timedelta(minutes=1))
    eventually(lambda: codes() == [], "the alarm is over")


def log_of(federation: Federation) -> str:
    return (federation.endpoints[DE].folder / "node.log").read_text()
