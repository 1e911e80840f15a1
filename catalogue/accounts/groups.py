"""Groups of users, and what each may do.

They come with a migration. What an administrator changes in them afterwards stays: only a group
that is missing is made anew. A later permission is declared here and granted by a migration of
its own, with `migrations.RunPython(groups.granting)`.
"""

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import connections, router, transaction
from django.db.models import Q

from catalogue.models import VOCABULARIES
from serving.registry import Registry

CURATOR = "Curator"
REVIEWER = "Reviewer"
STUDY_LEAD = "Study lead"
ADMINISTRATOR = "Administrator"


def permission_names(actions: str, *models: str) -> list[str]:
    """Permissions such as `catalogue.add_mitigation`, from "add change" and
    "catalogue.mitigation".
    """
    return [
        f"{app}.{action}_{name}"
        for app, name in (m.split(".") for m in models)
        for action in actions.split()
    ]


RECORDS = [
    f"catalogue.{name}"
    for name in (
        "mitigation",
        "classification",
        "externalidentifier",
        "mapping",
        "document",
        "author",
    )
]
FRAMES = [
    f"catalogue.{name}"
    for name in (
        "taxonomy",
        "category",
        "instrument",
        "provision",
        *(terms._meta.model_name for terms in VOCABULARIES),
    )
]

CURATION = [
    *permission_names("view add change delete", *RECORDS),
    *permission_names(
        "view add change delete",
        "catalogue.synonym",
        "catalogue.notcovered",
    ),
    *permission_names("view add change", *FRAMES),
    *permission_names(
        "view",
        "catalogue.proposal",
        "catalogue.release",
        "catalogue.importbatch",
    ),
    *permission_names("view change", "catalogue.feedback"),
    *permission_names(
        "view add change",
        "catalogue.frameworkversion",
        "catalogue.importprofile",
    ),
    "catalogue.code_mitigation",
    "catalogue.import_records",
]
#: What makes things public: a release too, with the words about it, and for good.
PUBLISHING = ["catalogue.publish_mitigation", "catalogue.cut_release"]
#: What groups may do, as `app.codename`: by the app that declares it, then by group.
GRANTS: Registry[str, dict[str, list[str]]] = Registry("set of grants")
GRANTS.register(
    {
        CURATOR: CURATION,
        REVIEWER: [*CURATION, *PUBLISHING],
        STUDY_LEAD: [],
        ADMINISTRATOR: [
            *CURATION,
            *permission_names("delete", *FRAMES),
            *PUBLISHING,
            *permission_names(
                "delete",
                "catalogue.feedback",
                "catalogue.importprofile",
            ),
            *permission_names(
                "view add change delete",
                "auth.user",
                "auth.group",
            ),
            *permission_names(
                "view delete",
                "axes.accessattempt",
                "otp_totp.totpdevice",
                "otp_static.staticdevice",
            ),
            *permission_names(
                "view",
                "axes.accesslog",
                "axes.accessfailurelog",
            ),
        ],
    },
    "catalogue",
)


def permissions_by_group() -> dict[str, list[str]]:
    """All that is declared for each group, as `app.codename`."""
    result: dict[str, list[str]] = {}
    for grants in GRANTS.values():
        for group, names in grants.items():
            result.setdefault(group, []).extend(names)
    return result


@transaction.atomic
def grant(using: str) -> None:
    """Makes the groups, and gives each what is declared for it; takes nothing away."""
    groups = permissions_by_group()
    names = {name for declared in groups.values() for name in declared}
    # Django itself makes permissions only after all migrations.
    for app in sorted({name.partition(".")[0] for name in names}):
        create_permissions(apps.get_app_config(app), verbosity=0, using=using)
    for name, declared in groups.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*_permissions(declared, using))


def _permissions(names: list[str], using: str) -> list[Permission]:
    condition = Q(pk=None)
    for name in names:
        app, _, codename = name.partition(".")
        condition |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.using(using).filter(condition))


def granting(_apps, schema_editor) -> None:
    """For a migration."""
    grant(schema_editor.connection.alias)


def make_what_is_missing(using: str, **_kwargs) -> None:
    """After each migrate, and after a test database has been emptied."""
    tables = connections[using].introspection.table_names()
    if (
        not router.allow_migrate_model(using, Group)
        or "auth_group" not in tables
    ):
        return
    there = set(Group.objects.using(using).values_list("name", flat=True))
    if not permissions_by_group().keys() <= there:
        grant(using)
