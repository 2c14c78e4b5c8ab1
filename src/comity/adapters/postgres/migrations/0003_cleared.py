from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Whether what a disposed case has left behind is gone: a disposal that was cut short is found by its index."""

    dependencies = [("comity", "0002_witnessedhead")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="cleared",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["id"], condition=Q(phase="disposed", cleared=False), name="comity_case_half_disposed"
            ),
        ),
    ]
