"""A progress bar while a large dossier is read: on the terminal's error stream, and only when somebody is looking."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from comity.evidence.archive.read import ByteSource

WORTH_SHOWING = 64 << 20
"""Bytes below which verifying is over before a bar is drawn."""

_STEP = 8 << 20


class _Watched:
    """Reads from a file and reports how far it got, in steps that cost nothing."""

    def __init__(self, file: FileIO, progress: Progress, size: int) -> None:
        self._file = file
        self._progress = progress
        self._task = progress.add_task("reading", total=size)
        self._at = 0
        self._shown = 0

    def read(self, count: int, /) -> bytes:
        """As the file reads."""
        data = self._file.read(count)
        self._at += len(data)
        if self._at - self._shown >= _STEP:
            self._shown = self._at
            self._progress.update(self._task, completed=self._at)
        return data

    def seek(self, offset: int, /) -> int:
        """As the file seeks. Reading a part again moves no bar: it shows the farthest place reached."""
        self._at = self._file.seek(offset)
        return self._at


@contextmanager
def open_watched(path: Path) -> Iterator[ByteSource]:
    """The file for reading, with a bar where it is large. Raises `OSError`."""
    console = Console(stderr=True)
    # Contents are read in large pieces, which a buffer would only copy once more.
    with path.open("rb", buffering=0) as file:
        size = path.stat().st_size
        if size < WORTH_SHOWING or not console.is_terminal:
            yield file
            return
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            yield _Watched(file, progress, size)
