"""What the cells of a matrix say of experts' views: how many were put to experts, what they
answered to one question of one study, which way their comments lean.
"""

from collections.abc import Callable
from functools import partial
from statistics import median

from django.db import models
from pyroaring import BitMap

from catalogue.listing.cell_figures import NOTHING, Figure, Show
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.sources import EMPTY, FacetSource, pairs

from ..models import Criterion, Item
from .filters import BY_RESULT, DIRECTIONS, shown_shares
from .ordering import AskedQuestion, areas_filtered_by, chosen_question
from .wording import percent, whole_percent

#: Of fewer mitigations their shares are listed, and no median is made.
FEWEST_FOR_MEDIAN = 3
NOT_ASKED = Figure("not asked", status="not asked")
WITHHELD = Figure("withheld", status="withheld")
NOT_PUBLISHED = Figure("not published", status="not published")

HAVING_SHARE = FacetSource(
    "has a share",
    partial(
        pairs,
        shown_shares().annotate(has=models.Value(1)),
        "item__mitigation_id",
        "has",
    ),
)

#: Of a mitigation: the share agreeing, and whether that is a bound (">" or "<").
Share = tuple[float, str]


# How many were put to experts


def _counting_evidence(
    filters: MitigationFilter,
) -> Callable[[BitMap], Figure]:
    known = filters.index.sets(HAVING_SHARE).get(1, EMPTY)

    def figure(keys: BitMap) -> Figure:
        if not keys:
            return NOTHING
        having = filters.count_entries(keys & known)
        count = filters.count_entries(keys)
        return Figure(
            f"{having:,} of {count:,}",
            value=having,
            known=having,
        )

    return figure


# What they answered to one question


def _agreement(
    filters: MitigationFilter,
) -> Callable[[BitMap], Figure] | None:
    question = chosen_question(filters)
    if question is None:
        return None
    slugs = areas_filtered_by(filters)
    if slugs and not question.can_be_about(slugs):
        return _not_asked
    areas = question.areas_among(slugs)
    return partial(
        _figure_of_shares,
        filters=filters,
        shares=_lowest_shares(question.criterion, areas),
        criterion=Criterion.objects.select_related("study").get(
            pk=question.criterion,
        ),
        asked=_asked_in(question.criterion),
    )


def _not_asked(keys: BitMap) -> Figure:
    """Of a risk area that the question was not asked about."""
    return NOT_ASKED if keys else NOTHING


def _lowest_shares(
    criterion: int,
    areas: list[int | None],
) -> dict[int, Share]:
    """Of each mitigation; of several risk areas the lowest."""
    rows = shown_shares().filter(_of_areas(areas), criterion=criterion)
    columns = ("item__mitigation_id", "agreement", "agreement_bound")
    shares: dict[int, Share] = {}
    for key, share, bound in rows.order_by("-agreement").values_list(*columns):
        shares[key] = (share, bound)
    return shares


def _of_areas(areas: list[int | None]) -> models.Q:
    within = models.Q(risk_area__in=[one for one in areas if one is not None])
    if None in areas:
        within |= models.Q(risk_area=None)
    return within


def _asked_in(criterion: int) -> BitMap:
    items = Item.objects.published().filter(study__criteria=criterion)
    return BitMap(items.order_by().values_list("mitigation_id", flat=True))


def _figure_of_shares(
    keys: BitMap,
    *,
    filters: MitigationFilter,
    shares: dict[int, Share],
    criterion: Criterion,
    asked: BitMap,
) -> Figure:
    if not keys:
        return NOTHING
    put_to_experts = keys & asked
    if not put_to_experts:
        return NOT_ASKED
    found = list(_by_entry(filters, put_to_experts, shares).values())
    if not found:
        return WITHHELD if criterion.study.ran_here else NOT_PUBLISHED
    values = sorted(share for share, bound in found if not bound)
    bounds = [f"{bound} {percent(share)}" for share, bound in found if bound]
    details = [f"{len(found):,} of {filters.count_entries(keys):,}"]
    if len(values) < FEWEST_FOR_MEDIAN:
        texts = [*map(percent, values), *bounds]
    else:
        texts = [percent(median(values)), *bounds]
        details.insert(0, _range(values))
    if criterion.study.is_preliminary:
        details.insert(0, "preliminary")
    return Figure(
        ", ".join(dict.fromkeys(texts)),
        detail="; ".join(details),
        value=_middle(values),
        low=values[0] if values else None,
        high=values[-1] if values else None,
        known=len(found),
        note=BOUNDS_NOTE if bounds else "",
        is_preliminary=criterion.study.is_preliminary,
    )


def _by_entry(
    filters: MitigationFilter,
    keys: BitMap,
    shares: dict[int, Share],
) -> dict[int, Share]:
    """The share of each entry of the list: of several wordings of a measure the lowest."""
    found: dict[int, Share] = {}
    for key in keys:
        if key not in shares:
            continue
        entry = key
        if filters.is_by_measure:
            entry = filters.index.measures.wordings_of(key).min()
        found[entry] = min(found.get(entry, shares[key]), shares[key])
    return found


def _middle(values: list[float]) -> float | None:
    """The median, and of one share itself; of two there is none."""
    if len(values) == 1 or len(values) >= FEWEST_FOR_MEDIAN:
        return median(values)
    return None


BOUNDS_NOTE = "“> 60 %” says that the share is larger, not how large: it is in no median."


def _range(values: list[float]) -> str:
    low, high = whole_percent(values[0]), whole_percent(values[-1])
    return f"{low} to {high}"


def _caption_of_agreement(filters: MitigationFilter) -> str:
    question: AskedQuestion | None = chosen_question(filters)
    if question is None:
        return ""
    kind = "preliminary share" if question.is_preliminary else "share"
    return (
        f"{kind.capitalize()} of experts agreeing, {question.wording}: the middle one of the {filters.noun}s that have one, "
        "with the lowest and the highest, and of how many it is known"
    )


# Which way their comments lean

_LEANING = {
    "comments-for": "for",
    "comments-against": "against",
    "comments-mixed": "mixed",
}


def _leaning(filters: MitigationFilter) -> Callable[[BitMap], Figure]:
    sets = filters.index.sets(BY_RESULT)
    areas = areas_filtered_by(filters)
    by_direction = {}
    for result in DIRECTIONS.values():
        some = []
        for value, keys in sets.items():
            area, _, said = value.partition(".")
            if said == result and (not areas or area in areas):
                some.append(keys)
        by_direction[_LEANING[result]] = BitMap.union(EMPTY, *some)

    def figure(keys: BitMap) -> Figure:
        if not keys:
            return NOTHING
        counts = {
            word: filters.count_entries(keys & standing)
            for word, standing in by_direction.items()
        }
        texts = [f"{count} {word}" for word, count in counts.items() if count]
        if not texts:
            return Figure("no comments", status="not asked")
        leaning = keys & BitMap.union(EMPTY, *by_direction.values())
        known = filters.count_entries(leaning)
        return Figure(", ".join(texts), value=counts["for"], known=known)

    return figure


def _caption(text: str) -> Callable[[MitigationFilter], str]:
    return lambda filters: text


SHOWS = [
    Show(
        "evidence",
        "How many experts were asked about",
        _caption(
            "Of how many a study tells what share of experts agreed, of how many there are",
        ),
        _counting_evidence,
    ),
    Show(
        "agreement",
        "What experts answered",
        _caption_of_agreement,
        _agreement,
    ),
    Show(
        "lean",
        "Which way comments lean",
        _caption(
            "How many there are on which experts’ comments lean more helpful, less helpful or are mixed; one with comments on several risk areas can count twice",
        ),
        _leaning,
    ),
]
