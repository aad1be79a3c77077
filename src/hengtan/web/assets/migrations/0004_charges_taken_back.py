"""The triggers of today for books that were made before: a charge of the internal carbon price can be reversed."""

from typing import Any

from django.db import migrations

from hengtan.market.book import upgrade


def bring(_apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection

    def has(table: str, column: str) -> bool:
        with connection.cursor() as cursor:
            return column in {each.name for each in connection.introspection.get_table_description(cursor, table)}

    for statement in upgrade(connection.vendor, has):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0003_intake"),
    ]

    operations = [
        migrations.RunPython(bring, migrations.RunPython.noop),
    ]
