"""Allocations of allowances."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hengtan.web.organisations.tenancy


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisations', '0002_tally'),
        ('vault', '0002_room_and_leaving'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=hengtan.web.organisations.tenancy.new_key, editable=False, max_length=16, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='Name')),
                ('year', models.PositiveSmallIntegerField(verbose_name='Year')),
                ('kind', models.CharField(choices=[('benchmark', 'Benchmark'), ('balance', 'Balance value')], default='benchmark', max_length=12, verbose_name='Values')),
                ('plan', models.CharField(max_length=60)),
                ('draft', models.BooleanField(default=False)),
                ('file_name', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('record', models.JSONField(default=dict)),
                ('entities', models.JSONField(default=list)),
                ('totals', models.JSONField(default=dict)),
                ('problems', models.JSONField(default=list)),
                ('rows_in', models.PositiveIntegerField(default=0)),
                ('rejected', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.outbox')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='allocations', to='organisations.organisation')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
    ]
