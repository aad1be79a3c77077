"""Allocations know the statements they came from, and what they work out once more."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('market', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='allocation',
            name='again_of',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='runs_again', to='market.allocation'),
        ),
        migrations.AddField(
            model_name='allocation',
            name='rules',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='allocation',
            name='statements',
            field=models.JSONField(default=list),
        ),
    ]
