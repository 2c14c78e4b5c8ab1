"""How far an intake is: numbers that add up, in words that a person waits by."""

import io
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from comity.casework.custody.intake_pace import paced
from comity.entrypoints.cli import intake_progress
from comity.entrypoints.intake_words import progress_words
from comity.evidence.items.exhibits import Extent, Progress

BEGUN = datetime(2026, 11, 22, tzinfo=UTC)


def after(seconds, far, total):
    return paced(far, total, BEGUN, BEGUN + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("seconds", "far", "total", "expected"),
    [
        (0, Progress(0, 0, 0), Extent(10, 1000), (0, None)),
        (5, Progress(0, 0, 0), Extent(10, 1000), (0, None)),
        (10, Progress(3, 200, 2), Extent(10, 1000), (20, 40)),
        # What an earlier attempt sealed was not read now.
        (10, Progress(3, 600, 6, 500), Extent(10, 1000), (10, 40)),
        (10, Progress(3, 600, 6, 600), Extent(10, 1000), (0, None)),
        # A million empty files have no bytes to go by.
        (10, Progress(250, 0, 250), Extent(1000, 0), (0, 30)),
        # More came than there was beforehand.
        (10, Progress(12, 2000, 12), Extent(10, 1000), (200, 0)),
        (10, Progress(1, 500, 0), None, (50, None)),
        # A clock that was put back.
        (-5, Progress(1, 500, 0), Extent(10, 1000), (0, None)),
    ],
)
def test_rate_and_time_left(seconds, far, total, expected):
    found = after(seconds, far, total)
    assert (found.rate, found.seconds_left) == expected


def test_the_line_says_how_far_of_how_much_how_fast_and_how_long():
    line = progress_words(after(100, Progress(1_500, 2_000_000_000, 1_200), Extent(5_000, 100_000_000_000)))
    assert line == "1,200 of 5,000 files (1,500 items), 2.0 GB of 100.0 GB, 20.0 MB/s, 1 h 21 min left"
    assert progress_words(after(0, Progress(0, 0, 0), None)) == "0 files (0 items), 0 B"


class Node:
    """Answers how far the intake is, and says what it was asked."""

    def __init__(self):
        self.asked = []
        self.answered = threading.Event()

    def get(self, _shape, *path):
        self.asked.append(path)
        self.answered.set()
        return after(10, Progress(3, 200, 2), Extent(10, 1000))


def test_a_terminal_shows_the_line_of_the_order_that_is_carried_out(monkeypatch):
    screen, node = io.StringIO(), Node()
    monkeypatch.setattr(intake_progress, "_PAUSE_S", 0.01)
    monkeypatch.setattr(
        intake_progress, "Console", lambda **_more: Console(file=screen, force_terminal=True, width=120)
    )
    with intake_progress.shown_progress(node, "ab" * 32):
        assert node.answered.wait(60)
        deadline = time.monotonic() + 60
        while "left" not in screen.getvalue() and time.monotonic() < deadline:
            time.sleep(0.05)
    assert node.asked[0] == ("intakes", "ab" * 32)
    assert "2 of 10 files (3 items), 200 B of 1.0 kB, 20 B/s, 40 s left" in screen.getvalue()
