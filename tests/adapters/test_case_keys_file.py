"""The case key file under everything that can happen to a file: torn, cut, copied, killed, shared, read by others."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.adapters.keys import case_keys
from comity.adapters.keys.case_keys import FileCaseKeys
from comity.adapters.keys.slot_format import COMMITTED_AT, COUNTER, SLOT, Slot, SlotState, pack_slot, parse_slot
from comity.casework.ports.node import Randomness
from comity.vocabulary.errors import BrokenInputError, ErrorCode

CASES = [f"{n:032x}" for n in range(1, 9)]
KEK = b"k" * 32


class SystemBytes(Randomness):
    def take(self, count: int) -> bytes:
        return os.urandom(count)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keys(folder: Path) -> Iterator[FileCaseKeys]:
    store = open_keys(folder)
    yield store
    store.close()


def open_keys(folder: Path) -> FileCaseKeys:
    return FileCaseKeys(folder, KEK, SystemBytes())


def slots(folder: Path) -> Path:
    return folder / "case-keys.slots"


def refusal(folder: Path, case: str) -> ErrorCode | None:
    store = open_keys(folder)
    try:
        store.key(case)
    except BrokenInputError as error:
        return error.code
    else:
        return None
    finally:
        store.close()


def test_a_store_cut_off_below_what_was_confirmed_is_refused_at_every_byte(folder: Path) -> None:
    store = open_keys(folder)
    store.ensure(CASES[:3])
    store.close()
    whole = slots(folder).read_bytes()
    for size in range(len(whole)):
        slots(folder).write_bytes(whole[:size])
        with pytest.raises(BrokenInputError) as caught:
            open_keys(folder)
        assert caught.value.code is ErrorCode.STORE_DAMAGED


def test_a_write_of_new_keys_torn_at_any_byte_loses_no_confirmed_key(folder: Path) -> None:
    store = open_keys(folder)
    store.ensure(CASES[:2])
    known = {case: store.key(case) for case in CASES[:2]}
    before = slots(folder).read_bytes()
    store.ensure(CASES[2:4])
    store.close()
    after = slots(folder).read_bytes()
    for size in range(len(before), len(after)):
        # the counter is still the old one: nobody was told
        slots(folder).write_bytes(before + after[len(before) : size])
        recovered = open_keys(folder)
        assert {case: recovered.key(case) for case in CASES[:2]} == known
        recovered.ensure(CASES[2:4])
        assert len(recovered.key(CASES[2])) == len(recovered.key(CASES[3])) == 32
        assert recovered.damaged() == []
        recovered.close()


def test_slots_that_reached_the_disk_out_of_order_are_sorted_out(folder: Path) -> None:
    store = open_keys(folder)
    store.ensure(CASES[:1])
    before = slots(folder).read_bytes()
    store.ensure(CASES[1:4])
    third = store.key(CASES[3])
    store.close()
    after = slots(folder).read_bytes()
    first_new = len(before)
    slots(folder).write_bytes(before + bytes(2 * SLOT) + after[first_new + 2 * SLOT :])
    recovered = open_keys(folder)
    recovered.ensure(CASES[:4])
    assert recovered.key(CASES[3]) == third
    assert recovered.damaged() == []


def test_a_destruction_torn_at_any_byte_is_finished_at_the_next_start(folder: Path) -> None:
    store = open_keys(folder)
    store.ensure(CASES[:3])
    neighbours = [store.key(CASES[0]), store.key(CASES[2])]
    store.close()
    whole = slots(folder).read_bytes()
    at = 2 * SLOT
    begun = bytes([SlotState.DESTROYING]) + whole[at + 1 : at + SLOT]
    dead = pack_slot(Slot(SlotState.DESTROYED, bytes.fromhex(CASES[1])))
    for torn in range(SLOT + 1):
        slots(folder).write_bytes(whole[:at] + dead[:torn] + begun[torn:] + whole[at + SLOT :])
        recovered = open_keys(folder)
        assert list(recovered.destroyed()) == [CASES[1]]
        assert [recovered.key(CASES[0]), recovered.key(CASES[2])] == neighbours
        recovered.close()
        assert slots(folder).read_bytes()[at : at + SLOT] == dead


def test_a_flipped_bit_anywhere_in_a_slot_never_yields_a_wrong_key(folder: Path) -> None:
    store = open_keys(folder)
    store.ensure(CASES[:1])
    key = store.key(CASES[0])
    store.close()
    whole = bytearray(slots(folder).read_bytes())
    for bit in range(8 * SLOT):
        flipped = bytearray(whole)
        flipped[SLOT + bit // 8] ^= 1 << bit % 8
        slots(folder).write_bytes(flipped)
        recovered = open_keys(folder)
        try:
            assert recovered.key(CASES[0]) == key  # only where the bit belongs to the padding
            assert bit // 8 >= SLOT - 64
        except BrokenInputError as error:
            assert error.code in (ErrorCode.STORE_DAMAGED, ErrorCode.NOT_FOUND)  # noqa: PT017
            assert recovered.damaged() == [0]
        recovered.close()


def test_a_flipped_bit_in_the_header_is_refused(folder: Path) -> None:
    open_keys(folder).close()
    whole = slots(folder).read_bytes()
    for bit in range(8 * 68):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        slots(folder).write_bytes(flipped)
        with pytest.raises(BrokenInputError):
            open_keys(folder)


def test_nothing_of_a_destroyed_key_is_left_in_the_file(keys: FileCaseKeys, folder: Path) -> None:
    keys.ensure(CASES[:3])
    wrapped = slots(folder).read_bytes()[2 * SLOT + 24 : 2 * SLOT + 84]
    keys.destroy(CASES[1])
    left = slots(folder).read_bytes()
    assert all(wrapped[n : n + 4] not in left for n in range(len(wrapped) - 3))
    assert left[2 * SLOT + 24 : 2 * SLOT + 84] == bytes(60)


def test_what_another_process_cached_dies_with_the_key(keys: FileCaseKeys, folder: Path) -> None:
    keys.ensure(CASES[:2])
    script = (
        "import sys, pathlib\n"
        "from comity.adapters.keys.case_keys import FileCaseKeys\n"
        "from comity.vocabulary.errors import BrokenInputError\n"
        f"keys = FileCaseKeys(pathlib.Path({str(folder)!r}), {KEK!r}, type('R', (), {{'take': lambda s, n: bytes(n)}})())\n"
        f"print(keys.key({CASES[0]!r}).hex(), flush=True)\n"
        "sys.stdin.readline()\n"
        f"print(keys.key({CASES[1]!r}).hex(), flush=True)\n"
        "try:\n"
        f"    print(keys.key({CASES[0]!r}).hex())\n"
        "except BrokenInputError as error:\n"
        "    print(error.code)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline().strip() == keys.key(CASES[0]).hex()
        keys.destroy(CASES[0])
        answer, _ = other.communicate("go on\n", timeout=120)
    assert answer.split() == [keys.key(CASES[1]).hex(), "key-destroyed"]


_KILLED = """
import os, pathlib, sys
from comity.adapters.keys.case_keys import FileCaseKeys
class Bytes:
    def take(self, count): return os.urandom(count)
keys = FileCaseKeys(pathlib.Path(sys.argv[1]), b"k" * 32, Bytes())
while True:
    cases = [os.urandom(16).hex() for _ in range(16)]
    keys.ensure(cases)
    print("".join(f"+{case} {keys.key(case).hex()}\\n" for case in cases), end="", flush=True)
    keys.destroy(cases[0])
    print(f"-{cases[0]}", flush=True)
"""


def test_a_killed_process_loses_no_confirmed_key_and_brings_back_no_destroyed_one(folder: Path) -> None:
    alive: dict[str, str] = {}
    dead: set[str] = set()
    for wait in (1, 40, 90, 137, 240):
        with subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(folder)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(wait)]
            process.send_signal(signal.SIGKILL)
            lines += [line for line in process.stdout if line.endswith("\n")]
        for line in lines:
            if line.startswith("+"):
                case, key = line[1:].split()
                alive[case] = key
            else:
                dead.add(line[1:].strip())
                alive.pop(line[1:].strip())
    recovered = open_keys(folder)
    destroyed = set(recovered.destroyed())
    assert dead <= destroyed
    assert all(recovered.key(case).hex() == key for case, key in alive.items() if case not in destroyed)
    # a destruction that was under way when the process died may have come through, one at most for each kill
    assert len(destroyed & alive.keys()) <= 5
    assert recovered.damaged() == []


def test_threads_and_stores_that_ensure_the_same_cases_agree_on_one_key(folder: Path) -> None:
    stores = [open_keys(folder) for _ in range(4)]
    start = threading.Barrier(4)
    found: list[dict[str, bytes]] = [{} for _ in stores]

    def work(number: int) -> None:
        start.wait()
        for case in CASES:
            stores[number].ensure([case])
            found[number][case] = stores[number].key(case)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] == found[1] == found[2] == found[3]
    assert slots(folder).stat().st_size == (1 + len(CASES)) * SLOT


def test_many_new_cases_cost_one_sync(keys: FileCaseKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (syncs.append(file), real(file)))
    keys.ensure([f"{n:032x}" for n in range(64)])
    assert len(syncs) == 1


def test_a_slot_copied_to_another_case_opens_nothing(folder: Path) -> None:
    store = open_keys(folder)
    store.ensure(CASES[:2])
    store.close()
    whole = slots(folder).read_bytes()
    first = parse_slot(whole[SLOT : 2 * SLOT])
    assert first is not None
    forged = pack_slot(Slot(SlotState.LIVE, bytes.fromhex(CASES[1]), first.nonce, first.wrapped))
    slots(folder).write_bytes(whole[: 2 * SLOT] + forged)
    assert refusal(folder, CASES[1]) is ErrorCode.STORE_DAMAGED


def test_another_key_encryption_key_is_refused_before_anything_is_changed(folder: Path) -> None:
    store = open_keys(folder)
    store.ensure(CASES)
    store.close()
    before = slots(folder).read_bytes()
    with pytest.raises(BrokenInputError) as caught:
        FileCaseKeys(folder, b"o" * 32, SystemBytes())
    assert caught.value.code is ErrorCode.STORE_DAMAGED
    assert slots(folder).read_bytes() == before


@pytest.mark.parametrize("case", ["", "zz" * 16, "AA" * 16, "aa" * 15, "aa" * 17, " " + "aa" * 16])
def test_what_is_no_case_id_is_refused(keys: FileCaseKeys, case: str) -> None:
    for call in (keys.key, keys.destroy, lambda text: keys.ensure([text])):
        with pytest.raises(BrokenInputError) as caught:
            call(case)
        assert caught.value.code is ErrorCode.MALFORMED


def test_a_full_disk_is_said_and_costs_no_confirmed_key(keys: FileCaseKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.ensure(CASES[:1])
    first = keys.key(CASES[0])
    real = os.pwrite

    def full(file: int, content: bytes, at: int) -> int:
        if len(content) > 60:
            real(file, content[:60], at)
            raise OSError(28, "No space left on device")
        return real(file, content, at)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(BrokenInputError) as caught:
        keys.ensure(CASES[1:3])
    assert caught.value.code is ErrorCode.STORE_FULL
    monkeypatch.undo()
    keys.ensure(CASES[1:3])
    assert keys.key(CASES[0]) == first
    assert len(keys.key(CASES[2])) == 32
    assert keys.damaged() == []


def test_the_files_are_closed_to_others(keys: FileCaseKeys, folder: Path) -> None:
    keys.ensure(CASES)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("name", ["", "case-keys.slots"])
def test_keys_that_others_could_read_are_refused(folder: Path, name: str) -> None:
    open_keys(folder).close()
    (folder / name).chmod(0o740)
    with pytest.raises(BrokenInputError) as caught:
        open_keys(folder)
    assert caught.value.code is ErrorCode.NOT_ALLOWED
    assert "0740" in caught.value.found


def test_the_cache_is_bounded_and_zeroes_what_it_drops(keys: FileCaseKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_keys, "_CACHED", 20)
    keys.ensure([f"{n:032x}" for n in range(30)])
    keys.key(f"{0:032x}")
    first = keys._cache[bytes(16)]
    for n in range(1, 30):
        keys.key(f"{n:032x}")
    assert len(keys._cache) == 20
    assert first == bytes(32)


def test_a_counter_that_promises_more_than_there_is_is_refused(folder: Path) -> None:
    open_keys(folder).close()
    whole = bytearray(slots(folder).read_bytes())
    COUNTER.pack_into(whole, COMMITTED_AT, 5)
    slots(folder).write_bytes(whole)
    with pytest.raises(BrokenInputError) as caught:
        open_keys(folder)
    assert caught.value.code is ErrorCode.STORE_DAMAGED
