from datetime import UTC, datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    """Officers' tokens end by themselves; those made before this had no end, and end now."""

    dependencies = [("comity", "0004_desk")]

    operations = [
        migrations.AddField(
            model_name="officertoken",
            name="expires_at",
            field=models.DateTimeField(default=datetime(1970, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
    ]
