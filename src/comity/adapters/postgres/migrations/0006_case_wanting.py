from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """From when on a case is a matter for people, and why: kept too long, to be looked at, or copies nobody answers for."""

    dependencies = [("comity", "0005_token_expiry")]

    operations = [
        migrations.AddField(model_name="case", name="wanting_since", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="case", name="wanting", field=models.TextField(default="", db_default="")),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["wanting_since"], condition=Q(wanting_since__isnull=False), name="comity_case_wanting"
            ),
        ),
    ]
