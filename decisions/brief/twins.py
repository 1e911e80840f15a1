"""What is known of the measures of a brief in other words: where another source has the same measure,
which the reader did not choose, what experts, laws and records say stands there.

It is named with those words and is not told of the measure's own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from django.utils.text import get_text_list
from pyroaring import BitMap

from catalogue.models import Mitigation
from surveys.results.support import Support, support_of

from ..selected import further_wordings
from ..shortlist.coverage import Covered
from .works import Works


@dataclass(frozen=True)
class Twin:
    """The same measure as another source words it, and what each study says of it there."""

    mitigation: Mitigation
    support: list[Support]

    @property
    def has_figures(self) -> bool:
        return any(one.lines for one in self.support)

    def told(self, works: Works, tell: Callable[[Support], str]) -> str:
        """“Also worded in Doe 2024 [2] as “Audits” (M0014): 50 of 51 experts agreed.” With what each
        study says of it there, as `tell` gives it. Empty: none asked about it.
        """
        one = self.mitigation
        named = f"“{one.name}” ({one.accession})"
        said = []
        for support in self.support:
            study = support.item.study
            label = f"{study.label} [{works.number_of_study(study)}]"
            if study.document_id == one.document_id:
                start = f"Also worded in {label} as {named}"
            else:
                start = (
                    f"Also worded in {one.document.label} as {named}, {label}"
                )
            said.append(f"{start}: {tell(support)}")
        return " ".join(said)


class Twins:
    """Of `mitigations`, those wordings that are not among them."""

    def __init__(self, mitigations: Sequence[Mitigation]):
        self.mitigations = mitigations

    @cached_property
    def _by_key(self) -> dict[int, list[Twin]]:
        rows = Mitigation.objects.select_related("document")
        rows = rows.prefetch_related(*rows.RELATED.values())
        worded = further_wordings(self.mitigations, rows)
        twins = {}
        for one in chain.from_iterable(worded.values()):
            if one.pk not in twins:
                said = [support_of(item) for item in one.items.all()]
                twins[one.pk] = Twin(one, said)
        found = {}
        for key, others in worded.items():
            found[key] = [twins[one.pk] for one in others]
        return found

    def of(self, mitigation: Mitigation) -> list[Twin]:
        return self._by_key.get(mitigation.pk, [])

    @property
    def all(self) -> list[Twin]:
        by_key = {
            one.mitigation.pk: one
            for some in self._by_key.values()
            for one in some
        }
        return list(by_key.values())

    def support_with(
        self,
        mitigation: Mitigation,
        own: Iterable[Support],
    ) -> list[Support]:
        """What studies say of it in any words: of a study that asked in its own words, that alone."""
        found = list(own)
        studies = {one.item.study_id for one in found if one.lines}
        for twin in self.of(mitigation):
            found += [
                one for one in twin.support if one.item.study_id not in studies
            ]
        return found

    def names(self) -> dict[int, str]:
        """What each measure is called in a brief, by the key of each of its wordings."""
        found = {}
        for one in self.mitigations:
            found[one.pk] = f"{one.name} ({one.accession})"
            for twin in self.of(one):
                found[twin.mitigation.pk] = (
                    f"{one.name} ({one.accession}, as worded in {twin.mitigation.accession})"
                )
        return found

    def gap_named(self, gap: Covered, bearing: BitMap) -> str:
        """With those for which it would be none, among those `bearing` on what the reader answers
        for: “Deploy (only as worded in M0014 “Audits”, the same measure as M0002)”.
        """
        found: dict[str, list[str]] = {}
        for own in self.mitigations:
            for twin in self.of(own):
                one = twin.mitigation
                if one.pk in gap.value.keys & bearing:
                    named = f"{one.accession} “{one.name}”"
                    found.setdefault(named, []).append(own.accession)
        if not found:
            return gap.value.name
        filling = [
            f"{named}, the same measure as {get_text_list(own, 'and')}"
            for named, own in found.items()
        ]
        return f"{gap.value.name} (only as worded in {'; '.join(filling)})"

    def studies_asking(self) -> dict[int, dict[int, list[str]]]:
        """By study, then by the measure that it asked about in other words alone: their accessions,
        where there are figures of them.
        """
        found: dict[int, dict[int, list[str]]] = {}
        for one in self.mitigations:
            own = {item.study_id for item in one.items.all()}
            for twin in self.of(one):
                for said in twin.support:
                    study = said.item.study_id
                    if said.lines and study not in own:
                        worded = found.setdefault(study, {})
                        named = worded.setdefault(one.pk, [])
                        named.append(twin.mitigation.accession)
        return found
