"""Made-up laws and codes with their provisions, and what they and the real ones ask about made-up
mitigations.
"""

import datetime
import random
from collections.abc import Iterator
from typing import Any

from ..models import Instrument, Mapping, Provision
from .made_up_text import Prose, Skewed

#: Of each instrument: so many provisions at the top, each with so many parts.
ARTICLES, PARTS = 20, 9
KINDS = (Instrument.Kind.LAW, Instrument.Kind.CODE)
#: How many provisions ask for a mitigation: the chances of none, one, two and so on. Of sixty, as
#: many as a document has, 34 are asked for, by 53 provisions together.
ASKED_FOR = (44, 34, 14, 6, 2)
#: The forces, the strongest first, and how often each.
FORCES_DRAWN = (Mapping.Force.values, (3, 3, 2, 2, 4))
#: The relations, from the same measure to one that is related, and how often each.
RELATIONS_DRAWN = (Mapping.Relation.values, (1, 3, 3, 4, 9))
#: After all real ones.
POSITION = 1000
FIRST_DAY = datetime.date(2026, 1, 1)


class LawDraw:
    """Provisions of all instruments that are current, of which few ask for much. With its own
    random numbers, so that all other text of a seed stays as it was.
    """

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        rows = Provision.objects.filter(instrument__ended_on=None)
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        self.rng.shuffle(keys)
        self.provisions = Skewed(keys)

    def draw(self) -> Iterator[dict[str, Any]]:
        """What is asked about one mitigation: columns of mappings."""
        numbers = range(len(ASKED_FOR))
        count = self.rng.choices(numbers, ASKED_FOR)[0]
        for provision in self.provisions.some(self.rng, count):
            yield {
                "provision_id": provision,
                "relation": self.rng.choices(*RELATIONS_DRAWN)[0],
                "force": self.rng.choices(*FORCES_DRAWN)[0],
                "confidence": self.rng.choice(("high", "moderate", "low")),
                "note": "Generated for measuring: no provision says so.",
            }


def write_instruments(first: str, seed: int) -> None:
    """A law and a code, each with a tree of provisions. Their slugs hold an accession, and so
    never come twice.
    """
    rng = random.Random(seed)
    prose = Prose(rng)
    for kind in KINDS:
        is_law = kind == Instrument.Kind.LAW
        instrument = Instrument.objects.create(
            slug=f"generated-{first.lower()}-{kind}",
            title=f"A {kind.label} that was generated for measuring",
            short_title=f"Generated {kind} {first}",
            issuer=f"{prose.coined()} Institute",
            kind=kind,
            status_note="Generated for measuring and testing; there is no such text.",
            in_force_on=FIRST_DAY if is_law else None,
            url="https://example.org/",
            position=POSITION,
        )
        _write_provisions(instrument, prose, rng)


def _write_provisions(
    instrument: Instrument,
    prose: Prose,
    rng: random.Random,
) -> None:
    addressees = Provision.Addressee.values if instrument.is_binding else [""]
    articles = []
    for number in range(1, ARTICLES + 1):
        articles.append(
            Provision(
                instrument=instrument,
                code=f"Article {number}",
                name=prose.name("models"),
                addressee=rng.choice(addressees),
                position=number * (PARTS + 1),
            ),
        )
    parts = []
    for article in Provision.objects.bulk_create(articles):
        for number in range(1, PARTS + 1):
            parts.append(
                Provision(
                    instrument=instrument,
                    code=f"{article.code}({number})",
                    name=prose.name("models"),
                    parent=article,
                    addressee=article.addressee,
                    position=article.position + number,
                ),
            )
    Provision.objects.bulk_create(parts)
