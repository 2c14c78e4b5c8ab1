"""Tokens that officers' clients show to the API: kept as hashes, so that the table opens nothing."""

import hmac
from datetime import datetime

from django.db.models import Q

from comity.adapters.postgres import models
from comity.adapters.postgres.connection import operation
from comity.casework.ports.record import OfficerTokens
from comity.vocabulary.identifiers import Digest, OfficerId


class PostgresOfficerTokens(OfficerTokens):
    """See the port. Usable by any number of threads and processes."""

    def add(self, officer: OfficerId, token_hash: Digest, at: datetime, until: datetime) -> None:
        """See the port."""
        row = models.OfficerToken(token_hash=token_hash, officer=officer, made_at=at, expires_at=until)
        with operation():
            row.save(force_insert=True)

    def find(self, token_hash: Digest, at: datetime) -> OfficerId | None:
        """See the port."""
        with operation():
            row = models.OfficerToken.objects.filter(_counts(at), token_hash=token_hash).first()
        # The index has found it; the comparison that decides takes the same time wherever two hashes differ.
        return row.officer if row is not None and hmac.compare_digest(str(row.token_hash), token_hash) else None

    def revoke(self, officer: OfficerId | None, at: datetime) -> int:
        """See the port."""
        whose = Q() if officer is None else Q(officer=officer)
        with operation():
            return models.OfficerToken.objects.filter(whose, _counts(at)).update(revoked_at=at)


def _counts(at: datetime) -> Q:
    return Q(revoked_at=None, expires_at__gt=at)
