"""Where newer versions of the directory come from."""

from datetime import datetime
from typing import Protocol

from comity.trust.directory import Directory


class DirectoryVersions(Protocol):
    """The versions that are published for this node, and those it has taken. Cheap to ask again and again."""

    def newer(self, at: datetime, present: Directory) -> Directory | None:
        """A verified version that is to replace the present one, kept durably; None when there is nothing new.

        Raises `BrokenInputError` (BAD_DIRECTORY, DIRECTORY_EXPIRED, FORK) now and then for what is published and will
        not do: nothing is older than what it replaces, and everything is vouched for from the pinned root on.
        """
        ...
