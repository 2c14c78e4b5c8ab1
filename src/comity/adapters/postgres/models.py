# mypy: disable-error-code="var-annotated"
# ruff: noqa: D106, DJ008 - Meta is Django's own, and rows are shown to nobody.
# The Python type of a column is said once, by the struct its rows become.
"""The node's tables. Rows are not domain values: they leave this package as the structs of `comity.casework.ports.case` and its neighbours.

What a case says is in the binary columns `sealed`, `view`, `payload` and `wrapped`, encrypted before it comes here. A
ledger entry outlives its act: it is what makes an act known (so that a disposed act cannot be filed again), and what
proofs are made from. Tables grow by COPY and by statements over arrays; see `transaction` and `ledger`.
"""

from django.db import models
from django.db.models import Q

from comity.adapters.postgres.columns import HexField
from comity.casework.ports.delivery import DeliveryState


class Case(models.Model):
    """A case's row: its encrypted view, and the little that must be seen without its key. Never deleted.

    `wanting_since` is from when on the case is a matter for people, `wanting` the code of the alarm. `limits` are the limits of the law that people are told about, `limits_from` the first. `law` is the version
    of the law under which its acts were read. `cleared` is set once a disposed case has left nothing else behind.
    """

    id = HexField(primary_key=True)
    version = models.IntegerField()
    view = models.BinaryField()
    phase = models.TextField()
    next_due = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    cleared = models.BooleanField(default=False, db_default=False)
    wanting_since = models.DateTimeField(null=True)
    wanting = models.TextField(default="", db_default="")
    limits_from = models.DateTimeField(null=True)
    limits = models.BinaryField(default=b"", db_default=b"")
    law = models.BinaryField(default=b"", db_default=b"")

    class Meta:
        indexes = (
            models.Index(fields=["law"], condition=~Q(phase="disposed"), name="comity_case_law"),
            models.Index(
                fields=["wanting_since"], condition=Q(wanting_since__isnull=False), name="comity_case_wanting"
            ),
            models.Index(fields=["limits_from"], condition=Q(limits_from__isnull=False), name="comity_case_limits"),
            models.Index(fields=["next_due"], condition=Q(next_due__isnull=False), name="comity_case_due"),
            models.Index(fields=["id"], condition=Q(phase="disposed", cleared=False), name="comity_case_half_disposed"),
            models.Index(fields=["changed_at", "id"], name="comity_case_changed"),
        )


class Act(models.Model):
    """An act, encrypted under its case's key. Its place in the ledger is that of the entry with its id."""

    id = HexField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    direction = models.TextField()
    filed_at = models.DateTimeField()
    sealed = models.BinaryField()


class Token(models.Model):
    """A blind search token of a case."""

    pk = models.CompositePrimaryKey("case", "token")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, db_index=False)
    token = models.BinaryField()


class LedgerEntry(models.Model):
    """A leaf: what it commits to, its salts, and its 64 bytes as they were hashed."""

    index = models.BigIntegerField(primary_key=True)
    act = HexField(unique=True)
    salt = models.BinaryField()
    class_salt = models.BinaryField()
    act_class = models.BinaryField()
    leaf = models.BinaryField()


class LedgerHead(models.Model):
    """The newest signed head, one row. `edge` are the partial tiles, lowest level first; the size tells their widths."""

    id = models.SmallIntegerField(primary_key=True)
    epoch = models.IntegerField()
    first = models.BigIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    edge = models.BinaryField()
    note = models.TextField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="comity_ledgerhead_one_row"),)


class Tile(models.Model):
    """A full tile: 256 hashes, written once."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()


class WitnessedCheckpoint(models.Model):
    """A checkpoint of this ledger with its cosignatures."""

    pk = models.CompositePrimaryKey("epoch", "size")
    epoch = models.IntegerField()
    size = models.BigIntegerField()
    note = models.TextField()


class Receipt(models.Model):
    """A peer's receipt for leaves from `first` on of its ledger `origin`. One covers many deliveries."""

    peer = models.TextField()
    origin = models.TextField()
    first = models.BigIntegerField()
    sealed = models.BinaryField()


class Delivery(models.Model):
    """An act on its way to a peer. Its number orders deliveries as their acts were filed.

    `leaf` is the act's place in the peer's ledger, once its receipt has come. `tried_at` is the last attempt that failed.
    """

    act = models.ForeignKey(Act, on_delete=models.PROTECT, db_index=False)
    peer = models.TextField()
    attempts = models.IntegerField(default=0, db_default=0)
    next_at = models.DateTimeField(null=True)
    state = models.TextField(default=DeliveryState.PENDING.value, db_default=DeliveryState.PENDING.value)
    code = models.TextField(default="", db_default="")
    urgency = models.TextField()
    enclosing = models.BinaryField()
    receipt = models.ForeignKey(Receipt, null=True, on_delete=models.PROTECT, db_index=False)
    leaf = models.BigIntegerField(null=True)
    delivered_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["act", "peer"], name="comity_delivery_once"),)
        indexes = (
            models.Index(
                fields=["peer", "id"], condition=Q(state=DeliveryState.PENDING.value), name="comity_delivery_pending"
            ),
            models.Index(
                fields=["peer", "id"], condition=Q(state=DeliveryState.BY_HAND.value), name="comity_delivery_by_hand"
            ),
            models.Index(fields=["receipt"], condition=Q(receipt__isnull=False), name="comity_delivery_receipt"),
        )


class WaitingAct(models.Model):
    """A received act whose predecessor has not come, encrypted (see `comity.casework.bench.waiting`)."""

    id = HexField(primary_key=True)
    case = HexField(db_index=True)
    missing = HexField(db_index=True)
    sender = models.TextField()
    sealed = models.BinaryField()
    deadline = models.DateTimeField(db_index=True)


class Draft(models.Model):
    """Payload bytes that wait for approval. Its case may not have a row yet."""

    id = HexField(primary_key=True)
    case = HexField(db_index=True)
    payload = models.BinaryField()
    drafted_by = models.TextField()
    made_at = models.DateTimeField(db_index=True)


class ExhibitKey(models.Model):
    """An exhibit's identity, encrypted under its case's key, with the encrypted index of what was stored."""

    exhibit = HexField()
    role = models.TextField()
    case = HexField(db_index=True)
    wrapped = models.BinaryField()
    index = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["exhibit", "role"], name="comity_exhibitkey_once"),)


class ExhibitObject(models.Model):
    """An object of the evidence store that an exhibit refers to, in the exhibit's order."""

    key = models.ForeignKey(ExhibitKey, on_delete=models.CASCADE, db_index=False)
    place = models.IntegerField()
    digest = HexField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["key", "place"], name="comity_exhibitobject_place"),)


class WitnessedLog(models.Model):
    """The newest checkpoint of another node's log that this node cosigned."""

    origin = models.TextField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()


class WitnessedHead(models.Model):
    """A head of another node's log that this node cosigned, remembered to tie a later epoch of that log to it."""

    pk = models.CompositePrimaryKey("origin", "size")
    origin = models.TextField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    number = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["origin", "number"], name="comity_witnessedhead_number"),)


class OfficerToken(models.Model):
    """SHA-256 of a token an officer's client shows; the token itself is kept nowhere."""

    token_hash = HexField(primary_key=True)
    officer = models.TextField(db_index=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class Reading(models.Model):
    """An officer read something of a case: who, in which office, what and when; never a word of it.

    Only ever added: a trigger refuses changes, and deletion but of a disposed case's. Once a minute for the same thing.
    `case` and `subject` are empty where a search found nothing.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    minute = models.IntegerField()
    officer = models.TextField()
    office = models.TextField()
    what = models.TextField()
    case = HexField()
    subject = HexField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["case", "officer", "what", "subject", "minute"], name="comity_reading_once"
            ),
        )
        indexes = (
            models.Index(fields=["case", "id"], name="comity_reading_case"),
            models.Index(fields=["officer", "id"], name="comity_reading_officer"),
            models.Index(fields=["subject"], condition=Q(what="draft-discarded"), name="comity_reading_discarded"),
        )


class GivenApproval(models.Model):
    """An approval in the seal of an act of this node, found by its officer: whose credential approved what."""

    pk = models.CompositePrimaryKey("officer", "act")
    officer = models.TextField()
    act = HexField()
    case = HexField(db_index=True)
    office = models.TextField()
    credential = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["officer", "at", "act"], name="comity_givenapproval_latest"),)
