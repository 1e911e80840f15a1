"""Words that a reader looks for in the cells of a matrix."""

from functools import cached_property

from django.http import QueryDict
from pyroaring import BitMap

from catalogue.listing.crosstab import Cell, Crosstab
from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation


class Marks:
    """Where `words` are found, as the search of the list finds them."""

    def __init__(self, words: str, crosstab: Crosstab):
        self.words = words
        self._crosstab = crosstab
        self._filters = crosstab.filters

    @cached_property
    def _found(self) -> BitMap:
        query = QueryDict(mutable=True)
        query["q"] = self.words
        query.setlist("taxonomy", self._filters.values("taxonomy"))
        found = MitigationFilter(query, Mitigation.objects.published())
        return found.wordings

    def count_in(self, cell: Cell) -> int:
        return self._filters.count_entries(cell.keys & self._found)

    @property
    def sentence(self) -> str:
        """How many hold them, in how many cells."""
        total = self.count_in(self._crosstab.total)
        if not total:
            return f"“{self.words}” is found in none of them."
        cells = 0
        for row in self._crosstab.rows:
            for column in self._crosstab.columns:
                cell = self._crosstab.cell(row, column)
                cells += bool(self.count_in(cell))
        nouns = f"{self._filters.noun}{'' if total == 1 else 's'}"
        which = (
            "the cell that has any is"
            if cells == 1
            else f"the {cells:,} cells that have any are"
        )
        return (
            f"“{self.words}” is found in {total:,} {nouns}; {which} outlined."
        )
