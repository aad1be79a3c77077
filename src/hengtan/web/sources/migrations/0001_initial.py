"""Sources, their runs, what was taken, issues, meters."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hengtan.web.organisations.tenancy
import hengtan.web.sources.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('activities', '0003_sourcepace'),
        ('boundaries', '0002_initial'),
        ('jobs', '0001_initial'),
        ('organisations', '0002_tally'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=hengtan.web.organisations.tenancy.new_key, editable=False, max_length=16, unique=True)),
                ('name', models.CharField(max_length=100, verbose_name='Name')),
                ('connector', models.CharField(max_length=60)),
                ('settings', models.JSONField(default=dict)),
                ('secrets', models.TextField(blank=True)),
                ('words', models.JSONField(default=dict)),
                ('partial', models.BooleanField(default=False)),
                ('rhythm', models.CharField(choices=[('minutes', 'every so many minutes'), ('daily', 'every day'), ('weekly', 'every week'), ('monthly', 'every month')], default='daily', max_length=8)),
                ('minutes', models.PositiveSmallIntegerField(default=60)),
                ('at', models.TimeField()),
                ('weekday', models.PositiveSmallIntegerField(default=0)),
                ('day', models.PositiveSmallIntegerField(default=3)),
                ('zone', models.CharField(default='UTC', max_length=60, validators=[hengtan.web.sources.models.known_zone])),
                ('is_on', models.BooleanField(default=False)),
                ('next_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('facilities', models.ManyToManyField(blank=True, related_name='+', to='boundaries.facility')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('run_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Meter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('what', models.JSONField(default=dict)),
                ('closed', models.DateField(null=True)),
                ('settled', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='meters', to='sources.source')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='SourceRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dry', models.BooleanField(default=False)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('failed', models.BooleanField(default=False)),
                ('result', models.JSONField(default=dict)),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='sources.source')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Taken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('mark', models.CharField(blank=True, max_length=400)),
                ('name', models.CharField(max_length=255)),
                ('step', models.CharField(choices=[('outline', 'is looked into'), ('check', 'is checked'), ('submit', 'is submitted'), ('done', 'submitted'), ('stuck', 'waits for a person')], default='outline', max_length=8)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='activities.batch')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='taken', to='sources.source')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Issue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=300)),
                ('name', models.CharField(max_length=255)),
                ('problem', models.JSONField(default=dict)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('open', 'open'), ('solved', 'solved'), ('ignored', 'ignored')], default='open', max_length=8)),
                ('count', models.PositiveIntegerField(default=1)),
                ('first_at', models.DateTimeField(auto_now_add=True)),
                ('last_at', models.DateTimeField(auto_now=True)),
                ('closed_reason', models.CharField(blank=True, max_length=300)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='sources.source')),
                ('taken', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='sources.taken')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='MeterReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('value', models.DecimalField(decimal_places=12, max_digits=27)),
                ('meter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='sources.meter')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
            ],
            options={
                'ordering': ['at'],
                'constraints': [models.UniqueConstraint(fields=('meter', 'at'), name='one_reading_at_a_moment')],
            },
        ),
        migrations.AddIndex(
            model_name='source',
            index=models.Index(condition=models.Q(('is_on', True)), fields=['next_at'], name='sources_due'),
        ),
        migrations.AddConstraint(
            model_name='meter',
            constraint=models.UniqueConstraint(fields=('source', 'name'), name='one_meter_of_a_name'),
        ),
        migrations.AddIndex(
            model_name='taken',
            index=models.Index(fields=['source', 'mark'], name='taken_by_mark'),
        ),
        migrations.AddIndex(
            model_name='taken',
            index=models.Index(condition=models.Q(('step', 'done'), _negated=True), fields=['id'], name='taken_under_way'),
        ),
        migrations.AddConstraint(
            model_name='taken',
            constraint=models.UniqueConstraint(fields=('source', 'key'), name='taken_once'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.UniqueConstraint(fields=('source', 'key'), name='one_issue_of_a_key'),
        ),
    ]
