"""The first tables of runs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hengtan.web.organisations.tenancy


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('jobs', '0001_initial'),
        ('organisations', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=hengtan.web.organisations.tenancy.new_key, editable=False, max_length=16, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=120, verbose_name='Name')),
                ('options', models.JSONField(default=dict)),
                ('sources', models.JSONField(default=list)),
                ('first', models.DateField(null=True)),
                ('last', models.DateField(null=True)),
                ('rows_in', models.PositiveBigIntegerField(null=True)),
                ('rows_posted', models.PositiveBigIntegerField(null=True)),
                ('totals', models.JSONField(null=True)),
                ('summary', models.JSONField(null=True)),
                ('figures', models.JSONField(null=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('run_sha256', models.CharField(blank=True, max_length=64)),
                ('entry_index', models.PositiveBigIntegerField(null=True)),
                ('sample', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('chosen_at', models.DateTimeField(null=True)),
                ('chosen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='organisations.organisation')),
                ('previous', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='runs.run')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='Cube',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('basis', models.CharField(max_length=8)),
                ('scope', models.SmallIntegerField(null=True)),
                ('category', models.CharField(max_length=40)),
                ('activity_type', models.CharField(max_length=120)),
                ('facility', models.CharField(max_length=300)),
                ('org_unit', models.CharField(max_length=300)),
                ('month', models.CharField(max_length=7)),
                ('match', models.CharField(max_length=16)),
                ('factor_id', models.TextField()),
                ('rows', models.BigIntegerField()),
                ('kg', models.BigIntegerField()),
                ('nano', models.BigIntegerField()),
                ('atto', models.BigIntegerField()),
                ('biogenic_kg', models.BigIntegerField()),
                ('biogenic_nano', models.BigIntegerField()),
                ('biogenic_atto', models.BigIntegerField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cube', to='runs.run')),
            ],
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.UniqueConstraint(fields=('organisation', 'number'), name='run_number'),
        ),
        migrations.AddIndex(
            model_name='cube',
            index=models.Index(fields=['run', 'facility'], name='cube_of_facility'),
        ),
    ]
