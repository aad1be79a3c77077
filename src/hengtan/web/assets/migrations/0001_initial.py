"""The tables of the book, made by ``hengtan.market.book.schema`` with their constraints and triggers, and the web's own beside them."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from hengtan.market.book import schema, unmade


def make(_apps: Any, schema_editor: Any) -> None:
    for statement in schema(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def unmake(_apps: Any, schema_editor: Any) -> None:
    for statement in unmade(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisations', '0002_tally'),
        ('vault', '0002_room_and_leaving'),
    ]

    operations = [
        migrations.RunPython(make, unmake),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.TextField()),
                ('entity', models.TextField()),
                ('registry', models.TextField()),
                ('number', models.TextField()),
            ],
            options={
                'db_table': 'book_account',
                'ordering': ['key'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
                ('posting', models.BigIntegerField()),
                ('code', models.TextField()),
                ('kind', models.TextField()),
                ('vintage', models.BigIntegerField()),
                ('project', models.TextField()),
                ('methodology', models.TextField()),
                ('registered_on', models.DateField(null=True)),
                ('produced_on', models.DateField(null=True)),
                ('region', models.TextField()),
                ('market', models.TextField()),
                ('series', models.TextField()),
                ('first_number', models.BigIntegerField()),
                ('last_number', models.BigIntegerField()),
                ('day', models.DateField()),
                ('origin', models.TextField()),
            ],
            options={
                'db_table': 'book_batch',
                'ordering': ['-number'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Break',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.TextField()),
                ('code', models.TextField()),
                ('numbers', models.TextField()),
                ('ours', models.BigIntegerField()),
                ('theirs', models.BigIntegerField()),
            ],
            options={
                'db_table': 'book_break',
                'ordering': ['-pk'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('posting', models.BigIntegerField()),
                ('purpose', models.TextField()),
                ('beneficiary', models.TextField()),
                ('year', models.BigIntegerField()),
            ],
            options={
                'db_table': 'book_claim',
                'ordering': ['-posting'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Closing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('closed_by', models.TextField()),
                ('reason', models.TextField()),
                ('closed_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'book_closing',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.TextField()),
                ('decided_by', models.TextField()),
                ('decided_at', models.DateTimeField()),
                ('reason', models.TextField()),
                ('posting', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'book_decision',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='FolderEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('posting', models.BigIntegerField()),
                ('salt', models.TextField()),
                ('commitment', models.TextField()),
                ('entry', models.TextField()),
                ('entry_index', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'book_entry',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Head',
            fields=[
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='organisations.organisation')),
                ('number', models.BigIntegerField()),
                ('batches', models.BigIntegerField()),
            ],
            options={
                'db_table': 'book_head',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.BigIntegerField()),
                ('code', models.TextField()),
                ('series', models.TextField()),
                ('first_number', models.BigIntegerField(null=True)),
                ('last_number', models.BigIntegerField(null=True)),
                ('held', models.BigIntegerField()),
                ('frozen', models.BigIntegerField()),
            ],
            options={
                'db_table': 'book_line',
                'ordering': ['row_number'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('posting', models.BigIntegerField()),
                ('spent_by', models.BigIntegerField(null=True)),
                ('batch', models.BigIntegerField()),
                ('code', models.TextField()),
                ('series', models.TextField()),
                ('first_number', models.BigIntegerField()),
                ('last_number', models.BigIntegerField()),
                ('account', models.TextField()),
                ('place', models.TextField()),
                ('contract', models.TextField()),
            ],
            options={
                'db_table': 'book_lot',
                'ordering': ['batch', 'first_number'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Money',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('posting', models.BigIntegerField()),
                ('line', models.BigIntegerField()),
                ('what', models.TextField()),
                ('source', models.TextField()),
                ('target', models.TextField()),
                ('fen', models.BigIntegerField()),
            ],
            options={
                'db_table': 'book_money',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
                ('kind', models.TextField()),
                ('day', models.DateField()),
                ('entity', models.TextField()),
                ('contract', models.TextField()),
                ('quantity', models.BigIntegerField()),
                ('reverses', models.BigIntegerField(null=True)),
                ('record', models.TextField()),
                ('posted_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'book_posting',
                'ordering': ['-number'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.TextField()),
                ('kind', models.TextField()),
                ('event', models.TextField()),
                ('digest', models.TextField()),
                ('source', models.TextField()),
                ('proposed_by', models.TextField()),
                ('proposed_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'book_proposal',
                'ordering': ['pk'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('symbol', models.TextField()),
                ('day', models.DateField()),
                ('revision', models.BigIntegerField()),
                ('open_fen', models.BigIntegerField(null=True)),
                ('high_fen', models.BigIntegerField(null=True)),
                ('low_fen', models.BigIntegerField(null=True)),
                ('close_fen', models.BigIntegerField()),
                ('listed_t', models.BigIntegerField()),
                ('listed_fen', models.BigIntegerField()),
                ('block_t', models.BigIntegerField()),
                ('block_fen', models.BigIntegerField()),
                ('source', models.TextField()),
            ],
            options={
                'db_table': 'book_quote',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.TextField()),
                ('day', models.DateField()),
                ('digest', models.TextField()),
                ('source', models.TextField()),
                ('imported_by', models.TextField()),
                ('imported_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'book_statement',
                'ordering': ['-pk'],
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='Logged',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('posting', models.PositiveBigIntegerField()),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.outbox')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'posting'), name='one_event_of_a_posting')],
            },
        ),
    ]
