from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The limits of the law that people are told about, beside each case, and the end of the first of them."""

    dependencies = [("comity", "0006_case_wanting")]

    operations = [
        migrations.AddField(model_name="case", name="limits_from", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="case", name="limits", field=models.BinaryField(default=b"", db_default=b"")
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["limits_from"], condition=Q(limits_from__isnull=False), name="comity_case_limits"
            ),
        ),
    ]
