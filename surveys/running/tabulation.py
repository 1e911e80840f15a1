"""From single answers to counts: the one way into the tallies that every page, file and
estimate reads.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, QuerySet

from .. import estimates
from ..models import (
    Answer,
    Criterion,
    Item,
    Response,
    Result,
    Round,
    ScalePoint,
    Study,
    Tally,
)
from ..shares import refresh_shares_agreeing


class Question(NamedTuple):
    """What is asked in one place of a form. Keys of the item, the criterion, and the risk area
    if any.
    """

    item: int
    criterion: int
    risk_area: int | None


def shown_groups(sizes: Mapping[Any, int], minimum: int) -> set:
    """Which groups of a whole may be shown, so that none is smaller than `minimum` and none can
    be had by subtraction.

    `sizes` gives the number of answers of each group; groups do not overlap. Where those left
    out together come to fewer than `minimum`, the smallest that is shown is left out too
    (complementary suppression).
    """
    shown = {group for group, size in sizes.items() if size >= minimum}
    hidden = sum(size for group, size in sizes.items() if group not in shown)
    while shown and 0 < hidden < minimum:
        smallest = min(shown, key=lambda group: (sizes[group], str(group)))
        shown.remove(smallest)
        hidden += sizes[smallest]
    return shown


def distribution(
    round_: Round,
    items: Iterable[Item] | None = None,
) -> dict[Question, Counter]:
    """How many chose each scale point (by its key), for each question of some or all items. A
    question that fewer than the study's minimum cell size answered is left out. One query.
    """
    result = {}
    for question, groups in _counts_by_group(round_, items).items():
        counts = sum(groups.values(), Counter())
        if counts.total() >= round_.study.min_cell_size:
            result[question] = counts
    return result


@transaction.atomic
def tabulate(round_: Round) -> None:
    """Makes the results of a study anew from the submitted responses of a round, in a fixed
    number of queries.
    """
    study = round_.study
    Result.objects.filter(item__study=study).delete()
    points = _points(study)
    earlier = round_.before
    before = distribution(earlier) if earlier else {}
    rows = list(_results_of_questions(round_, points, before))
    results = [result for result, _ in rows]
    if study.asks_combination:
        results += _results_of_combinations(round_)
    Result.objects.bulk_create(results)
    tallies = []
    for result, counts in rows:
        for point in points[result.criterion_id]:
            tallies.append(
                Tally(result=result, point=point, count=counts[point.pk]),
            )
    Tally.objects.bulk_create(tallies)
    refresh_shares_agreeing(study)


def _results_of_questions(
    round_: Round,
    points: dict[int, list[ScalePoint]],
    before: dict[Question, Counter],
):
    """(result, counts) of everybody, then of each group of experts that may be shown."""
    study = round_.study
    asked = _asked_by_item(round_)
    submitted = round_.responses.counted().count()
    has_groups = study.expertise_areas.exists()
    for question, groups in _counts_by_group(round_).items():
        whole = sum(groups.values(), Counter())
        if whole.total() < study.min_cell_size:
            continue
        place = {
            "item_id": question.item,
            "criterion_id": question.criterion,
            "risk_area_id": question.risk_area,
        }
        skipped = asked[question.item] - whole.total()
        not_asked = submitted - asked[question.item]
        shift = _shift(before.get(question), whole, points[question.criterion])
        yield (
            Result(**place, skipped=skipped, not_asked=not_asked, shift=shift),
            whole,
        )
        sizes = {group: counts.total() for group, counts in groups.items()}
        if not has_groups:
            continue
        for group in shown_groups(sizes, study.min_cell_size) - {None}:
            yield Result(**place, expertise_area_id=group), groups[group]


def _results_of_combinations(round_: Round) -> Iterable[Result]:
    """How often each item stands in a combination, among the experts asked about it who gave
    one.
    """
    gave = round_.responses.filter(
        is_submitted=True,
        combination__isnull=False,
    ).distinct()
    asked = Response.asked.through.objects.filter(response__in=gave)
    combined = Response.combination.through.objects.filter(response__in=gave)
    chosen = Counter(combined.values_list("item", flat=True))
    combiners_of = Counter(asked.values_list("item", flat=True))
    for item, combiners in sorted(combiners_of.items()):
        if combiners >= round_.study.min_cell_size:
            yield Result(
                item_id=item,
                combined=chosen[item],
                combiners=combiners,
            )


def _shift(
    before: Counter | None,
    now: Counter,
    points: list[ScalePoint],
) -> float | None:
    if before is None:
        return None
    return estimates.shift(
        [before[point.pk] for point in points],
        [now[point.pk] for point in points],
    )


def _points(study: Study) -> dict[int, list[ScalePoint]]:
    """The scale of each criterion of a study, in order."""
    criteria = Criterion.objects.filter(
        study=study,
        scale__isnull=False,
    ).prefetch_related("scale__points")
    points = {}
    for criterion in criteria:
        scale = criterion.scale
        points[criterion.pk] = list(scale.points.all())  # type: ignore[union-attr]
    return points


def _asked_by_item(round_: Round) -> Counter:
    """How many of those who submitted were asked about each item."""
    rows = round_.responses.counted().values_list("asked")
    return Counter(dict(rows.annotate(count=Count("pk")).order_by()))


def _counts_by_group(
    round_: Round,
    items: Iterable[Item] | None = None,
) -> dict[Question, dict[Any, Counter]]:
    """For each question, and each expertise area, how many chose each scale point."""
    found: dict[Question, dict[Any, Counter]] = defaultdict(
        lambda: defaultdict(Counter),
    )
    answers: QuerySet = Answer.objects.filter(
        response__round=round_,
        response__is_submitted=True,
    )
    if items is not None:
        answers = answers.filter(item__in=items)
    rows = answers.values_list(
        "item",
        "criterion",
        "risk_area",
        "response__expertise_area",
        "point",
    )
    for item, criterion, area, group, point, count in rows.annotate(
        count=Count("pk"),
    ).order_by():
        found[Question(item, criterion, area)][group][point] += count
    return found
