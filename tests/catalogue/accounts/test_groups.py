"""The groups that come with a migration."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import CreateModel
from django.test import override_settings

from catalogue.accounts import groups
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def held(name):
    rows = Group.objects.get(name=name).permissions.values_list(
        "content_type__app_label",
        "codename",
    )
    return {f"{app}.{codename}" for app, codename in rows}


@pytest.mark.parametrize("name", groups.permissions_by_group())
def test_a_fresh_database_has_every_group_with_all_that_is_declared_for_it(
    name,
):
    assert held(name) == set(groups.permissions_by_group()[name])


@pytest.mark.parametrize(
    ("name", "may", "may_not"),
    [
        (
            "Curator",
            "catalogue.change_mitigation",
            "catalogue.publish_mitigation",
        ),
        ("Curator", "catalogue.import_records", "surveys.change_study"),
        ("Curator", "catalogue.import_records", "catalogue.cut_release"),
        ("Reviewer", "catalogue.cut_release", "auth.change_user"),
        ("Reviewer", "catalogue.publish_mitigation", "auth.change_user"),
        ("Reviewer", "surveys.publish_study", "surveys.change_study"),
        ("Study lead", "surveys.change_study", "catalogue.view_mitigation"),
        ("Study lead", "surveys.delete_item", "surveys.publish_study"),
        ("Administrator", "auth.change_user", "catalogue.delete_proposal"),
    ],
)
def test_a_group_gives_its_permission_and_no_other(name, may, may_not):
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=name))

    assert (user.has_perm(may), user.has_perm(may_not)) == (True, False)


def test_what_an_administrator_takes_from_a_group_stays_taken():
    curators = Group.objects.get(name=groups.CURATOR)
    curators.permissions.remove(
        curators.permissions.get(codename="import_records"),
    )

    call_command("migrate", verbosity=0)

    assert "catalogue.import_records" not in held(groups.CURATOR)


@pytest.mark.django_db(transaction=True)
def test_groups_are_there_after_a_database_was_emptied():
    call_command("flush", interactive=False, verbosity=0)

    assert {name: held(name) for name in groups.permissions_by_group()} == {
        n: set(p) for n, p in groups.permissions_by_group().items()
    }


def declared_models(app: str) -> set[str]:
    """The models of an app of which any group may do anything."""
    codenames = set()
    for names in groups.permissions_by_group().values():
        codenames.update(names)
    models = set()
    for name in codenames:
        of_app, _, codename = name.partition(".")
        if of_app == app:
            models.add(codename.partition("_")[2])
    return models


def is_grant(operation) -> bool:
    return getattr(operation, "code", None) is groups.granting


@pytest.mark.parametrize("app", groups.GRANTS)
def test_whoever_is_in_a_group_of_a_site_that_there_is_may_edit_new_tables(
    app,
):
    with override_settings(MIGRATION_MODULES={}):
        loader = MigrationLoader(None)
    waiting: set[str] = set()
    for (of_app, _), migration in sorted(loader.disk_migrations.items()):
        if of_app != app:
            continue
        for operation in migration.operations:
            if isinstance(operation, CreateModel):
                waiting.add(operation.name_lower)
            elif is_grant(operation):
                waiting.clear()

    assert waiting & declared_models(app) == set()
