"""Bytes that nobody can guess, and bytes that repeat, never taken for each other."""

import logging
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.adapters.randomness import SystemRandomness, UnsafeSeededRandomness


@given(st.binary(max_size=40), st.lists(st.integers(0, 200), max_size=8))
def test_the_same_seed_gives_the_same_bytes_however_they_are_portioned(seed: bytes, counts: list[int]) -> None:
    portioned = UnsafeSeededRandomness(seed)
    assert b"".join(map(portioned.take, counts)) == UnsafeSeededRandomness(seed).take(sum(counts))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_another_seed_gives_other_bytes(one: bytes, other: bytes) -> None:
    same = UnsafeSeededRandomness(one).take(32) == UnsafeSeededRandomness(other).take(32)
    assert same == (one == other)


def test_the_stream_of_a_seed_never_changes_between_versions() -> None:
    assert UnsafeSeededRandomness(b"seed").take(16).hex() == "016dceb8954ab83081241f1c6e6b4eb7"


def test_system_bytes_do_not_repeat_and_are_as_many_as_asked_for() -> None:
    random = SystemRandomness()
    assert [len(random.take(n)) for n in (0, 1, 32)] == [0, 1, 32]
    assert len({random.take(16) for _ in range(1000)}) == 1000


def test_threads_never_take_the_same_bytes() -> None:
    random = UnsafeSeededRandomness(b"seed")
    taken: list[bytes] = []
    threads = [threading.Thread(target=lambda: taken.extend(random.take(16) for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 2000


def test_seeded_bytes_warn(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        UnsafeSeededRandomness(b"seed")
    assert "UNSAFE" in caplog.text
