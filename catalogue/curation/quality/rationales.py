"""Rationales that argue for another category than the one they stand in.

A rationale fits a category by the words that it shares with the name and definition of the
category, each weighed by how rare it is among all definitions, rationales and descriptions.
Tried on the shipped catalogue: of its 532 places, exchanged at random for others of the same
taxonomy, it notices two thirds to three quarters in the taxonomies of mitigations and a third
among risks; of the places as they were it questioned eight, whose rationales are clearer since.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from catalogue.models import Category, Classification, Mitigation, Taxonomy

from .base import CHECKS, Check, Finding, change_url, whole
from .descriptions import named
from .words import Weights, overlap, rarity, spellings, stems, without_references

#: By how much another category must fit better, as a sum of weights; a word found once in 100
#: texts weighs 4.6.
MARGIN = 4.0
#: How many words must speak for the other category alone, each at least so heavy (found in less
#: than one text of ten).
FEWEST_WORDS, LEAST_WEIGHT = 2, 2.4
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


def profiles(categories: list[Category], weights: Weights) -> dict[int, Profile]:
    """By the category's key. Categories come in the order of their paths, so that a parent's is
    there before its child's.
    """
    found: dict[int, Profile] = {}
    for category in categories:
        name, definition = (
            stems(category.name),
            stems(without_references(category.definition)),
        )
        own = {word: weights[word] for word in definition} | {
            word: NAME_FACTOR * weights[word] for word in name
        }
        above = found[category.parent_id].in_line if category.parent_id in found else {}
        found[category.pk] = Profile(category, own, _heavier(above, own))
    return found


def _heavier(one: Weights, other: Weights) -> Weights:
    return {word: max(one.get(word, 0), other.get(word, 0)) for word in {*one, *other}}


class Places:
    """The leaves of one taxonomy, by the words that speak for each."""

    def __init__(self, leaves: list[Profile], weights: Weights):
        self.leaves, self.weights = leaves, weights
        self.speaking: dict[str, list[int]] = defaultdict(list)
        for number, leaf in enumerate(leaves):
            for word in leaf.own:
                self.speaking[word].append(number)

    def better(
        self, words: frozenset[str], place: Profile, but_not: set[int]
    ) -> Argument | None:
        """The leaf that `words` fit best, where it is another than their place, and clearly so;
        none of the categories `but_not`, given by their keys.
        """
        fits: dict[int, float] = defaultdict(float)
        for word in words:
            for number in self.speaking.get(word, ()):
                fits[number] += self.leaves[number].own[word]
        least = MARGIN + sum(place.in_line.get(word, 0) for word in words)
        for fit, number in sorted(
            ((fit, -number) for number, fit in fits.items() if fit >= least),
            reverse=True,
        ):
            leaf = self.leaves[-number]
            if leaf.category.pk in but_not or not _is_elsewhere(
                leaf.category, place.category
            ):
                continue
            against = {
                word: weight
                for word, weight in overlap(words, leaf.own).items()
                if word not in place.in_line
            }
            if (
                sum(self.weights[word] >= LEAST_WEIGHT for word in against)
                >= FEWEST_WORDS
            ):
                return Argument(
                    leaf.category,
                    against,
                    overlap(words, place.in_line),
                    fit - least + MARGIN,
                )
        return None


def _is_elsewhere(one: Category, other: Category) -> bool:
    return not one.path.startswith(other.path) and not other.path.startswith(one.path)


def arguing_elsewhere() -> Iterator[Finding]:
    rows = Classification.objects.exclude(
        mitigation__status__in=Mitigation.RETIRED
    ).order_by("mitigation", "pk")
    columns = ("pk", "mitigation_id", "taxonomy_id", "category_id", "rationale")
    classifications: list[Any] = list(rows.values_list(*columns, named=True))
    categories = list(
        Category.objects.select_related("taxonomy").order_by("taxonomy", "path")
    )
    descriptions = Mitigation.objects.order_by().values_list("description", flat=True)
    said = {row.pk: frozenset(stems(row.rationale)) for row in classifications}
    defined = [
        stems(f"{one.name} {without_references(one.definition)}") for one in categories
    ]
    weights = rarity([*said.values(), *defined, *map(stems, descriptions)])
    held = profiles(categories, weights)
    trees = _leaves(held.values(), weights)
    placed: dict[int, set[int]] = defaultdict(set)
    for row in classifications:
        placed[row.mitigation_id].add(row.category_id)
    arguments = {}
    for row in classifications:
        tree, place = trees[row.taxonomy_id], held[row.category_id]
        if argument := tree.better(said[row.pk], place, placed[row.mitigation_id]):
            arguments[row.pk] = place.category, argument
    found = whole(
        Classification.objects.select_related("mitigation__document"), arguments
    )
    yield from (_finding(found[key], *told) for key, told in arguments.items())


def _leaves(profiles: Collection[Profile], weights: Weights) -> dict[int, Places]:
    """Of each taxonomy, by its key."""
    parents = {profile.category.parent_id for profile in profiles}
    leaves: dict[int, list[Profile]] = defaultdict(list)
    for profile in profiles:
        if profile.category.pk not in parents:
            leaves[profile.category.taxonomy_id].append(profile)
    return {taxonomy: Places(found, weights) for taxonomy, found in leaves.items()}


def _finding(row: Classification, category: Category, argument: Argument) -> Finding:
    words = spellings(row.rationale)
    against = [words.get(stem, stem) for stem in argument.against]
    taxonomy: Taxonomy = category.taxonomy
    shown = {
        "rationale": row.rationale,
        "here": category,
        "other": argument.category,
        "against": against,
        "for_here": [words.get(stem, stem) for stem in argument.here],
        "origin": row.get_origin_display(),
    }
    message = f"It stands in {category}, but “{'”, “'.join(against)}” would rather put it into {argument.category}."
    return Finding(
        subject=f"{row.mitigation.accession} {taxonomy.slug} {category.code}",
        record=named(row.mitigation),
        message=message,
        url=f"{change_url(Mitigation, row.mitigation_id)}#classifications-group",
        decides=(row.rationale, category.code, argument.category.code),
        document=row.mitigation.document.slug,
        group=taxonomy.short_title,
        shown=shown,
    )


RATIONALE = CHECKS.register(
    Check(
        "rationale-argues-elsewhere",
        "Rationale argues for another category",
        "The words of the rationale fit the definition of another category better. Either the place is wrong, or the rationale "
        "does not say why the measure stands there and not in its neighbour.",
        arguing_elsewhere,
        template="admin/catalogue/quality/_rationale.html",
    )
)
