"""The order of mitigations by how many experts agree: within one question of one study, since
answers to different questions cannot be ranked together.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max
from pyroaring import BitMap

from catalogue.listing.index import Index
from catalogue.listing.order_groups import ListFilters, OrderGroups
from catalogue.listing.ordering import Ordering
from catalogue.listing.simple_filters import FirstGroupFilter
from catalogue.listing.sources import EMPTY, FacetSource, Row, in_batches
from catalogue.models.mitigation import among

from ..models import Criterion, RiskArea
from .filters import shares_agreeing

#: Sorts below every share; never shown.
UNKNOWN = -1.0
PARAMETER = "question"
#: The order that has first what the fewest agree with.
LEAST_FIRST = "share_agreeing"
MOST_FIRST = f"-{LEAST_FIRST}"


@dataclass(frozen=True)
class AskedQuestion:
    """What a study asked. `areas` are the keys of the risk areas in which it has shares, by
    their slugs; under the empty slug None, where it has some for no area.
    """

    criterion: int
    value: str
    label: str
    wording: str
    areas: tuple[tuple[str, int | None], ...]
    is_preliminary: bool = False
    #: Of all its shares, from 0 to 1.
    largest: float = 0.0

    def areas_among(self, slugs: tuple[str, ...]) -> list[int | None]:
        """Those that readers filter by, or all where they filter by none, or it has none of
        these.
        """
        chosen = [area for slug, area in self.areas if slug in slugs]
        return chosen or [area for _, area in self.areas]

    def can_be_about(self, slugs: tuple[str, ...]) -> bool:
        """Whether it was asked about one of these, or about none in particular."""
        return self.is_about(slugs) or "" in dict(self.areas)

    def is_about(self, slugs: tuple[str, ...]) -> bool:
        return any(slug in slugs for slug, _ in self.areas)


def _questions() -> list[AskedQuestion]:
    """Those that say how many support a measure: that of the most measures first."""
    rows = (
        shares_agreeing()
        .order_by()
        .values_list(
            "criterion",
            "risk_area__slug",
            "risk_area",
        )
    )
    areas: dict[int, list[tuple[str, int | None]]] = {}
    for criterion, slug, area in rows.distinct():
        areas.setdefault(criterion, []).append((slug or "", area))
    asked = Criterion.objects.filter(pk__in=areas).select_related("study")
    asked = asked.annotate(measures=Count("results__item", distinct=True))
    largest = dict(
        shares_agreeing()
        .order_by()
        .values_list("criterion")
        .annotate(largest=Max("agreement")),
    )
    newest = F("study__year").desc(nulls_last=True)
    questions = []
    for one in asked.order_by("-measures", newest, "pk"):
        question = AskedQuestion(
            one.pk,
            f"{one.study.slug}.{one.slug}",
            f"{one.study.label}: {one.name[:1].lower()}{one.name[1:]}",
            f"{one.study.label}: {one.study.quoted(one)}",
            tuple(sorted(areas[one.pk])),
            one.study.is_preliminary,
            largest[one.pk],
        )
        questions.append(question)
    return questions


def questions_of(index: Index) -> list[AskedQuestion]:
    """Those of all published studies: that of the most measures first."""
    return index.per_structure("questions of studies", _questions)


def shares_to(
    index: Index,
    question: AskedQuestion,
) -> Iterator[tuple[float, BitMap]]:
    """Its shares agreeing, whichever risk area they are for, with the mitigations that have
    each.
    """
    for _, area in question.areas:
        yield from _shares_under(index, question.criterion, area)


def asked_questions(filters: ListFilters) -> list[AskedQuestion]:
    """The one that is asked to come first, then those about the risk areas filtered by."""
    index = filters.index
    questions = questions_of(index)
    first = filters.values(PARAMETER)
    areas = areas_filtered_by(filters)
    return sorted(
        questions,
        key=lambda one: (one.value not in first, not one.is_about(areas)),
    )


def chosen_question(filters: ListFilters) -> AskedQuestion | None:
    """The one that is asked for by its value."""
    first = filters.values(PARAMETER)
    for question in asked_questions(filters):
        if question.value in first:
            return question
    return None


def areas_filtered_by(filters: ListFilters) -> tuple[str, ...]:
    """The slugs of the risk areas whose figures a list shows."""
    return tuple(sorted(filters.for_entries.get(RiskArea.parameter, ())))


def _rows_of_shares(keys: Iterable[int] | None) -> Iterator[Row]:
    """(key of a mitigation, (question, risk area or None, share agreeing)). Of all questions at
    once: with a source for each, a list would take a query for each.
    """
    rows = shares_agreeing().order_by()
    columns = ("item__mitigation_id", "criterion", "risk_area", "agreement")
    for some in [None] if keys is None else in_batches(keys):
        narrowed = rows
        if some is not None:
            narrowed = rows.filter(item__mitigation__in=among(some))
        for key, *under in narrowed.values_list(*columns):
            yield key, tuple(under)


SHARES = FacetSource("shares under questions", _rows_of_shares)

#: By question and risk area: mitigations by the share agreeing.
SharesUnder = dict[tuple[int, int | None], list[tuple[float, BitMap]]]


def _shares_by_question(index: Index) -> SharesUnder:
    found: SharesUnder = defaultdict(list)
    for (criterion, area, share), keys in index.sets(SHARES).items():
        found[criterion, area].append((share, keys))
    return found


def _shares_under(
    index: Index,
    criterion: int,
    area: int | None,
) -> list[tuple[float, BitMap]]:
    """The shares agreeing to a question in a risk area, or in none, with the mitigations that
    have each.
    """
    found = index.per_revision(
        "shares by question",
        lambda: _shares_by_question(index),
    )
    return found.get((criterion, area), [])


#: For each question in order, the mitigations by their share; and those that have none.
Ranked = tuple[list[dict[float, BitMap]], BitMap]


def _ranked(filters: ListFilters) -> Ranked:
    """A mitigation stands under the first question that has a share for it."""
    index = filters.index
    questions = asked_questions(filters)
    areas = areas_filtered_by(filters)
    order = tuple(question.criterion for question in questions)

    def make() -> Ranked:
        left = BitMap(index.published)
        groups = []
        for question in questions:
            group: dict[float, BitMap] = {}
            for share, keys in _from_largest(index, question, areas):
                standing = keys & left
                if standing:
                    group[share] = group.get(share, EMPTY) | standing
                    left -= standing
            groups.append(group)
        return groups, left

    return index.per_revision(("ranked by question", order, areas), make)


def _from_largest(
    index: Index,
    question: AskedQuestion,
    areas: tuple[str, ...],
) -> Iterator[tuple[float, BitMap]]:
    rows = []
    for area in question.areas_among(areas):
        rows += _shares_under(index, question.criterion, area)
    yield from sorted(rows, key=lambda row: -row[0])


def by_question(filters: ListFilters) -> dict[int, BitMap]:
    """By the place of the question; those without a share come after all."""
    groups, left = _ranked(filters)
    sets = {
        place: BitMap.union(EMPTY, *group.values())
        for place, group in enumerate(groups)
    }
    return {**sets, len(groups): left}


def by_share(filters: ListFilters) -> dict[float, BitMap]:
    groups, left = _ranked(filters)
    sets: dict[float, BitMap] = {UNKNOWN: left}
    for group in groups:
        for share, keys in group.items():
            sets[share] = sets.get(share, EMPTY) | keys
    return sets


def headings(filters: ListFilters) -> dict[Any, str]:
    questions = asked_questions(filters)
    result: dict[Any, str] = {
        place: one.wording for place, one in enumerate(questions)
    }
    result[len(questions)] = "No study here says how many experts agree"
    return result


def choices(filters: ListFilters) -> dict[str, str]:
    return {one.value: one.label for one in asked_questions(filters)}


def offered(filters: ListFilters) -> dict[str, str]:
    """Of these the ones that any entry of the list has a share for: another would come first
    to no effect.
    """
    offered = {}
    areas = areas_filtered_by(filters)
    for question in asked_questions(filters):
        for _, keys in _from_largest(filters.index, question, areas):
            if filters.wordings.intersect(keys):
                offered[question.value] = question.label
                break
    return offered


GROUPS = OrderGroups(
    "question",
    headings,
    PARAMETER,
    choices,
    offered,
    "Answers to one question are sorted among themselves, and show what experts think of a measure, not how well it works.",
)
BY_SHARE_AGREEING = Ordering(
    "agreement",
    ("question", "support", "pk"),
    {"question": by_question, "support": by_share},
    reverse=("question", "-support", "pk"),
    begins_with_most=True,
    groups=GROUPS,
    label_of_other="least agreement",
)


class FirstQuestionFilter(FirstGroupFilter):
    """Which question comes first in the order by agreement."""

    explanation = (
        "A study and what it asked, such as “uuk-2024.effective”: which question comes first in the order by agreement. "
        "It leaves nothing out."
    )


FIRST_QUESTION = FirstQuestionFilter(
    label="Question sorted by first",
    names="names_of_groups",
)
