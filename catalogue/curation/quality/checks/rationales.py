"""Rationales that argue for another category than the one they stand in.

A rationale fits a category by the words that it shares with the name and definition of the
category, each weighed by how rare it is among all definitions, rationales and descriptions.
Tried on the shipped catalogue: of its 532 places, exchanged at random for others of the same
taxonomy, it notices two thirds to three quarters in the taxonomies of mitigations and a third
among risks; of the places as they were it questioned eight, whose rationales are clearer since.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from catalogue.models import Category, Classification, Mitigation, Taxonomy

from ..base import CHECKS, Check, Issue, change_url, record_label, rows_by_key
from ..words import (
    Weights,
    overlap,
    rarity,
    spellings,
    stems,
    without_references,
)

#: By how much another category must fit better, as a sum of weights; a word found once in 100
#: texts weighs 4.6.
MARGIN = 4.0
#: How many words must speak for the other category alone, each at least so heavy (found in less
#: than one text of ten).
FEWEST_WORDS = 2
LEAST_WEIGHT = 2.4
#: A word of a category's name counts more than one of its definition.
NAME_FACTOR = 1.5


@dataclass(frozen=True)
class Profile:
    """What is said of a category, as weighed stems: by itself, and with all above it."""

    category: Category
    own: Weights
    in_line: Weights


@dataclass(frozen=True)
class Argument:
    """Another category that a rationale fits better, with the words that decide: stems and
    their weights.
    """

    category: Category
    against: Weights
    here: Weights
    lead: float


def profiles(
    categories: list[Category],
    weights: Weights,
) -> dict[int, Profile]:
    """By the category's key. Categories come in the order of their paths, so that a parent's is
    there before its child's.
    """
    by_key: dict[int, Profile] = {}
    for category in categories:
        definition = without_references(category.definition)
        own = {word: weights[word] for word in stems(definition)}
        for word in stems(category.name):
            own[word] = NAME_FACTOR * weights[word]
        in_line = own
        if category.parent_id in by_key:
            in_line = _heavier(by_key[category.parent_id].in_line, own)
        by_key[category.pk] = Profile(category, own, in_line)
    return by_key


def _heavier(one: Weights, other: Weights) -> Weights:
    return {
        word: max(one.get(word, 0), other.get(word, 0))
        for word in {*one, *other}
    }


class Leaves:
    """The leaves of one taxonomy, by the words that speak for each."""

    def __init__(self, leaves: list[Profile], weights: Weights):
        self.leaves = leaves
        self.weights = weights
        self.speaking: dict[str, list[int]] = defaultdict(list)
        for number, leaf in enumerate(leaves):
            for word in leaf.own:
                self.speaking[word].append(number)

    def better(
        self,
        words: frozenset[str],
        place: Profile,
        excluded: set[int],
    ) -> Argument | None:
        """The leaf that `words` fit best, where it is another than their place, and clearly so;
        none of the categories `excluded`, given by their keys.
        """
        fits: dict[int, float] = defaultdict(float)
        for word in words:
            for number in self.speaking.get(word, ()):
                fits[number] += self.leaves[number].own[word]
        least = MARGIN + sum(place.in_line.get(word, 0) for word in words)
        fitting = [number for number, fit in fits.items() if fit >= least]
        for number in sorted(
            fitting,
            key=lambda number: (-fits[number], number),
        ):
            leaf = self.leaves[number]
            is_excluded = leaf.category.pk in excluded
            if is_excluded or not _is_elsewhere(leaf.category, place.category):
                continue
            against = overlap(words.difference(place.in_line), leaf.own)
            decisive = [
                word for word in against if self.weights[word] >= LEAST_WEIGHT
            ]
            if len(decisive) >= FEWEST_WORDS:
                here = overlap(words, place.in_line)
                lead = fits[number] - least + MARGIN
                return Argument(leaf.category, against, here, lead)
        return None


def _is_elsewhere(one: Category, other: Category) -> bool:
    return not one.path.startswith(other.path) and not other.path.startswith(
        one.path,
    )


def arguing_elsewhere() -> Iterator[Issue]:
    rows = Classification.objects.exclude(
        mitigation__status__in=Mitigation.RETIRED,
    )
    columns = (
        "pk",
        "mitigation_id",
        "taxonomy_id",
        "category_id",
        "rationale",
    )
    in_order = rows.order_by("mitigation", "pk")
    classifications: list[Any] = list(
        in_order.values_list(*columns, named=True),
    )
    rationales = {
        row.pk: frozenset(stems(row.rationale)) for row in classifications
    }
    categories = Category.objects.select_related("taxonomy")
    by_category, weights = _weighed_profiles(
        list(categories.order_by("taxonomy", "path")),
        rationales.values(),
    )
    leaves = _leaves_by_taxonomy(by_category, weights)
    occupied: dict[int, set[int]] = defaultdict(set)
    for row in classifications:
        occupied[row.mitigation_id].add(row.category_id)
    arguments = {}
    for row in classifications:
        place = by_category[row.category_id]
        argument = leaves[row.taxonomy_id].better(
            rationales[row.pk],
            place,
            occupied[row.mitigation_id],
        )
        if argument:
            arguments[row.pk] = (place.category, argument)
    related = Classification.objects.select_related("mitigation__document")
    by_key = rows_by_key(related, arguments)
    for key, (category, argument) in arguments.items():
        yield _argument_issue(by_key[key], category, argument)


def _weighed_profiles(
    categories: list[Category],
    rationales: Iterable[Iterable[str]],
) -> tuple[dict[int, Profile], Weights]:
    """Profiles by the category's key, and what each stem weighs among all that is written."""
    texts = [*rationales]
    for category in categories:
        definition = without_references(category.definition)
        texts.append(stems(f"{category.name} {definition}"))
    descriptions = Mitigation.objects.order_by().values_list(
        "description",
        flat=True,
    )
    texts.extend(map(stems, descriptions))
    weights = rarity(texts)
    return profiles(categories, weights), weights


def _leaves_by_taxonomy(
    by_category: dict[int, Profile],
    weights: Weights,
) -> dict[int, Leaves]:
    """Of each taxonomy, by its key."""
    parents = {profile.category.parent_id for profile in by_category.values()}
    leaves: dict[int, list[Profile]] = defaultdict(list)
    for key, profile in by_category.items():
        if key not in parents:
            leaves[profile.category.taxonomy_id].append(profile)
    return {key: Leaves(profiles, weights) for key, profiles in leaves.items()}


def _argument_issue(
    row: Classification,
    category: Category,
    argument: Argument,
) -> Issue:
    words = spellings(row.rationale)
    against = [words.get(stem, stem) for stem in argument.against]
    taxonomy: Taxonomy = category.taxonomy
    return Issue(
        subject=f"{row.mitigation.accession} {taxonomy.slug} {category.code}",
        record=record_label(row.mitigation),
        message=f"It stands in {category}, but “{'”, “'.join(against)}” would rather put it into {argument.category}.",
        url=f"{change_url(Mitigation, row.mitigation_id)}#classifications-group",
        decides=(row.rationale, category.code, argument.category.code),
        document=row.mitigation.document.slug,
        group=taxonomy.short_title,
        details={
            "rationale": row.rationale,
            "here": category,
            "other": argument.category,
            "against": against,
            "for_here": [words.get(stem, stem) for stem in argument.here],
            "origin": row.get_origin_display(),
        },
    )


CHECKS.register(
    Check(
        "rationale-argues-elsewhere",
        "Rationale argues for another category",
        "The words of the rationale fit the definition of another category better. Either the place is wrong, or the rationale "
        "does not say why the measure stands there and not in its neighbour.",
        arguing_elsewhere,
        template="admin/catalogue/quality/_rationale.html",
        position=20,
    ),
)
