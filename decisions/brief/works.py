"""The works behind a brief, each under its number: documents and studies first, then the entries
of the catalogue itself.
"""

from collections.abc import Iterable
from functools import cached_property

from django.db.models import prefetch_related_objects

from catalogue.models import Document, Mitigation
from catalogue.record.citations import Citation, cite
from surveys.models import Study
from surveys.results.citing import citation_of

UNDATED = "n.d."


class Works:
    """Of these mitigations, and of what `studies` say of them."""

    def __init__(
        self,
        mitigations: list[Mitigation],
        studies: Iterable[Study],
        base_url: str,
    ):
        self.mitigations = mitigations
        self.studies = list({one.pk: one for one in studies}.values())
        self.base_url = base_url
        prefetch_related_objects(mitigations, "document__authors")
        prefetch_related_objects(self.studies, "document__authors")

    @cached_property
    def documents(self) -> list[Citation]:
        """Each once: documents of measures, then studies."""
        found = [cite(one.document) for one in self.mitigations]
        found += self._of_studies.values()
        return list({one.key: one for one in found}.values())

    @cached_property
    def _of_studies(self) -> dict[int, Citation]:
        return {
            one.pk: citation_of(one, self.base_url) for one in self.studies
        }

    @cached_property
    def entries(self) -> list[Citation]:
        """What the catalogue itself has of each measure, apart from where it comes from."""
        whole = [cite(one, self.base_url) for one in self.mitigations]
        return [Citation(one.csl) for one in whole]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        keys = [one.key for one in (*self.documents, *self.entries)]
        return {key: at for at, key in enumerate(keys, 1)}

    def number(self, document: Document) -> int:
        return self._numbers[document.slug]

    def number_of_study(self, study: Study) -> int:
        return self._numbers[self._of_studies[study.pk].key]

    def number_of_entry(self, mitigation: Mitigation) -> int:
        return self._numbers[mitigation.accession]

    @property
    def numbered_documents(self) -> list[tuple[int, str]]:
        return [(self._numbers[one.key], one.apa) for one in self.documents]

    @property
    def numbered_entries(self) -> list[tuple[int, str]]:
        pairs = zip(self.mitigations, self.entries, strict=True)
        return [
            (self._numbers[entry.key], self._entry(mitigation, entry.csl))
            for mitigation, entry in pairs
        ]

    def _entry(self, mitigation: Mitigation, item: dict) -> str:
        """In the words with which a measure is cited, and where in its document it stands."""
        [[year, *_]] = item.get("issued", {}).get("date-parts", [[UNDATED]])
        title = item["title"]
        end = "" if title.endswith(("?", "!", ".")) else "."
        parts = [
            f"{item['container-title']}. ({year}). {title}{end}",
            f"Entry {item['number']}, from {self.place_of(mitigation)}.",
            item.get("URL", ""),
        ]
        return " ".join(filter(None, parts))

    def place_of(self, mitigation: Mitigation) -> str:
        """Where it is described: number of its document, section and page."""
        page = f"p. {mitigation.page}" if mitigation.page else ""
        number = f"[{self.number(mitigation.document)}]"
        return ", ".join(filter(None, [number, mitigation.section, page]))

    @property
    def next_number(self) -> int:
        return len(self._numbers) + 1
