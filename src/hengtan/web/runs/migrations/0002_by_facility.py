"""The cube is found by tenant, run and facility."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0001_initial'),
        ('runs', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='cube',
            name='cube_of_facility',
        ),
        migrations.AddIndex(
            model_name='cube',
            index=models.Index(fields=['organisation', 'run', 'facility'], name='cube_by_facility'),
        ),
    ]
