"""Answers of studies that are over get names, keys and an order that come from nothing, as closing now gives them.
`manage.py clean_files` then writes the database's files anew."""

import random
import secrets
from uuid import uuid4

from django.db import migrations


def protect(apps, schema_editor):
    """Answers that came by a file are found again by their names until they are published."""
    Study, Response = apps.get_model("surveys", "Study"), apps.get_model("surveys", "Response")
    for study in Study.objects.filter(status__in=["closed", "published", "withdrawn"]):
        if study.status != "closed" or study.invitations.exists():
            scatter(apps, Response.objects.filter(round__study=study))


def scatter(apps, found):
    Response = apps.get_model("surveys", "Response")
    Answer, Remark = apps.get_model("surveys", "Answer"), apps.get_model("surveys", "Remark")
    parts = {
        part: list(part.objects.filter(response__in=found))
        for part in (Response.asked.through, Response.combination.through, Answer, Remark)
    }
    for part in parts:
        rows = part.objects.filter(response__in=found)
        rows._raw_delete(rows.db)
    responses = list(found)
    found._raw_delete(found.db)
    names = {name: secrets.token_hex(32) for name in {one.pseudonym for one in responses}}
    keys = {one.pk: uuid4() for one in responses}
    for response in responses:
        response.pk, response.pseudonym = keys[response.pk], names[response.pseudonym]
    write(Response, responses)
    for part, rows in parts.items():
        for row in rows:
            row.response_id = keys[row.response_id]
            if part is Answer:
                row.pk = uuid4()
            elif part is not Remark:  # which codings refer to
                row.pk = None
        write(part, rows)


def write(model, rows):
    random.SystemRandom().shuffle(rows)
    model.objects.bulk_create(rows)


class Migration(migrations.Migration):

    dependencies = [
        ('surveys', '0006_secrets_of_studies'),
    ]

    operations = [
        migrations.RunPython(protect, migrations.RunPython.noop, elidable=True),
    ]
