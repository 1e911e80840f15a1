"""Where a measure stands among those of its study that were asked the same, as far as so few answers
tell it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from catalogue.statistics import wilson_interval

from ..estimates import rank_ranges
from ..models import Study, Tally
from .wording import place_range

#: What is asked in one place of a form: the keys of the item, the criterion, and the risk area
#: if any.
Question = tuple[int, int | None, int | None]


@dataclass(frozen=True)
class Rank:
    """By the share agreeing, the largest first: between which places a measure may stand, of
    how many. Where the intervals of two overlap, either may stand before the other.
    """

    best: int
    worst: int
    of: int

    @property
    def place(self) -> str:
        """“2nd to 48th”."""
        return place_range(self.best, self.worst)

    def __str__(self):
        return f"{self.place} of {self.of}"


#: For each question that has an answer, where its item stands.
Ranks = dict[Question, Rank]


def ranks(studies: Iterable[Study]) -> Ranks:
    """The place of each item within what everybody was asked under the same criterion and in
    the same risk area. One query for all studies.
    """
    everybody = Tally.objects.filter(
        result__item__study__in=studies,
        result__expertise_area=None,
    )
    keys = ("result__item", "result__criterion", "result__risk_area")
    rows = everybody.values_list(*keys).annotate(
        n=Sum("count"),
        agreeing=Coalesce(Sum("count", filter=Q(point__side=1)), 0),
    )
    asked: dict[
        tuple[int | None, int | None],
        dict[int, tuple[float, float]],
    ] = defaultdict(dict)
    for item, criterion, area, n, agreeing in rows.filter(n__gt=0).order_by():
        asked[criterion, area][item] = wilson_interval(agreeing, n)
    result: Ranks = {}
    for (criterion, area), intervals in asked.items():
        ranges = rank_ranges(list(intervals.values()))
        for item, (best, worst) in zip(intervals, ranges, strict=True):
            rank = Rank(best, worst, len(intervals))
            result[item, criterion, area] = rank
    return result
