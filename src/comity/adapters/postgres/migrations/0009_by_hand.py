from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What is for people to send is found without reading what was delivered."""

    dependencies = [("comity", "0008_no_rotation")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["peer", "id"], condition=Q(state="by-hand"), name="comity_delivery_by_hand"),
        ),
    ]
