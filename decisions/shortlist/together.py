"""What experts would choose together, of the measures of a shortlist: within one study each, with
its question.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from django.db.models import Q

from catalogue.models import Mitigation
from surveys.models import Figure, Item, Result, Study
from surveys.results.evidence import ItemEvidence, evidence_of_each
from surveys.results.pairs import AnswersOfStudy, answers_of_studies
from surveys.results.sentences import (
    TOGETHER_NOT_PUBLISHED,
    sentence,
    together_sentence,
)

#: So many pairs are told of a study, those that the most experts chose.
MOST_PAIRS = 5


@dataclass(frozen=True)
class Together:
    """Of one study: what was asked, how often each measure stood in a combination, and how often
    two of them together.
    """

    study: Study
    question: str
    lines: list[str]


@dataclass(frozen=True)
class _Combined:
    mitigation: Mitigation
    evidence: ItemEvidence

    @property
    def item(self) -> Item:
        return self.evidence.item


def chosen_together(mitigations: list[Mitigation]) -> list[Together]:
    """Of each study that says something of combinations of two of them or more."""
    by_study: dict[Study, list[_Combined]] = {}
    mitigations = _asked_about(mitigations)
    each = evidence_of_each(mitigations)
    for one, items in zip(mitigations, each, strict=True):
        for evidence in items:
            if evidence.combinations:
                combined = _Combined(one, evidence)
                by_study.setdefault(evidence.study, []).append(combined)
    several = {
        study: rows for study, rows in by_study.items() if len(rows) > 1
    }
    answers = answers_of_studies(
        {
            study: [one.item.pk for one in rows]
            for study, rows in several.items()
        },
    )
    return [
        Together(
            study,
            rows[0].evidence.combinations[0].asked,
            list(_lines_of_studies(study, rows, answers.get(study.pk))),
        )
        for study, rows in several.items()
    ]


def _asked_about(mitigations: list[Mitigation]) -> list[Mitigation]:
    """Those of which some study may say how often they were combined: few, and all that is read
    of the others' evidence would be read for nothing.
    """
    combined = Q(combined__isnull=False) | Q(
        figures__statistic=Figure.Statistic.SHARE_OF_COMBINATIONS,
    )
    rows = Result.objects.filter(combined, item__mitigation__in=mitigations)
    keys = set(rows.order_by().values_list("item__mitigation", flat=True))
    return [one for one in mitigations if one.pk in keys]


def _lines_of_studies(
    study: Study,
    rows: list[_Combined],
    answers: AnswersOfStudy | None,
) -> Iterator[str]:
    for one in rows:
        said = sentence(one.evidence.combinations[0])
        yield f"{one.mitigation.name}: {said}"
    if answers is None:
        yield TOGETHER_NOT_PUBLISHED
        return
    pairs = []
    for first, second in combinations(rows, 2):
        both = answers.together.get((first.item.pk, second.item.pk))
        if both is not None:
            pairs.append((first, second, both))
    pairs.sort(key=lambda pair: -(pair[2].chosen or 0))
    for first, second, both in pairs[:MOST_PAIRS]:
        yield together_sentence(
            first.mitigation.name,
            second.mitigation.name,
            both.chosen,
            both.n,
            study.min_cell_size,
        )
