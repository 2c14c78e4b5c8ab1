"""The node's time never goes back, and only a clock that is named unsafe can be moved."""

import logging
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from comity.adapters import clock as clock_module
from comity.adapters.clock import SystemClock, UnsafeShiftedClock
from comity.casework.ports.node import Clock
from comity.vocabulary.errors import BrokenInputError, ErrorCode

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FixedClock(Clock):
    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def test_the_time_stands_still_while_the_machine_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    instants = [NOON, NOON - timedelta(hours=1), NOON + timedelta(seconds=1)]

    class SetBack(datetime):
        @classmethod
        def now(cls, _zone: object = None) -> datetime:
            return instants.pop(0)

    monkeypatch.setattr(clock_module, "datetime", SetBack)
    clock = SystemClock()
    assert [clock.now() for _ in range(3)] == [NOON, NOON, NOON + timedelta(seconds=1)]


def test_the_time_is_in_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_the_time_never_goes_back_across_threads() -> None:
    clock = SystemClock()
    seen: list[list[datetime]] = [[] for _ in range(4)]
    threads = [threading.Thread(target=lambda n=n: seen[n].extend(clock.now() for _ in range(2000))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(instants == sorted(instants) for instants in seen)


@pytest.mark.parametrize("text", ["", "one hour", "1.5", "0x10", "1e9", "9" * 40, "9" * 20, "12\x00", "٣"])
def test_an_offset_that_is_no_whole_number_of_seconds_is_refused(tmp_path: Path, text: str) -> None:
    clock = UnsafeShiftedClock(FixedClock(), tmp_path / "offset")
    write(tmp_path / "offset", text)
    for _ in range(2):
        with pytest.raises(BrokenInputError) as caught:
            clock.now()
        assert caught.value.code is ErrorCode.MALFORMED


def test_without_a_file_nothing_is_added(tmp_path: Path) -> None:
    assert UnsafeShiftedClock(FixedClock(), tmp_path / "none").now() == NOON


def test_a_new_offset_counts_from_the_next_look_on(tmp_path: Path) -> None:
    clock = UnsafeShiftedClock(FixedClock(), tmp_path / "offset")
    for seconds in (3600, 7200, 172800):
        write(tmp_path / "offset", f"{seconds}\n")
        assert clock.now() == NOON + timedelta(seconds=seconds)


def test_a_smaller_offset_makes_time_stand_still_until_it_is_caught_up(tmp_path: Path) -> None:
    base = FixedClock()
    clock = UnsafeShiftedClock(base, tmp_path / "offset")
    write(tmp_path / "offset", "3600")
    ahead = clock.now()
    write(tmp_path / "offset", "60")
    assert clock.now() == ahead
    base.at += timedelta(hours=2)
    assert clock.now() == base.at + timedelta(seconds=60)


def test_the_file_is_read_only_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "offset", "5")
    clock = UnsafeShiftedClock(FixedClock(), tmp_path / "offset")
    clock.now()
    monkeypatch.setattr(Path, "read_bytes", lambda _self: pytest.fail("read again"))
    assert clock.now() == NOON + timedelta(seconds=5)


def test_an_unsafe_clock_warns_once_and_says_so_on_stderr(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        clock = UnsafeShiftedClock(FixedClock(), tmp_path / "offset")
        clock.now()
        clock.now()
    assert [record.message for record in caplog.records if "UNSAFE" in record.message] == [
        f"UNSAFE: the clock of this node is moved by the seconds in {tmp_path / 'offset'}; for rehearsals only"
    ]
    script = (
        "import pathlib, sys\n"
        "from comity.adapters.clock import SystemClock, UnsafeShiftedClock\n"
        "UnsafeShiftedClock(SystemClock(), pathlib.Path(sys.argv[1])).now()\n"
    )
    command = [sys.executable, "-c", script, os.fspath(tmp_path / "offset")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    assert done.stderr.count("UNSAFE") == 1
