"""Releases in the API: what each is, its counts and checksums, and what changed in it."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers

from catalogue.api.parameters import PAGING
from catalogue.api.views import CatalogueViewSet
from catalogue.models import Release, ReleaseFile
from catalogue.record.citations import cite_catalogue
from catalogue.record.serializers import OrNull, address

from ..releases import files


class FileSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()

    class Meta:
        model = ReleaseFile
        fields = ["name", "label", "media_type", "size", "sha256", "url"]

    def get_url(self, file) -> str:
        return address(
            self.context,
            reverse("release-file", args=[file.release.number, file.name]),
        )


COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


class ReleaseSerializer(serializers.ModelSerializer):
    title = OrNull()
    notes = OrNull()
    counts = serializers.SerializerMethodField(help_text="Records by kind.")
    changes = serializers.SerializerMethodField(
        help_text="By kind: how many records were added, changed and so on since the release before.",
    )
    previous = serializers.SerializerMethodField(
        help_text="The release before it; null for the first.",
    )
    records_url = serializers.SerializerMethodField(
        help_text="Every record; “checksum” is the SHA-256 of this file.",
    )
    files = serializers.SerializerMethodField()
    citation = serializers.SerializerMethodField(help_text="In APA style.")
    page_url = serializers.SerializerMethodField()
    read_url = serializers.SerializerMethodField(
        help_text="Where its own pages begin.",
    )

    class Meta:
        model = Release
        fields = [
            "number",
            "title",
            "notes",
            "cut_at",
            "previous",
            "counts",
            "changes",
            "checksum",
            "revision",
            "software",
            "licence",
            "licence_url",
            "records_url",
            "files",
            "citation",
            "page_url",
            "read_url",
        ]

    @extend_schema_field(COUNTS)
    def get_counts(self, release) -> dict[str, int]:
        return release.counts

    @extend_schema_field({"type": "object", "additionalProperties": COUNTS})
    def get_changes(self, release) -> dict[str, dict[str, int]]:
        return release.changes

    def get_previous(self, release) -> str | None:
        return release.previous_number

    def get_records_url(self, release) -> str:
        return address(
            self.context,
            reverse("release-file", args=[release.number, files.RECORDS]),
        )

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, release) -> list[dict[str, Any]]:
        downloads = [file for file in release.files.all() if file.is_download]
        return list(
            FileSerializer(downloads, many=True, context=self.context).data,
        )

    def get_citation(self, release) -> str:
        return cite_catalogue(
            release.revision,
            release.site,
            release=release,
        ).apa

    def get_page_url(self, release) -> str:
        return address(self.context, release.get_absolute_url())

    def get_read_url(self, release) -> str:
        return address(self.context, release.prefix)


@extend_schema_view(
    list=extend_schema(
        summary="Releases",
        parameters=[one for one in PAGING if one.name != "release"],
    ),
    retrieve=extend_schema(
        summary="One release, with its files and their checksums",
    ),
)
class ReleaseViewSet(CatalogueViewSet):
    """Frozen versions of the catalogue. `release=` on any other resource answers from one."""

    queryset = Release.objects.with_previous().prefetch_related(
        "files__release",
    )
    serializer_class = ReleaseSerializer
    lookup_field = "number"
    lookup_value_regex = "[^/]+"
    order_columns = ["-pk"]
    is_of_today = True
