"""What other apps say of a mitigation in a sentence, for feeds and texts: the catalogue itself
knows no studies.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from catalogue.models import Mitigation
from serving.registry import Registry

from .citations import Citation


@dataclass(frozen=True)
class EvidenceSentence:
    """A whole sentence, with its question. `source` says whose it is, such as “Schuett et al.
    2023”, and `cite` how that is cited, given scheme and host of the site. Neither is there
    where the sentence says that there is nothing.
    """

    text: str
    source: str = ""
    cite: Callable[[str], Citation] | None = None


#: By parameter, the values by which the entries of a list are shown:
#: `MitigationFilter.for_entries`.
Chosen = Mapping[str, Collection[str]]
#: What gives the sentences of a mitigation, which was read with `for_list` or
#: `for_texts`. By the app that
#: says them.
EVIDENCE: Registry[
    str,
    Callable[[Mitigation, Chosen], list[EvidenceSentence]],
] = Registry("set of evidence sentences")


def evidence_sentences(
    mitigation: Mitigation,
    chosen: Chosen,
) -> list[EvidenceSentence]:
    """One for each study that asked about it, or one that says that none did."""
    sentences: list[EvidenceSentence] = []
    for sentences_of in EVIDENCE.values():
        sentences += sentences_of(mitigation, chosen)
    return sentences
