"""How each kind of record of the data files is read from and written to the database."""

from typing import Any

from django.db import models

from catalogue.models import (
    VOCABULARIES,
    Author,
    Category,
    Classification,
    Document,
    ExternalIdentifier,
    Mapping,
    Mitigation,
    Taxonomy,
)
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type

Values = dict[str, Any]


class Kind:
    """Records that are rows of one model, each with a key and plain fields. Kinds with
    relations extend it.
    """

    #: Whether a record that left the files is removed from the database, where no curator
    #: changed it.
    goes_with_its_file = False

    def __init__(self, model: type[models.Model]):
        self.model = model

    def rows(self) -> models.QuerySet:
        return self.model._default_manager.all()

    def key(self, row: Any) -> str:
        return row.slug

    def read(self, row: Any, fields: list[str]) -> Values:
        return {name: getattr(row, name) for name in fields}

    def identity(self, key: str) -> Values:
        """The fields that follow from the key."""
        return {"slug": key}

    def write(self, row: Any, values: Values, reason: str) -> Any:
        for name, value in values.items():
            setattr(row, name, value)
        row._change_reason = reason
        row.clean_fields()
        row.save()
        return row

    def create(self, key: str, values: Values, reason: str) -> Any:
        return self.write(self.model(**self.identity(key)), values, reason)


class CategoryKind(Kind):
    def rows(self):
        return super().rows().select_related("taxonomy")

    def key(self, row):
        return f"{row.taxonomy.slug}/{row.code}"

    def identity(self, key):
        slug, code = key.split("/")
        taxonomy = Taxonomy.objects.get(slug=slug)
        parent = Category.objects.filter(
            taxonomy=taxonomy,
            code=code.rpartition(".")[0],
        ).first()
        return {"taxonomy": taxonomy, "code": code, "parent": parent}


class DocumentKind(Kind):
    def rows(self):
        return super().rows().with_authors()

    def read(self, row, fields):
        authors = [
            {
                name: getattr(a, name)
                for name in ("family", "given", "organisation")
            }
            for a in row.authors.all()
        ]
        return {
            name: authors if name == "authors" else getattr(row, name)
            for name in fields
        }

    def write(self, row, values, reason):
        super().write(
            row,
            {
                name: value
                for name, value in values.items()
                if name != "authors"
            },
            reason,
        )
        if "authors" in values:
            row.authors.all().delete()
            for position, author in enumerate(values["authors"], start=1):
                entry = Author(document=row, position=position, **author)
                entry._change_reason = reason
                entry.save()
        return row


class MitigationKind(Kind):
    RELATIONS = {field.stored_as: field.terms for field in of_type(Terms)}

    def rows(self):
        rows = super().rows().select_related("document")
        return rows.prefetch_related(*self.RELATIONS, "external_identifiers")

    def key(self, row):
        return row.accession

    def identity(self, key):
        return {"accession": key, "status": Mitigation.Status.PUBLISHED}

    def read(self, row, fields):
        values: Values = {}
        for name in fields:
            if name == "document":
                values[name] = row.document.slug
            elif name == "external_identifiers":
                values[name] = [
                    {"scheme": one.scheme, "value": one.value, "url": one.url}
                    for one in row.external_identifiers.all()
                ]
            elif name in self.RELATIONS:
                values[name] = sorted(
                    term.slug for term in getattr(row, name).all()
                )
            else:
                values[name] = getattr(row, name)
        return values

    def write(self, row, values, reason):
        plain: Values = {}
        slugs_of: dict[str, list[str]] = {}
        for name, value in values.items():
            if name in self.RELATIONS:
                slugs_of[name] = value
            elif name == "document":
                plain[name] = Document.objects.get(slug=value)
            elif name != "external_identifiers":
                plain[name] = value
        super().write(row, plain, reason)
        for name, slugs in slugs_of.items():
            terms = self.RELATIONS[name]._default_manager
            getattr(row, name).set(terms.filter(slug__in=slugs))
        if "external_identifiers" in values:
            row.external_identifiers.all().delete()
            for identifier in values["external_identifiers"]:
                ExternalIdentifier.objects.create(mitigation=row, **identifier)
        return row


class ClassificationKind(Kind):
    goes_with_its_file = True

    def rows(self):
        return (
            super().rows().select_related("mitigation", "category__taxonomy")
        )

    def key(self, row):
        return f"{row.mitigation.accession}/{row.category.taxonomy.slug}/{row.category.code}"

    def identity(self, key):
        accession, slug, code = key.split("/")
        return {
            "mitigation": Mitigation.objects.get(accession=accession),
            "category": Category.objects.select_related("taxonomy").get(
                taxonomy__slug=slug,
                code=code,
            ),
        }


class MappingKind(Kind):
    goes_with_its_file = True

    def rows(self):
        return (
            super()
            .rows()
            .filter(target__isnull=False)
            .select_related("source", "target")
        )

    def key(self, row):
        return f"{row.source.accession}/{row.target.accession}"

    def identity(self, key):
        source, target = (
            Mitigation.objects.get(accession=accession)
            for accession in key.split("/")
        )
        return {"source": source, "target": target}


#: In the order in which they can be written.
KINDS: dict[str, Kind] = {
    "taxonomy": Kind(Taxonomy),
    "category": CategoryKind(Category),
    **{terms.parameter: Kind(terms) for terms in VOCABULARIES},
    "document": DocumentKind(Document),
    "mitigation": MitigationKind(Mitigation),
    "classification": ClassificationKind(Classification),
    "mapping": MappingKind(Mapping),
}
