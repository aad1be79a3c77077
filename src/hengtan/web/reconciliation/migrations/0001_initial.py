"""Reconciliations, what people say of them, and statements that became activities."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hengtan.web.organisations.tenancy


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('activities', '0004_typed'),
        ('market', '0001_initial'),
        ('organisations', '0002_tally'),
        ('runs', '0002_by_facility'),
        ('statements', '0001_initial'),
        ('vault', '0002_room_and_leaving'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('facility', models.CharField(max_length=500)),
                ('own', models.BooleanField(default=True)),
                ('left', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('batch', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='hand_over', to='activities.batch')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hand_overs', to='statements.statement')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Reconciliation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=hengtan.web.organisations.tenancy.new_key, editable=False, max_length=16, unique=True)),
                ('name', models.CharField(max_length=120, verbose_name='Name')),
                ('year', models.PositiveSmallIntegerField(verbose_name='Year')),
                ('taken', models.JSONField(default=dict)),
                ('facilities', models.JSONField(default=list)),
                ('record', models.JSONField(default=dict)),
                ('remainder', models.CharField(default='0', max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('signed_at', models.DateTimeField(null=True)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('allocation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='market.allocation')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='vault.outbox')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reconciliations', to='organisations.organisation')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reconciliations', to='runs.run')),
                ('signed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('statements', models.ManyToManyField(related_name='reconciliations', to='statements.statement')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReconciliationNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(max_length=160)),
                ('step', models.PositiveSmallIntegerField()),
                ('text', models.CharField(max_length=1000, verbose_name='Explanation')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('reconciliation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='reconciliation.reconciliation')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='reconciliation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('signed_at', None), ('signed_by', None)), models.Q(('signed_at__isnull', False), ('signed_by__isnull', False), models.Q(('signed_by', models.F('created_by')), _negated=True)), _connector='OR'), name='reconciliation_four_eyes'),
        ),
    ]
