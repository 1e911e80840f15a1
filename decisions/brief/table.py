"""The table of a brief: each measure with its source and what experts said, one row each."""

from collections.abc import Sequence

from catalogue.models import Mitigation
from surveys.results.entry_sentences import NO_STUDY
from surveys.results.support import Support

from . import sentences
from .measure import (
    NOT_IN_THESE_WORDS,
    NOT_REPORTED,
    VOCABULARY_NAMES,
    terms_of,
)
from .structure import Table
from .twins import Twins
from .works import Works


class MeasureTable:
    """`points`: the key points, where these are in the brief and it is to fit one page; None in all
    others.
    """

    def __init__(
        self,
        works: Works,
        twins: Twins,
        points: Sequence[str] | None = None,
    ):
        self.works = works
        self.twins = twins
        self.points = points

    def table(
        self,
        mitigations: Sequence[Mitigation],
        support: Sequence[Sequence[Support]],
        caption: str,
    ) -> Table:
        heads = ["Measure", "Source", "What experts said"]
        if self.points is None:
            heads[1:1] = [
                VOCABULARY_NAMES["actor"],
                VOCABULARY_NAMES["phase"],
            ]
        rows = []
        for one, some in zip(mitigations, support, strict=True):
            row = [f"{one.name} ({one.accession})"]
            if self.points is None:
                row.append(terms_of(one, "actor") or NOT_REPORTED)
                row.append(terms_of(one, "phase") or NOT_REPORTED)
            row.append(self._source(one))
            said = [self._said(support, one) for support in some]
            said += self._said_in_other_words(one, bool(some))
            row.append(" ".join(said) or NO_STUDY)
            rows.append(row)
        return Table(caption, heads, rows)

    def _source(self, one: Mitigation) -> str:
        source = f"{one.document.label} [{self.works.number(one.document)}]"
        return f"{source}, preliminary" if one.is_preliminary else source

    def _said(self, support: Support, one: Mitigation) -> str:
        """The study is named where it is not the source, which stands beside it."""
        study = support.item.study
        number = self.works.number_of_study(study)
        if number == self.works.number(one.document):
            return self._told(support)
        return f"{study.label} [{number}]: {self._told(support)}"

    def _told(self, support: Support) -> str:
        """Without the names of risk areas where a page has no room for them in each row, and they
        stand in the key points.
        """
        if self.points is None:
            return support.told
        points = " ".join(self.points)
        is_told = all(str(line.told) in points for line in support.lines)
        return support.text if is_told else support.told

    def _said_in_other_words(
        self,
        one: Mitigation,
        is_asked: bool,
    ) -> list[str]:
        told = sentences.worth_saying(
            twin.told(self.works, self._told)
            for twin in self.twins.of(one)
            if twin.has_figures or not is_asked
        )
        return told if is_asked or not told else [NOT_IN_THESE_WORDS, *told]
