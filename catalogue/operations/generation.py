"""Made-up mitigations in any number, for measuring and testing at size.

They look like real ones where searches and counts depend on it: a few words, categories and
terms are common and most are rare (after Zipf), mitigations stand at every level of a tree, and
some words occur only once. Every generated document says that it is generated.
"""

import random
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Generic, TypeVar

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

T = TypeVar("T")


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


class Skewed(Generic[T]):
    """Draws from a list in which the n-th entry comes 1/n as often as the first (Zipf), times
    its own weight.
    """

    def __init__(self, entries: Sequence[T], weights: Sequence[float] | None = None):
        self.entries = entries
        each = weights or [1.0] * len(entries)
        self.bounds = list(
            accumulate(weight / rank for rank, weight in enumerate(each, start=1))
        )

    def draw(self, rng: random.Random) -> T:
        return self.entries[
            bisect(
                self.bounds, rng.random() * self.bounds[-1], hi=len(self.entries) - 1
            )
        ]

    def some(self, rng: random.Random, count: int) -> list[T]:
        """`count` different entries at most, the likely ones first."""
        return list(dict.fromkeys(self.draw(rng) for _ in range(count)))


# Words, the common ones first.

MEASURES = Skewed(
    [
        ("Auditing", "audit"),
        ("Testing", "test"),
        ("Monitoring", "monitor"),
        ("Documenting", "document"),
        ("Reviewing", "review"),
        ("Restricting", "restrict"),
        ("Publishing", "publish"),
        ("Filtering", "filter"),
        ("Red teaming", "red team"),
        ("Assessing", "assess"),
        ("Securing", "secure"),
        ("Reporting", "report"),
        ("Logging", "log"),
        ("Licensing", "license"),
        ("Verifying", "verify"),
        ("Evaluating", "evaluate"),
        ("Watermarking", "watermark"),
        ("Encrypting", "encrypt"),
        ("Benchmarking", "benchmark"),
        ("Disclosing", "disclose"),
        ("Tracing", "trace"),
        ("Limiting", "limit"),
        ("Isolating", "isolate"),
        ("Registering", "register"),
        ("Certifying", "certify"),
        ("Withholding", "withhold"),
        ("Staggering", "stagger"),
        ("Inspecting", "inspect"),
        ("Fingerprinting", "fingerprint"),
        ("Rehearsing", "rehearse"),
        ("Interpreting", "interpret"),
        ("Unlearning", "unlearn"),
        ("Quarantining", "quarantine"),
        ("Insuring", "insure"),
        ("Escrowing", "escrow"),
    ]
)
OBJECTS = Skewed(
    [
        "training data",
        "model outputs",
        "dangerous capabilities",
        "model weights",
        "incident reports",
        "access to the model",
        "risk thresholds",
        "user prompts",
        "deployment decisions",
        "system behaviour",
        "evaluation results",
        "third-party components",
        "compute use",
        "safety cases",
        "fine-tuning interfaces",
        "model cards",
        "human oversight",
        "generated images",
        "personal data",
        "decision logs",
        "agent actions",
        "supply chains",
        "hiring models",
        "credit scores",
        "release plans",
        "whistleblower channels",
        "emergency shutdown",
        "tool use",
        "reward signals",
        "chain-of-thought traces",
        "cyber security controls",
        "biological design tools",
        "recommendation feeds",
        "voice clones",
        "synthetic data",
        "hardware clusters",
        "customer identities",
        "model updates",
        "content provenance",
        "labelling work",
        "board minutes",
        "risk registers",
        "data licences",
        "energy use",
        "retrieval sources",
        "sandbox escapes",
        "activation probes",
        "distilled copies",
        "vendor contracts",
        "translation quality",
        "accessibility for disabled people",
        "election material",
        "medical advice",
        "autonomous replication",
        "sycophantic answers",
        "backdoor triggers",
        "membership inference",
        "jailbreak reports",
        "steering vectors",
        "sensor feeds",
    ]
)
SCOPES = Skewed(
    [
        "for frontier models",
        "before release",
        "after deployment",
        "in high-risk uses",
        "by independent experts",
        "in public services",
        "for general-purpose systems",
        "in health care",
        "at scale",
        "for open-weight models",
        "in financial services",
        "across the lifecycle",
        "under regulatory supervision",
        "in recruitment",
        "for minors",
        "in law enforcement",
        "for autonomous agents",
        "in critical infrastructure",
        "in schools",
        "at the border",
        "in small companies",
        "during elections",
        "in laboratories",
        "for low-resource languages",
        "in insurance",
        "in newsrooms",
        "on mobile devices",
        "in courts",
        "in agriculture",
        "in air traffic",
        "in energy grids",
        "in social housing",
        "in pharmacies",
        "in shipping",
        "in water supply",
    ]
)
MANNERS = Skewed(
    [
        "Independent",
        "Regular",
        "Staged",
        "Mandatory",
        "Automated",
        "Continuous",
        "Risk-based",
        "Public",
        "Third-party",
        "Participatory",
        "Confidential",
        "Random",
        "Cross-functional",
        "Quantitative",
        "Adversarial",
        "Proportionate",
        "Federated",
        "Cryptographic",
        "Multilingual",
        "Longitudinal",
    ]
)
PRACTICES = Skewed(
    [
        "review",
        "assessment",
        "oversight",
        "controls",
        "audits",
        "reporting",
        "evaluation",
        "safeguards",
        "monitoring",
        "standards",
        "guidelines",
        "training",
        "certification",
        "protocols",
        "benchmarks",
        "escalation",
        "committees",
        "drills",
        "registers",
        "incentives",
        "liability",
        "bounties",
        "moratoria",
        "sandboxes",
        "ombudspersons",
    ]
)
WHO = Skewed(
    [
        "The developer",
        "The organisation that deploys the system",
        "An outside auditor",
        "A safety team",
        "The board",
        "The regulator",
        "An internal review panel",
        "The operator",
        "The security team",
        "A group of domain experts",
        "The data provider",
        "The cloud provider",
        "A standards body",
        "A civil-society panel",
        "The procurement office",
        "A national safety institute",
        "The insurer",
        "A works council",
        "A patient council",
        "An election authority",
    ]
)
DOING = Skewed(
    [
        "checks",
        "sets rules for",
        "keeps records of",
        "tests",
        "limits",
        "reports on",
        "watches over",
        "publishes",
        "signs off",
        "measures",
        "commissions a study of",
        "compares",
        "screens",
        "samples",
        "locks down",
        "maps",
        "rates",
        "traces",
        "archives",
        "rehearses",
    ]
)
WHEN = Skewed(
    [
        "before each release",
        "while the system runs",
        "at fixed intervals",
        "after every incident",
        "before training starts",
        "when a threshold is crossed",
        "during procurement",
        "whenever the model changes",
        "throughout development",
        "on request of a regulator",
        "once a quarter",
        "within three days of a report",
        "in the first weeks of use",
        "at the end of a pilot",
        "on retirement of the system",
    ]
)
PURPOSES = Skewed(
    [
        "harm is found early",
        "misuse becomes harder",
        "decisions can be traced",
        "people can contest a result",
        "weaknesses are known before release",
        "responsibility is clear",
        "dangerous abilities are not handed out",
        "discrimination is noticed",
        "private data stays private",
        "faults do not spread",
        "the public can judge claims",
        "attackers gain less",
        "operators can step in",
        "lessons reach other developers",
        "access can be withdrawn",
        "false content can be recognised",
        "no single failure is catastrophic",
        "claims rest on evidence",
        "workers can speak up",
        "small groups are heard",
        "the system can be switched off",
        "concentration of power is limited",
        "costs fall on those who cause them",
        "scientific results can be repeated",
    ]
)
HARMS = Skewed(
    [
        "unfair treatment of groups",
        "leaks of personal data",
        "fraud and impersonation",
        "disinformation",
        "cyber attacks",
        "loss of human control",
        "unreliable behaviour in new settings",
        "over-reliance by users",
        "weapons development",
        "race dynamics between developers",
        "toxic content",
        "concentration of power",
        "loss of skills at work",
        "environmental damage",
        "deceptive alignment",
        "theft of intellectual property",
        "erosion of trust in elections",
        "harm to mental health",
        "mass surveillance",
        "market manipulation",
    ]
)
LIMITS = Skewed(
    [
        "It needs staff with time for it.",
        "Smaller organisations may share the work.",
        "Results are kept for later review.",
        "Exceptions are written down with a reason.",
        "Findings go to those who can act on them.",
        "It works best together with access controls.",
        "Outsiders see a summary.",
        "The method is published first.",
        "Thresholds are agreed in advance.",
        "People who are affected take part.",
        "Its effect is measured against a baseline.",
        "Costs rise with the number of languages covered.",
        "An appeal is possible.",
    ]
)
FAMILIES = Skewed(
    [
        "Smith",
        "García",
        "Müller",
        "Chen",
        "Nguyen",
        "Rossi",
        "Kim",
        "Okafor",
        "Novák",
        "Silva",
        "Haddad",
        "Jansen",
        "Kowalski",
        "Tanaka",
        "Andersson",
        "O’Brien",
        "van der Berg",
        "Papadopoulos",
        "Mwangi",
        "Çelik",
        "Ivanova",
    ]
)
GIVEN = Skewed(
    [
        "Anna",
        "Wei",
        "Maria",
        "James",
        "Fatima",
        "Lukas",
        "Aiko",
        "Chidi",
        "Elena",
        "Omar",
        "Zoë",
        "Priya",
        "Jean-Luc",
    ]
)
SYLLABLES = [
    "bar",
    "cal",
    "dor",
    "ven",
    "lum",
    "tis",
    "mar",
    "nol",
    "per",
    "quin",
    "ras",
    "sol",
    "tav",
    "ul",
    "vor",
    "wen",
    "xan",
    "yor",
    "zel",
    "kir",
]


class Prose:
    """Names and texts, all from one source of chance."""

    def __init__(self, rng: random.Random):
        self.rng = rng

    def one(self, words: Skewed[T]) -> T:
        return words.draw(self.rng)

    def often(self, share: float) -> bool:
        return self.rng.random() < share

    def coined(self) -> str:
        """A name that hardly occurs again: such words make up the long tail of a real
        vocabulary.
        """
        return "".join(
            self.rng.choices(SYLLABLES, k=self.rng.randint(2, 4))
        ).capitalize()

    def name(self, subject: str) -> str:
        if self.often(0.6):
            start = f"{self.one(MEASURES)[0]} {subject}"
        else:
            start = f"{self.one(MANNERS)} {self.one(PRACTICES)} of {subject}"
        if self.often(0.04):
            return f"{start} with the {self.coined()} method"
        return f"{start} {self.one(SCOPES)}" if self.often(0.7) else start

    def alternative_names(self, subject: str) -> str:
        count = self.rng.choices((0, 1, 2), (60, 28, 12))[0]
        return "\n".join(
            f"{subject} {self.one(PRACTICES)}".capitalize() for _ in range(count)
        )

    def description(self, subject: str) -> str:
        """One to three sentences: what is done and by whom, sometimes against what, and a limit."""
        text = f"{self.one(WHO)} {self.one(DOING)} {subject} {self.one(WHEN)}, so that {self.one(PURPOSES)}."
        if self.often(0.6):
            text += f" It guards against {self.one(HARMS)} {self.one(SCOPES)}."
        if self.often(0.3):
            text += f" {self.one(LIMITS)}"
        return text

    def rationale(self, category: Category) -> str:
        return f"It lets someone {self.one(MEASURES)[1]} {self.one(OBJECTS)}, which belongs under {category.name}."

    def section(self) -> str:
        return " > ".join(
            f"{self.one(PRACTICES)}".capitalize()
            for _ in range(self.rng.choice((0, 1, 1, 2)))
        )


@dataclass
class Tree:
    """A taxonomy's categories, and how many classifications in it a mitigation has."""

    categories: Skewed[Category]
    chances: tuple[int, ...]

    @classmethod
    def of(cls, taxonomy: Taxonomy, rng: random.Random) -> "Tree":
        categories = list(taxonomy.categories.order_by("path"))
        rng.shuffle(
            categories
        )  # which ones are common is chance, and the same for a seed
        deepest = max(category.depth for category in categories)
        weights = [
            RARER_PER_LEVEL ** (deepest - category.depth) for category in categories
        ]
        return cls(Skewed(categories, weights), cls.chances_in(taxonomy))

    @staticmethod
    def chances_in(taxonomy: Taxonomy) -> tuple[int, ...]:
        if taxonomy.is_of_risks:
            return CLASSIFIED_IN_RISKS
        return CLASSIFIED_IN_DEFAULT if taxonomy.is_default else CLASSIFIED_IN_OTHERS

    def draw(self, rng: random.Random) -> list[Category]:
        return self.categories.some(
            rng, rng.choices(range(len(self.chances)), self.chances)[0]
        )


@dataclass
class Vocabulary:
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
    ) -> "Vocabulary":
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
        return (
            self.ordinary.some(rng, count)
            if count or not self.special
            else [rng.choice(self.special)]
        )


@dataclass
class Batch:
    """What is written together; rows of parts name a mitigation by its place in the batch.

    `classifications` are (place, their other columns), `mappings` (place, relation, place of
    the target among all), `terms` by relation (place, key of a term).
    """

    mitigations: list[Mitigation] = field(default_factory=list)
    classifications: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    mappings: list[tuple[int, str, int]] = field(default_factory=list)
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
        self.prose = Prose(self.rng)
        self.trees = [Tree.of(taxonomy, self.rng) for taxonomy in _filled_taxonomies()]
        self.vocabularies = [
            Vocabulary.of(
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
            author for document in documents for author in self._authors(document)
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
                document=document, organisation=f"{self.prose.coined()} Institute"
            )
            return
        for position in range(
            self.rng.choices((1, 2, 3, 4, 8, 24), (20, 25, 25, 15, 12, 3))[0]
        ):
            family, given = self.prose.one(FAMILIES), self.prose.one(GIVEN)
            yield Author(
                document=document, position=position, family=family, given=given
            )

    def batch(self, numbers: range, documents: Skewed[Document]) -> Batch:
        batch = Batch(
            terms={vocabulary.relation: [] for vocabulary in self.vocabularies}
        )
        for place, number in enumerate(numbers):
            batch.mitigations.append(
                self._mitigation(f"M{number:04}", documents.draw(self.rng))
            )
            batch.mappings += [(place, *mapping) for mapping in self._mappings()]
            batch.classifications += [(place, row) for row in self._classifications()]
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
            values[declared.stored_as] = rng.choice(possible) if is_written else ""
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
                        ("", "high", "moderate", "moderate", "low")
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
        taxonomy for taxonomy in Taxonomy.objects.all() if taxonomy.categories.exists()
    ]


def _refuse_an_empty_database() -> None:
    needed: dict[str, QuerySet] = {
        "default taxonomy": Taxonomy.objects.filter(
            is_default=True, categories__isnull=False
        ),
    }
    for declared in of_type(Terms):
        plural = f"{declared.label}s"
        needed[plural] = declared.terms._default_manager.all()
    missing = [name for name, rows in needed.items() if not rows.exists()]
    if missing:
        raise NothingToBuildOn(
            f"There is nothing to classify by yet (no {', no '.join(missing)}). "
            "Load the catalogue first: python manage.py load_catalogue"
        )


@transaction.atomic
def generate_catalogue(
    *, mitigations: int, seed: int, progress: bool = False
) -> Generated:
    """Adds so many published mitigations, all or none, with documents to hold them.

    They come without history: nobody changed them. Raises NothingToBuildOn where taxonomies or
    vocabularies are missing, ValueError for fewer than one mitigation.
    """
    if mitigations < 1:
        raise ValueError("Ask for one mitigation at least.")
    _refuse_an_empty_database()
    first = next_accession(connection)
    generator = Generator(seed)
    documents = generator.documents(first, -(-mitigations // MITIGATIONS_PER_DOCUMENT))
    start = int(first[1:])
    # The square root tames the skew: the largest document has several times the average, and
    # not a fifth of all.
    sizes = Skewed(documents, [rank**0.5 for rank in range(1, len(documents) + 1)])
    keys: list[int] = []
    with tqdm(
        total=mitigations, desc="Generating", unit=" mitigations", disable=not progress
    ) as bar:
        for low in range(start, start + mitigations, BATCH):
            numbers = range(low, min(low + BATCH, start + mitigations))
            generator.batch(numbers, sizes).write(keys)
            bar.update(len(numbers))
    return Generated(first, f"M{start + mitigations - 1:04}", len(documents))
