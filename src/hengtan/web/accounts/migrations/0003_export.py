"""Copies of what is kept of a person."""


import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import hengtan.web.accounts.models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_user_notice_mail'),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=hengtan.web.accounts.models._new_key, editable=False, max_length=43, unique=True)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('ready_at', models.DateTimeField(blank=True, null=True)),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
                ('bytes', models.PositiveBigIntegerField(default=0)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
    ]
