import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, os, resource, sys, threading, time
from pathlib import Path
from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.room import ObjectsEvidenceRoom
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.acts.matters import ScopePart
from comity.vocabulary.categories import DataCategory

class Chance:
    def take(self, count):
        return os.urandom(count)

class Endless:
    length = None
    def __init__(self, size):
        self.left = size
        self.block = os.urandom(1 << 20)
    def readinto(self, view):
        size = min(len(view), len(self.block), self.left)
        view[:size] = self.block[:size]
        self.left -= size
        return size

def proportional():
    # Proportional set size of this process and all its children: shared memory is counted once.
    pids = [os.getpid()]
    for task in Path("/proc/self/task").iterdir():
        pids += [int(pid) for pid in (task / "children").read_text().split()]
    total = 0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total

room = ObjectsEvidenceRoom(LocalEvidenceStore(Path(sys.argv[1])), AgeCipher(), Chance())
identity = room.new_identity()
peak, done = [0], threading.Event()

def watch():
    while not done.wait(0.05):
        peak[0] = max(peak[0], proportional())

before = proportional()
watcher = threading.Thread(target=watch)
watcher.start()
seals = []
intake = room.take_in_stream("big", Endless(int(sys.argv[2])), identity, seals.append, terms=IntakeTerms())
taken = peak[0]
held = HeldExhibit("1" * 32, tuple(seals))
new = room.new_identity()
scope = (ScopePart("all", tuple(DataCategory)),)
disclosed = room.disclose(held, identity, granted=scope, refused=(), exhibit="2" * 32, new_identity=new)
received = room.receive(disclosed.packed, new, hold_exhibit="1" * 32, hold_root=intake.root, scope=scope,
    clean_identity=new, quarantine_exhibit="3" * 32, quarantine_recipient=room.recipient_of(new))
done.set()
watcher.join()
print(json.dumps({"before": before, "taken": taken, "peak": peak[0], "size": intake.size}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_size_of_an_item(tmp_path):
    """All processes together, in kB: 300 MB go through intake, disclosure and reception."""
    size = 300 << 20
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "store"), str(size)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = json.loads(done.stdout)
    assert found["size"] == size
    assert found["taken"] < 200_000, found
    assert found["peak"] < 200_000, found
