import comity.adapters.postgres.columns
import django.db.models.deletion
from django.db import migrations, models

# Ciphertext and hashes do not compress: they are stored as they are, without trying.
AS_IT_IS = (
    ("act", "sealed"),
    ("case", "view"),
    ("draft", "payload"),
    ("waitingact", "sealed"),
    ("exhibitkey", "wrapped"),
    ("exhibitkey", "index"),
    ("tile", "hashes"),
    ("ledgerhead", "edge"),
)

# Rows that are replaced often leave room in their page, so that no index has to be told.
ROOM = (("case", 80), ("delivery", 80), ("ledgerhead", 20))

STORAGE = [
    *(f"ALTER TABLE comity_{table} ALTER COLUMN {column} SET STORAGE EXTERNAL" for table, column in AS_IT_IS),
    *(f"ALTER TABLE comity_{table} SET (fillfactor = {percent})" for table, percent in ROOM),
]

# The ledger without leaves: its root is the hash of nothing (RFC 6962 section 2.1).
FIRST_HEAD = (
    "INSERT INTO comity_ledgerhead (id, epoch, first, size, root, edge, note) VALUES (1, 1, 0, 0, sha256(''), '', '')"
)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', comity.adapters.postgres.columns.HexField(primary_key=True, serialize=False)),
                ('case', comity.adapters.postgres.columns.HexField(db_index=True)),
                ('payload', models.BinaryField()),
                ('drafted_by', models.TextField()),
                ('made_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('index', models.BigIntegerField(primary_key=True, serialize=False)),
                ('act', comity.adapters.postgres.columns.HexField(unique=True)),
                ('salt', models.BinaryField()),
                ('class_salt', models.BinaryField()),
                ('act_class', models.BinaryField()),
                ('leaf', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='OfficerToken',
            fields=[
                ('token_hash', comity.adapters.postgres.columns.HexField(primary_key=True, serialize=False)),
                ('officer', models.TextField(db_index=True)),
                ('made_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('peer', models.TextField()),
                ('origin', models.TextField()),
                ('first', models.BigIntegerField()),
                ('sealed', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='Rotation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', comity.adapters.postgres.columns.HexField(unique=True)),
                ('issuer', models.TextField()),
                ('body', models.BinaryField()),
                ('sealed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Tile',
            fields=[
                ('pk', models.CompositePrimaryKey('level', 'index', blank=True, editable=False, primary_key=True, serialize=False)),
                ('level', models.SmallIntegerField()),
                ('index', models.BigIntegerField()),
                ('hashes', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='WaitingAct',
            fields=[
                ('id', comity.adapters.postgres.columns.HexField(primary_key=True, serialize=False)),
                ('case', comity.adapters.postgres.columns.HexField(db_index=True)),
                ('missing', comity.adapters.postgres.columns.HexField(db_index=True)),
                ('sender', models.TextField()),
                ('sealed', models.BinaryField()),
                ('deadline', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='WitnessedCheckpoint',
            fields=[
                ('pk', models.CompositePrimaryKey('epoch', 'size', blank=True, editable=False, primary_key=True, serialize=False)),
                ('epoch', models.IntegerField()),
                ('size', models.BigIntegerField()),
                ('note', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='WitnessedLog',
            fields=[
                ('origin', models.TextField(primary_key=True, serialize=False)),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField()),
                ('note', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', comity.adapters.postgres.columns.HexField(primary_key=True, serialize=False)),
                ('version', models.IntegerField()),
                ('view', models.BinaryField()),
                ('phase', models.TextField()),
                ('next_due', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('next_due__isnull', False)), fields=['next_due'], name='comity_case_due')],
            },
        ),
        migrations.CreateModel(
            name='Act',
            fields=[
                ('id', comity.adapters.postgres.columns.HexField(primary_key=True, serialize=False)),
                ('direction', models.TextField()),
                ('filed_at', models.DateTimeField()),
                ('sealed', models.BinaryField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='comity.case')),
            ],
        ),
        migrations.CreateModel(
            name='ExhibitKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('exhibit', comity.adapters.postgres.columns.HexField()),
                ('role', models.TextField()),
                ('case', comity.adapters.postgres.columns.HexField(db_index=True)),
                ('wrapped', models.BinaryField()),
                ('index', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('exhibit', 'role'), name='comity_exhibitkey_once')],
            },
        ),
        migrations.CreateModel(
            name='LedgerHead',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('epoch', models.IntegerField()),
                ('first', models.BigIntegerField()),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField()),
                ('edge', models.BinaryField()),
                ('note', models.TextField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='comity_ledgerhead_one_row')],
            },
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('pk', models.CompositePrimaryKey('case', 'token', blank=True, editable=False, primary_key=True, serialize=False)),
                ('token', models.BinaryField()),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='comity.case')),
            ],
        ),
        migrations.CreateModel(
            name='ExhibitObject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.IntegerField()),
                ('digest', comity.adapters.postgres.columns.HexField(db_index=True)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='comity.exhibitkey')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'place'), name='comity_exhibitobject_place')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('peer', models.TextField()),
                ('attempts', models.IntegerField(db_default=0, default=0)),
                ('next_at', models.DateTimeField(null=True)),
                ('state', models.TextField(db_default='pending', default='pending')),
                ('code', models.TextField(db_default='', default='')),
                ('urgency', models.TextField()),
                ('enclosing', models.BinaryField()),
                ('leaf', models.BigIntegerField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('act', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='comity.act')),
                ('receipt', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='comity.receipt')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['peer', 'id'], name='comity_delivery_pending'), models.Index(condition=models.Q(('receipt__isnull', False)), fields=['receipt'], name='comity_delivery_receipt')],
                'constraints': [models.UniqueConstraint(fields=('act', 'peer'), name='comity_delivery_once')],
            },
        ),
        migrations.RunSQL([*STORAGE, FIRST_HEAD], migrations.RunSQL.noop),
    ]
