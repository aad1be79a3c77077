"""Who changed or submitted a draft beside its maker: they do not decide on it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0001_initial")]

    operations = [
        migrations.AddField(name, "hands", models.JSONField(default=list, editable=False))
        for name in ("ownfactor", "ownmethod", "ownpolicy")
    ]
