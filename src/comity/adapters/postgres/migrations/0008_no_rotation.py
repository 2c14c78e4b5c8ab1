from django.db import migrations


class Migration(migrations.Migration):
    """Rotations of keys are acts and read as such: a second list of them was written and read by nothing."""

    dependencies = [("comity", "0007_case_limits")]

    operations = [migrations.DeleteModel(name="Rotation")]
