"""The columns by which boundaries know organisations."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('boundaries', '0001_initial'),
        ('organisations', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='denominator',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='facility',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='facilities', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='denominator',
            name='facility',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='denominators', to='boundaries.facility'),
        ),
        migrations.AddField(
            model_name='facilityplace',
            name='facility',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='boundaries.facility'),
        ),
        migrations.AddField(
            model_name='facilityplace',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='unit',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='units', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='facilityplace',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='facility_places', to='boundaries.unit', verbose_name='Unit'),
        ),
        migrations.AddField(
            model_name='unitplace',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='unitplace',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='boundaries.unit', verbose_name='Belongs to'),
        ),
        migrations.AddField(
            model_name='unitplace',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='boundaries.unit'),
        ),
        migrations.AddConstraint(
            model_name='facility',
            constraint=models.UniqueConstraint(fields=('organisation', 'name'), name='facility_name'),
        ),
        migrations.AddConstraint(
            model_name='denominator',
            constraint=models.CheckConstraint(condition=models.Q(('start__lte', models.F('end'))), name='denominator_begins_before_it_ends'),
        ),
        migrations.AddConstraint(
            model_name='unit',
            constraint=models.UniqueConstraint(fields=('organisation', 'name'), name='unit_name'),
        ),
        migrations.AddConstraint(
            model_name='facilityplace',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_to__isnull', True), ('valid_from__lte', models.F('valid_to')), _connector='OR'), name='facilityplace_begins_before_it_ends'),
        ),
        migrations.AddConstraint(
            model_name='unitplace',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_to__isnull', True), ('valid_from__lte', models.F('valid_to')), _connector='OR'), name='unitplace_begins_before_it_ends'),
        ),
    ]
