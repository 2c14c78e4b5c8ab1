"""Directory watch: a newer version is taken into use while the node works, and one that runs out is told in time.

What happens when it has run out. The version in force stays in force: acts are made, taken and judged under it, because a
preservation request must not wait for a publisher's holiday, and every key in it has its own end. But nobody can tell any
more whether a key was withdrawn since; so it is an alarm from a while before, it fails the check of the whole node, and no
published version that has itself expired is ever taken (see docs/decisions/0014-an-expired-directory.md).
"""

import logging
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from comity.casework.bench.workbench import Workbench
from comity.casework.ports.directory import DirectoryVersions
from comity.trust.directory import Directory
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.instants import Instant

log = logging.getLogger("comity.directory")

SOON = timedelta(days=14)
"""How long before its end a directory version is told of: a keeper must gather a threshold of signatures."""


class Freshness(StrEnum):
    """How a directory version stands to its end."""

    FRESH = "fresh"
    EXPIRES_SOON = "expires-soon"
    EXPIRED = "expired"


class DirectoryStanding(Struct, frozen=True):
    """The version in force, and until when it is vouched for."""

    version: int
    expires: Instant
    freshness: Freshness


def follow_directory(bench: Workbench, versions: DirectoryVersions) -> Directory | None:
    """Takes a newer version into use at once, in this process; None when there is none. Never raises for a bad one.

    The ledger names it by an act of its own (`comity.casework.upkeep.directory_seen`), once for all processes.
    """
    try:
        newer = versions.newer(bench.clock.now(), bench.directory.base)
    except BrokenInputError as error:
        log.warning("a published directory version is not taken: %s", error.code)
        return None
    if newer is None:
        return None
    bench.directory.replace_base(newer)
    log.info("directory version %d is in force", newer.version)
    return newer


def directory_standing(bench: Workbench, at: datetime | None = None) -> DirectoryStanding:
    """How long the version in force is vouched for."""
    metadata = bench.directory().metadata
    now = at or bench.clock.now()
    if now >= metadata.expires:
        freshness = Freshness.EXPIRED
    else:
        freshness = Freshness.EXPIRES_SOON if now >= metadata.expires - SOON else Freshness.FRESH
    return DirectoryStanding(metadata.number, metadata.expires, freshness)
