"""Runs the tests with a line of progress every half minute: `python tools/run_tests.py [pytest arguments]`.

On a terminal pytest shows progress itself. In a log it shows dots, and during one long test nothing: there, this says
how long it has run, how much is done and which test it is at.

Without arguments every test is run, in two processes side by side: those that kill processes wait for most of their time,
and the others go on meanwhile. What the killing ones say is shown when the others are through.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence

import pytest

SAY_EVERY_SECONDS = 30.0
LONGEST_REASON = 2000
"""Characters of why a test failed."""


class ProgressLines:
    """Says where the run is, to the stream the run was started with, whatever the tests do with theirs."""

    def __init__(self, stream: int) -> None:
        self._stream = stream
        self._started = time.monotonic()
        self._total = self._done = self._failed = 0
        self._at = "collecting"
        self._over = threading.Event()
        self._speaker = threading.Thread(target=self._speak, daemon=True)

    def pytest_configure(self) -> None:
        """Speak from now on, during the collection too."""
        self._speaker.start()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Learn how many tests there are."""
        self._total = len(session.items)
        self._write(f"{self._total:,} tests")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Learn which test is next."""
        self._at = nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test when it is over; name one that failed at once, and say why: the end of a log may be cut off."""
        self._done += report.when == "teardown"
        if report.failed:
            self._failed += 1
            self._write(f"FAILED {report.nodeid} ({report.when}): {_why(report)}")

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No dot for a test that passed: the lines here say it."""
        return ("passed", "", "PASSED") if report.passed and report.when == "call" else None

    def pytest_unconfigure(self) -> None:
        """Fall silent."""
        self._over.set()
        self._speaker.join()

    def _speak(self) -> None:
        while not self._over.wait(SAY_EVERY_SECONDS):
            failed = f", {self._failed} failed" if self._failed else ""
            self._write(f"{self._done:,} of {self._total:,} tests done{failed}; at {self._at}")

    def _write(self, line: str) -> None:
        os.write(self._stream, f"[{time.monotonic() - self._started:5.0f} s] {line}\n".encode())


def _why(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr)[:LONGEST_REASON]


KILLING = "tests/kills"


def main(arguments: Sequence[str]) -> int:
    """Pytest's exit status; of all tests, that of whichever part failed."""
    return run(arguments) if arguments else run_all()


def run_all() -> int:
    """Every test: the killing ones in a process beside this one."""
    with tempfile.NamedTemporaryFile("wb") as said, open(said.name, "rb") as heard:  # noqa: PTH123 - a name, not a path
        with subprocess.Popen([sys.executable, __file__, KILLING], stdout=said, stderr=said) as beside:
            try:
                status = run([f"--ignore={KILLING}"])
                print(f"\nthe tests in {KILLING}, which ran meanwhile:", flush=True)
                while beside.poll() is None:
                    shutil.copyfileobj(heard, sys.stdout.buffer)
                    sys.stdout.flush()
                    time.sleep(1)
            finally:
                beside.terminate()
        shutil.copyfileobj(heard, sys.stdout.buffer)
        sys.stdout.flush()
    return status or beside.returncode


def run(arguments: Sequence[str]) -> int:
    """These tests, in this process, with a place of their own for their files.

    Where two runs share one, as pytest has it, the run that begins later takes it away from everyone but its user: from
    the account of the other's database as well.
    """
    with tempfile.TemporaryDirectory(prefix="comity-tests-", ignore_cleanup_errors=True) as place:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = place
        if sys.stdout.isatty():
            return pytest.main([*arguments])
        quiet = ["-q", "--durations=10", "--durations-min=5"]
        return pytest.main([*quiet, *arguments], plugins=[ProgressLines(os.dup(1))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
