"""An intake killed at any instant, swept, and taken up again, until it is done: everything is held once, nothing is left over."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK
from comity.evidence.items.exhibit_seal import SegmentSeal
from comity.evidence.items.exhibits import HeldExhibit

PROGRAM = """
import json, os, sys, time
from pathlib import Path
import msgspec
from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK, PipelineTerms
from comity.adapters.objects.intake import IntakeRules
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.room import ObjectsEvidenceRoom
from comity.evidence.items.exhibit_seal import SegmentSeal
from comity.evidence.items.exhibits import IntakeTerms

class Chance:
    def take(self, count):
        return os.urandom(count)

place, root, journal, identity = sys.argv[1:]
lines = Path(journal).read_bytes().split(b"\\n")[:-1]
seals = tuple(msgspec.json.decode(line, type=SegmentSeal) for line in lines)
log = os.open(journal, os.O_WRONLY | os.O_APPEND)

def on_segment(seal):
    os.write(log, msgspec.json.encode(seal) + b"\\n")
    os.fsync(log)
    # As an act would take: otherwise all is over before anyone can kill it.
    time.sleep(0.05)

rules = IntakeRules(seal_after=0.03, seal_items=25, pipeline=PipelineTerms(chunk=LEAST_CHUNK, lanes=2))
room = ObjectsEvidenceRoom(LocalEvidenceStore(Path(root)), AgeCipher(), Chance(), rules)
intake = room.take_in(Path(place), identity, on_segment, terms=IntakeTerms(), resume=seals)
print(json.dumps({"items": intake.items, "size": intake.size}), flush=True)
"""


@pytest.fixture
def evidence(tmp_path):
    place = tmp_path / "in"
    place.mkdir()
    (place / "large").write_bytes(os.urandom(40 * LEAST_CHUNK + 11))
    (place / "mail.mbox").write_text(
        "\n".join(
            f"From a\nFrom: a@example.org\nDate: {number % 28 + 1} Nov 2026 10:00:00 +0000\n\n{'x' * 20_000}{number}\n"
            for number in range(150)
        )
    )
    for number in range(300):
        (place / f"small-{number}").write_bytes(os.urandom(number * 7))
    return place


def journal_of(path: Path) -> tuple[SegmentSeal, ...]:
    return tuple(msgspec.json.decode(line, type=SegmentSeal) for line in path.read_bytes().split(b"\n")[:-1])


def test_a_killed_intake_taken_up_again_holds_everything_once(make_desk, evidence, tmp_path):
    desk = make_desk("store")
    journal = tmp_path / "journal"
    journal.touch()
    identity = desk.room.new_identity()
    command = [sys.executable, "-c", PROGRAM, str(evidence), str(tmp_path / "store"), str(journal), identity]
    seed = random.randrange(1 << 32)
    chance, kills, result = random.Random(seed), 0, None
    while result is None:
        # A line that the kill cut off was never made durable: it is as if it had not been written.
        journal.write_bytes(b"".join(line + b"\n" for line in journal.read_bytes().split(b"\n")[:-1]))
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        if kills < 12:
            time.sleep(0.2 + chance.random() * 0.5)
            process.send_signal(signal.SIGKILL)
        out, _ = process.communicate(timeout=120)
        kills += process.returncode != 0
        result = json.loads(out) if process.returncode == 0 else None
        seals = journal_of(journal)
        referenced = {stored.digest for seal in seals for stored in (*seal.objects, seal.index)}
        desk.store.sweep(referenced.__contains__)
        assert set(desk.store.digests()) == referenced, f"seed {seed}"
    assert kills >= 3, "the intake was over before it could be killed"
    held = HeldExhibit("1" * 32, seals)
    disclosed, new = desk.disclose(held, identity)
    names = Counter(each.descriptor.name for each in desk.room.each_item(disclosed.packed, new))
    assert max(names.values()) == 1, f"seed {seed}"
    found = desk.contents(disclosed.packed, new)
    assert len(found) == result["items"] == 1 + 150 + 300
    assert (
        b"".join(found[name] for name in sorted(found) if name.startswith("mail."))
        == (evidence / "mail.mbox").read_bytes()
    )
    for path in evidence.iterdir():
        if path.name != "mail.mbox":
            assert found[path.name] == path.read_bytes(), f"seed {seed}"
    assert desk.receive(disclosed, new).received.repacked is False


def test_no_process_outlives_a_killed_intake(make_desk, evidence, tmp_path):
    desk = make_desk("store")
    journal = tmp_path / "journal"
    journal.touch()
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PROGRAM,
            str(evidence),
            str(tmp_path / "store"),
            str(journal),
            desk.room.new_identity(),
        ],
        stdout=subprocess.PIPE,
    )
    children: set[int] = set()
    while not children and process.poll() is None:
        task = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        children = {int(pid) for pid in task.read_text().split()} if task.exists() else set()
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 60
    while any(is_alive(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(is_alive(pid) for pid in children)


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
