"""Bytes that nobody can guess."""

from comity.adapters.randomness import SystemRandomness


def test_system_bytes_do_not_repeat_and_are_as_many_as_asked_for() -> None:
    random = SystemRandomness()
    assert [len(random.take(n)) for n in (0, 1, 32)] == [0, 1, 32]
    assert len({random.take(16) for _ in range(1000)}) == 1000
