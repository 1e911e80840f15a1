"""What a search leads to of studies: risk areas and studies."""

from collections.abc import Iterable

from pyroaring import BitMap

from catalogue.listing.index import Index
from catalogue.listing.sources import EMPTY
from catalogue.listing.targets import (
    DEFINITION,
    NAME,
    OTHER_NAME,
    Target,
    TargetKind,
    TargetText,
    list_with,
)

from ..models import RiskArea, Study
from .filters import FILTERS, SUPPORT
from .ordering import LEAST_FIRST, MOST_FIRST


def _with_value(parameter: str, index: Index, slug: str):
    """As many as the list has under that filter."""
    return FILTERS[parameter].carriers(index)(slug) & index.published


def _targets_of_risk_areas(kind: TargetKind) -> Iterable[Target]:
    for area in RiskArea.objects.all():
        yield Target(
            kind,
            area,
            id=area.slug,
            name=area.name,
            texts=(
                TargetText(area.name, NAME),
                TargetText(area.slug, OTHER_NAME),
                TargetText(area.definition, DEFINITION),
            ),
        )


def _studies(kind: TargetKind) -> Iterable[Target]:
    for study in Study.objects.published().select_related("document"):
        yield Target(
            kind,
            study,
            id=study.slug,
            name=study.label,
            note=study.title,
            texts=(
                TargetText(study.title, NAME),
                TargetText(study.label, NAME),
                TargetText(study.slug, OTHER_NAME),
            ),
        )


#: What experts disagree about, as readers ask for it.
DISAGREEMENT = (
    "disagree disagreement disagreements contested controversial controversy disputed dispute"
    " divided divisive least weakest"
)
#: What they agree with.
AGREEMENT = (
    "agree agreed agreement agreements consensus strongest strong best most highest support"
    " supported supports backed backing"
)
#: Words that readers ask for either with.
OF_EITHER = "expert experts measure measures mitigation mitigations opinion opinions evidence"


def _orders_by_agreement(kind: TargetKind) -> Iterable[Target]:
    yield Target(
        kind,
        MOST_FIRST,
        id=f"ordering={MOST_FIRST}",
        name="Most agreement first",
        note="within each question of a study",
        texts=(
            TargetText(AGREEMENT, OTHER_NAME),
            TargetText(OF_EITHER, DEFINITION),
        ),
    )
    yield Target(
        kind,
        LEAST_FIRST,
        id=f"ordering={LEAST_FIRST}",
        name="Least agreement first",
        note="within each question of a study",
        texts=(
            TargetText(DISAGREEMENT, OTHER_NAME),
            TargetText(f"{OF_EITHER} agree agreement support", DEFINITION),
        ),
    )


def _with_a_share(index: Index, record: str) -> BitMap:
    return BitMap.union(EMPTY, *index.sets(SUPPORT).values())


#: What experts were asked about, and who asked them.
PUT_TO_EXPERTS = (
    "measure was put to experts",
    "measures were put to experts",
)
#: More were asked about than those of which something is published.
WITH_RESULTS = (
    "measure with results or comments",
    "measures with results or comments",
)
RISK_AREAS = TargetKind(
    "risk-area",
    "Risk area in studies",
    ("risk areas in studies",),
    read=_targets_of_risk_areas,
    list_url=lambda area: list_with(RiskArea.parameter, area.slug),
    carriers=lambda index, area: _with_value(
        RiskArea.parameter,
        index,
        area.slug,
    ),
    page_url=lambda area: "",
    counted=WITH_RESULTS,
    without="no results and no comments",
)
ORDERS = TargetKind(
    "order",
    "Order",
    ("ways to sort",),
    read=_orders_by_agreement,
    list_url=lambda ordering: list_with("ordering", ordering),
    carriers=_with_a_share,
    page_url=lambda ordering: "",
    counted=(
        "measure of which it is known how many experts agree",
        "measures of which it is known how many experts agree",
    ),
    is_order=True,
)
STUDIES = TargetKind(
    "study",
    "Study",
    ("studies",),
    read=_studies,
    list_url=lambda study: list_with("study", study.slug),
    carriers=lambda index, study: _with_value("study", index, study.slug),
    counted=PUT_TO_EXPERTS,
    without="no measure was put to experts",
    is_source=True,
)
