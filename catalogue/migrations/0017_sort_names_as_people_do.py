from django.db import migrations, models

import catalogue.fields
from catalogue.fields import sort_key

BATCH = 2_000


def fill(apps, schema_editor):
    """Of what is there: by what each name is sorted."""
    rows = apps.get_model("catalogue", "Mitigation").objects.using(schema_editor.connection.alias)
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").only("pk", "name", "sort_name")[:BATCH]):
        for one in batch:
            one.sort_name = sort_key(one.name)
        rows.bulk_update(batch, ["sort_name"], batch_size=BATCH // 5)
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0016_release_cutting")]

    operations = [
        migrations.AddField(
            model_name="historicalmitigation",
            name="sort_name",
            field=catalogue.fields.SortNameField(default="", editable=False, max_length=120),
        ),
        migrations.AddField(
            model_name="mitigation",
            name="sort_name",
            field=catalogue.fields.SortNameField(default="", editable=False, max_length=120),
        ),
        migrations.RemoveIndex(model_name="mitigation", name="mitigation_status_name"),
        migrations.AddIndex(
            model_name="mitigation",
            index=models.Index(fields=["status", "sort_name"], name="mitigation_status_sort_name"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
