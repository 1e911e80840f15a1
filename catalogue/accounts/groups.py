"""Groups of users, and what each may do.

They come with a migration. What an administrator changes in them afterwards stays: only a group
that is missing is made anew. A later permission is declared here and granted by a migration of
its own, with `migrations.RunPython(groups.granting)`.
"""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import router, transaction
from django.db.models import Q

CURATOR, REVIEWER, STUDY_LEAD, ADMINISTRATOR = (
    "Curator",
    "Reviewer",
    "Study lead",
    "Administrator",
)
APPS = ("auth", "axes", "catalogue", "otp_static", "otp_totp", "surveys")


def may(actions: str, *models: str) -> list[str]:
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
        "lifecyclephase",
        "actor",
        "riskmanagementfunction",
    )
]

CURATION = [
    *may("view add change delete", *RECORDS),
    *may("view add change", *FRAMES),
    *may("view", "catalogue.proposal", "catalogue.release", "catalogue.importbatch"),
    *may("view change", "catalogue.feedback"),
    *may("view add change", "catalogue.frameworkversion", "catalogue.importprofile"),
    "catalogue.code_mitigation",
    "catalogue.import_records",
]
#: What makes things public: a release too, with the words about it, and for good.
PUBLISHING = ["catalogue.publish_mitigation", "catalogue.cut_release"]
#: By group, as `app.codename`. Other apps add theirs with `declare` when Django is ready.
GROUPS: dict[str, list[str]] = {
    CURATOR: [*CURATION],
    REVIEWER: [*CURATION, *PUBLISHING],
    STUDY_LEAD: [],
    ADMINISTRATOR: [
        *CURATION,
        *may("delete", *FRAMES),
        *PUBLISHING,
        *may("delete", "catalogue.feedback", "catalogue.importprofile"),
        *may("view add change delete", "auth.user", "auth.group"),
        *may(
            "view delete",
            "axes.accessattempt",
            "otp_totp.totpdevice",
            "otp_static.staticdevice",
        ),
        *may("view", "axes.accesslog", "axes.accessfailurelog"),
    ],
}


def declare(group: str, permissions: Iterable[str]) -> None:
    """Adds to what a group may do."""
    GROUPS[group] += [name for name in permissions if name not in GROUPS[group]]


@transaction.atomic
def grant(using: str) -> None:
    """Makes the groups, and gives each what is declared for it; takes nothing away."""
    for app in APPS:  # Django itself makes permissions only after all migrations
        create_permissions(apps.get_app_config(app), verbosity=0, using=using)
    for name, wanted in GROUPS.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(*_permissions(wanted, using))


def _permissions(names: list[str], using: str) -> list[Permission]:
    asked = Q(pk=None)
    for app in APPS:
        codes = [
            code for label, code in (name.split(".") for name in names) if label == app
        ]
        asked |= Q(content_type__app_label=app, codename__in=codes)
    return list(Permission.objects.using(using).filter(asked))


def granting(_apps, schema_editor) -> None:
    """For a migration."""
    grant(schema_editor.connection.alias)


def make_what_is_missing(using: str, **_kwargs) -> None:
    """After each migrate, and after a test database has been emptied."""
    from django.db import connections

    tables = connections[using].introspection.table_names()
    if not router.allow_migrate_model(using, Group) or "auth_group" not in tables:
        return
    there = set(Group.objects.using(using).values_list("name", flat=True))
    if not GROUPS.keys() <= there:
        grant(using)
