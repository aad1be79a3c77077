"""How often notices come as e-mails."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='notice_mail',
            field=models.CharField(choices=[('once', 'At once, one e-mail each'), ('daily', 'Together, every morning'), ('never', 'Not by e-mail')], default='once', max_length=5, verbose_name='E-mails about notices'),
        ),
    ]
