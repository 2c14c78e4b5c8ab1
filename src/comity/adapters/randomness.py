"""Unpredictable bytes."""

import os

from comity.casework.ports.node import Randomness


class SystemRandomness(Randomness):
    """The operating system's generator, which is seeded before a process can read from it. Safe for threads."""

    def take(self, count: int) -> bytes:
        """See `Randomness.take`."""
        return os.urandom(count)
