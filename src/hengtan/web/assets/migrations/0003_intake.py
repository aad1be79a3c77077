"""Files of events on their way to the queue, each with what was read and refused of it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assets', '0002_inside_market'),
        ('jobs', '0001_initial'),
        ('organisations', '0003_feeds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Intake',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('what', models.CharField(max_length=20)),
                ('digest', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('reading', 'being read'), ('wrong', 'refused'), ('ready', 'ready to be proposed'), ('proposed', 'proposed to a second person'), ('withdrawn', 'withdrawn again')], default='reading', max_length=10)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('new', models.PositiveIntegerField(default=0)),
                ('known', models.PositiveIntegerField(default=0)),
                ('wrong', models.PositiveIntegerField(default=0)),
                ('preview', models.JSONField(default=list)),
                ('sums', models.JSONField(default=list)),
                ('refused', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation')),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
    ]
