"""What a brief says once of each study, since it holds for all its measures: how the study asked,
and what it reports of none of them.
"""

from collections import defaultdict

from surveys.models import Study
from surveys.results.evidence import COMMENTS, ItemEvidence
from surveys.results.findings import Finding

from . import sentences
from .works import Works

#: Why something is not known, and what it is.
Gap = tuple[str, str]


class Studies:
    """Of `evidence`: what studies say of each measure of a brief. `reworded`: by study, the
    accessions of the words in which alone it asked about further ones.
    """

    def __init__(
        self,
        evidence: list[list[ItemEvidence]],
        works: Works,
        reworded: dict[int, dict[int, list[str]]],
    ):
        self.works = works
        self.reworded = reworded
        self.measure_count = len(evidence)
        self.by_study: dict[Study, list[ItemEvidence]] = defaultdict(list)
        for items in evidence:
            for item in items:
                self.by_study[item.study].append(item)
        self.common = {
            study.pk: _common(items) for study, items in self.by_study.items()
        }

    @property
    def lines(self) -> list[str]:
        return [
            sentences.asked_in_study(
                self.named(study),
                len(items),
                self.measure_count,
                _distinct_questions(items),
                sentences.gaps_by_reason(self.common[study.pk]),
                study.preliminary_notice if _has_figures(items) else "",
                list(self.reworded.get(study.pk, {}).values()),
            )
            for study, items in self.by_study.items()
        ]

    def named(self, study: Study) -> str:
        """With the number of its work: “Schuett et al. 2023 [1]”."""
        return f"{study.label} [{self.works.number_of_study(study)}]"

    def further_gaps(self, item: ItemEvidence) -> str:
        """What the study does not report of it, and does of others; where it reports no answers
        at all, a sentence says so already.
        """
        common = self.common[item.study.pk]
        gaps = [gap for gap in _missing_of(item) if gap not in common]
        if item.absence:
            gaps = [(why, what) for why, what in gaps if what == COMMENTS]
        return sentences.gaps_by_reason(gaps)


def _missing_of(item: ItemEvidence) -> list[Gap]:
    return [(why, what) for why, some in item.missing for what in some]


def _common(items: list[ItemEvidence]) -> list[Gap]:
    common, *others = [_missing_of(item) for item in items]
    for some in others:
        common = [gap for gap in common if gap in some]
    return common


def figures_of(item: ItemEvidence) -> list[Finding]:
    lines = [line for group in item.asked for line in group.lines]
    return [line.finding for line in [*lines, *item.lines] if line.sentence]


def _has_figures(items: list[ItemEvidence]) -> bool:
    return any(map(figures_of, items))


def _distinct_questions(items: list[ItemEvidence]) -> list[str]:
    """Each once, without the risk area that it was asked about."""
    findings = [one for item in items for one in figures_of(item)]
    return list(dict.fromkeys(map(_question, findings)))


def _question(finding: Finding) -> str:
    study = finding.result.item.study
    if finding.criterion and (told := study.quoted(finding.criterion)):
        return told
    return finding.asked
