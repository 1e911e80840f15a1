"""What the evidence on the catalogue's mitigations leaves out, in sentences made of counts."""

from pyroaring import BitMap

from catalogue.listing.index import current_index
from catalogue.listing.sources import EMPTY, FacetSource

from .filters import BY_STUDY, COMMENTED, SUPPORT


def evidence_gaps() -> list[str]:
    """How many mitigations no study asked about, of how many of those that were asked about no
    share agreeing is known here, and on how many comments are. Empty where nothing is published.
    """
    index = current_index()
    total = len(index.published)
    if not total:
        return []
    asked = len(_any_of(BY_STUDY))
    if not asked:
        return ["No study has asked experts about any of the mitigations."]
    sentences = [
        f"Studies asked experts about {asked:,} of the {total:,} mitigations.",
    ]
    without_share = len(_any_of(BY_STUDY) - _any_of(SUPPORT))
    if without_share:
        sentences.append(
            f"For {without_share:,} of the {asked:,} no share of experts agreeing is known here.",
        )
    commented = len(_any_of(COMMENTED))
    sentences.append(
        f"Experts’ comments are known here on {commented:,} mitigation{'' if commented == 1 else 's'}.",
    )
    return sentences


def _any_of(source: FacetSource) -> BitMap:
    """Published mitigations that carry any value of it."""
    index = current_index()
    carried = BitMap.union(EMPTY, *index.sets(source).values())
    return carried & index.published
