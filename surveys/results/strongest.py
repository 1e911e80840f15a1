"""What has the strongest support, for the home page."""

from django.db.models import Avg, OuterRef, Q, Subquery, Sum

from catalogue.models import Mitigation
from catalogue.statistics import wilson_interval

from ..models import Item, Tally
from .filters import shares_agreeing
from .findings import Finding, findings_of


def strongest(count: int = 5) -> list[tuple[Item, Finding]]:
    """The items with the strongest support, each with the finding that shows it.

    By the lower end of the interval of the share agreeing, so that few answers do not win by
    chance; ties by the share that strongly agrees, then the older item. Of an item that was
    asked about more than once, by criterion or risk area, the best finding counts. Only
    support, and only shares computed from counts.
    """
    best: dict[int, int] = {}
    for item, result in _by_support():
        best.setdefault(item, result)
    chosen = list(best)[:count]
    items = Item.objects.with_results().in_bulk(chosen)
    rows = []
    for key in chosen:
        for finding in findings_of(items[key]):
            if finding.result.pk == best[key]:
                rows.append((items[key], finding))
    return rows


def _by_support() -> list[tuple[int, int]]:
    """(item, result) of every computed share, the strongest first, in one query."""
    ends = Tally.objects.filter(
        result=OuterRef("pk"),
        point__side=1,
        point__value__isnull=False,
    )
    rows = shares_agreeing().filter(
        agreement_bound="",
        item__mitigation__status=Mitigation.Status.PUBLISHED,
    )
    agrees = Q(tallies__point__side=1)
    value = "tallies__point__value"
    rows = rows.annotate(
        n=Sum("tallies__count"),
        highest=Subquery(ends.order_by("-point__value").values("count")[:1]),
        lowest=Subquery(ends.order_by("point__value").values("count")[:1]),
        agreeing=Avg(value, filter=agrees),
        rest=Avg(value, filter=~agrees),
    )
    columns = (
        "item",
        "pk",
        "agreement",
        "n",
        "highest",
        "lowest",
        "agreeing",
        "rest",
    )
    order = []
    answered = rows.filter(n__gt=0).order_by().values_list(*columns)
    for item, result, share, n, highest, lowest, agreeing, rest in answered:
        falls = agreeing is not None and rest is not None and agreeing < rest
        strongly = lowest if falls else highest
        low, _ = wilson_interval(round(share * n), n)
        order.append((-low, -(strongly or 0) / n, item, result))
    return [(item, result) for _, _, item, result in sorted(order)]
