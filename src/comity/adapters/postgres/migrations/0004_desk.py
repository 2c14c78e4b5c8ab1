from django.db import migrations, models
from django.db.models import Q

import comity.adapters.postgres.columns

# Readings are only ever added. They go with the case they are about, once it is disposed of, and at no other time.
_KEEP = """
CREATE FUNCTION comity_reading_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM comity_case WHERE id = OLD."case" AND phase = 'disposed') THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'readings are only added' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER comity_reading_is_kept BEFORE UPDATE OR DELETE ON comity_reading
    FOR EACH ROW EXECUTE FUNCTION comity_reading_is_kept();
"""

_LET_GO = "DROP TRIGGER comity_reading_is_kept ON comity_reading; DROP FUNCTION comity_reading_is_kept();"


class Migration(migrations.Migration):
    """The officers' desk: who read what, who approved what, when a delivery was last tried, cases in order of change."""

    dependencies = [("comity", "0003_cleared")]

    operations = [
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("minute", models.IntegerField()),
                ("officer", models.TextField()),
                ("office", models.TextField()),
                ("what", models.TextField()),
                ("case", comity.adapters.postgres.columns.HexField()),
                ("subject", comity.adapters.postgres.columns.HexField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["case", "officer", "what", "subject", "minute"], name="comity_reading_once"
                    )
                ],
                "indexes": [
                    models.Index(fields=["case", "id"], name="comity_reading_case"),
                    models.Index(fields=["officer", "id"], name="comity_reading_officer"),
                    models.Index(
                        fields=["subject"], condition=Q(what="draft-discarded"), name="comity_reading_discarded"
                    ),
                ],
            },
        ),
        migrations.RunSQL(_KEEP, _LET_GO),
        migrations.CreateModel(
            name="GivenApproval",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "officer", "act", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("officer", models.TextField()),
                ("act", comity.adapters.postgres.columns.HexField()),
                ("case", comity.adapters.postgres.columns.HexField(db_index=True)),
                ("office", models.TextField()),
                ("credential", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["officer", "at", "act"], name="comity_givenapproval_latest")],
            },
        ),
        migrations.AddField(model_name="delivery", name="tried_at", field=models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="case", index=models.Index(fields=["changed_at", "id"], name="comity_case_changed")
        ),
    ]
