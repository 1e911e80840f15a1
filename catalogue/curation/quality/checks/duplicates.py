"""Mitigations of different documents that are likely the same measure.

Two are as alike as the likest of their names (rapidfuzz, 0 to 100, words sorted), halved, and
the share of their words that both have, weighed by rarity (a weighed Jaccard index, 0 to 100),
together. Tried on the shipped catalogue with its 42 mappings taken away: at 54 it finds all 8
exact and 6 of 9 close ones among 23 pairs, 21 of which editors have mapped.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from heapq import nlargest
from itertools import combinations, product, starmap
from typing import Any

from rapidfuzz import fuzz

from catalogue.models import Mapping, Mitigation

from ..base import CHECKS, Check, Issue, change_url, rows_by_key
from ..words import Weights, rarity, spellings, stems

#: How alike a pair has to be; a name can give half a hundred at most.
LIKENESS = 54
NAME_SHARE = 0.5
#: A stem in more mitigations than this, or than this share of all, brings no pair together:
#: everything would meet.
MOST_WITH_STEM = 40
SHARE_WITH_STEM = 0.002
#: How many pairs are shown, the likest first.
MOST_PAIRS = 500


@dataclass(frozen=True, slots=True)
class Text:
    """What is compared of a mitigation, as stems: each of its names with its words sorted, and
    all words that it has.
    """

    key: int
    accession: str
    document: int
    names: tuple[str, ...]
    words: frozenset[str]
    weight: float


COLUMNS = (
    "pk",
    "accession",
    "document_id",
    "name",
    "alternative_names",
    "description",
)


def texts_of(mitigations: list[Any]) -> tuple[list[Text], Weights]:
    """Of rows with `COLUMNS`; besides, how much each stem of theirs weighs."""
    names = []
    words = []
    for row in mitigations:
        variants = [
            stems(name)
            for name in (row.name, *row.alternative_names.splitlines())
        ]
        names.append(
            {" ".join(sorted(variant)) for variant in variants if variant},
        )
        words.append(frozenset(stems(row.description)).union(*variants))
    weights = rarity(words)
    texts = [
        Text(
            key=row.pk,
            accession=row.accession,
            document=row.document_id,
            names=tuple(names[place]),
            words=words[place],
            weight=sum(weights[word] for word in words[place]),
        )
        for place, row in enumerate(mitigations)
    ]
    return texts, weights


def comparable_pairs(texts: list[Text]) -> set[tuple[int, int]]:
    """Places of pairs that share a rare stem or a name, and come from different documents."""
    most = max(MOST_WITH_STEM, round(SHARE_WITH_STEM * len(texts)))
    places_of: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        for word in text.words:
            places_of[word].append(place)
        for name in text.names:
            places_of[f"name {name}"].append(place)
    pairs = set()
    for places in places_of.values():
        if len(places) > most:
            continue
        for one, other in combinations(places, 2):
            if texts[one].document != texts[other].document:
                pairs.add((one, other))
    return pairs


def likeness_score(one: Text, other: Text, weights: Weights) -> float:
    """0 where it is below `LIKENESS`."""
    shared = sum(weights[word] for word in one.words & other.words)
    words = 100 * shared / (one.weight + other.weight - shared or 1)
    missing = (LIKENESS - words) / NAME_SHARE
    if missing > 100:
        return 0.0
    # The names are compared last, and only where they can still decide.
    compare = partial(fuzz.ratio, score_cutoff=max(missing, 0))
    names = max(starmap(compare, product(one.names, other.names)), default=0.0)
    total = words + NAME_SHARE * names
    return total if total >= LIKENESS else 0.0


def likely_duplicates() -> Iterator[Issue]:
    rows = Mitigation.objects.not_retired().order_by("accession")
    texts, weights = texts_of(list(rows.values_list(*COLUMNS, named=True)))
    alike = _alike_pairs(texts, weights)
    keys = set()
    for _, one, other in alike:
        keys |= {one.key, other.key}
    by_key = rows_by_key(Mitigation.objects.select_related("document"), keys)
    for score, one, other in alike:
        shared = sorted(
            one.words & other.words,
            key=lambda w: (-weights[w], w),
        )
        yield _pair_issue(
            score,
            by_key[one.key],
            by_key[other.key],
            shared[:8],
        )


def _alike_pairs(
    texts: list[Text],
    weights: Weights,
) -> list[tuple[float, Text, Text]]:
    """Those that are not mapped to each other, with their scores, the likest first."""
    mappings = Mapping.objects.exclude(target=None).values_list(
        "source",
        "target",
    )
    mapped = {frozenset(pair) for pair in mappings}
    alike = []
    for place, other_place in comparable_pairs(texts):
        one = texts[place]
        other = texts[other_place]
        if frozenset((one.key, other.key)) in mapped:
            continue
        if score := likeness_score(one, other, weights):
            alike.append((score, one, other))
    return nlargest(
        MOST_PAIRS,
        alike,
        key=lambda row: (row[0], row[1].accession, row[2].accession),
    )


def _pair_issue(
    score: float,
    here: Mitigation,
    there: Mitigation,
    shared: list[str],
) -> Issue:
    written = spellings(
        f"{here.name} {here.alternative_names} {here.description}",
    )
    return Issue(
        subject=f"{here.accession} {there.accession}",
        record=f"{here.accession} and {there.accession}",
        message=f"“{here.name}” ({here.document}) is much like “{there.name}” ({there.document}).",
        url=f"{change_url(Mitigation, here.pk)}#mappings_from-group",
        decides=(
            (here.name, here.alternative_names, here.description),
            (there.name, there.alternative_names, there.description),
        ),
        document=here.document.slug,
        group="across documents",
        details={
            "pair": (here, there),
            "shared": [written.get(word, word) for word in shared],
            "score": round(score),
        },
    )


CHECKS.register(
    Check(
        "likely-duplicate",
        "Likely duplicates across documents",
        "Pairs of different documents that say much the same and are not mapped to each other. Say how they relate, and readers "
        "of one find the other; dismiss a pair of different measures.",
        likely_duplicates,
        template="admin/catalogue/quality/_pair.html",
        position=30,
    ),
)
