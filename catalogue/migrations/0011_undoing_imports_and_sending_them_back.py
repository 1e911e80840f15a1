import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def say_what_was_undone(apps, schema_editor):
    """Imports of which something stayed were called undone; what runs while this is done has a state to go back to."""
    batches = apps.get_model("catalogue", "ImportBatch").objects
    for running, before in (("checking", "failed"), ("committing", "checked"), ("undoing", "committed")):
        batches.filter(state=running).update(state_before=before)
    for batch in batches.filter(state="undone"):
        staying = [note["row"] for note in batch.notes if note.get("row")]
        batch.rows.exclude(number__in=staying).update(is_undone=True)
        if staying:
            batches.filter(pk=batch.pk).update(state="partly")


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0010_feedback_without_secret_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="importbatch",
            name="import_state_is_known",
        ),
        migrations.AddField(
            model_name="importbatch",
            name="state_before",
            field=models.CharField(
                blank=True,
                help_text="Its state before the running step, or before it was asked to be undone.",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="undo_asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="undo_asked_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="undo_reason",
            field=models.CharField(blank=True, help_text="Why it was, or is to be, undone.", max_length=500),
        ),
        migrations.AddField(
            model_name="importrow",
            name="is_undone",
            field=models.BooleanField(default=False, help_text="What became of it was taken back."),
        ),
        migrations.AlterField(
            model_name="importbatch",
            name="state",
            field=models.CharField(
                choices=[
                    ("checking", "being checked"),
                    ("checked", "checked"),
                    ("waiting", "waiting for review"),
                    ("sent_back", "sent back"),
                    ("committing", "being imported"),
                    ("committed", "imported"),
                    ("undo_waiting", "imported, and waiting to be undone"),
                    ("undoing", "being undone"),
                    ("partly", "partly undone"),
                    ("undone", "undone"),
                    ("failed", "refused"),
                ],
                default="checking",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="importbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "checking",
                            "checked",
                            "waiting",
                            "sent_back",
                            "committing",
                            "committed",
                            "undo_waiting",
                            "undoing",
                            "partly",
                            "undone",
                            "failed",
                        ],
                    )
                ),
                name="import_state_is_known",
            ),
        ),
        migrations.RunPython(say_what_was_undone, migrations.RunPython.noop),
    ]
