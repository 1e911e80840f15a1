import django.db.models.deletion
from django.db import migrations, models

#: Of which the planner is to keep no samples: it would keep them longer than the tables do.
UNSAMPLED = [
    ("surveys_invitation", "address"),
    ("surveys_invitation", "seed"),
    ("surveys_invitation", "token_hash"),
    ("surveys_response", "pseudonym"),
    ("surveys_studysecret", "value"),
]


def sample_none(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, column in UNSAMPLED:
            schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


class Migration(migrations.Migration):

    dependencies = [
        ('surveys', '0005_workflow'),
    ]

    operations = [
        migrations.CreateModel(
            name='StudySecret',
            fields=[
                ('study', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='surveys.study')),
                ('value', models.CharField(editable=False, max_length=64)),
            ],
        ),
        migrations.AddField(
            model_name='invitation',
            name='seed',
            field=models.CharField(blank=True, db_default='', editable=False, help_text='What its link is made from, with the secret of the study. Empty: it cannot be sent again.', max_length=32),
        ),
        migrations.RunPython(sample_none, migrations.RunPython.noop),
    ]
