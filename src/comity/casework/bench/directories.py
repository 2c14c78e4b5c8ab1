"""The directory in force at this node: the newest verified version, with the key rotations accepted by act since.

Rotations are acts in the house cases of those who made them; they are read from there, so there is no second list that
could differ. A version of the house cases decides whether anything has to be read again.
"""

import contextlib
import threading
from collections.abc import Callable, Collection, Mapping

from comity.acts.bodies import KeyRotated
from comity.cases.house import house_case
from comity.casework.ports.case import CaseReader, StoredAct
from comity.trust.directory import Directory
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import AuthorityId, CaseId


class DirectoryInForce:
    """Call it for the present directory. Thread-safe; other processes' rotations are seen at the next `refresh`."""

    def __init__(
        self,
        base: Directory,
        cases: CaseReader,
        open_act: Callable[[StoredAct], bytes],
        version: Callable[[int], Directory | None] = lambda _number: None,
    ) -> None:
        """`version` gives an older version by its number, None for one that is not here."""
        self._base = base
        self._houses = _houses(base)
        self._cases = cases
        self._open_act = open_act
        self._lock = threading.Lock()
        self._versions: Mapping[CaseId, int] = {}
        self._present = base
        self._version = version
        self._older: dict[int, Directory | None] = {}

    def __call__(self) -> Directory:
        """The directory as of the last refresh."""
        return self._present

    @property
    def base(self) -> Directory:
        """The verified version itself, without rotations."""
        return self._base

    def replace_base(self, base: Directory) -> None:
        """A newer version was verified and is in use, with every rotation, from one call to the next.

        Raises `BrokenInputError(UNAVAILABLE)` when rotations cannot be read: then the old one stays in use.
        """
        with self._lock:
            houses = _houses(base)
            versions = self._cases.versions(houses)
            present = self._with_rotations(base, houses, versions)
            self._base, self._houses, self._versions, self._present = base, houses, versions, present

    def as_of(self, number: int) -> Directory:
        """An older version with every rotation accepted to this day; the one in force where that one is not here."""
        present = self()
        if number >= present.version:
            return present
        with self._lock:
            if number not in self._older:
                base = self._version(number)
                houses = {} if base is None else _houses(base)
                versions = self._cases.versions(houses)
                self._older[number] = None if base is None else self._with_rotations(base, houses, versions)
            return self._older[number] or present

    def refresh(self) -> Directory:
        """Reads rotations again if a house case changed."""
        with self._lock:
            versions = self._cases.versions(self._houses)
            if versions != self._versions:
                self._present = self._with_rotations(self._base, self._houses, versions)
                self._versions = versions
            return self._present

    def _with_rotations(
        self, base: Directory, houses: Mapping[CaseId, AuthorityId], present: Collection[CaseId]
    ) -> Directory:
        directory = base
        for house, authority in houses.items():
            for stored in self._cases.acts(house) if house in present else ():
                opened = read_sealed(self._open_act(stored))
                body = opened.payload.body
                if isinstance(body, KeyRotated) and opened.payload.issuer == authority:
                    # Each was possible when it came; one that others since have made impossible changes nothing.
                    with contextlib.suppress(BrokenInputError):
                        directory = directory.with_rotation(authority, body, stored.id, opened.sealed_at)
        return directory


def _houses(base: Directory) -> Mapping[CaseId, AuthorityId]:
    """Whose house case is which, in the order of the authorities."""
    return {house_case(authority): authority for authority in sorted(base.authorities)}
