"""The sentences of a brief that are made from counts. None is made from what is not known."""

from surveys.results.statistics import SHARE_AGREEING
from surveys.results.support import Support

from ..shortlist.coverage import Coverage

#: So many gaps stand among the key points.
MOST_GAPS = 3


def measures(count: int) -> str:
    return "1 measure" if count == 1 else f"{count:,} measures"


def what_this_is(count: int, total: int) -> str:
    return (
        f"A selection of {measures(count)} out of a catalogue of {total:,}, put together by a reader. "
        "It is not a recommendation by the catalogue, and not a systematic review."
    )


def key_points(
    support: list[list[Support]],
    coverage: Coverage,
    notices: list[str],
) -> list[str]:
    """`support`: what each study says of each measure."""
    asked = [some for some in support if some]
    known = [some for some in asked if any(one.lines for one in some)]
    bounded = [some for some in known if _has_bounds_only(some)]
    points = [put_to_experts(len(asked), len(support))]
    if asked:
        points.append(with_figures(len(known), len(asked)))
    if bounded:
        points.append(with_bounds_only(len(bounded)))
    names = [one.value.name for one in coverage.gaps]
    if names:
        points.append(not_covered(names))
    return [*points, *notices]


def _has_bounds_only(some: list[Support]) -> bool:
    lines = [line for one in some for line in one.lines]
    return all(
        line.finding.estimates[SHARE_AGREEING].operator for line in lines
    )


def put_to_experts(asked: int, count: int) -> str:
    if not asked:
        return "None of these measures was put to experts in a study here."
    verb = "was" if asked == 1 else "were"
    return f"{asked} of {measures(count)} {verb} put to experts."


def with_figures(known: int, asked: int) -> str:
    if not known:
        return "What experts answered is not known of any of these."
    return f"What experts answered is known of {known} of {asked}."


def with_bounds_only(count: int) -> str:
    verb = "is" if count == 1 else "are"
    return f"{measures(count)} {verb} known only by a bound, such as “more than half”."


def not_covered(names: list[str]) -> str:
    """The gaps with the most measures that would fill them first."""
    text = ", ".join(names[:MOST_GAPS])
    left = len(names) - MOST_GAPS
    if left > 0:
        text += f", and {left} more"
    return f"No measure here is recorded for: {text}."
