"""The first tables of accounts."""

from django.db import migrations, models

import hengtan.web.accounts.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='E-mail')),
                ('name', models.CharField(max_length=120, verbose_name='Full name')),
                ('language', models.CharField(blank=True, choices=[('en', 'English'), ('zh-hans', '中文')], max_length=10, verbose_name='Language')),
                ('time_zone', models.CharField(blank=True, max_length=60, validators=[hengtan.web.accounts.models.known_time_zone], verbose_name='Time zone')),
                ('theme', models.CharField(blank=True, choices=[('', 'As the device'), ('light', 'Light'), ('dark', 'Dark')], max_length=10, verbose_name='Appearance')),
                ('is_active', models.BooleanField(default=True)),
                ('is_operator', models.BooleanField(default=False)),
                ('joined_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
