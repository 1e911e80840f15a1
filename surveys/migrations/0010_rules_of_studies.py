from django.core.management import CommandError
from django.db import migrations, models
from django.db.models import Q


def _slugs(studies):
    return ", ".join(studies.order_by("slug").values_list("slug", flat=True).distinct())


def refuse_what_breaks_the_rules(apps, schema_editor):
    """What was published is frozen under a checksum, so that nothing is mended here without being asked."""
    studies = apps.get_model("surveys", "Study").objects.using(schema_editor.connection.alias)
    problems = []
    if slugs := _slugs(studies.filter(combination_limit__isnull=False, asks_combination=False)):
        problems.append(
            f"These have a limit of combinations and ask for none: {slugs}. Tick “asks for a preferred combination”, or take "
            "the limit out (combination_limit in surveys_study)."
        )
    if slugs := _slugs(studies.filter(ran_elsewhere=True, invitations__isnull=False)):
        problems.append(
            f"These ran elsewhere, and people were invited to them here: {slugs}. Say that they ran here (ran_elsewhere in "
            "surveys_study), or delete their rows of surveys_invitation."
        )
    if slugs := _slugs(studies.filter(criteria__slug__in=["combination", "comment"])):
        problems.append(
            f"These have a criterion with the key “combination” or “comment”, which have a meaning of their own in files of "
            f"answers: {slugs}. Give it another (slug in surveys_criterion)."
        )
    if problems:
        raise CommandError(
            " ".join(["Some studies break rules that the database keeps from here on.", *problems])
            + " Do it with the version before this one, or in its tables; then migrate again."
        )


class Migration(migrations.Migration):
    dependencies = [("surveys", "0009_what_experts_are_asked")]

    operations = [
        migrations.RunPython(refuse_what_breaks_the_rules, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="historicalstudy",
            name="checksum_format",
            field=models.PositiveSmallIntegerField(
                default=1,
                editable=False,
                help_text="What the checksum is of: 1 counts and comments, 2 what was asked too, 3 the same in canonical JSON "
                "(RFC 8785).",
            ),
        ),
        migrations.AlterField(
            model_name="study",
            name="checksum_format",
            field=models.PositiveSmallIntegerField(
                default=1,
                editable=False,
                help_text="What the checksum is of: 1 counts and comments, 2 what was asked too, 3 the same in canonical JSON "
                "(RFC 8785).",
            ),
        ),
        migrations.AddConstraint(
            model_name="study",
            constraint=models.CheckConstraint(
                condition=Q(("combination_limit", None), ("asks_combination", True), _connector="OR"),
                name="a_limit_of_combinations_needs_the_question",
                violation_error_message="A limit needs the question: tick “asks for a preferred combination”.",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=~Q(slug__in=("combination", "comment")),
                name="a_criterion_has_a_key_of_its_own",
            ),
        ),
    ]
