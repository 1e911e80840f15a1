"""What the catalogue covers and what it does not, counted from what is published, so that what is
said of it stays true.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from pyroaring import BitMap

from serving.registry import Registry

from ..listing.filters import all_taxonomies
from ..listing.index import Index, current_index
from ..listing.sources import BY_KEY, EMPTY
from ..models import Actor, Category, Document, Taxonomy
from .browsing import Branch, tree

#: A risk that fewer than this share of all mitigations address is thinly covered.
THIN = 0.02
#: How many empty categories are named in a line, and sources at most.
NAMED = 3
MOST_NAMED = 12

#: Sentences on what else is not covered, which other apps know, by app.
GAPS: Registry[str, Callable[[], list[str]]] = Registry(
    "sentences on coverage",
)


@dataclass(frozen=True)
class ActorCoverage:
    """How many mitigations an actor has a part in, and how many of these no other actor has."""

    actor: Actor
    count: int
    alone: int


@dataclass(frozen=True)
class Coverage:
    """`actors` come with the largest count first; `empty` are categories of the main taxonomy
    without any mitigation, of those below each other the highest, and `unaddressed` such risks;
    `thin` are domains of risk that few mitigations address, with how many.
    """

    mitigation_count: int
    documents: list[Document]
    document_count: int
    actors: list[ActorCoverage] = field(default_factory=list)
    empty: list[Category] = field(default_factory=list)
    unaddressed: list[Category] = field(default_factory=list)
    thin: list[Branch] = field(default_factory=list)
    further: list[str] = field(default_factory=list)

    @property
    def main_actor(self) -> ActorCoverage | None:
        return next(iter(self.actors), None)

    @property
    def second_never_alone(self) -> Actor | None:
        """The actor with the most mitigations but one, if none of them is for it alone."""
        for second in self.actors[1:2]:
            if second.count and not second.alone:
                return second.actor
        return None

    @property
    def documents_named(self) -> list[Document]:
        """All of them, where there are few."""
        return self.documents if self.document_count <= MOST_NAMED else []

    @property
    def empty_named(self) -> list[Category]:
        """A few, for a line: the highest in the tree first."""
        return sorted(self.empty, key=lambda one: one.depth)[:NAMED]


def coverage() -> Coverage:
    """It is everybody's: change nothing of it."""
    index = current_index()
    return index.per_revision("coverage", lambda: _coverage(index))


def _coverage(index: Index) -> Coverage:
    known = all_taxonomies(index)
    main = next((one for one in known if one.is_default), None)
    risks = next((one for one in known if one.is_of_risks), None)
    total = len(index.published)
    return Coverage(
        mitigation_count=total,
        documents=list(Document.objects.order_by("label")[:MOST_NAMED]),
        document_count=Document.objects.count(),
        actors=_actors(index),
        empty=_empty(tree(main)) if main else [],
        unaddressed=_empty(tree(risks)) if risks else [],
        thin=_thin(risks, total) if risks else [],
        further=[sentence for told in GAPS.values() for sentence in told()],
    )


def _actors(index: Index) -> list[ActorCoverage]:
    sets = index.sets(BY_KEY[Actor])
    found = []
    for actor in Actor.objects.filter(is_special=False):
        own = sets.get(actor.pk, EMPTY)
        others = BitMap.union(
            EMPTY,
            *(keys for key, keys in sets.items() if key != actor.pk),
        )
        found.append(ActorCoverage(actor, len(own), len(own - others)))
    return sorted(found, key=lambda one: -one.count)


def _empty(branches: list[Branch]) -> list[Category]:
    """Those without any mitigation at or below them. One that is a place for what fits nowhere
    (code 99) is no gap.
    """
    found = []
    for branch in branches:
        if branch.category.is_for_the_rest:
            continue
        if branch.count:
            found += _empty(branch.branches)
        else:
            found.append(branch.category)
    return found


def _thin(risks: Taxonomy, total: int) -> list[Branch]:
    few = max(1, int(THIN * total))
    return [branch for branch in tree(risks) if 0 < branch.count <= few]
