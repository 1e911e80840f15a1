"""Which provisions something here meets: the one declaration of what “met” means, for pages, files
and the API.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import models

from ..listing.asked_for import askers_by_key, askings
from ..listing.index import Index
from ..models import Mapping, Provision


class Met(models.TextChoices):
    """How near what is here comes to a provision. Something that is only related meets nothing."""

    MET = "met", "met by a measure here, nearly, in part or in something wider"
    RELATED = "related", "only something related stands here"
    PARTS = "parts", "stands here through its parts"
    NONE = "none", "met by no measure here"
    UNKNOWN = "unknown", "not known: nothing is mapped to its instrument yet"


@dataclass
class Meetings:
    """Some provisions of one instrument by how they are met, in the order given."""

    by_met: dict[Met, list[Provision]] = field(
        default_factory=lambda: defaultdict(list),
    )

    @property
    def met(self) -> list[Provision]:
        return self.by_met[Met.MET]

    @property
    def related(self) -> list[Provision]:
        return self.by_met[Met.RELATED]

    @property
    def parts(self) -> list[Provision]:
        return self.by_met[Met.PARTS]

    @property
    def none(self) -> list[Provision]:
        return self.by_met[Met.NONE]

    @property
    def is_known(self) -> bool:
        return not self.by_met[Met.UNKNOWN]

    @property
    def count(self) -> int:
        return sum(map(len, self.by_met.values()))


def meetings_of(index: Index, provisions: Iterable[Provision]) -> Meetings:
    met = met_by_key(index)
    found = Meetings()
    for one in provisions:
        found.by_met[met[one.key]].append(one)
    return found


def met_by_key(index: Index) -> dict[str, Met]:
    """Of all provisions, by their keys, such as eu-ai-act:Article 9."""
    return index.per_revision(
        "provisions met",
        lambda: _met_by_provision(index),
    )


def _met_by_provision(index: Index) -> dict[str, Met]:
    met: dict[str, Met] = {}
    for one in askings(index):
        if not one.keys:
            continue
        key = one.asker.provisions[0]
        if one.relation != Mapping.Relation.RELATED:
            met[key] = Met.MET
        else:
            met.setdefault(key, Met.RELATED)
    askers = index.per_structure("askers", askers_by_key)
    mapped = {key.partition(":")[0] for key in met}
    wider: set[str] = set()
    for asker in askers.values():
        wider.update(asker.provisions[1:])
    found = {}
    for asker in askers.values():
        key = asker.provisions[0]
        otherwise = Met.PARTS if key in wider else Met.NONE
        if asker.instrument not in mapped:
            otherwise = Met.UNKNOWN
        found[key] = met.get(key, otherwise)
    return found
