"""The first tables of boundaries."""

from decimal import Decimal

import django.core.validators
from django.db import migrations, models

import hengtan.web.organisations.models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Denominator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('floor_area', 'Floor area'), ('output', 'Output'), ('revenue', 'Revenue'), ('employees', 'Employees')], max_length=12, verbose_name='Denominator')),
                ('start', models.DateField(verbose_name='From')),
                ('end', models.DateField(verbose_name='To')),
                ('value', models.DecimalField(decimal_places=4, max_digits=20, validators=[django.core.validators.MinValueValidator(Decimal('0.0001'))], verbose_name='Value')),
                ('unit', models.CharField(help_text='m2, t, CNY_2025, FTE ...', max_length=40, verbose_name='Unit')),
            ],
            options={
                'ordering': ['-end', 'kind'],
            },
        ),
        migrations.CreateModel(
            name='Facility',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='As your bills and meters name it.', max_length=200, verbose_name='Name')),
                ('region', hengtan.web.organisations.models.RegionField(max_length=20, validators=[hengtan.web.organisations.models.known_region], verbose_name='Country or region')),
                ('address', models.CharField(blank=True, max_length=300, verbose_name='Address')),
                ('latitude', models.DecimalField(blank=True, decimal_places=5, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)], verbose_name='Latitude')),
                ('longitude', models.DecimalField(blank=True, decimal_places=5, max_digits=8, null=True, validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)], verbose_name='Longitude')),
                ('floor_area_m2', models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='Floor area, m²')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='FacilityPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='From')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='To')),
                ('approach', models.CharField(choices=[('operational_control', 'Operational control'), ('financial_control', 'Financial control'), ('equity_share', 'Equity share')], default='operational_control', max_length=24, verbose_name='Consolidation approach')),
                ('share_pct', models.DecimalField(decimal_places=4, default=Decimal('100'), help_text='Counts with equity share; with control, what is controlled counts in full.', max_digits=7, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='Share, %')),
            ],
            options={
                'ordering': ['facility', models.OrderBy(models.F('valid_from'), nulls_first=True)],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='Name')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='UnitPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(blank=True, null=True, verbose_name='From')),
                ('valid_to', models.DateField(blank=True, null=True, verbose_name='To')),
            ],
            options={
                'ordering': ['unit', models.OrderBy(models.F('valid_from'), nulls_first=True)],
                'abstract': False,
            },
        ),
    ]
