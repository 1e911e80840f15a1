from django.db import IntegrityError, migrations, transaction

from catalogue.fields import UNUSABLE, as_identifier, cleaned, on_one_line

LINES = {
    "Author": ["family", "given", "organisation"],
    "Category": ["name"],
    "Classification": ["coder"],
    "Document": ["label", "title", "version", "publisher", "licence"],
    "Mapping": ["framework", "framework_version", "entry_name", "asserted_by"],
    "Mitigation": ["name", "section"],
    "Taxonomy": ["title", "short_title", "publisher", "version"],
    "LifecyclePhase": ["name"],
    "Actor": ["name"],
    "RiskManagementFunction": ["name"],
}
PROSE = {
    "Category": ["definition"],
    "Classification": ["rationale"],
    "Document": ["abstract", "preliminary_notice"],
    "Mapping": ["note"],
    "Mitigation": ["alternative_names", "description", "withdrawal_note"],
    "Taxonomy": ["description"],
    "LifecyclePhase": ["definition"],
    "Actor": ["definition"],
    "RiskManagementFunction": ["definition"],
    "Feedback": ["text", "answer"],
}
IDENTIFIERS = {
    "Document": ["doi", "arxiv_id"],
    "ExternalIdentifier": ["value"],
    "Mapping": ["entry"],
    "Mitigation": ["page"],
}


def clean(apps, schema_editor):
    """Texts from before they were cleaned on their way in. What no text can hold becomes U+FFFD, so that it is seen."""
    for names_by_model, clean_text in ((LINES, on_one_line), (PROSE, cleaned), (IDENTIFIERS, as_identifier)):
        for model, names in names_by_model.items():
            _clean_rows(apps.get_model("catalogue", model), names, clean_text)


def _clean_rows(model, names, clean_text):
    for row in model.objects.values("pk", *names).iterator():
        after = {name: UNUSABLE.sub("\ufffd", clean_text(row[name])) for name in names}
        changed = {name: text for name, text in after.items() if text != row[name]}
        if changed:
            _write(model, row["pk"], changed)


def _write(model, key, changed):
    try:
        with transaction.atomic():
            model.objects.filter(pk=key).update(**changed)
    except IntegrityError:
        pass  # It would become its own twin, which a curator has to merge.


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0013_how_imports_were_read")]

    operations = [migrations.RunPython(clean, migrations.RunPython.noop)]
