"""How often a person renewed the addresses of his calendars."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisations", "0002_tally")]

    operations = [migrations.AddField("membership", "feeds", models.PositiveIntegerField(default=0, editable=False))]
