"""One real server and one node's database for all tests here; every test begins with empty tables."""

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from comity.acts.classes import ActClass, ActType
from comity.adapters.postgres.embedded import EmbeddedCluster
from comity.cases.state import Direction, Phase
from comity.casework.ports.case import StoredAct, StoredDraft, StoredView, WaitingAct
from comity.casework.ports.delivery import Delivery
from comity.ledger.entries import Entry
from comity.vocabulary.categories import Urgency

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
CLASS = ActClass(ActType.PRESERVATION_REQUESTED, "CETS185", Urgency.URGENT, ("without-validation",))

EMPTY = """
TRUNCATE comity_act, comity_case, comity_token, comity_ledgerentry, comity_tile, comity_witnessedcheckpoint,
    comity_receipt, comity_delivery, comity_waitingact, comity_draft, comity_exhibitkey, comity_exhibitobject,
    comity_witnessedlog, comity_officertoken, comity_reading, comity_givenapproval,
    procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers RESTART IDENTITY;
UPDATE comity_ledgerhead SET epoch = 1, first = 0, size = 0, root = sha256(''), edge = '', note = '';
"""


class Making:
    """Makes rows that differ from each other and are the same in every run."""

    now = NOON
    act_class = CLASS

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def digest(self) -> str:
        return hashlib.sha256(b"made %d" % next(self._numbers)).hexdigest()

    def case(self) -> str:
        return self.digest()[:32]

    def act(self, case: str, *, sealed: bytes = b"\x01sealed", direction: Direction = Direction.ISSUED) -> StoredAct:
        return StoredAct(self.digest(), case, direction, NOON, sealed)

    def view(self, case: str, version: int = 1, *, due: datetime | None = None, text: bytes = b"view") -> StoredView:
        return StoredView(case, version, text, Phase.OPEN, due)

    def entry(self, act: str | None = None) -> Entry:
        salts = bytes.fromhex(self.digest()), bytes.fromhex(self.digest())
        return Entry(act or self.digest(), CLASS, *salts)

    def entries(self, count: int) -> list[Entry]:
        return [self.entry() for _ in range(count)]

    def draft(self, case: str) -> StoredDraft:
        return StoredDraft(self.digest(), case, b"\x01payload", "pt.costa", NOON)

    def waiting(self, case: str, missing: str, *, deadline: datetime = NOON) -> WaitingAct:
        return WaitingAct(self.digest(), case, missing, "de", b"\x01waiting", deadline)

    def sign(self, origin: str, size: int, root: bytes) -> str:
        return f"{origin}\n{size}\n{root.hex()}\n"

    def file(self, records, *acts: StoredAct, to: tuple[str, ...] = ()):
        """Files acts as a use case does: cases locked, views, deliveries, entries."""
        cases = sorted({act.case for act in acts})
        with records.transaction() as change:
            before = change.lock(cases)
            views = [self.view(case, before[case].version + 1 if case in before else 1) for case in cases]
            change.write(acts, views, [Delivery(act.id, peer) for act in acts for peer in to], [])
            return change.append([self.entry(act.id) for act in acts], self.sign)


@pytest.fixture(scope="module")
def node_url(cluster: EmbeddedCluster, django_over) -> Iterator[str]:
    cluster.drop_database("node")
    url = cluster.create_database("node", "node")
    with django_over(url):
        from comity.adapters.postgres.schema import migrate

        migrate()
        yield url


@pytest.fixture
def records(node_url: str, cluster: EmbeddedCluster):  # noqa: ARG001 - the tables must be there
    from django.db import connection

    from comity.adapters.postgres.records import PostgresRecords

    cluster.start()
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)
    return PostgresRecords("pt")


@pytest.fixture
def make() -> Making:
    return Making()
