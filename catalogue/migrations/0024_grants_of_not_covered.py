"""What groups may do with laws, codes and standards that are not covered."""

from django.db import migrations

from catalogue.accounts import groups


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0023_not_covered")]

    operations = [migrations.RunPython(groups.granting, migrations.RunPython.noop)]
