"""Types of the fields that a mitigation's record has. `fields.py` declares the fields.

A type says how a field is read from the database and what the API's schema says of it. What
exports, imports, the data files, the history, the bulk edit, generated catalogues and pages do
with a field, each of them says for the types it knows, and refuses one that it does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from django.db import models
from django_filters import Filter
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from ..listing.facets import ChoiceFacet, DocumentFacet, FlagFacet, TermFacet
from ..listing.simple_filters import MomentFilter
from ..models import Mitigation, Term
from .serializers import (
    ClassificationSerializer,
    DocumentReferenceSerializer,
    ExternalIdentifierSerializer,
    MappingSerializer,
    OrNull,
    TermReferenceSerializer,
)


@dataclass(frozen=True)
class Field:
    """A member of the record, called `name` wherever it is read or written."""

    name: str
    _: KW_ONLY
    #: What the model calls it, where that is not its name.
    attribute: str = ""
    #: What its column holds, for the data dictionary; empty: exports have no column of it.
    column: str = ""
    #: What an empty cell of that column means; empty: there is none.
    empty: str = ""
    #: What the API's schema says of it, beside its type.
    note: str = ""
    #: What files call its column that were not made here.
    synonyms: tuple[str, ...] = ()
    #: A cell, for the page that says what an import takes.
    example: str = ""
    #: How the public history puts a change: a sentence with {old} and {new}, or what makes one
    #: of both; empty: it does not tell. None: its type has sentences of its own.
    change: str | Callable[[Any, Any], str] | None = None
    #: The label of its facet or filter, and the parameter of addresses where that is not its name.
    facet: str = ""
    parameter: str = ""
    #: Whether it can be changed on many mitigations at once.
    in_bulk_edit: bool = False
    #: What the data files call it, where that is not its name.
    data_key: str = ""

    #: Whether it is a member of the record; else it is only stored.
    is_member: ClassVar[bool] = True
    #: Whether the record has it only where it is asked for, by `include`.
    is_on_request: ClassVar[bool] = False

    @property
    def stored_as(self) -> str:
        """The attribute of the model."""
        return self.attribute or self.name

    @property
    def model_field(self) -> Any:
        return Mitigation._meta.get_field(self.stored_as)

    @property
    def label(self) -> str:
        return str(self.model_field.verbose_name)

    @property
    def query_parameter(self) -> str:
        return self.parameter or self.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the query of mitigations that it is made from."""
        return ()

    def value(self, *columns: Any) -> Any:
        """What the record says, from these columns as the database has them. Types take as
        many as they have, by position.
        """
        raise NotImplementedError

    def schema(self) -> serializers.Field | None:
        """As the API's schema describes it; None: as the model's field."""
        return None

    def facet_filter(self) -> Filter | None:
        return None


@dataclass(frozen=True)
class Stored(Field):
    """A column of the table of mitigations."""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.stored_as,)

    def value(self, column: Any, *_: Any) -> Any:
        return column


@dataclass(frozen=True)
class Accession(Stored):
    """The public id, by which files name a mitigation."""


@dataclass(frozen=True)
class Text(Stored):
    """Text that is always there, unless `is_nullable`: then it is null where it is empty."""

    is_nullable: bool = False

    def value(self, column: Any, *_: Any) -> Any:
        return column or None if self.is_nullable else column

    def schema(self) -> serializers.Field | None:
        if self.is_nullable:
            return OrNull(help_text=self.note)
        return None


@dataclass(frozen=True)
class Lines(Stored):
    """A list of texts, stored one on a line."""

    def value(self, column: Any, *_: Any) -> Any:
        if not column:
            return []
        return [line.strip() for line in column.splitlines() if line.strip()]

    def schema(self) -> serializers.Field | None:
        return serializers.ListField(child=serializers.CharField())


@dataclass(frozen=True)
class Number(Stored):
    pass


@dataclass(frozen=True)
class Flag(Stored):
    """Yes or no. `changes` are the history's sentences for a change to yes, and to no;
    `facet_labels` name both.
    """

    changes: tuple[str, str] = ("", "")
    facet_labels: tuple[str, str] = ("Yes", "No")

    def schema(self) -> serializers.Field | None:
        return serializers.BooleanField()

    def facet_filter(self) -> Filter | None:
        if not self.facet:
            return None
        return FlagFacet(
            field_name=self.query_parameter,
            label=self.facet,
            column=self.stored_as,
            labels=self.facet_labels,
            explanation=self.column,
        )


@dataclass(frozen=True)
class Choice(Stored):
    """One of the choices of the model's field; null where it is empty. Pages show it where it
    is a facet.
    """

    def value(self, column: Any, *_: Any) -> Any:
        return column or None

    def schema(self) -> serializers.Field | None:
        possible = ", ".join(value for value, _ in self.choices)
        return OrNull(help_text=f"One of {possible}; null: {self.empty}.")

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(value, label) of each, without the empty one."""
        return [
            (value, str(label)) for value, label in self.model_field.choices
        ]

    def facet_filter(self) -> Filter | None:
        if not self.facet:
            return None
        return ChoiceFacet(
            field_name=self.query_parameter,
            label=self.facet,
            column=self.stored_as,
            choices=self.choices,
            explanation=self.column,
        )


@dataclass(frozen=True)
class Status(Stored):
    """Where it stands between draft and withdrawn: `curation/workflow.py` moves it. A record is
    one of what is published, and so does not say it.
    """

    is_member: ClassVar[bool] = False


@dataclass(frozen=True)
class Moment(Stored):
    """When something happened, set by the database or by Django. It can be filtered by, and is
    no facet.
    """

    def value(self, column: Any, *_: Any) -> Any:
        return as_utc(column)

    def facet_filter(self) -> Filter | None:
        if not self.facet:
            return None
        return MomentFilter(
            field_name=self.stored_as,
            lookup_expr="gte",
            label=self.facet,
        )


@dataclass(frozen=True)
class Day(Stored):
    """A day that curators give; null where they gave none."""

    def value(self, column: Any, *_: Any) -> Any:
        return as_day(column)

    def schema(self) -> serializers.Field | None:
        return serializers.DateField(allow_null=True, help_text=self.note)


def as_day(day: Any) -> str | None:
    """A day as the API writes it, 2026-03-02, from a date or from a text of SQLite."""
    return str(day) if day else None


def as_utc(at: Any) -> str:
    """A moment as the API writes it: ISO 8601. It is in UTC, whether it says so or not."""
    return f"{at.isoformat().removesuffix('+00:00')}Z"


@dataclass(frozen=True)
class Notice(Field):
    """What is to be shown with it, by its document; null where it is not preliminary."""

    @property
    def columns(self) -> tuple[str, ...]:
        return ("is_preliminary", "document__preliminary_notice")

    def value(self, is_preliminary: Any, notice: Any = "", *_: Any) -> Any:
        return (notice or None) if is_preliminary else None

    def schema(self) -> serializers.Field | None:
        return OrNull(help_text=self.note)


@dataclass(frozen=True)
class Link(Field):
    """An address of the mitigation, by its accession."""

    view: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return ("accession",)

    def schema(self) -> serializers.Field | None:
        return serializers.CharField(read_only=True)


@dataclass(frozen=True)
class SourceDocument(Field):
    """The document that it is taken from. The reader puts the page's address into it."""

    MEMBERS: ClassVar = ("slug", "label", "title", "year")

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(f"document__{name}" for name in self.MEMBERS)

    def schema(self) -> serializers.Field | None:
        return DocumentReferenceSerializer()

    def facet_filter(self) -> Filter | None:
        return DocumentFacet(field_name=self.query_parameter, label=self.facet)


@dataclass(frozen=True)
class Group(Field):
    """Fields that are members of one object. `change` tells of all of them together."""

    fields: tuple[Stored, ...] = ()

    def schema(self) -> serializers.Field | None:
        members: dict[str, Any] = {
            one.name: one.schema() for one in self.fields
        }
        return inline_serializer(self.name.capitalize(), members, source="*")


@dataclass(frozen=True)
class Terms(Field):
    """Terms of a vocabulary. `words` names them in the plural."""

    terms: type[Term] = field(kw_only=True)
    words: str = field(kw_only=True)
    #: On an entry of a list, vocabularies with a smaller number come first.
    place_in_entry: int = 9
    #: Whether the table of a list has a column of it; cards show it in any case.
    is_in_table: bool = True

    @property
    def label(self) -> str:
        return str(self.terms._meta.verbose_name)

    @property
    def through(self) -> type[models.Model]:
        """The table that says which mitigation carries which."""
        return self.model_field.remote_field.through

    def schema(self) -> serializers.Field | None:
        return TermReferenceSerializer(many=True)

    def facet_filter(self) -> Filter | None:
        return TermFacet(
            field_name=self.query_parameter,
            label=self.facet,
            terms=self.terms,
        )


@dataclass(frozen=True)
class Identifiers(Field):
    """What other catalogues call it: rows of their own table."""

    def schema(self) -> serializers.Field | None:
        return ExternalIdentifierSerializer(many=True)


@dataclass(frozen=True)
class Classifications(Field):
    """Its places in taxonomies: rows of their own table."""

    def schema(self) -> serializers.Field | None:
        return ClassificationSerializer(many=True)


@dataclass(frozen=True)
class Mappings(Field):
    """How it relates to other mitigations and to entries of frameworks."""

    is_on_request: ClassVar[bool] = True

    def schema(self) -> serializers.Field | None:
        return MappingSerializer(many=True)


@dataclass(frozen=True)
class MeasureOf(Field):
    """Which measure it words: the accession of the first mitigation of that measure, which is
    its own where no other is the same measure.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        return ("accession",)

    def schema(self) -> serializers.Field | None:
        return serializers.CharField(read_only=True, help_text=self.note)


def flattened(fields: Sequence[Field]) -> list[Field]:
    """The fields, those of a group in the place of the group."""
    result: list[Field] = []
    for declared in fields:
        if isinstance(declared, Group):
            result += declared.fields
        else:
            result.append(declared)
    return result
