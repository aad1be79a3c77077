"""Series, requests, reminders."""


import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('activities', '0003_sourcepace'),
        ('boundaries', '0002_initial'),
        ('organisations', '0002_tally'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('activity_type', models.CharField(max_length=100, verbose_name='Activity type')),
                ('unit', models.CharField(max_length=30, verbose_name='Unit')),
                ('every', models.CharField(choices=[('month', 'Every month'), ('quarter', 'Every quarter'), ('year', 'Every year'), ('once', 'Once')], default='month', max_length=8, verbose_name='How often')),
                ('first', models.DateField(verbose_name='First period')),
                ('last', models.DateField(blank=True, null=True, verbose_name='Until')),
                ('due_days', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MaxValueValidator(365)], verbose_name='Due, days after the period')),
                ('remind_days', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(60)], verbose_name='Reminder, days before')),
                ('note', models.TextField(blank=True, max_length=2000, verbose_name='Note')),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('facilities', models.ManyToManyField(related_name='+', to='boundaries.facility')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='series', to='organisations.organisation')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Request',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateField()),
                ('end', models.DateField()),
                ('due', models.DateField()),
                ('remind_on', models.DateField()),
                ('draft', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('assignee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='requests', to='activities.batch')),
                ('facility', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='boundaries.facility')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requests', to='organisations.organisation')),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requests', to='collection.series')),
            ],
            options={
                'ordering': ['due', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('soon', 'before it was due'), ('due', 'on the day'), ('overdue', 'when it was overdue'), ('reminded', 'by hand')], max_length=8)),
                ('told', models.BooleanField(default=True)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to='collection.request')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'reminded'), _negated=True), fields=('request', 'kind'), name='one_reminder_of_a_kind')],
            },
        ),
        migrations.AddIndex(
            model_name='request',
            index=models.Index(fields=['organisation', 'due'], name='requests_by_due'),
        ),
        migrations.AddConstraint(
            model_name='request',
            constraint=models.UniqueConstraint(fields=('series', 'facility', 'start'), name='one_request_for_a_period'),
        ),
        migrations.AddConstraint(
            model_name='request',
            constraint=models.CheckConstraint(condition=models.Q(('start__lte', models.F('end'))), name='request_begins_before_it_ends'),
        ),
    ]
