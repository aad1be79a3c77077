"""Counts that all processes share. On PostgreSQL they are not written to its log: a crash forgets them, and nobody waits for a disk."""

from typing import Any

from django.db import migrations, models


def not_logged(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE organisations_tally SET UNLOGGED")


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('key', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('taken', models.BigIntegerField()),
                ('until_ms', models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.RunPython(not_logged, migrations.RunPython.noop),
    ]
