"""What one check of the whole system found, gathered as it goes: counts, and the first problems in words."""

from msgspec import Struct

SHOWN = 20
"""Problems of one check that are told one by one; the rest are counted."""


class CheckResult(Struct, frozen=True):
    """One numbered check: what was looked at, and what is wrong. `problems` ends with the number of those not told.

    Where `ok` holds, `problems` are what is not wrong yet.
    """

    number: int
    name: str
    ok: bool
    counted: int
    problems: tuple[str, ...] = ()


class Findings:
    """Collects what one check finds. Problems name rows and codes, never what a case says."""

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self.counted = 0
        self._found = 0
        self._told: list[str] = []

    def count(self, more: int = 1) -> None:
        """So many things were looked at."""
        self.counted += more

    def problem(self, text: str) -> None:
        """Something is not as it must be."""
        self._found += 1
        if len(self._told) < SHOWN:
            self._told.append(text)

    def remark(self, text: str) -> None:
        """Something is as it must be, and will not stay so by itself."""
        self._told.append(text)

    def result(self) -> CheckResult:
        """The check, closed."""
        told = list(self._told)
        if self._found > SHOWN:
            told.append(f"and {self._found - SHOWN} more")
        return CheckResult(self.number, self.name, not self._found, self.counted, tuple(told))
