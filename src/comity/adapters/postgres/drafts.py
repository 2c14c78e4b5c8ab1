"""Drafts: not acts yet, seen by their own authority only."""

from collections.abc import Collection, Sequence

from django.db.models import Q, QuerySet

from comity.adapters.postgres import models
from comity.adapters.postgres.columns import raws
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.casework.ports.case import Drafts, StoredDraft
from comity.casework.ports.paging import PAGE_LIMIT, Place
from comity.vocabulary.identifiers import ActId


class PostgresDrafts(Drafts):
    """See the port. Usable by any number of threads and processes."""

    def keep(self, draft: StoredDraft) -> None:
        """See the port. A draft is named by its bytes: the same again replaces nothing but its encryption."""
        columns = {
            "case": draft.case,
            "payload": draft.payload,
            "drafted_by": draft.drafted_by,
            "made_at": draft.made_at,
        }
        with operation():
            models.Draft.objects.update_or_create(id=draft.id, defaults=columns)

    def get(self, draft: ActId) -> StoredDraft | None:
        """See the port."""
        return next(iter(self.many([draft])), None)

    def many(self, drafts: Collection[ActId]) -> Sequence[StoredDraft]:
        """See the port; oldest first."""
        return _loaded(models.Draft.objects.filter(id__in=list(drafts)))

    def there(self, drafts: Collection[ActId]) -> Collection[ActId]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute("SELECT id FROM comity_draft WHERE id = ANY(%b)", [raws(drafts)], binary=True)
            return {draft.hex() for (draft,) in rows}

    def open(self, after: Place | None = None, limit: int = PAGE_LIMIT) -> Sequence[StoredDraft]:
        """See the port."""
        rows = models.Draft.objects.all()
        if after is not None:
            rows = rows.filter(Q(made_at__gt=after.at) | Q(made_at=after.at, id__gt=after.name))
        return _loaded(rows, limit)

    def drop(self, drafts: Collection[ActId]) -> None:
        """See the port."""
        with operation():
            models.Draft.objects.filter(id__in=list(drafts)).delete()


def _loaded(rows: "QuerySet[models.Draft]", limit: int | None = None) -> list[StoredDraft]:
    with operation():
        return [
            StoredDraft(row.id, row.case, bytes(row.payload), row.drafted_by, row.made_at)
            for row in rows.order_by("made_at", "id")[:limit]
        ]
