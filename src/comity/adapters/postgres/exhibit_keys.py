"""Keys and object lists of exhibits this node stores."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import QuerySet
from psycopg import Cursor
from psycopg.rows import TupleRow

from comity.adapters.postgres import models
from comity.adapters.postgres.columns import raw
from comity.adapters.postgres.connection import bulk_cursor, operation
from comity.casework.ports.case import ExhibitKeys, StoredExhibitKey
from comity.casework.ports.fixity import ReferredObjects
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId, Digest, ExhibitId

_PUT_OBJECTS = """
INSERT INTO comity_exhibitobject (key_id, place, digest)
SELECT %b::int8, %b::int8 + place - 1, digest FROM unnest(%b::bytea[]) WITH ORDINALITY AS listed (digest, place)
"""

_ADD_KEY = """
INSERT INTO comity_exhibitkey (exhibit, role, "case", wrapped, index)
VALUES (%(exhibit)b, %(role)s, %(case)b, %(wrapped)b, %(index)b) ON CONFLICT (exhibit, role) DO NOTHING RETURNING id
"""

_KEY_TO_EXTEND = """
SELECT id FROM comity_exhibitkey WHERE exhibit = %(exhibit)b AND role = %(role)s AND "case" = %(case)b FOR UPDATE
"""

_LISTED = "SELECT coalesce(max(place) + 1, 0) FROM comity_exhibitobject WHERE key_id = %b"

_UNUSED_WITHOUT = """
SELECT DISTINCT object.digest FROM comity_exhibitobject object JOIN comity_exhibitkey key ON key.id = object.key_id
WHERE key.exhibit = %(exhibit)b AND NOT EXISTS (
    SELECT 1 FROM comity_exhibitobject other JOIN comity_exhibitkey its ON its.id = other.key_id
    WHERE other.digest = object.digest AND its.exhibit <> %(exhibit)b
) ORDER BY object.digest
"""

_DROP_OBJECTS = """
DELETE FROM comity_exhibitobject WHERE key_id IN (SELECT id FROM comity_exhibitkey WHERE exhibit = %b)
"""

_REFERRED_AFTER = """
SELECT DISTINCT digest FROM comity_exhibitobject WHERE digest > %b ORDER BY digest LIMIT %b::int8
"""


class PostgresExhibitKeys(ExhibitKeys, ReferredObjects):
    """See the port. Usable by any number of threads and processes."""

    def keep(self, key: StoredExhibitKey) -> None:
        """See the port."""
        columns = {"case": key.case, "wrapped": key.wrapped, "index": key.index}
        with operation(), transaction.atomic():
            row, _ = models.ExhibitKey.objects.update_or_create(exhibit=key.exhibit, role=key.role, defaults=columns)
            cursor = bulk_cursor()
            cursor.execute("DELETE FROM comity_exhibitobject WHERE key_id = %b", [row.pk])
            _put_objects(cursor, row.pk, 0, key.objects)

    def extend(self, key: StoredExhibitKey, listed: int | None) -> None:
        """See the port. The row is locked before its objects are counted, so that of two at once one is refused."""
        with operation(), transaction.atomic():
            cursor = bulk_cursor()
            words = {"exhibit": raw(key.exhibit), "role": key.role, "case": raw(key.case), "wrapped": key.wrapped}
            if listed is None:
                row = cursor.execute(_ADD_KEY, {**words, "index": key.index}).fetchone()
            else:
                row = cursor.execute(_KEY_TO_EXTEND, words).fetchone()
                if row is not None and cursor.execute(_LISTED, [row[0]]).fetchone() != (listed,):
                    row = None
            if row is None:
                raise BrokenInputError(
                    ErrorCode.OUT_OF_ORDER,
                    "what is kept of the exhibit is not what this continues",
                    found=key.exhibit,
                    do="take the data in again: it goes on behind what is kept",
                )
            cursor.execute("UPDATE comity_exhibitkey SET wrapped = %b WHERE id = %b", [key.wrapped, row[0]])
            _put_objects(cursor, row[0], listed or 0, key.objects)

    def get(self, exhibit: ExhibitId, role: str) -> StoredExhibitKey | None:
        """See the port."""
        return next(iter(_loaded(models.ExhibitKey.objects.filter(exhibit=exhibit, role=role))), None)

    def of_case(self, case: CaseId) -> Sequence[StoredExhibitKey]:
        """See the port; in the order they were first kept."""
        return _loaded(models.ExhibitKey.objects.filter(case=case))

    def destroy_key(self, exhibit: ExhibitId) -> Sequence[Digest]:
        """See the port; sorted, each once."""
        with operation(), transaction.atomic():
            cursor = bulk_cursor()
            cursor.execute("UPDATE comity_exhibitkey SET wrapped = '' WHERE exhibit = %b", [raw(exhibit)])
            return _unused_without(cursor, exhibit)

    def drop(self, exhibit: ExhibitId) -> Sequence[Digest]:
        """See the port; sorted, each once."""
        with operation(), transaction.atomic():
            cursor = bulk_cursor()
            unused = _unused_without(cursor, exhibit)
            cursor.execute(_DROP_OBJECTS, [raw(exhibit)])
            cursor.execute("DELETE FROM comity_exhibitkey WHERE exhibit = %b", [raw(exhibit)])
        return unused

    def referred(self) -> Collection[Digest]:
        """See the port."""
        with operation():
            rows = bulk_cursor().execute("SELECT DISTINCT digest FROM comity_exhibitobject", binary=True)
            return {digest.hex() for (digest,) in rows}

    def referred_after(self, digest: str, limit: int) -> Sequence[Digest]:
        """See `comity.casework.ports.fixity.ReferredObjects`; one look into the index."""
        with operation():
            rows = bulk_cursor().execute(_REFERRED_AFTER, [raw(digest), limit], binary=True)
            return [found.hex() for (found,) in rows]

    def is_referred(self, digest: Digest) -> bool:
        """See `comity.casework.ports.fixity.ReferredObjects`."""
        with operation():
            return models.ExhibitObject.objects.filter(digest=digest).exists()


def _put_objects(cursor: "Cursor[TupleRow]", row: int, place: int, digests: Sequence[Digest]) -> None:
    cursor.execute(_PUT_OBJECTS, [row, place, [raw(digest) for digest in digests]])


def _unused_without(cursor: "Cursor[TupleRow]", exhibit: ExhibitId) -> list[Digest]:
    return [digest.hex() for (digest,) in cursor.execute(_UNUSED_WITHOUT, {"exhibit": raw(exhibit)})]


def _loaded(rows: "QuerySet[models.ExhibitKey]") -> list[StoredExhibitKey]:
    with operation(), transaction.atomic():
        keys = list(rows.order_by("id"))
        objects: dict[int, list[Digest]] = {row.pk: [] for row in keys}
        listed = models.ExhibitObject.objects.filter(key__in=keys).order_by("key_id", "place")
        for key, digest in listed.values_list("key_id", "digest"):
            objects[key].append(digest)
    return [
        StoredExhibitKey(row.exhibit, row.role, row.case, bytes(row.wrapped), tuple(objects[row.pk]), bytes(row.index))
        for row in keys
    ]
