"""Which mitigations of a document are called alike."""

from collections.abc import Iterator

from rapidfuzz import fuzz, process

from catalogue.files.importing.values import plain
from catalogue.models import Mitigation

from .base import State

#: In documents with more mitigations than this, only equal names are told, and not near ones.
MOST_COMPARED = 1500
NEAR = 93


class NamesInDocuments:
    """The names that mitigations of each document have, here and further up in the file."""

    def __init__(self) -> None:
        #: By document: where each name stands, an accession or a row of the file.
        self._names: dict[str, dict[str, str]] = {}

    def same(self, after: State) -> str:
        """What is said of a mitigation whose name another one of its document has; or empty."""
        name = plain(after["name"])
        names = self._in_document(after["document"])
        if name in names:
            return f"“{after['name']}” of {after['document']} is {_there(names[name])} already"
        return ""

    def alike(self, after: State, number: int) -> Iterator[str]:
        """Of the same document: what is called the same, or nearly so, here or further up in
        the file.
        """
        document = after["document"]
        name = plain(after["name"])
        names = self._in_document(document)
        if same := self.same(after):
            yield f"{same}: {_is_it_the_same(names[name])}"
        elif len(names) <= MOST_COMPARED and (
            near := process.extractOne(
                name,
                names.keys(),
                scorer=fuzz.ratio,
                score_cutoff=NEAR,
            )
        ):
            there = names[near[0]]
            yield f"it is nearly called like {_there(there)} of {document}, “{near[0]}”: {_is_it_the_same(there)}"
        names.setdefault(name, f"row {number}")

    def _in_document(self, document: str) -> dict[str, str]:
        if document not in self._names:
            rows = (
                Mitigation.objects.not_retired()
                .filter(document__slug=document)
                .order_by("-accession")
            )
            self._names[document] = {
                plain(one): accession
                for one, accession in rows.values_list("name", "accession")
            }
        return self._names[document]


def _there(place: str) -> str:
    return f"in {place}" if place.startswith("row") else place


def _is_it_the_same(place: str) -> str:
    if place.startswith("row"):
        return "is this the same? Then delete one of the rows."
    return f"is this the same? Then write {place} into the column “accession”, or delete the row."
