"""Writes that span several records."""

from collections import defaultdict

from django.db import transaction

from ..models import Figure, Result, Study
from . import estimates


def counts_of(result: Result) -> estimates.Counts:
    """The result's tallies as the estimates take them. Points that count alike, such as don't
    know and no opinion, are added up.
    """
    counts: dict[estimates.Point, int] = defaultdict(int)
    for tally in result.tallies.all():
        counts[
            estimates.Point(
                tally.point.value, tally.point.side, tally.point.is_dont_know
            )
        ] += tally.count
    return dict(counts)


@transaction.atomic
def refresh_agreement(study: Study) -> None:
    """Works out `agreement` of every result of a study: from its counts, else from what is
    published, else None.
    """
    results = Result.objects.filter(item__study=study).prefetch_related(
        "tallies__point", "figures"
    )
    for result in results:
        counts = counts_of(result)
        n = estimates.total(counts)
        published = next(
            (
                f
                for f in result.figures.all()
                if f.statistic == Figure.Statistic.AGREEING
            ),
            None,
        )
        if result.expertise_area_id:
            # A group of experts never stands for the item where lists order and filter.
            result.agreement, result.agreement_bound = None, ""
        elif n:
            result.agreement, result.agreement_bound = (
                estimates.on_side(counts, 1) / n,
                "",
            )
        elif published:
            result.agreement, result.agreement_bound = (
                published.value,
                published.operator,
            )
        else:
            result.agreement, result.agreement_bound = None, ""
    Result.objects.bulk_update(results, ["agreement", "agreement_bound"])
