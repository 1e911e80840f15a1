"""Published figures against what their counts give."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalogue.curation.quality import Check, Issue, change_url

from .. import estimates
from ..models import Figure, Result, Study
from ..shares import counts_of
from .publishing import checksum
from .statistics import STATISTICS, Share


@dataclass(frozen=True)
class Difference:
    """A published figure that its counts do not give, even when rounded as it is."""

    figure: Figure
    computed: float

    def __str__(self):
        return (
            f"{self.figure.result}: {self.figure.get_statistic_display()} is published as {self.figure.value}, "
            f"its counts give {self.computed:.4f}"
        )


def figure_differences(*studies: Study) -> list[Difference]:
    """Every figure of the studies that differs from its counts by more than the rounding to its
    published decimals.
    """
    results = Result.objects.filter(item__study__in=studies).select_related(
        "item__mitigation__document",
        "item__study",
        "criterion",
        "risk_area",
    )
    found = []
    for result in results.order_by("pk").prefetch_related(
        "tallies__point",
        "figures__point",
    ):
        for figure in result.figures.all():
            computed = computed_for(figure, result)
            if computed is None:
                continue
            unit = 0.01 if figure.statistic.startswith("share") else 1.0
            if (
                abs(computed - figure.value)
                > unit * 0.5 * 10**-figure.decimals + 1e-9
            ):
                found.append(Difference(figure, computed))
    return found


def computed_for(figure: Figure, result: Result) -> float | None:
    """What the result's counts give for a published value; None where there are no counts, or
    it is a bound.
    """
    counts = counts_of(result)
    n = estimates.total(counts)
    if not n or figure.operator:
        return None
    if figure.statistic == Figure.Statistic.SHARE_CHOOSING:
        count = 0
        for tally in result.tallies.all():
            if tally.point_id == figure.point_id:
                count += tally.count
        return count / n
    statistic = STATISTICS[figure.statistic]
    if isinstance(statistic, Share):
        chosen = statistic.count(counts)
        return None if chosen is None else chosen / n
    if statistic.compute:
        return statistic.compute(counts)
    return None


def problems_of(study: Study) -> list[str]:
    """What no longer fits in a published study: figures against their counts, counts and
    comments against the checksum.
    """
    found = [str(difference) for difference in figure_differences(study)]
    if study.checksum and study.checksum != checksum(study):
        found.append(
            f"Its counts or comments are not those that were published under {study.checksum}.",
        )
    return found


def differing_figures() -> Iterator[Issue]:
    """For the quality desk: every published figure that its counts do not give, in a fixed
    number of queries.
    """
    for difference in figure_differences(*Study.objects.published()):
        figure = difference.figure
        result = difference.figure.result
        mitigation = result.item.mitigation
        study = result.item.study
        yield Issue(
            subject=f"figure {study.slug} {mitigation.accession} {result.pk} {figure.statistic} {figure.point_id or ''}".strip(),
            record=f"{mitigation.accession} {mitigation.name}",
            message=f"{difference}.",
            url=change_url(Study, study.pk),
            decides=(figure.value, round(difference.computed, 6)),
            document=mitigation.document.slug,
            group=study.label,
        )


FIGURES = Check(
    "figure-differs",
    "Published figure differs from its counts",
    "Figures of published studies that their own counts do not give, even when rounded as they were. Compare both with the "
    "source: the figure, or a count, may have been copied wrongly, or the source counts otherwise. To change one, change its "
    "file in surveys/data.",
    differing_figures,
)
