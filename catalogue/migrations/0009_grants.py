"""What groups may do with feedback, imports, releases, framework versions, and with accounts that were locked out."""

from django.db import migrations

from catalogue.accounts import groups


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0008_newest_first")]

    operations = [migrations.RunPython(groups.granting, migrations.RunPython.noop)]
