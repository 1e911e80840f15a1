"""On which mitigations experts split: the rule that the gaps of a matrix go by, and what is said
of it.
"""

from django.db.models import Case, Q, Value, When
from django.db.models.functions import Coalesce, Concat
from pyroaring import BitMap

from catalogue.listing.filters import MitigationFilter
from catalogue.listing.sources import EMPTY, FacetSource, pairs

from .filters import shown_shares
from .ordering import areas_filtered_by
from .wording import percent, whole_percent

#: From which share of experts agreeing to which they split.
LEAST, MOST = 0.4, 0.6
RULE = (
    f"Experts split where {whole_percent(LEAST)} to {percent(MOST)} agreed, in each question about a measure "
    "whose answers are known. A cell stands here where they split on all of its measures with known answers."
)
_SPLIT, _CLEAR = "split", "clear"


def _shares_by_area(keys):
    """(mitigation, “cbrn.split”) or (mitigation, “.clear”) for each share. A bound is clear: it
    says on which side the share lies, or cannot say that experts split.
    """
    is_split = Q(
        agreement__gte=LEAST,
        agreement__lte=MOST,
        agreement_bound="",
    )
    said = Concat(
        Coalesce("risk_area__slug", Value("")),
        Value("."),
        Case(When(is_split, then=Value(_SPLIT)), default=Value(_CLEAR)),
    )
    rows = shown_shares().annotate(said=said)
    return pairs(rows, "item__mitigation_id", "said", keys)


BY_CLEARNESS = FacetSource("how clear shares are", _shares_by_area)


def split_among(filters: MitigationFilter) -> tuple[BitMap, BitMap]:
    """(mitigations on which experts split, those with any share), within the risk areas filtered
    by.
    """
    areas = areas_filtered_by(filters)
    split, clear = [], []
    for value, keys in filters.index.sets(BY_CLEARNESS).items():
        area, _, said = value.partition(".")
        if areas and area not in areas:
            continue
        (split if said == _SPLIT else clear).append(keys)
    any_clear = BitMap.union(EMPTY, *clear)
    any_split = BitMap.union(EMPTY, *split)
    return any_split - any_clear, any_split | any_clear
