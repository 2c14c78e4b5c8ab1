from django.db import migrations, models


class Migration(migrations.Migration):
    """Heads that were cosigned, to tie later epochs of a log to; begun with the newest of each log."""

    dependencies = [("comity", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="WitnessedHead",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "origin", "size", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("origin", models.TextField()),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("number", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["origin", "number"], name="comity_witnessedhead_number")],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO comity_witnessedhead (origin, size, root, number) SELECT origin, size, root, 0 FROM comity_witnessedlog",
            migrations.RunSQL.noop,
        ),
    ]
