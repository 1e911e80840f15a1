"""What studies say of a mitigation in feeds and texts."""

from collections.abc import Callable, Collection, Mapping

from catalogue.listing.index import current_index
from catalogue.record.citations import Citation
from catalogue.record.evidence import EvidenceSentence

from ..models import RiskArea, Study
from .citing import citation_of
from .support import support_of

NO_STUDY = "No study here has asked experts about this measure."


def sentences_of_studies(
    mitigation,
    chosen: Mapping[str, Collection[str]],
) -> list[EvidenceSentence]:
    """What each study says, with its question; under a filter by risk area, of that area. Needs
    `Item.for_lists`.
    """
    areas = chosen.get(RiskArea.parameter, ())
    sentences = []
    for item in mitigation.items.all():
        text = support_of(item, areas).text
        study = item.study
        sentences.append(
            EvidenceSentence(text, study.label, citing(study)),
        )
    return sentences or [EvidenceSentence(NO_STUDY)]


def citing(study: Study) -> Callable[[str], Citation]:
    """What cites a study; its document and authors are read once."""

    def cited(base_url: str) -> Citation:
        return current_index().per_structure(
            ("citation of a study", study.pk, base_url),
            lambda: citation_of(study, base_url),
        )

    return cited
