"""What studies say about a mitigation: findings put together as they are read, with rank,
groups and comments.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db.models import F

from catalogue.listing.index import current_index
from catalogue.models import Mitigation

from ..models import (
    Criterion,
    ExpertComment,
    ExpertiseArea,
    Item,
    RiskArea,
)
from .findings import Finding, findings_of
from .ranking import Question, Ranks, ranks
from .sentences import absence
from .statistics import SHARE_AGREEING, SHARE_OF_COMBINATIONS
from .support import Line, lines_of
from .wording import NOT_REPORTED

#: What may be missing of an item beside answers.
COMMENTS = "comments"


@dataclass(frozen=True)
class CriterionFindings:
    """What was found of one item under one criterion: everybody's answers, once or by risk
    area, and below them those of the groups of experts that may be shown. `left_out` names what
    may not.
    """

    criterion: Criterion
    findings: list[Finding]
    groups: list[tuple[RiskArea | None, list[Finding]]]
    unshown_groups: list[ExpertiseArea]

    @property
    def is_by_risk_area(self) -> bool:
        return len(self.findings) > 1

    @property
    def first(self) -> Finding:
        return self.findings[0]

    @property
    def lines(self) -> list[Line]:
        """A sentence for each finding."""
        return [Line(finding) for finding in self.findings]


@dataclass(frozen=True)
class Stance:
    """Comments that point the same way, by risk area: those about none come first."""

    number: int
    name: str
    areas: list[tuple[RiskArea | None, list[ExpertComment]]]


class ItemEvidence:
    """Everything that one study says about one mitigation."""

    def __init__(
        self,
        item: Item,
        ranks: Ranks,
        risk_areas: Sequence[RiskArea] = (),
    ):
        self.item = item
        self.study = item.study
        self.risk_areas = risk_areas
        self.findings = findings_of(item)
        for finding in self.findings:
            if not finding.expertise_area:
                finding.rank = ranks.get(question_of(finding))

    @property
    def summary(self) -> str:
        if hasattr(self.item, "summary"):
            return self.item.summary.body
        return ""

    @cached_property
    def scaled(self) -> list[Finding]:
        """What everybody answered on a scale."""
        return [
            finding
            for finding in self.findings
            if finding.counts and not finding.expertise_area
        ]

    @cached_property
    def by_expertise(self) -> list[Finding]:
        """What those groups of experts answered that are large enough to be shown."""
        return [
            finding
            for finding in self.findings
            if finding.counts and finding.expertise_area
        ]

    @cached_property
    def asked(self) -> list[CriterionFindings]:
        """What everybody answered on a scale, by criterion, with the groups of experts."""
        return [
            self._findings_of_criterion(list(rows))
            for _, rows in groupby(
                self.scaled,
                key=lambda f: f.result.criterion_id,
            )
        ]

    def _findings_of_criterion(
        self,
        findings: list[Finding],
    ) -> CriterionFindings:
        criterion = findings[0].result.criterion_id
        rows = [
            finding
            for finding in self.by_expertise
            if finding.result.criterion_id == criterion
        ]
        groups = []
        for _, group in _grouped(
            rows,
            lambda finding: finding.result.risk_area_id,
        ):
            groups.append((group[0].risk_area, group))
        shown = {finding.result.expertise_area_id for finding in rows}
        areas = self.study.expertise_areas.all()
        unshown = [area for area in areas if area.pk not in shown]
        return CriterionFindings(
            findings[0].criterion,
            findings,
            groups,
            unshown,
        )

    @property
    def combinations(self) -> list[Finding]:
        """How often the item stands in a preferred combination: a share computed here, or one
        that is published.
        """
        return [
            finding
            for finding in self.findings
            if finding.estimates[SHARE_OF_COMBINATIONS].is_known
        ]

    @property
    def published(self) -> list[Finding]:
        """Findings without counts of which a share agreeing, or a bound of it, is published."""
        return [
            finding
            for finding in self.findings
            if not finding.counts
            and finding.estimates[SHARE_AGREEING].is_known
        ]

    @property
    def lines(self) -> list[Line]:
        """What is known without counts, and of combinations: a sentence each."""
        return lines_of([*self.published, *self.combinations])

    @property
    def absence(self) -> str:
        """What stands in place of sentences. Empty: there are some."""
        if self.scaled or self.lines:
            return ""
        return absence(self.item)

    @property
    def leans(self) -> list[tuple[RiskArea, str]]:
        """Which way comments lean in each risk area, in words; empty where that is not reported.
        None at all where it is reported for no area.
        """
        known = {
            lean.risk_area_id: lean.get_direction_display()
            for lean in self.item.leans.all()
        }
        if not known:
            return []
        return [(area, known.get(area.pk, "")) for area in self.risk_areas]

    @property
    def has_bounds(self) -> bool:
        for finding in self.findings:
            for name in (SHARE_AGREEING, SHARE_OF_COMBINATIONS):
                if finding.estimates[name].operator:
                    return True
        return False

    @property
    def has_shifts(self) -> bool:
        return any(finding.result.shift is not None for finding in self.scaled)

    @property
    def left_out(self) -> list[str]:
        """What was asked here of the item and has too few answers to be shown. Empty for a
        study published elsewhere: what it does not say is not reported.
        """
        if not self.study.ran_here:
            return []
        shown = {question_of(finding)[1:] for finding in self.scaled}
        left_out = []
        for criterion, area in self.study.questions:
            if (criterion.pk, area.pk if area else None) in shown:
                continue
            name = f"{criterion}: {area}" if area else str(criterion)
            left_out.append(f"“{name}”")
        return left_out

    @property
    def missing(self) -> list[tuple[str, list[str]]]:
        """What is not known of it, by the reason why: a gap never looks as if there were
        nothing to say.
        """
        reasons: dict[str, list[str]] = defaultdict(list)
        too_few = f"left out, since fewer than {self.study.min_cell_size} experts answered"
        if self.study.ran_here:
            no_combination = (
                too_few if self.study.asks_combination else "not asked"
            )
            no_comment = "none published"
        else:
            no_combination = no_comment = NOT_REPORTED
        is_combined = self.study.ran_here or self.study.asks_combination
        reasons[too_few] += self.left_out
        if not self.study.ran_here:
            known = {
                one.result.criterion_id for one in self.scaled + self.published
            }
            for criterion in self.study.criteria.all():
                if criterion.pk not in known:
                    reasons[NOT_REPORTED].append(f"“{criterion}”")
        if not self.combinations and is_combined:
            reasons[no_combination].append("preferred combinations")
        if not self.comments:
            reasons[no_comment].append(COMMENTS)
        return [(reason, what) for reason, what in reasons.items() if what]

    @property
    def comments(self) -> list[Stance]:
        """By stance, and within it by risk area; the point that most made comes first."""
        rows = sorted(
            self.item.comments.all(),
            key=lambda c: (c.stance, c.how_many, -(c.count or 0), c.pk),
        )
        return [
            Stance(number, said[0].get_stance_display(), _by_risk_area(said))
            for number, said in _grouped(rows, lambda comment: comment.stance)
        ]

    @property
    def comments_anchor(self) -> str:
        """Where on the page of the mitigation its comments begin."""
        for stance in self.comments:
            _, comments = stance.areas[0]
            return f"comment-{comments[0].pk}"
        return "evidence"

    @property
    def has_uncounted_comments(self) -> bool:
        return any(not comment.made_by for comment in self.item.comments.all())

    @property
    def is_silent(self) -> bool:
        return not self.findings and not self.comments and not self.summary


def _grouped(rows: Iterable, key) -> list[tuple[Any, list]]:
    """By key, in the order in which keys are first met."""
    groups: dict[Any, list] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.items())


def _by_risk_area(
    comments: list[ExpertComment],
) -> list[tuple[RiskArea | None, list[ExpertComment]]]:
    groups = [
        (said[0].risk_area, said)
        for _, said in _grouped(comments, lambda comment: comment.risk_area_id)
    ]
    return sorted(
        groups,
        key=lambda group: (
            group[0] is not None,
            group[0].position if group[0] else 0,
        ),
    )


def question_of(finding: Finding) -> Question:
    result = finding.result
    return result.item_id, result.criterion_id, result.risk_area_id


def evidence_of_each(
    mitigations: list[Mitigation],
) -> list[list[ItemEvidence]]:
    """What published studies say about each mitigation, the newest first. A fixed number of queries."""
    keys = [one.pk for one in mitigations]
    return current_index().per_mitigation("evidence", keys, _evidence)


def _evidence(keys: list[int]) -> dict[int, list[ItemEvidence]]:
    """In a fixed number of queries."""
    items = (
        Item.objects.published()
        .with_results()
        .with_words()
        .with_questions()
        .filter(mitigation__in=keys)
    )
    rows = list(
        items.order_by(F("study__year").desc(nulls_last=True), "study_id"),
    )
    place = ranks({item.study for item in rows}) if rows else {}
    areas = list(RiskArea.objects.all()) if rows else []
    found: dict[int, list[ItemEvidence]] = {key: [] for key in keys}
    for item in rows:
        found[item.mitigation_id].append(
            ItemEvidence(item, place, areas),
        )
    return found
