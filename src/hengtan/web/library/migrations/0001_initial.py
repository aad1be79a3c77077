"""The first tables of own factors, policies and methods."""


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
            name='OwnFactor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=hengtan.web.organisations.tenancy.new_key, editable=False, max_length=16, unique=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Waiting for approval'), ('approved', 'Approved'), ('returned', 'Returned'), ('superseded', 'Superseded')], default='draft', max_length=12)),
                ('reason', models.TextField(blank=True, verbose_name='Reason')),
                ('comment', models.TextField(blank=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('superseded_at', models.DateTimeField(null=True)),
                ('factor_id', models.CharField(max_length=200)),
                ('cells', models.JSONField(default=dict)),
                ('warnings', models.JSONField(default=list)),
                ('document', models.CharField(blank=True, max_length=64)),
                ('document_name', models.CharField(blank=True, max_length=255)),
                ('document_bytes', models.PositiveBigIntegerField(default=0)),
                ('document_kind', models.CharField(blank=True, max_length=8)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supersedes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='library.ownfactor')),
            ],
            options={
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['organisation', 'state'], name='own_factors_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(models.Q(('decided_by', models.F('created_by')), _negated=True), models.Q(('decided_by', models.F('submitted_by')), _negated=True)), ('decided_by', None), _connector='OR'), name='nobody_decides_on_own_factor'), models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(('decided_by__isnull', False), ('state', 'returned')), models.Q(('state', 'submitted'), ('submitted_at__isnull', False), ('submitted_by__isnull', False)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['approved', 'superseded']), ('submitted_by__isnull', False)), _connector='OR'), name='factor_says_who_and_when'), models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('organisation', 'factor_id'), name='one_approved_factor_of_an_id'), models.UniqueConstraint(fields=('organisation', 'factor_id', 'version'), name='one_factor_of_a_version')],
            },
        ),
        migrations.CreateModel(
            name='OwnMethod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=hengtan.web.organisations.tenancy.new_key, editable=False, max_length=16, unique=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Waiting for approval'), ('approved', 'Approved'), ('returned', 'Returned'), ('superseded', 'Superseded')], default='draft', max_length=12)),
                ('reason', models.TextField(blank=True, verbose_name='Reason')),
                ('comment', models.TextField(blank=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('superseded_at', models.DateTimeField(null=True)),
                ('method_id', models.CharField(max_length=80)),
                ('body', models.TextField()),
                ('case', models.JSONField(default=dict)),
                ('reached', models.JSONField(default=dict)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supersedes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='library.ownmethod')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(models.Q(('decided_by', models.F('created_by')), _negated=True), models.Q(('decided_by', models.F('submitted_by')), _negated=True)), ('decided_by', None), _connector='OR'), name='nobody_decides_on_own_method'), models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(('decided_by__isnull', False), ('state', 'returned')), models.Q(('state', 'submitted'), ('submitted_at__isnull', False), ('submitted_by__isnull', False)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['approved', 'superseded']), ('submitted_by__isnull', False)), _connector='OR'), name='method_says_who_and_when'), models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('organisation', 'method_id'), name='one_approved_method_of_an_id'), models.UniqueConstraint(fields=('organisation', 'method_id', 'version'), name='one_method_of_a_version')],
            },
        ),
        migrations.CreateModel(
            name='OwnPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=hengtan.web.organisations.tenancy.new_key, editable=False, max_length=16, unique=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Waiting for approval'), ('approved', 'Approved'), ('returned', 'Returned'), ('superseded', 'Superseded')], default='draft', max_length=12)),
                ('reason', models.TextField(blank=True, verbose_name='Reason')),
                ('comment', models.TextField(blank=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('superseded_at', models.DateTimeField(null=True)),
                ('body', models.TextField()),
                ('effect', models.JSONField(default=dict)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supersedes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='library.ownpolicy')),
            ],
            options={
                'ordering': ['-version'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(models.Q(('decided_by', models.F('created_by')), _negated=True), models.Q(('decided_by', models.F('submitted_by')), _negated=True)), ('decided_by', None), _connector='OR'), name='nobody_decides_on_own_policy'), models.CheckConstraint(condition=models.Q(('state', 'draft'), models.Q(('decided_by__isnull', False), ('state', 'returned')), models.Q(('state', 'submitted'), ('submitted_at__isnull', False), ('submitted_by__isnull', False)), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['approved', 'superseded']), ('submitted_by__isnull', False)), _connector='OR'), name='policy_says_who_and_when'), models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('organisation',), name='one_policy_in_force'), models.UniqueConstraint(fields=('organisation', 'version'), name='one_policy_of_a_version')],
            },
        ),
    ]
