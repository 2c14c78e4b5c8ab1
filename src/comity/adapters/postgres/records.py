"""The node's database, put together."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import transaction

from comity.adapters.postgres.case_reader import PostgresCases
from comity.adapters.postgres.connection import operation
from comity.adapters.postgres.disposal import clear_case
from comity.adapters.postgres.drafts import PostgresDrafts
from comity.adapters.postgres.exhibit_keys import PostgresExhibitKeys
from comity.adapters.postgres.journals import PostgresGivenApprovals, PostgresReadJournal
from comity.adapters.postgres.ledger_reader import PostgresLedger
from comity.adapters.postgres.officer_tokens import PostgresOfficerTokens
from comity.adapters.postgres.outbox import PostgresOutbox
from comity.adapters.postgres.transaction import PostgresTransaction
from comity.adapters.postgres.witnessing import PostgresWitnessedLogs
from comity.casework.ports.record import Records
from comity.vocabulary.identifiers import AuthorityId, CaseId


class PostgresRecords(Records):
    """See the port. One for a process is enough: every thread has its own connection.

    `comity.adapters.postgres.settings.configure` comes first. Everything raises `BrokenInputError` as
    `comity.adapters.postgres.connection.operation` says.
    """

    def __init__(self, authority: AuthorityId) -> None:
        self._authority = authority
        self.ledger: PostgresLedger = PostgresLedger(authority)
        self.cases = PostgresCases()
        self.outbox = PostgresOutbox()
        self.drafts = PostgresDrafts()
        self.exhibits = PostgresExhibitKeys()
        self.witnessed_logs = PostgresWitnessedLogs()
        self.officer_tokens = PostgresOfficerTokens()
        self.readings = PostgresReadJournal()
        self.approvals = PostgresGivenApprovals()

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        """See the port. Not within another one of the same thread."""
        with operation(), transaction.atomic(durable=True):
            change = PostgresTransaction(self._authority)
            yield change
            change.finish()

    def dispose(self, case: CaseId) -> Mapping[str, int]:
        """See the port."""
        return clear_case(case)
