"""The alarms of a node in one small file, shared by its processes and kept over their ends."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from comity.adapters.private_files import exclusive, open_folder, read_private, replace_private
from comity.casework.ports.alarms import Alarm, AlarmBoard, AlarmCode
from comity.vocabulary.wire import decode, encode

_LIMIT = 16 << 20
_MOST = 10_000
"""Alarms that are kept; beyond them nobody would read more. The oldest stand."""


class _Standing(Struct, frozen=True):
    alarms: tuple[Alarm, ...] = ()


class FileAlarmBoard(AlarmBoard):
    """See the port. The folder is the node's own; the file is replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)
        self._path = folder / "standing.json"

    def sound(self, alarm: Alarm) -> bool:
        """See the port."""

        def add(standing: tuple[Alarm, ...]) -> tuple[Alarm, ...]:
            before = [each for each in standing if _same(each, alarm.code, alarm.subject)]
            if not before:
                return (*standing, alarm)[:_MOST]
            changed = replace(before[0], detail=alarm.detail)
            return tuple(changed if each == before[0] else each for each in standing)

        before, after = self._change(add)
        return len(after) > len(before)

    def end(self, code: AlarmCode, subject: str) -> bool:
        """See the port."""
        if not any(_same(each, code, subject) for each in self.standing()):
            return False
        before, after = self._change(
            lambda standing: tuple(each for each in standing if not _same(each, code, subject))
        )
        return len(after) < len(before)

    def standing(self) -> tuple[Alarm, ...]:
        """See the port."""
        if not self._path.exists():
            return ()
        return decode(read_private(self._path, limit=_LIMIT), _Standing, limit=_LIMIT).alarms

    def _change(
        self, change: Callable[[tuple[Alarm, ...]], tuple[Alarm, ...]]
    ) -> tuple[tuple[Alarm, ...], tuple[Alarm, ...]]:
        with exclusive(self._folder / "lock"):
            before = self.standing()
            after = change(before)
            if after != before:
                replace_private(self._path, encode(_Standing(after)))
        return before, after


def _same(alarm: Alarm, code: AlarmCode, subject: str) -> bool:
    return (alarm.code, alarm.subject) == (code, subject)
