"""What has the strongest support, and what the weakest, for the home page."""

from collections.abc import Collection, Iterable

from django.db.models import Avg, OuterRef, Q, QuerySet, Subquery, Sum

from catalogue.models import Mitigation
from catalogue.statistics import wilson_interval

from ..models import Item, Result, Tally
from .filters import shares_agreeing
from .findings import Finding, findings_of
from .sentences import tied_sentence

Row = tuple[Item, Finding]


def most_and_least(count: int) -> tuple[list[Row], list[Row]]:
    """The items with the strongest support, and those of the others with which the smallest
    share agrees, each with the finding that shows it. Only support, and only shares computed
    from counts; of an item that was asked about more than once, by criterion or risk area, the
    finding counts that puts it first. Findings are read once for all.

    The strongest go by the lower end of the interval of the share agreeing, so that few answers
    do not win by chance; ties by the share that strongly agrees, then the older item. Of equal
    small shares that of more answers comes first, then the older item.
    """
    most = _first_results(_by_support(), count)
    least = _first_results(_by_lowest_share(without=most), count)
    rows = _read({**most, **least})
    return rows[: len(most)], rows[len(most) :]


def tied_with_last(rows: list[Row]) -> str:
    """How many of the items with the same answers as the last of these are among them, in a
    sentence. Empty: all are.
    """
    if not rows:
        return ""
    last = rows[-1][1]
    shown = [
        item
        for item, finding in rows
        if finding.result.criterion_id == last.result.criterion_id
        and (finding.agreeing, finding.n) == (last.agreeing, last.n)
    ]
    alike = (
        _computed()
        .filter(
            criterion=last.result.criterion_id,
            agreement=last.result.agreement,
        )
        .annotate(n=Sum("tallies__count"))
        .filter(n=last.n)
    )
    count = len(set(alike.order_by().values_list("item", flat=True)))
    if count <= len(shown):
        return ""
    return tied_sentence(last, len(shown), count)


def _by_lowest_share(
    without: Collection[int],
) -> Iterable[tuple[int, int]]:
    rows = (
        _computed()
        .annotate(n=Sum("tallies__count"))
        .filter(n__gt=0)
        .exclude(item__in=without)
        .order_by("agreement", "-n", "item", "pk")
    )
    return rows.values_list("item", "pk")


def _first_results(
    pairs: Iterable[tuple[int, int]],
    count: int,
) -> dict[int, int]:
    """Of (item, result) the first result of each item, as far as `count` items."""
    first: dict[int, int] = {}
    for item, result in pairs:
        first.setdefault(item, result)
    return dict(list(first.items())[:count])


def _read(results: dict[int, int]) -> list[Row]:
    """The items with these results, in their order."""
    items = Item.objects.with_results().in_bulk(list(results))
    rows = []
    for key, result in results.items():
        for finding in findings_of(items[key]):
            if finding.result.pk == result:
                rows.append((items[key], finding))
    return rows


def _computed() -> QuerySet[Result]:
    """The shares of support that are computed from counts of what is published."""
    return shares_agreeing().filter(
        agreement_bound="",
        expertise_area=None,
        item__mitigation__status=Mitigation.Status.PUBLISHED,
    )


def _by_support() -> list[tuple[int, int]]:
    """(item, result) of every computed share, the strongest first, in one query."""
    ends = Tally.objects.filter(
        result=OuterRef("pk"),
        point__side=1,
        point__value__isnull=False,
    )
    agrees = Q(tallies__point__side=1)
    value = "tallies__point__value"
    rows = _computed().annotate(
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
