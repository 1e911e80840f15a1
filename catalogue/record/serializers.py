"""What the API says of each record."""

from collections import abc
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ..models import (
    VOCABULARIES,
    Author,
    Category,
    Classification,
    Document,
    ExternalIdentifier,
    Instrument,
    Mapping,
    Mitigation,
    NotCovered,
    Provision,
    Taxonomy,
    Term,
)


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
    if context.get("request"):
        return context["request"].build_absolute_uri(path)
    return path


class Linked(serializers.ModelSerializer):
    """A record with the address of its page."""

    page_url = serializers.SerializerMethodField()

    def get_page_url(self, record) -> str:
        return address(self.context, record.get_absolute_url())


class TermSerializer(Linked):
    class Meta:
        fields = ["slug", "name", "definition", "is_special", "page_url"]


def term_serializer(terms: type[Term]) -> type[TermSerializer]:
    """The serializer of a vocabulary, under the name that the API's schema knows it by."""
    meta = type("Meta", (TermSerializer.Meta,), {"model": terms})
    return type(
        f"{terms.schema_name}Serializer",
        (TermSerializer,),
        {"Meta": meta},
    )


#: By vocabulary.
TERM_SERIALIZERS = {terms: term_serializer(terms) for terms in VOCABULARIES}


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
    parent = serializers.SlugRelatedField(
        "code",
        read_only=True,
        allow_null=True,
    )  # type: ignore[assignment]

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
    family = OrNull()
    given = OrNull()
    organisation = OrNull()

    class Meta:
        model = Author
        fields = ["family", "given", "organisation"]


class DocumentReferenceSerializer(Linked):
    class Meta:
        model = Document
        fields = ["slug", "label", "title", "year", "page_url"]


class DocumentSerializer(Linked):
    authors = AuthorSerializer(many=True)
    version = OrNull()
    publisher = OrNull()
    doi = OrNull()
    arxiv_id = OrNull()
    url = OrNull()
    licence = OrNull()
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


class TermReferenceSerializer(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class MitigationReferenceSerializer(Linked):
    class Meta:
        model = Mitigation
        fields = ["accession", "name", "page_url"]


class InstrumentLinkSerializer(serializers.Serializer):
    url = serializers.CharField()
    name = serializers.CharField()


class InstrumentSerializer(serializers.ModelSerializer):
    """A law, code, framework or standard."""

    applies_to_note = OrNull(
        help_text="Where its parts differ in that; null: they do not.",
    )
    published = OrNull(
        help_text="When it was adopted or published: a day, or a month or year if no more is known.",
    )
    published_as = OrNull(
        help_text="What happened on that day, such as signed; null: it was published.",
    )
    url_label = OrNull(
        help_text="What is at the address where it is not its text; null: its text.",
    )
    sections_of = OrNull(
        help_text="The code whose sections its ids are; null: of none.",
    )
    version = OrNull()
    replaced_by = serializers.SlugRelatedField(
        "slug",
        read_only=True,
        allow_null=True,
    )  # type: ignore[assignment]
    further_links = serializers.SerializerMethodField()
    licence = OrNull()
    unverified = serializers.ListField(
        child=serializers.CharField(),
        source="unverified_list",
        help_text="What of it could not be verified.",
    )

    class Meta:
        model = Instrument
        fields = [
            "slug",
            "title",
            "short_title",
            "issuer",
            "kind",
            "status_note",
            "applies_to_note",
            "published",
            "published_as",
            "in_force_on",
            "ended_on",
            "version",
            "replaced_by",
            "url",
            "url_label",
            "sections_of",
            "further_links",
            "licence",
            "is_whole",
            "checked_on",
            "unverified",
        ]

    @extend_schema_field(InstrumentLinkSerializer(many=True))
    def get_further_links(
        self,
        instrument: Instrument,
    ) -> list[dict[str, str]]:
        return [{"url": url, "name": name} for url, name in instrument.links]


class NotCoveredSerializer(serializers.ModelSerializer):
    """What of laws, codes and standards is not gone through here."""

    class Meta:
        model = NotCovered
        fields = ["name", "reason"]


class ProvisionReferenceSerializer(serializers.ModelSerializer):
    instrument = serializers.SlugRelatedField("slug", read_only=True)

    applies_to = OrNull(
        help_text="Whom it binds; null: whomever the instrument does.",
    )
    addressee = OrNull(
        help_text="The group of those whom a law binds; null: of no law, or of others.",
    )
    begins_on = serializers.DateField(
        allow_null=True,
        help_text="From when it applies: its own day, or that of the law. Null: it is of no law, or not known.",
    )
    applies_from_note = OrNull(
        help_text="What one day does not say; null: it says all.",
    )
    longer_for = OrNull(
        help_text="Who has longer than that day, and until when; null: nobody.",
    )

    class Meta:
        model = Provision
        fields = [
            "instrument",
            "code",
            "name",
            "applies_to",
            "addressee",
            "begins_on",
            "applies_from_note",
            "longer_for",
        ]


class ProvisionSerializer(serializers.ModelSerializer):
    """What an instrument asks for, under the id that it has there."""

    instrument = serializers.SlugRelatedField("slug", read_only=True)
    parent = serializers.SlugRelatedField(
        "code",
        read_only=True,
        allow_null=True,
    )  # type: ignore[assignment]
    sort = OrNull(
        help_text="Of instruments with provisions of several sorts, such as risk and action; null: of others.",
    )
    serves = OrNull(
        help_text="What it carries out of another instrument; null: nothing that is known.",
    )
    replaces = serializers.SerializerMethodField()
    applies_to = OrNull(
        help_text="Whom it binds; null: whomever the instrument does.",
    )
    addressee = OrNull(
        help_text="The group of those whom a law binds; null: of no law, or of others.",
    )
    applies_from_note = OrNull(
        help_text="What one day does not say; null: it says all.",
    )
    longer_for = OrNull(
        help_text="Who has longer than that day, and until when; null: nobody.",
    )
    begins_on = serializers.DateField(
        allow_null=True,
        help_text="From when it applies: its own day, or that of the law. Null: it is of no law, or not known.",
    )
    note = OrNull()

    class Meta:
        model = Provision
        fields = [
            "instrument",
            "code",
            "name",
            "is_official_name",
            "parent",
            "sort",
            "serves",
            "replaces",
            "applies_to",
            "addressee",
            "applies_from",
            "applies_from_note",
            "longer_for",
            "begins_on",
            "is_verified",
            "note",
        ]

    def get_replaces(self, provision: Provision) -> str | None:
        return provision.replaces.key if provision.replaces else None


class MappingSerializer(serializers.ModelSerializer):
    source = MitigationReferenceSerializer()  # type: ignore[assignment]
    target = MitigationReferenceSerializer(allow_null=True)
    provision = ProvisionReferenceSerializer(allow_null=True)
    force = OrNull(
        help_text="What the provision or entry does about the measure: requires, own (has the developer set its own), example "
        "(names it as an example), disclose (asks to disclose) or suggests; null: not said.",
    )
    confidence = OrNull(help_text="high, moderate or low; null: not reported.")
    framework = OrNull()
    framework_version = OrNull()
    entry = OrNull()
    entry_name = OrNull()
    note = OrNull()

    class Meta:
        model = Mapping
        fields = [
            "source",
            "relation",
            "target",
            "provision",
            "force",
            "framework",
            "framework_version",
            "entry",
            "entry_name",
            "asserted_by",
            "confidence",
            "note",
        ]
