"""What the API says of a mitigation, written out by hand: a second opinion on what the record's
declaration gives.

As Django REST framework serializes models. A field that is declared since then has no line here;
`test_fields.py` looks at every one.
"""

from django.urls import reverse
from rest_framework import serializers

from catalogue.models import Mitigation
from catalogue.record.reader import mappings_of
from catalogue.record.schema import MitigationSerializer
from catalogue.record.serializers import (
    ClassificationSerializer,
    DocumentReferenceSerializer,
    DocumentSerializer,
    ExternalIdentifierSerializer,
    Linked,
    OrNull,
    TermReferenceSerializer,
    address,
)


class Locator(serializers.Serializer):
    section = OrNull()
    page = OrNull()


class ReferenceSerializer(Linked):
    api_url = serializers.SerializerMethodField()
    alternative_names = serializers.ListField(source="alternative_name_list")
    requirements = OrNull()
    preliminary = serializers.BooleanField(source="is_preliminary")
    preliminary_notice = serializers.SerializerMethodField()
    document = DocumentReferenceSerializer()
    locator = Locator(source="*")
    external_identifiers = ExternalIdentifierSerializer(many=True)
    phases = TermReferenceSerializer(many=True)
    actors = TermReferenceSerializer(many=True)
    functions = TermReferenceSerializer(many=True)
    classifications = ClassificationSerializer(many=True)

    class Meta:
        model = Mitigation
        fields = [
            "accession",
            "name",
            "alternative_names",
            "description",
            "requirements",
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
            "created_at",
            "updated_at",
            "page_url",
            "api_url",
        ]

    def __init__(self, *args, only=(), include=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.include = include
        self.only = only
        if "document" in include:
            self.fields["document"] = DocumentSerializer()
        for name in set(self.fields) - set(only or self.fields):
            self.fields.pop(name)

    def to_representation(self, mitigation):
        record = super().to_representation(mitigation)
        included = MitigationSerializer.also_included
        for name in self.include:
            if name in included:
                record[name] = included[name](mitigation, self.context)
            if name == "mappings" and (not self.only or name in self.only):
                record[name] = mappings_of(mitigation, self.context)
        return record

    def get_api_url(self, mitigation):
        path = reverse("api:mitigation-detail", args=[mitigation.accession])
        return address(self.context, path)

    def get_preliminary_notice(self, mitigation):
        if not mitigation.is_preliminary:
            return None
        return mitigation.document.preliminary_notice or None
