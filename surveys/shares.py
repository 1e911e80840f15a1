"""The share agreeing that stands at each result, so that lists can order and filter by it."""

from collections import defaultdict

from django.db import transaction

from . import estimates
from .models import Figure, Result, Study


def counts_of(result: Result) -> estimates.Counts:
    """The result's tallies as the estimates take them. Points that count alike, such as don't
    know and no opinion, are added up.
    """
    counts: dict[estimates.Point, int] = defaultdict(int)
    for tally in result.tallies.all():
        point = tally.point
        key = estimates.Point(point.value, point.side, point.is_dont_know)
        counts[key] += tally.count
    return dict(counts)


def published_figure(result: Result, statistic: str) -> Figure | None:
    """What the source publishes of a result as a whole. Takes no query where figures are
    prefetched.
    """
    for figure in result.figures.all():
        if figure.statistic == statistic and figure.point_id is None:
            return figure
    return None


@transaction.atomic
def refresh_shares_agreeing(study: Study) -> None:
    """Works out `agreement` of every result of a study: from its counts, else from what is
    published, else None.
    """
    results = Result.objects.filter(item__study=study)
    results = results.prefetch_related("tallies__point", "figures")
    for result in results:
        result.agreement = None
        result.agreement_bound = ""
        # A group of experts never stands for the item where lists order and filter.
        if result.expertise_area_id is None:
            _set_share_agreeing(result)
    Result.objects.bulk_update(results, ["agreement", "agreement_bound"])


def _set_share_agreeing(result: Result) -> None:
    counts = counts_of(result)
    n = estimates.total(counts)
    if n:
        result.agreement = estimates.count_agreeing(counts) / n
        return
    figure = published_figure(result, Figure.Statistic.SHARE_AGREEING)
    if figure:
        result.agreement = figure.value
        result.agreement_bound = figure.operator
