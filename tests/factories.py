"""Factories for every model of the catalogue. Each makes a record that is valid as it stands."""

import datetime

import factory
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from catalogue import models


class TaxonomyFactory(DjangoModelFactory):
    class Meta:
        model = models.Taxonomy

    slug = factory.Sequence(lambda n: f"taxonomy-{n}")
    title = factory.Sequence(lambda n: f"Taxonomy {n}")
    short_title = factory.SelfAttribute("title")
    publisher = "A publisher"
    description = "Sorts what it holds by what is done."


def _next_top_code(taxonomy):
    codes = taxonomy.categories.exclude(code__contains=".").values_list(
        "code",
        flat=True,
    )
    return str(max(map(int, codes), default=0) + 1)


def _parent(taxonomy, code):
    """The category above `code`, made with those above it where missing; None at the top."""
    parent_code = code.rpartition(".")[0]
    if not parent_code:
        return None
    found = taxonomy.categories.filter(code=parent_code).first()
    return found or CategoryFactory(taxonomy=taxonomy, code=parent_code)


class CategoryFactory(DjangoModelFactory):
    """Takes the next free code at the top unless told; `code="2.3.1", taxonomy=t` makes missing
    parents.
    """

    class Meta:
        model = models.Category

    taxonomy = factory.SubFactory(TaxonomyFactory)
    code = factory.LazyAttribute(
        lambda category: _next_top_code(category.taxonomy),
    )
    parent = factory.LazyAttribute(
        lambda category: _parent(category.taxonomy, category.code),
    )
    name = factory.LazyAttribute(lambda category: f"Category {category.code}")
    definition = factory.LazyAttribute(
        lambda category: f"What belongs under {category.code}.",
    )


class TermFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    position = factory.Sequence(lambda n: n)
    definition = factory.LazyAttribute(lambda term: f"What {term.name} means.")


class LifecyclePhaseFactory(TermFactory):
    class Meta:
        model = models.LifecyclePhase

    slug = factory.Sequence(lambda n: f"phase-{n}")
    name = factory.Sequence(lambda n: f"Phase {n}")


class ActorFactory(TermFactory):
    class Meta:
        model = models.Actor

    slug = factory.Sequence(lambda n: f"actor-{n}")
    name = factory.Sequence(lambda n: f"Actor {n}")


class RiskManagementFunctionFactory(TermFactory):
    class Meta:
        model = models.RiskManagementFunction

    slug = factory.Sequence(lambda n: f"function-{n}")
    name = factory.Sequence(lambda n: f"Function {n}")


class DocumentFactory(DjangoModelFactory):
    """One author unless told; `authors` is a number, or a list of dictionaries with the fields
    of an author.
    """

    class Meta:
        model = models.Document
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"document-{n}")
    label = factory.Sequence(lambda n: f"Document {n}")
    title = factory.Sequence(lambda n: f"A study of mitigations {n}")
    kind = models.Document.Kind.REPORT
    year = 2024
    abstract = "It asked experts which measures help, and found some that do."

    @factory.post_generation
    def authors(document, create, extracted, **kwargs):
        if not create:
            return
        given = 1 if extracted is None else extracted
        fields = [{}] * given if isinstance(given, int) else given
        for position, author in enumerate(fields):
            AuthorFactory(document=document, position=position, **author)


class AuthorFactory(DjangoModelFactory):
    """A person, or an organisation where one is given."""

    class Meta:
        model = models.Author

    document = factory.SubFactory(DocumentFactory, authors=0)
    position = factory.Sequence(lambda n: n)
    organisation = ""
    family = factory.LazyAttributeSequence(
        lambda author, n: "" if author.organisation else f"Family{n}",
    )
    given = factory.LazyAttribute(
        lambda author: "" if author.organisation else "Ann B.",
    )


def _adds(name, term_factory):
    """A post-generation hook that adds given terms, or as many new ones as a number says."""

    @factory.post_generation
    def add(mitigation, create, extracted, **kwargs):
        if create and extracted:
            terms = (
                term_factory.create_batch(extracted)
                if isinstance(extracted, int)
                else extracted
            )
            getattr(mitigation, name).add(*terms)

    return add


class MitigationFactory(DjangoModelFactory):
    """Published unless told. `phases`, `actors` and `functions` take a list or a number; none
    unless told.
    """

    class Meta:
        model = models.Mitigation
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Mitigation {n}")
    description = factory.LazyAttribute(
        lambda mitigation: (
            f"Developers carry out {mitigation.name} against misuse."
        ),
    )
    document = factory.SubFactory(DocumentFactory)
    position = factory.Sequence(lambda n: n)
    status = models.Mitigation.Status.PUBLISHED

    phases = _adds("phases", LifecyclePhaseFactory)
    actors = _adds("actors", ActorFactory)
    functions = _adds("functions", RiskManagementFunctionFactory)


class ClassificationFactory(DjangoModelFactory):
    class Meta:
        model = models.Classification

    mitigation = factory.SubFactory(MitigationFactory)
    category = factory.SubFactory(CategoryFactory)
    rationale = factory.LazyAttribute(
        lambda row: f"It does what {row.category.name} asks for.",
    )
    coder = "A coder"


class MappingFactory(DjangoModelFactory):
    """Between two mitigations; with `framework` and `entry`, to an entry of a framework."""

    class Meta:
        model = models.Mapping

    source = factory.SubFactory(MitigationFactory)
    relation = models.Mapping.Relation.CLOSE
    framework = ""
    target = factory.Maybe(
        "framework",
        yes_declaration=None,
        no_declaration=factory.SubFactory(MitigationFactory),
    )
    asserted_by = "A coder"


class ExternalIdentifierFactory(DjangoModelFactory):
    class Meta:
        model = models.ExternalIdentifier

    mitigation = factory.SubFactory(MitigationFactory)
    scheme = "mitre-atlas"
    value = factory.Sequence(lambda n: f"AML.M{n:04}")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()

    username = factory.Sequence(lambda n: f"user-{n}")


class InstrumentFactory(DjangoModelFactory):
    class Meta:
        model = models.Instrument

    slug = factory.Sequence(lambda n: f"code-{n}")
    title = factory.Sequence(lambda n: f"Code of Practice number {n}")
    short_title = factory.Sequence(lambda n: f"Code {n}")
    issuer = "An office"
    kind = models.Instrument.Kind.CODE
    status_note = "Whoever signs it keeps to it."
    url = "https://example.org/code"
    checked_on = datetime.date(2026, 11, 30)


class ProvisionFactory(DjangoModelFactory):
    class Meta:
        model = models.Provision

    instrument = factory.SubFactory(InstrumentFactory)
    code = factory.Sequence(lambda n: f"Measure {n}")
    name = factory.Sequence(lambda n: f"What measure {n} asks for")
    is_verified = True
    position = factory.Sequence(lambda n: n)


class ProvisionMappingFactory(MappingFactory):
    """To a provision of a law, code or standard."""

    target = None
    provision = factory.SubFactory(ProvisionFactory)
    force = models.Mapping.Force.REQUIRES
    note = "It asks for the same."
