"""Mappings to a version of an outside framework that is no longer current."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse

from catalogue.models import FrameworkVersion, Mapping, Mitigation

from .base import CHECKS, Check, Finding, change_url
from .descriptions import named


def superseded() -> Iterator[Finding]:
    current = {
        row.framework.casefold(): row
        for row in FrameworkVersion.objects.filter(is_current=True)
    }
    undeclared: dict[str, set[str]] = {}
    rows = (
        Mapping.objects.filter(target=None)
        .exclude(source__status__in=Mitigation.RETIRED)
        .select_related("source__document")
        .order_by("framework", "entry", "pk")
    )
    for row in rows:
        version = current.get(row.framework.casefold())
        if version is None:
            undeclared.setdefault(row.framework, set()).add(row.framework_version)
        elif row.framework_version != version.version:
            yield _outdated(row, version)
    for framework, versions in sorted(undeclared.items()):
        yield _unknown(framework, versions)


def _outdated(row: Mapping, version: FrameworkVersion) -> Finding:
    mapped = (
        f"version {row.framework_version}" if row.framework_version else "no version"
    )
    note = f" {version.note}" if version.note else ""
    return Finding(
        subject=f"mapping {row.pk}",
        record=named(row.source),
        document=row.source.document.slug,
        group=row.framework,
        message=f"It is mapped to {row.entry} of {row.framework}, {mapped}; {version.version} is current.{note}",
        url=change_url(Mapping, row.pk, "framework_version"),
        decides=(row.entry, row.framework_version, version.version),
    )


def _unknown(framework: str, versions: set[str]) -> Finding:
    named_versions = ", ".join(sorted(filter(None, versions))) or "no version"
    newest = max(versions)
    query = urlencode({"framework": framework, "version": newest})
    return Finding(
        subject=f"framework {framework}",
        record=framework,
        group=framework,
        message=f"Mappings name {named_versions}, and nobody has said which version is current. Declare it.",
        url=f"{reverse('admin:catalogue_frameworkversion_add')}?{query}",
        decides=tuple(sorted(versions)),
    )


SUPERSEDED = CHECKS.register(
    Check(
        "superseded-framework",
        "Mapping to a superseded version",
        "Mappings to entries of a framework of which another version is current. Look whether the entry is still there, under "
        "which id, and give the mapping the current version. Which version is current stands under Framework versions.",
        superseded,
        follows_revision=False,
    )
)
