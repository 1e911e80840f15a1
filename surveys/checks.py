"""Published figures against what their counts give."""

from dataclasses import dataclass

from . import estimates
from .models import Figure, Result, Study
from .publishing import checksum
from .services import counts_of


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


def differences(study: Study) -> list[Difference]:
    """Every figure of a study that differs from its counts by more than the rounding to its published decimals."""
    results = Result.objects.filter(item__study=study).select_related("item__mitigation", "criterion", "risk_area")
    found = []
    for result in results.prefetch_related("tallies__point", "figures__point"):
        for figure in result.figures.all():
            computed = computed_for(figure, result)
            if computed is None:
                continue
            unit = 0.01 if figure.statistic.startswith("share") else 1.0
            if abs(computed - figure.value) > unit * 0.5 * 10**-figure.decimals + 1e-9:
                found.append(Difference(figure, computed))
    return found


def computed_for(figure: Figure, result: Result) -> float | None:
    """What the result's counts give for a published value; None where there are no counts, or it is a bound."""
    counts = counts_of(result)
    n = estimates.total(counts)
    if not n or figure.operator:
        return None
    if figure.statistic == Figure.Statistic.CHOOSING:
        return sum(tally.count for tally in result.tallies.all() if tally.point_id == figure.point_id) / n
    functions = {
        Figure.Statistic.AGREEING: lambda: estimates.on_side(counts, 1) / n,
        Figure.Statistic.DISAGREEING: lambda: estimates.on_side(counts, -1) / n,
        Figure.Statistic.MEAN: lambda: estimates.mean(counts),
        Figure.Statistic.MEDIAN: lambda: estimates.median(counts),
        Figure.Statistic.VARIANCE: lambda: estimates.variance(counts),
        Figure.Statistic.STANDARD_ERROR: lambda: estimates.standard_error(counts),
    }
    function = functions.get(Figure.Statistic(figure.statistic))
    return function() if function else None


def problems_of(study: Study) -> list[str]:
    """What no longer fits in a published study: figures against their counts, counts and comments against the checksum."""
    found = [str(difference) for difference in differences(study)]
    if study.checksum and study.checksum != checksum(study):
        found.append(f"Its counts or comments are not those that were published under {study.checksum}.")
    return found
