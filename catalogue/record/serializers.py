"""What the API says of each record."""

from collections import abc
from collections.abc import Callable, Collection
from typing import Any, ClassVar

from django.urls import reverse
from rest_framework import serializers

from serving.registry import Registry

from ..models import (
    Actor,
    Author,
    Category,
    Classification,
    Document,
    ExternalIdentifier,
    LifecyclePhase,
    Mapping,
    Mitigation,
    RiskManagementFunction,
    Taxonomy,
)

Members = Callable[[Mitigation, dict], list[dict]]
MembersOfMany = Callable[[Collection[int]], dict[int, list[dict]]]


class OrNull(serializers.CharField):
    """Text that is null where it is empty: unknown is never blank by accident."""

    def __init__(self, **kwargs):
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value):
        return value or None


def address(context: abc.Mapping[str, Any], path: str) -> str:
    """The full address of a path where the site's own is known: from `base_url` (scheme and
    host), or the request.
    """
    if "base_url" in context:
        return context["base_url"] + path
    return (
        context["request"].build_absolute_uri(path) if context.get("request") else path
    )


class Linked(serializers.ModelSerializer):
    """A record with the address of its page."""

    page_url = serializers.SerializerMethodField()

    def get_page_url(self, record) -> str:
        return address(self.context, record.get_absolute_url())


class TermSerializer(Linked):
    class Meta:
        fields = ["slug", "name", "definition", "is_special", "page_url"]


class LifecyclePhaseSerializer(TermSerializer):
    class Meta(TermSerializer.Meta):
        model = LifecyclePhase


class ActorSerializer(TermSerializer):
    class Meta(TermSerializer.Meta):
        model = Actor


class FunctionSerializer(TermSerializer):
    class Meta(TermSerializer.Meta):
        model = RiskManagementFunction


class TaxonomySerializer(Linked):
    version = OrNull()
    url = OrNull()

    class Meta:
        model = Taxonomy
        fields = [
            "slug",
            "title",
            "short_title",
            "kind",
            "publisher",
            "version",
            "description",
            "url",
            "is_default",
            "page_url",
        ]


class CategorySerializer(Linked):
    taxonomy = serializers.SlugRelatedField("slug", read_only=True)
    parent = serializers.SlugRelatedField("code", read_only=True, allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Category
        fields = [
            "taxonomy",
            "code",
            "name",
            "definition",
            "parent",
            "is_working_name",
            "published_count",
            "page_url",
        ]


class AuthorSerializer(serializers.ModelSerializer):
    family, given, organisation = OrNull(), OrNull(), OrNull()

    class Meta:
        model = Author
        fields = ["family", "given", "organisation"]


class DocumentReferenceSerializer(Linked):
    class Meta:
        model = Document
        fields = ["slug", "label", "title", "year", "page_url"]


class DocumentSerializer(Linked):
    authors = AuthorSerializer(many=True)
    version, publisher, doi, arxiv_id, url, licence = (
        OrNull(),
        OrNull(),
        OrNull(),
        OrNull(),
        OrNull(),
        OrNull(),
    )
    preliminary_notice = OrNull()

    class Meta:
        model = Document
        fields = [
            "slug",
            "label",
            "title",
            "kind",
            "authors",
            "year",
            "version",
            "publisher",
            "abstract",
            "doi",
            "arxiv_id",
            "url",
            "licence",
            "preliminary_notice",
            "page_url",
        ]


class ClassificationSerializer(serializers.ModelSerializer):
    taxonomy = serializers.CharField(source="taxonomy.slug")
    code = serializers.CharField(source="category.code")
    name = serializers.CharField(source="category.name")
    confidence = OrNull(help_text="high, moderate or low; null: not reported.")

    class Meta:
        model = Classification
        fields = [
            "taxonomy",
            "code",
            "name",
            "is_primary",
            "rationale",
            "coder",
            "confidence",
            "origin",
        ]


class ExternalIdentifierSerializer(serializers.ModelSerializer):
    url = OrNull()

    class Meta:
        model = ExternalIdentifier
        fields = ["scheme", "value", "url"]


class LocatorSerializer(serializers.Serializer):
    section = OrNull(help_text="Section path; null: not reported.")
    page = OrNull(help_text="Page; null: not reported.")


class TermReferenceSerializer(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class MitigationReferenceSerializer(Linked):
    class Meta:
        model = Mitigation
        fields = ["accession", "name", "page_url"]


class MappingSerializer(serializers.ModelSerializer):
    source = MitigationReferenceSerializer()  # type: ignore[assignment]
    target = MitigationReferenceSerializer(allow_null=True)
    framework, framework_version, entry, entry_name, note = (
        OrNull(),
        OrNull(),
        OrNull(),
        OrNull(),
        OrNull(),
    )

    class Meta:
        model = Mapping
        fields = [
            "source",
            "relation",
            "target",
            "framework",
            "framework_version",
            "entry",
            "entry_name",
            "asserted_by",
            "note",
        ]


class MitigationSerializer(Linked):
    """A mitigation. `fields` keeps only some members; `include` puts whole records in the place
    of references.
    """

    #: What others put into a record where `include` asks for it: given a mitigation and the
    #: serializer's context.
    also_included: ClassVar[Registry[str, Members]] = Registry("member of records")
    #: Likewise, read for any number of mitigations at once: given their keys, by key.
    also_of_many: ClassVar[Registry[str, MembersOfMany]] = Registry("member of records")

    api_url = serializers.SerializerMethodField()
    alternative_names = serializers.ListField(
        source="alternative_name_list", child=serializers.CharField()
    )
    preliminary = serializers.BooleanField(source="is_preliminary")
    preliminary_notice = serializers.SerializerMethodField(
        help_text="To be shown with it; null where it is not preliminary."
    )
    document = DocumentReferenceSerializer()
    locator = LocatorSerializer(source="*")
    external_identifiers = ExternalIdentifierSerializer(many=True)
    phases = TermReferenceSerializer(many=True)
    actors = TermReferenceSerializer(many=True)
    functions = TermReferenceSerializer(many=True)
    classifications = ClassificationSerializer(many=True)
    mappings = serializers.SerializerMethodField(
        help_text="Only with include=mappings."
    )

    class Meta:
        model = Mitigation
        fields = [
            "accession",
            "name",
            "alternative_names",
            "description",
            "preliminary",
            "preliminary_notice",
            "document",
            "position",
            "locator",
            "external_identifiers",
            "phases",
            "actors",
            "functions",
            "classifications",
            "mappings",
            "created_at",
            "updated_at",
            "page_url",
            "api_url",
        ]

    def __init__(
        self,
        *args,
        only: list[str] | None = None,
        include: list[str] | None = None,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        include = include or []
        if "document" in include:
            self.fields["document"] = DocumentSerializer()
        self.included = include
        if "mappings" not in include:
            self.fields.pop("mappings")
        for name in set(self.fields) - set(only or self.fields):
            self.fields.pop(name)

    @classmethod
    def includable(cls) -> list[str]:
        """What `include` takes."""
        return ["document", *cls.on_request()]

    @classmethod
    def on_request(cls) -> list[str]:
        """The members that a record has only where they are asked for."""
        return ["mappings", *cls.also_of_many, *cls.also_included]

    @classmethod
    def selectable(cls) -> list[str]:
        """All that `fields` takes."""
        return list(dict.fromkeys([*cls.Meta.fields, *cls.on_request()]))

    def to_representation(self, mitigation):
        record = super().to_representation(mitigation)
        for name in self.included:
            if name in self.also_included:
                record[name] = self.also_included[name](mitigation, self.context)
            elif name in self.also_of_many:
                record[name] = self.also_of_many[name]([mitigation.pk])[mitigation.pk]
        return record

    def get_api_url(self, mitigation) -> str:
        return address(
            self.context, reverse("api:mitigation-detail", args=[mitigation.accession])
        )

    def get_preliminary_notice(self, mitigation) -> str | None:
        return (
            (mitigation.document.preliminary_notice or None)
            if mitigation.is_preliminary
            else None
        )

    def get_mappings(self, mitigation) -> list[dict]:
        """Both directions, as the record that they were stated on has them."""
        rows = [*mitigation.mappings_from.all(), *mitigation.mappings_to.all()]
        return list(MappingSerializer(rows, many=True, context=self.context).data)
