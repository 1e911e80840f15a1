"""How each kind of record of the data files is read from and written to the database."""

from typing import Any

from django.db import models

from catalogue.models import (
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
            taxonomy=taxonomy, code=code.rpartition(".")[0]
        ).first()
        return {"taxonomy": taxonomy, "code": code, "parent": parent}


class DocumentKind(Kind):
    def rows(self):
        return super().rows().with_authors()

    def read(self, row, fields):
        authors = [
            {name: getattr(a, name) for name in ("family", "given", "organisation")}
            for a in row.authors.all()
        ]
        return {
            name: authors if name == "authors" else getattr(row, name)
            for name in fields
        }

    def write(self, row, values, reason):
        super().write(
            row,
            {name: value for name, value in values.items() if name != "authors"},
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
    RELATIONS = {
        "phases": LifecyclePhase,
        "actors": Actor,
        "functions": RiskManagementFunction,
    }

    def rows(self):
        return (
            super()
            .rows()
            .select_related("document")
            .prefetch_related(*self.RELATIONS, "external_identifiers")
        )

    def key(self, row):
        return row.accession

    def identity(self, key):
        return {"accession": key, "status": Mitigation.Status.PUBLISHED}

    def read(self, row, fields):
        readers = {
            "document": lambda: row.document.slug,
            "external_identifiers": lambda: [
                {"scheme": i.scheme, "value": i.value, "url": i.url}
                for i in row.external_identifiers.all()
            ],
            **{
                name: lambda name=name: sorted(t.slug for t in getattr(row, name).all())
                for name in self.RELATIONS
            },
        }
        return {
            name: readers[name]() if name in readers else getattr(row, name)
            for name in fields
        }

    def write(self, row, values, reason):
        values = dict(values)
        relations = {
            name: values.pop(name) for name in self.RELATIONS if name in values
        }
        identifiers = values.pop("external_identifiers", None)
        if "document" in values:
            values["document"] = Document.objects.get(slug=values["document"])
        super().write(row, values, reason)
        for name, slugs in relations.items():
            getattr(row, name).set(self.RELATIONS[name].objects.filter(slug__in=slugs))
        if identifiers is not None:
            row.external_identifiers.all().delete()
            for identifier in identifiers:
                ExternalIdentifier.objects.create(mitigation=row, **identifier)
        return row


class ClassificationKind(Kind):
    goes_with_its_file = True

    def rows(self):
        return super().rows().select_related("mitigation", "category__taxonomy")

    def key(self, row):
        return f"{row.mitigation.accession}/{row.category.taxonomy.slug}/{row.category.code}"

    def identity(self, key):
        accession, slug, code = key.split("/")
        return {
            "mitigation": Mitigation.objects.get(accession=accession),
            "category": Category.objects.select_related("taxonomy").get(
                taxonomy__slug=slug, code=code
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
            Mitigation.objects.get(accession=accession) for accession in key.split("/")
        )
        return {"source": source, "target": target}


#: In the order in which they can be written.
KINDS: dict[str, Kind] = {
    "taxonomy": Kind(Taxonomy),
    "category": CategoryKind(Category),
    "phase": Kind(LifecyclePhase),
    "actor": Kind(Actor),
    "function": Kind(RiskManagementFunction),
    "document": DocumentKind(Document),
    "mitigation": MitigationKind(Mitigation),
    "classification": ClassificationKind(Classification),
    "mapping": MappingKind(Mapping),
}
