"""From single answers to counts: the one way into the tallies that every page, file and estimate reads."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Count

from .models import Answer, Response, Result, Round, Tally
from .services import refresh_agreement


def shown_groups(sizes: Mapping[Any, int], minimum: int) -> set:
    """Which groups of a whole may be shown, so that none is smaller than `minimum` and none can be had by subtraction.

    `sizes` gives the number of answers of each group; groups do not overlap. Where those left out together come to
    fewer than `minimum`, the smallest that is shown is left out too (complementary suppression).
    """
    shown = {group for group, size in sizes.items() if size >= minimum}
    hidden = sum(size for group, size in sizes.items() if group not in shown)
    while shown and 0 < hidden < minimum:
        smallest = min(shown, key=lambda group: (sizes[group], str(group)))
        shown.remove(smallest)
        hidden += sizes[smallest]
    return shown


@transaction.atomic
def tabulate(round_: Round) -> None:
    """Makes the results of a study anew from the submitted responses of a round."""
    study = round_.study
    Result.objects.filter(item__study=study).delete()
    asked = _asked(round_)
    for (item, criterion, area), by_group in _counts(round_).items():
        sizes = {group: sum(counts.values()) for group, counts in by_group.items()}
        everybody = sum(by_group.values(), Counter())
        if sum(sizes.values()) < study.min_cell_size:
            continue
        invited = asked[item]
        skipped = invited.total() - sum(sizes.values())
        not_asked = round_.responses.filter(is_submitted=True).count() - invited.total()
        question = {"item_id": item, "criterion_id": criterion, "risk_area_id": area}
        _write(Result(**question, skipped=skipped, not_asked=not_asked), everybody)
        if study.expertise_areas.exists():
            for group in shown_groups(sizes, study.min_cell_size) - {None}:
                _write(Result(**question, expertise_area_id=group), by_group[group])
    refresh_agreement(study)


def _asked(round_: Round) -> dict[int, Counter]:
    """For each item, how many of each expertise area were asked about it."""
    asked: dict[int, Counter] = defaultdict(Counter)
    rows = Response.objects.filter(round=round_, is_submitted=True).values_list("asked", "expertise_area")
    for item, group, count in rows.annotate(count=Count("pk")).order_by():
        asked[item][group] = count
    return asked


def _counts(round_: Round) -> dict[tuple, dict[Any, Counter]]:
    """For each question, and each expertise area, how many chose each scale point."""
    found: dict[tuple, dict[Any, Counter]] = defaultdict(lambda: defaultdict(Counter))
    rows = Answer.objects.filter(response__round=round_, response__is_submitted=True).values_list(
        "item", "criterion", "risk_area", "response__expertise_area", "point"
    )
    for item, criterion, area, group, point, count in rows.annotate(count=Count("pk")).order_by():
        found[item, criterion, area][group][point] += count
    return found


def _write(result: Result, counts: Counter) -> None:
    """A tally for each point of the scale, those that nobody chose included."""
    result.save()
    points = result.criterion.scale.points.all()  # type: ignore[union-attr]
    Tally.objects.bulk_create(Tally(result=result, point=point, count=counts[point.pk]) for point in points)
