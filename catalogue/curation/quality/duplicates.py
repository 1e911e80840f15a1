"""Mitigations of different documents that are likely the same measure.

Two are as alike as the likest of their names (rapidfuzz, 0 to 100, words sorted), halved, and
the share of their words that both have, weighed by rarity (a weighed Jaccard index, 0 to 100),
together. Tried on the shipped catalogue with its 42 mappings taken away: at 54 it finds all 8
exact and 6 of 9 close ones among 23 pairs, 21 of which editors have mapped.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
from itertools import combinations
from typing import Any

from rapidfuzz import fuzz

from catalogue.models import Mapping, Mitigation

from .base import CHECKS, Check, Finding, change_url, whole
from .words import Weights, rarity, spellings, stems

#: How alike a pair has to be; a name can give half a hundred at most.
LIKENESS, NAME_SHARE = 54, 0.5
#: A stem in more mitigations than this, or than this share of all, brings no pair together:
#: everything would meet.
MOST_WITH_STEM, SHARE_WITH_STEM = 40, 0.002
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


COLUMNS = ("pk", "accession", "document_id", "name", "alternative_names", "description")


def texts_of(mitigations: list[Any]) -> tuple[list[Text], Weights]:
    """Of rows with `COLUMNS`."""
    names = [
        [stems(name) for name in (row.name, *row.alternative_names.splitlines())]
        for row in mitigations
    ]
    words = [
        frozenset(stems(row.description)).union(*variants)
        for row, variants in zip(mitigations, names, strict=True)
    ]
    weights = rarity(words)
    return [
        Text(
            row.pk,
            row.accession,
            row.document_id,
            tuple({" ".join(sorted(name)) for name in variants if name}),
            has,
            sum(weights[word] for word in has),
        )
        for row, variants, has in zip(mitigations, names, words, strict=True)
    ], weights


def candidates(texts: list[Text]) -> set[tuple[int, int]]:
    """Places of pairs that share a rare stem or a name, and come from different documents."""
    most = max(MOST_WITH_STEM, round(SHARE_WITH_STEM * len(texts)))
    met: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        for key in text.words.union(f"name {name}" for name in text.names):
            met[key].append(place)
    found = set()
    for places in met.values():
        if 1 < len(places) <= most:
            found |= {
                (one, other)
                for one, other in combinations(places, 2)
                if texts[one].document != texts[other].document
            }
    return found


def likeness(one: Text, other: Text, weights: Weights) -> float:
    """0 where it is below `LIKENESS`."""
    shared = sum(weights[word] for word in one.words & other.words)
    words = 100 * shared / (one.weight + other.weight - shared or 1)
    missing = (LIKENESS - words) / NAME_SHARE
    if missing > 100:
        return 0.0
    # The names are compared last, and only where they can still decide.
    names = max(
        (
            fuzz.ratio(a, b, score_cutoff=max(missing, 0))
            for a in one.names
            for b in other.names
        ),
        default=0.0,
    )
    total = words + NAME_SHARE * names
    return total if total >= LIKENESS else 0.0


def likely_duplicates() -> Iterator[Finding]:
    rows = list(
        Mitigation.objects.not_retired()
        .order_by("accession")
        .values_list(*COLUMNS, named=True)
    )
    mapped = {
        frozenset(pair)
        for pair in Mapping.objects.exclude(target=None).values_list("source", "target")
    }
    texts, weights = texts_of(rows)
    scored = (
        (likeness(texts[one], texts[other], weights), texts[one], texts[other])
        for one, other in candidates(texts)
        if frozenset((texts[one].key, texts[other].key)) not in mapped
    )
    alike = ((score, one, other) for score, one, other in scored if score)
    order = nlargest(
        MOST_PAIRS, alike, key=lambda row: (row[0], row[1].accession, row[2].accession)
    )
    found = whole(
        Mitigation.objects.select_related("document"),
        {text.key for _, *pair in order for text in pair},
    )
    for score, one, other in order:
        shared = sorted(
            one.words & other.words, key=lambda word: (-weights[word], word)
        )[:8]
        yield _finding(score, found[one.key], found[other.key], shared)


def _finding(
    score: float, here: Mitigation, there: Mitigation, shared: list[str]
) -> Finding:
    written = spellings(f"{here.name} {here.alternative_names} {here.description}")
    return Finding(
        subject=f"{here.accession} {there.accession}",
        record=f"{here.accession} and {there.accession}",
        message=f"“{here.name}” ({here.document}) is much like “{there.name}” ({there.document}).",
        url=f"{change_url(Mitigation, here.pk)}#mappings_from-group",
        decides=tuple(
            (row.name, row.alternative_names, row.description) for row in (here, there)
        ),
        document=here.document.slug,
        group="across documents",
        shown={
            "pair": (here, there),
            "shared": [written.get(word, word) for word in shared],
            "score": round(score),
        },
    )


DUPLICATES = CHECKS.register(
    Check(
        "likely-duplicate",
        "Likely duplicates across documents",
        "Pairs of different documents that say much the same and are not mapped to each other. Say how they relate, and readers "
        "of one find the other; dismiss a pair of different measures.",
        likely_duplicates,
        template="admin/catalogue/quality/_pair.html",
    )
)
