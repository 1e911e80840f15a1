"""How each kind of record of the data files is read from and written to the database."""

from typing import Any

from django.db import models

from catalogue.fields import plain_value
from catalogue.models import (
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
    Synonym,
    Taxonomy,
)
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type

from .adopting import adopt_entries

Values = dict[str, Any]


class Related:
    """Records that others refer to, each read once in a load."""

    def __init__(self) -> None:
        self._records: dict[tuple, models.Model] = {}

    def get(self, model: type[models.Model], **key: str) -> Any:
        """Raises DoesNotExist."""
        identity = (model, *key.items())
        if identity not in self._records:
            self._records[identity] = model._default_manager.get(**key)
        return self._records[identity]


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
        return {name: plain_value(getattr(row, name)) for name in fields}

    def identity(self, key: str, related: Related) -> Values:
        """The fields that follow from the key."""
        return {"slug": key}

    def write(
        self,
        row: Any,
        values: Values,
        reason: str,
        related: Related,
    ) -> Any:
        for name, value in values.items():
            setattr(row, name, value)
        row._change_reason = reason
        row.clean_fields()
        row.save()
        return row

    def create(
        self,
        key: str,
        values: Values,
        reason: str,
        related: Related,
    ) -> Any:
        row = self.model(**self.identity(key, related))
        return self.write(row, values, reason, related)

    def finish(self) -> int:
        """Changes what follows from its records once all are written; how many rows."""
        return 0


class CategoryKind(Kind):
    def rows(self):
        return super().rows().select_related("taxonomy")

    def key(self, row):
        return f"{row.taxonomy.slug}/{row.code}"

    def identity(self, key, related):
        slug, code = key.split("/")
        taxonomy = related.get(Taxonomy, slug=slug)
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

    def write(self, row, values, reason, related):
        plain = {
            name: value for name, value in values.items() if name != "authors"
        }
        super().write(row, plain, reason, related)
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

    def identity(self, key, related):
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
                values[name] = plain_value(getattr(row, name))
        return values

    def write(self, row, values, reason, related):
        plain: Values = {}
        slugs_of: dict[str, list[str]] = {}
        for name, value in values.items():
            if name in self.RELATIONS:
                slugs_of[name] = value
            elif name == "document":
                plain[name] = related.get(Document, slug=value)
            elif name != "external_identifiers":
                plain[name] = value
        super().write(row, plain, reason, related)
        for name, slugs in slugs_of.items():
            terms = self.RELATIONS[name]
            getattr(row, name).set(
                [related.get(terms, slug=slug) for slug in slugs],
            )
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

    def identity(self, key, related):
        accession, slug, code = key.split("/")
        return {
            "mitigation": related.get(Mitigation, accession=accession),
            "category": related.get(
                Category,
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

    def identity(self, key, related):
        source, target = key.split("/")
        return {
            "source": related.get(Mitigation, accession=source),
            "target": related.get(Mitigation, accession=target),
        }


class ReferringKind(Kind):
    """Records that refer to others of some kinds by their keys, in which an empty text is no
    reference.
    """

    references: tuple[str, ...] = ()

    def referred_to(self, key: str, related: Related) -> Any:
        """The record that is meant. Raises DoesNotExist."""
        raise NotImplementedError

    def key_of(self, row: Any) -> str:
        """How a record is named where others refer to it."""
        raise NotImplementedError

    def read(self, row, fields):
        values = super().read(row, fields)
        for name in self.references:
            if name in values:
                other = values[name]
                values[name] = self.key_of(other) if other else ""
        return values

    def write(self, row, values, reason, related):
        written = dict(values)
        for name in self.references:
            if name in written:
                key = written[name]
                written[name] = self.referred_to(key, related) if key else None
        return super().write(row, written, reason, related)


class InstrumentKind(ReferringKind):
    references = ("replaced_by",)

    def rows(self):
        return super().rows().select_related("replaced_by")

    def key_of(self, row):
        return row.slug

    def referred_to(self, key, related):
        return related.get(Instrument, slug=key)


class ProvisionKind(ReferringKind):
    references = ("parent", "replaces")

    def rows(self):
        return (
            super()
            .rows()
            .select_related(
                "instrument",
                "parent__instrument",
                "replaces__instrument",
            )
        )

    def key(self, row):
        return self.key_of(row)

    def finish(self):
        return adopt_entries()

    def key_of(self, row):
        return f"{row.instrument.slug}/{row.code}"

    def referred_to(self, key, related):
        return provision_named(key, related)

    def identity(self, key, related):
        slug, _, code = key.partition("/")
        return {
            "instrument": related.get(Instrument, slug=slug),
            "code": code,
        }


def provision_named(key: str, related: Related) -> Provision:
    """From “eu-ai-act/Article 9”. Raises DoesNotExist."""
    slug, _, code = key.partition("/")
    return related.get(Provision, instrument__slug=slug, code=code)


class CrosswalkKind(Kind):
    """Mappings to provisions."""

    goes_with_its_file = True

    def rows(self):
        return (
            super()
            .rows()
            .filter(provision__isnull=False)
            .select_related("source", "provision__instrument")
        )

    def key(self, row):
        provision = row.provision
        return f"{row.source.accession}/{provision.instrument.slug}/{provision.code}"

    def identity(self, key, related):
        accession, _, provision = key.partition("/")
        return {
            "source": related.get(Mitigation, accession=accession),
            "provision": provision_named(provision, related),
        }


class SynonymKind(Kind):
    goes_with_its_file = True

    def key(self, row):
        return row.term

    def identity(self, key, related):
        return {"term": key}


class NotCoveredKind(Kind):
    goes_with_its_file = True

    def key(self, row):
        return row.name

    def identity(self, key, related):
        return {"name": key}


#: In the order in which they can be written.
KINDS: dict[str, Kind] = {
    "taxonomy": Kind(Taxonomy),
    "category": CategoryKind(Category),
    **{terms.parameter: Kind(terms) for terms in VOCABULARIES},
    "document": DocumentKind(Document),
    "mitigation": MitigationKind(Mitigation),
    "classification": ClassificationKind(Classification),
    "mapping": MappingKind(Mapping),
    "instrument": InstrumentKind(Instrument),
    "provision": ProvisionKind(Provision),
    "crosswalk": CrosswalkKind(Mapping),
    "not covered": NotCoveredKind(NotCovered),
    "synonym": SynonymKind(Synonym),
}
