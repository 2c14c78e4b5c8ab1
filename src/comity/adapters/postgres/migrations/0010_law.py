from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Cases that were read under another version of the law are found in one look."""

    dependencies = [("comity", "0009_by_hand")]

    operations = [
        migrations.AddField(model_name="case", name="law", field=models.BinaryField(default=b"", db_default=b"")),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["law"], condition=~Q(phase="disposed"), name="comity_case_law"),
        ),
    ]
