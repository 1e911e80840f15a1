"""Mappings to a version of an outside framework that is no longer current."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse

from catalogue.models import FrameworkVersion, Mapping, Mitigation

from ..base import CHECKS, Check, Issue, change_url, record_label


def superseded() -> Iterator[Issue]:
    rows_of_current = FrameworkVersion.objects.filter(is_current=True)
    current = {row.framework.casefold(): row for row in rows_of_current}
    undeclared: dict[str, set[str]] = {}
    rows = (
        Mapping.objects.filter(target=None, provision=None)
        .exclude(source__status__in=Mitigation.RETIRED)
        .select_related("source__document")
        .order_by("framework", "entry", "pk")
    )
    for row in rows:
        version = current.get(row.framework.casefold())
        if version is None:
            undeclared.setdefault(row.framework, set()).add(
                row.framework_version,
            )
        elif row.framework_version != version.version:
            yield _outdated_mapping(row, version)
    for framework, versions in sorted(undeclared.items()):
        yield _undeclared_framework(framework, versions)


def _outdated_mapping(row: Mapping, version: FrameworkVersion) -> Issue:
    mapped = "no version"
    if row.framework_version:
        mapped = f"version {row.framework_version}"
    note = f" {version.note}" if version.note else ""
    return Issue(
        subject=f"mapping {row.pk}",
        record=record_label(row.source),
        document=row.source.document.slug,
        group=row.framework,
        message=f"It is mapped to {row.entry} of {row.framework}, {mapped}; {version.version} is current.{note}",
        url=change_url(Mapping, row.pk, "framework_version"),
        decides=(row.entry, row.framework_version, version.version),
    )


def _undeclared_framework(framework: str, versions: set[str]) -> Issue:
    named = ", ".join(sorted(filter(None, versions))) or "no version"
    newest = max(versions)
    query = urlencode({"framework": framework, "version": newest})
    return Issue(
        subject=f"framework {framework}",
        record=framework,
        group=framework,
        message=f"Mappings name {named}, and nobody has said which version is current. Declare it.",
        url=f"{reverse('admin:catalogue_frameworkversion_add')}?{query}",
        decides=tuple(sorted(versions)),
    )


CHECKS.register(
    Check(
        "superseded-framework",
        "Mapping to a superseded version",
        "Mappings to entries of a framework of which another version is current. Look whether the entry is still there, under "
        "which id, and give the mapping the current version. Which version is current stands under Framework versions.",
        superseded,
        follows_revision=False,
        position=90,
    ),
)
