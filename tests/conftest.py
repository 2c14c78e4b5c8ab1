"""One real PostgreSQL for all tests of a run, and Django over one database of it after another."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from comity.adapters.postgres.embedded import EmbeddedCluster, temporary_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[EmbeddedCluster]:
    with temporary_cluster() as running:
        yield running


@contextlib.contextmanager
def _django_over(url: str) -> Iterator[None]:
    from django.conf import empty, settings
    from django.db import connections

    from comity.adapters.postgres.settings import configure

    def forget() -> None:
        connections.close_all()
        connections.__dict__.pop("settings", None)
        connections._settings = None
        if hasattr(connections._connections, "default"):
            del connections["default"]

    before, settings._wrapped = settings._wrapped, empty
    if before is not empty:
        forget()
    configure(url)
    try:
        yield
    finally:
        forget()
        settings._wrapped = before


@pytest.fixture(scope="session")
def django_over() -> Callable[[str], contextlib.AbstractContextManager[None]]:
    """Django over a database, and afterwards as it was found: a process has one database, a test run has several."""
    return _django_over
