from django.core.management import CommandError
from django.db import migrations, models


def refuse_two(apps, schema_editor):
    """A second one had no filter, and the links of its categories led to the first one's mitigations."""
    taxonomies = apps.get_model("catalogue", "Taxonomy").objects.using(schema_editor.connection.alias)
    slugs = list(taxonomies.filter(kind="risks").order_by("position", "slug").values_list("slug", flat=True))
    if len(slugs) > 1:
        raise CommandError(
            f"From here on one taxonomy sorts risks, and here {', '.join(slugs)} do. Delete all but one, or let them sort "
            "mitigations (kind “mitigations”), in the admin of the version before this one; then migrate again."
        )


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0014_clean_texts")]

    operations = [
        migrations.RunPython(refuse_two, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="taxonomy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "risks")),
                fields=("kind",),
                name="only_one_taxonomy_sorts_risks",
                violation_error_message="Another taxonomy sorts risks already, and there can be one: filters, pages and "
                "exports read codes of risks in it. Add categories to that one.",
            ),
        ),
    ]
