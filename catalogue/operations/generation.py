"""Made-up mitigations in any number, for measuring and testing at size.

They look like real ones where searches and counts depend on it: a few words, categories and
terms are common and most are rare (after Zipf), mitigations stand at every level of a tree, and
some words occur only once. Every generated document says that it is generated.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from tqdm import tqdm

from ..database import next_accession
from ..models import (
    Author,
    Category,
    Classification,
    Document,
    Mapping,
    Mitigation,
    Taxonomy,
    Term,
)
from ..record.field_types import Choice, Terms
from ..record.fields import of_type
from .generated_law import LawDraw, write_instruments
from .made_up_text import (
    FAMILIES,
    GIVEN,
    MANNERS,
    OBJECTS,
    PRACTICES,
    Prose,
    Skewed,
)

MITIGATIONS_PER_DOCUMENT = 60
BATCH = 500
CODER = "Generator"

#: How much rarer a category is than one a level below it.
RARER_PER_LEVEL = 0.4
#: How many classifications a mitigation has in a taxonomy: the chances of none, one, two, three
#: and four.
CLASSIFIED_IN_DEFAULT = (2, 80, 15, 3, 0)
CLASSIFIED_IN_OTHERS = (15, 75, 10, 0, 0)
CLASSIFIED_IN_RISKS = (5, 45, 30, 14, 6)

#: How many terms of a vocabulary a mitigation has: the chances of none, one, two and so on.
TERMS_CARRIED = {
    "phases": (4, 56, 28, 9, 3),
    "actors": (4, 60, 26, 10),
    "functions": (0, 72, 22, 6),
}
USUALLY_CARRIED = (4, 60, 26, 10)


class NothingToBuildOn(Exception):
    """The database lacks what mitigations refer to. The message says what is missing and what
    to do.
    """


@dataclass
class Generated:
    """What was added: accessions from `first` to `last`, in so many documents."""

    first: str
    last: str
    documents: int


@dataclass
class Tree:
    """A taxonomy's categories, and how many classifications in it a mitigation has."""

    categories: Skewed[Category]
    chances: tuple[int, ...]

    @classmethod
    def of(cls, taxonomy: Taxonomy, rng: random.Random) -> "Tree":
        categories = list(taxonomy.categories.order_by("path"))
        rng.shuffle(
            categories,
        )  # which ones are common is chance, and the same for a seed
        deepest = max(category.depth for category in categories)
        weights = [
            RARER_PER_LEVEL ** (deepest - category.depth)
            for category in categories
        ]
        return cls(Skewed(categories, weights), cls.chances_in(taxonomy))

    @staticmethod
    def chances_in(taxonomy: Taxonomy) -> tuple[int, ...]:
        if taxonomy.is_of_risks:
            return CLASSIFIED_IN_RISKS
        if taxonomy.is_default:
            return CLASSIFIED_IN_DEFAULT
        return CLASSIFIED_IN_OTHERS

    def draw(self, rng: random.Random) -> list[Category]:
        return self.categories.some(
            rng,
            rng.choices(range(len(self.chances)), self.chances)[0],
        )


@dataclass
class TermDraw:
    """The terms of one vocabulary, and how many of them a mitigation has."""

    relation: str
    ordinary: Skewed[Term]
    special: list[Term]
    chances: tuple[int, ...]

    @classmethod
    def of(
        cls,
        relation: str,
        model: type[Term],
        chances: tuple[int, ...],
        rng: random.Random,
    ) -> "TermDraw":
        terms = list(model._default_manager.order_by("position", "slug"))
        ordinary = [term for term in terms if not term.is_special] or terms
        rng.shuffle(ordinary)
        return cls(
            relation,
            Skewed(ordinary),
            [term for term in terms if term.is_special],
            chances,
        )

    def draw(self, rng: random.Random) -> list[Term]:
        """Some ordinary terms, or a special one alone where none is drawn."""
        count = rng.choices(range(len(self.chances)), self.chances)[0]
        if count or not self.special:
            return self.ordinary.some(rng, count)
        return [rng.choice(self.special)]


@dataclass
class Batch:
    """What is written together; rows of parts name a mitigation by its place in the batch.

    `classifications` and `asked` are (place, their other columns), `mappings` (place, relation,
    place of the target among all), `terms` by relation (place, key of a term).
    """

    mitigations: list[Mitigation] = field(default_factory=list)
    classifications: list[tuple[int, dict[str, Any]]] = field(
        default_factory=list,
    )
    mappings: list[tuple[int, str, int]] = field(default_factory=list)
    asked: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    terms: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def write(self, keys: list[int]) -> None:
        """`keys` are those of all mitigations before; these are added."""
        own = [
            mitigation.pk
            for mitigation in Mitigation.objects.bulk_create(self.mitigations)
        ]
        keys += own
        _insert(
            Classification,
            [
                {"mitigation_id": own[place], **row}
                for place, row in self.classifications
            ],
        )
        _insert(
            Mapping,
            [
                {
                    "source_id": own[place],
                    "relation": relation,
                    "target_id": keys[target],
                    "asserted_by": CODER,
                }
                for place, relation, target in self.mappings
            ],
        )
        _insert(
            Mapping,
            [
                {"source_id": own[place], "asserted_by": CODER, **row}
                for place, row in self.asked
            ],
        )
        for relation, pairs in self.terms.items():
            links: Any = Mitigation._meta.get_field(relation)
            of, to = (
                links.remote_field.through._meta.get_field(name).attname
                for name in _ends(links)
            )
            _insert(
                links.remote_field.through,
                [{of: own[place], to: term} for place, term in pairs],
            )


def _ends(links: Any) -> tuple[str, str]:
    return links.m2m_field_name(), links.m2m_reverse_field_name()


def _insert(model: type[Model], rows: list[dict[str, Any]]) -> None:
    """Rows by their columns; what they do not name has its default. Past the ORM, which takes
    longer to make records of them than the database to write them.
    """
    usual = {
        one.attname: one.get_default()
        for one in model._meta.concrete_fields
        if not one.primary_key
    }
    quoted = ", ".join(connection.ops.quote_name(name) for name in usual)
    marks = ", ".join(["%s"] * len(usual))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {model._meta.db_table} ({quoted}) VALUES ({marks})",
            [list({**usual, **row}.values()) for row in rows],
        )


class Generator:
    """Makes rows one after another. The same seed on the same taxonomies and vocabularies gives
    the same text.
    """

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        #: Of its own, so that a field which is declared later leaves all other text as it was.
        self.rng_of_choices = random.Random(seed)
        self.law = LawDraw(seed)
        self.prose = Prose(self.rng)
        self.trees = [
            Tree.of(taxonomy, self.rng) for taxonomy in _filled_taxonomies()
        ]
        self.vocabularies = [
            TermDraw.of(
                one.stored_as,
                one.terms,
                TERMS_CARRIED.get(one.name, USUALLY_CARRIED),
                self.rng,
            )
            for one in of_type(Terms)
        ]
        self.positions: Counter[int] = Counter()
        self.made = 0

    def documents(self, first: str, count: int) -> list[Document]:
        """Documents with their authors, written. Their slugs hold an accession, and so never
        come twice.
        """
        documents = Document.objects.bulk_create(
            [
                self._document(f"generated-{first.lower()}-{number}")
                for number in range(1, count + 1)
            ],
            batch_size=BATCH,
        )
        authors = [
            author
            for document in documents
            for author in self._authors(document)
        ]
        Author.objects.bulk_create(authors, batch_size=BATCH)
        return documents

    def _document(self, slug: str) -> Document:
        year = 2026 - int(self.rng.expovariate(0.5)) % 12
        is_preliminary = self.prose.often(0.1)
        subject = self.prose.one(OBJECTS)
        return Document(
            slug=slug,
            label=f"{self.prose.one(FAMILIES)} et al. {year} (generated)",
            title=f"{self.prose.one(MANNERS)} {self.prose.one(PRACTICES)} of {subject}",
            kind=self.rng.choices(Document.Kind.values, (5, 3, 3, 1))[0],
            year=year,
            abstract=f"Generated for measuring and testing; no such source exists. {self.prose.description(subject)}",
            preliminary_notice="Generated, and marked as preliminary."
            if is_preliminary
            else "",
        )

    def _authors(self, document: Document) -> Iterator[Author]:
        if self.prose.often(0.1):
            yield Author(
                document=document,
                organisation=f"{self.prose.coined()} Institute",
            )
            return
        for position in range(
            self.rng.choices((1, 2, 3, 4, 8, 24), (20, 25, 25, 15, 12, 3))[0],
        ):
            family = self.prose.one(FAMILIES)
            given = self.prose.one(GIVEN)
            yield Author(
                document=document,
                position=position,
                family=family,
                given=given,
            )

    def batch(self, numbers: range, documents: Skewed[Document]) -> Batch:
        batch = Batch(
            terms={
                vocabulary.relation: [] for vocabulary in self.vocabularies
            },
        )
        for place, number in enumerate(numbers):
            batch.mitigations.append(
                self._mitigation(f"M{number:04}", documents.draw(self.rng)),
            )
            batch.mappings += [
                (place, *mapping) for mapping in self._mappings()
            ]
            batch.classifications += [
                (place, row) for row in self._classifications()
            ]
            batch.asked += [(place, row) for row in self.law.draw()]
            for vocabulary in self.vocabularies:
                batch.terms[vocabulary.relation] += [
                    (place, term.pk) for term in vocabulary.draw(self.rng)
                ]
        return batch

    def _mitigation(self, accession: str, document: Document) -> Mitigation:
        self.positions[document.pk] += 1
        subject = self.prose.one(OBJECTS)
        return Mitigation(
            accession=accession,
            name=self.prose.name(subject),
            alternative_names=self.prose.alternative_names(subject),
            description=self.prose.description(subject),
            document=document,
            position=self.positions[document.pk],
            section=self.prose.section(),
            page=str(self.rng.randint(1, 90)) if self.prose.often(0.4) else "",
            status=Mitigation.Status.PUBLISHED,
            is_preliminary=bool(document.preliminary_notice),
            **self._choices(),
        )

    def _choices(self) -> dict[str, str]:
        """A value of each field with choices; one in six is not yet written."""
        values = {}
        for declared in of_type(Choice):
            possible = [value for value, _ in declared.choices]
            rng = self.rng_of_choices
            is_written = rng.random() < 5 / 6
            values[declared.stored_as] = (
                rng.choice(possible) if is_written else ""
            )
        return values

    def _classifications(self) -> Iterator[dict[str, Any]]:
        for tree in self.trees:
            for place, category in enumerate(tree.draw(self.rng)):
                yield {
                    "category_id": category.pk,
                    "taxonomy_id": category.taxonomy_id,
                    "is_primary": place == 0,
                    "rationale": self.prose.rationale(category),
                    "coder": CODER,
                    "confidence": self.rng.choice(
                        ("", "high", "moderate", "moderate", "low"),
                    ),
                }

    def _mappings(self) -> Iterator[tuple[str, int]]:
        """For one in seven, a relation to one that came before."""
        if self.made and self.prose.often(1 / 7):
            yield (
                self.rng.choice(Mapping.Relation.values),
                self.rng.randrange(self.made),
            )
        self.made += 1


def _filled_taxonomies() -> list[Taxonomy]:
    return [
        taxonomy
        for taxonomy in Taxonomy.objects.all()
        if taxonomy.categories.exists()
    ]


def _refuse_an_empty_database() -> None:
    needed: dict[str, QuerySet] = {
        "default taxonomy": Taxonomy.objects.filter(
            is_default=True,
            categories__isnull=False,
        ),
    }
    for declared in of_type(Terms):
        plural = f"{declared.label}s"
        needed[plural] = declared.terms._default_manager.all()
    missing = [name for name, rows in needed.items() if not rows.exists()]
    if missing:
        raise NothingToBuildOn(
            f"There is nothing to classify by yet (no {', no '.join(missing)}). "
            "Load the catalogue first: python manage.py load_catalogue",
        )


@transaction.atomic
def generate_catalogue(
    *,
    mitigations: int,
    seed: int,
    progress: bool = False,
) -> Generated:
    """Adds so many published mitigations, all or none, with documents to hold them.

    They come without history: nobody changed them. Raises NothingToBuildOn where taxonomies or
    vocabularies are missing, ValueError for fewer than one mitigation.
    """
    if mitigations < 1:
        raise ValueError("Ask for one mitigation at least.")
    _refuse_an_empty_database()
    first = next_accession(connection)
    write_instruments(first, seed)
    generator = Generator(seed)
    documents = generator.documents(
        first,
        -(-mitigations // MITIGATIONS_PER_DOCUMENT),
    )
    start = int(first[1:])
    # The square root tames the skew: the largest document has several times the average, and
    # not a fifth of all.
    sizes = Skewed(
        documents,
        [rank**0.5 for rank in range(1, len(documents) + 1)],
    )
    keys: list[int] = []
    with tqdm(
        total=mitigations,
        desc="Generating",
        unit=" mitigations",
        disable=not progress,
    ) as bar:
        for low in range(start, start + mitigations, BATCH):
            numbers = range(low, min(low + BATCH, start + mitigations))
            generator.batch(numbers, sizes).write(keys)
            bar.update(len(numbers))
    return Generated(first, f"M{start + mitigations - 1:04}", len(documents))
