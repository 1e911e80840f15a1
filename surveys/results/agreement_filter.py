"""The filter by how many experts agree, within one question of one study."""

from collections.abc import Callable
from typing import ClassVar

from pyroaring import BitMap

from catalogue.listing.facet_filter import FacetFilter
from catalogue.listing.facet_values import FacetValue
from catalogue.listing.index import Index
from catalogue.listing.sources import EMPTY

from .filters import is_per_cent
from .ordering import AskedQuestion, questions_of, shares_to
from .wording import HAIR

PARAMETER = "agreement"
#: In per cent: those that pages offer, of each question as far as any share reaches.
OFFERED = (90, 80, 70, 60, 50)


class AgreementFacet(FacetFilter):
    """By the share of experts agreeing to one question of one study, or more. A value is the
    study, the question and the per cent: “schuett-2023.should-be-done.75”.
    """

    takes_more = (
        "give a study, a question and a whole number of per cent from 0 to 100, such as "
        "schuett-2023.should-be-done.75"
    )
    value_schema: ClassVar = {
        "type": "string",
        "pattern": r"^[-\w]+\.[-\w]+\.[0-9]{1,3}$",
    }
    explanation = (
        "A study, one of its questions about support, and a whole number of per cent, such as “schuett-2023.should-be-done.75”: so many of "
        "all who answered agree, or more. Where it was asked by risk area, in one of them."
    )
    note = (
        "Of all who answered one question. Studies ask different questions: whether a measure works, or whether it should be "
        "done. What experts think is not how well a measure works."
    )

    def _asked(self, value: str) -> tuple[AskedQuestion, int] | None:
        """The question and the per cent of a value; None where it has none of these."""
        name, _, per_cent = value.rpartition(".")
        if not is_per_cent(per_cent):
            return None
        for question in questions_of(self.parent.index):
            if question.value == name:
                return question, int(per_cent)
        return None

    def accepts(self, value: str) -> bool:
        return self._asked(value) is not None

    def choice(self, value: str) -> FacetValue:
        asked = self._asked(value)
        if asked is None:
            return FacetValue(value, value)
        question, per_cent = asked
        return FacetValue(value, f"{question.label}, {per_cent} % or more")

    def choices(self) -> list[FacetValue]:
        choices = []
        for question in questions_of(self.parent.index):
            for per_cent in OFFERED:
                if question.largest >= per_cent / 100 - HAIR:
                    choice = self.choice(f"{question.value}.{per_cent}")
                    choices.append(choice)
        return choices

    def makes_way(self, value: str, other: str) -> bool:
        """Another share of the same question does: the lower of two would alone count."""
        return value.rpartition(".")[0] == other.rpartition(".")[0]

    def carriers(self, index: Index) -> Callable[[str], BitMap]:
        return lambda value: self._carrying(index, value)

    def _carrying(self, index: Index, value: str) -> BitMap:
        asked = self._asked(value)
        if asked is None:
            return EMPTY
        question, per_cent = asked
        least = per_cent / 100 - HAIR
        carrying = BitMap()
        for share, keys in shares_to(index, question):
            if share >= least:
                carrying |= keys
        return carrying


AGREEMENT = AgreementFacet(
    field_name=PARAMETER,
    label="Experts agreeing, by study and question",
)
