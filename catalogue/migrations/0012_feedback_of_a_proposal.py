import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0011_undoing_imports_and_sending_them_back'),
    ]

    operations = [
        migrations.AddField(
            model_name='proposal',
            name='feedback',
            field=models.ForeignKey(help_text='For which it was proposed, if any.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='proposals', to='catalogue.feedback'),
        ),
    ]
