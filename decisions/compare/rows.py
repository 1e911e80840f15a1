"""The rows of a comparison: what each mitigation is, in groups; which rows differ."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.db.models import Q

from catalogue.models import Mapping, Mitigation
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type
from surveys.models import Criterion, RiskArea, Study
from surveys.results.charts.reasons import strongest_reasons
from surveys.results.evidence import ItemEvidence, evidence_of_each
from surveys.results.findings import Finding
from surveys.results.sentences import (
    NOT_REPORTED,
    TOO_FEW,
    place_sentence,
    sentence,
    why_no_share,
)
from surveys.results.statistics import SHARE_AGREEING, Estimate

from ..selected import same_measures
from .state import GROUPS
from .verdicts import Asked, Comparison, apart, pairs_of, share_of

YES, NO = "yes", "no"


@dataclass(frozen=True)
class Value:
    """What stands in a row for one mitigation. `same_as` tells two apart: rows differ where
    these do. `finding` has a bar; `is_missing`: it says why nothing is there.
    """

    text: str
    same_as: Hashable = None
    url: str = ""
    note: str = ""
    finding: Finding | None = None
    share: Estimate | None = None
    is_missing: bool = False

    @property
    def key(self) -> Hashable:
        return self.text if self.same_as is None else self.same_as


@dataclass(frozen=True)
class Row:
    """One value for each mitigation; `names` are what those are called."""

    label: str
    values: list[Value]
    names: tuple[str, ...] = ()

    @property
    def named(self) -> list[tuple[str, Value]]:
        return list(zip(self.names, self.values, strict=True))

    @property
    def is_same(self) -> bool:
        return len({value.key for value in self.values}) == 1


@dataclass(frozen=True)
class Group:
    """Rows under a heading. `comparisons` are said above them; `source` is the study."""

    title: str
    rows: list[Row]
    comparisons: list[Comparison] = field(default_factory=list)
    study: Study | None = None
    question: str = ""
    criterion: Criterion | None = None
    area: RiskArea | None = None


class ComparedMitigations:
    """The published ones, in the reader's order."""

    def __init__(self, mitigations: list[Mitigation], groups: Iterable[str]):
        self.mitigations = mitigations
        self.asked_groups = list(groups)

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.mitigations]

    @cached_property
    def evidence(self) -> list[list[ItemEvidence]]:
        return evidence_of_each(self.mitigations)

    @cached_property
    def groups(self) -> list[Group]:
        made: list[Group] = []
        for name in self.asked_groups:
            made += _MAKERS[name](self)
        groups = []
        for group in made:
            if group.rows or group.comparisons:
                rows = [self._named(row) for row in group.rows]
                groups.append(replace(group, rows=rows))
        return groups

    def _named(self, row: Row) -> Row:
        return replace(row, names=tuple(self.names))

    @property
    def rows(self) -> list[Row]:
        rows: list[Row] = []
        for group in self.groups:
            rows += group.rows
        return rows

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def different_count(self) -> int:
        return sum(not row.is_same for row in self.rows)

    @cached_property
    def same_measures(self) -> list[str]:
        return same_measures(self.mitigations)

    @cached_property
    def mapped_to(self) -> dict[int, int]:
        """To how many others each is mapped, by key."""
        keys = [one.pk for one in self.mitigations]
        counts: dict[int, int] = dict.fromkeys(keys, 0)
        mappings = Mapping.objects.published().filter(
            Q(source__in=keys) | Q(target__in=keys),
        )
        for ends in mappings.values_list("source_id", "target_id"):
            for key in ends:
                if key in counts:
                    counts[key] += 1
        return counts

    @property
    def apart(self) -> list[Comparison]:
        return apart(self.names, self.evidence)


# In short


def _row_of_each(
    label: str,
    mitigations: Iterable[Mitigation],
    value: Callable[[Mitigation], Value],
) -> Row:
    return Row(label, [value(one) for one in mitigations])


def _summary(compared: ComparedMitigations) -> list[Group]:
    each = compared.mitigations
    rows = [
        _row_of_each("What it is", each, lambda one: Value(one.description)),
        _row_of_each("Source", each, _source_of),
    ]
    if any(one.requirements for one in each):
        rows.append(_row_of_each("What it takes", each, _requirements))
    return [Group(GROUPS["summary"], rows)]


def _source_of(one: Mitigation) -> Value:
    text = one.document.label
    if one.is_preliminary:
        text += ", preliminary"
    return Value(text, url=one.document.get_absolute_url())


def _requirements(one: Mitigation) -> Value:
    if one.requirements:
        return Value(one.requirements)
    return Value("not reported by the source", is_missing=True)


# What experts said


def _groups_of_experts(compared: ComparedMitigations) -> list[Group]:
    groups = []
    for study, items in _studies_asking(compared):
        for criterion, area in _questions_of_study(study, items):
            groups.append(
                _of_question(compared, study, items, criterion, area),
            )
        if rest := _of_study(compared, study, items):
            groups.append(rest)
    if compared.apart:
        groups.append(Group("What cannot be compared", [], compared.apart))
    return groups


def _studies_asking(
    compared: ComparedMitigations,
) -> list[tuple[Study, list[ItemEvidence | None]]]:
    """The studies that asked about any of them, each with what it says of each."""
    studies: dict[int, Study] = {}
    for items in compared.evidence:
        for one in items:
            studies.setdefault(one.study.pk, one.study)
    result = []
    for study in studies.values():
        of_study = []
        for items in compared.evidence:
            own = [one for one in items if one.study.pk == study.pk]
            of_study.append(own[0] if own else None)
        result.append((study, of_study))
    return result


def _questions_of_study(
    study: Study,
    items: list[ItemEvidence | None],
) -> list[tuple[Criterion, RiskArea | None]]:
    """What the study asked that says how many support a measure: all of it where it ran here,
    else what something is published of.
    """
    questions: dict[tuple, tuple[Criterion, RiskArea | None]] = {}
    for item in items:
        for finding in _known_shares(item):
            area = finding.risk_area
            key = (finding.criterion.pk, area.pk if area else 0)
            questions.setdefault(key, (finding.criterion, area))
    return list(questions.values())


def _known_shares(item: ItemEvidence | None) -> list[Finding]:
    if item is None:
        return []
    return [
        finding
        for finding in item.findings
        if finding.is_support
        and not finding.expertise_area
        and finding.estimates[SHARE_AGREEING].is_known
    ]


def _of_question(
    compared: ComparedMitigations,
    study: Study,
    items: list[ItemEvidence | None],
    criterion: Criterion,
    area: RiskArea | None,
) -> Group:
    findings = [_finding_of(item, criterion, area) for item in items]
    answers = []
    asked = []
    for place, (item, finding) in enumerate(zip(items, findings, strict=True)):
        elsewhere = compared.evidence[place]
        answers.append(_answer_of_study(study, item, finding, elsewhere))
        if item is not None:
            name = compared.names[place]
            asked.append(Asked(name, share_of(finding), place))
    rows = [Row("Answers", answers)]
    if any(finding and finding.rank for finding in findings):
        rows.append(
            Row(
                "Place in the study",
                [_place_in_study(one) for one in findings],
            ),
        )
    title = f"{study.label}: {area}" if area else study.label
    return Group(
        title,
        rows,
        pairs_of(asked),
        study,
        criterion.worded(area),
        criterion,
        area,
    )


def _finding_of(
    item: ItemEvidence | None,
    criterion: Criterion,
    area: RiskArea | None,
) -> Finding | None:
    for finding in _known_shares(item):
        if finding.criterion == criterion and finding.risk_area == area:
            return finding
    return None


def _answer_of_study(
    study: Study,
    item: ItemEvidence | None,
    finding: Finding | None,
    elsewhere: list[ItemEvidence],
) -> Value:
    """A sentence, or which of the four reasons why there is none."""
    if finding is not None:
        said = sentence(finding)
        return Value(
            str(said),
            finding=finding,
            share=finding.estimates[SHARE_AGREEING],
        )
    if item is None:
        others = [one.study.label for one in elsewhere]
        text = "Not asked about in this study."
        if others:
            text += f" Asked about by {', '.join(others)}."
        return Value(text, is_missing=True)
    reason = why_no_share(study)
    if reason == TOO_FEW:
        text = f"Withheld: fewer than {study.min_cell_size} experts answered."
    elif reason == NOT_REPORTED:
        text = "Asked about; what experts answered is not published."
    else:
        text = "Not asked for this risk area."
    return Value(text, is_missing=True)


def _place_in_study(finding: Finding | None) -> Value:
    if finding is None or not finding.rank:
        return Value("not ranked", is_missing=True)
    return Value(place_sentence(finding))


def _of_study(
    compared: ComparedMitigations,
    study: Study,
    items: list[ItemEvidence | None],
) -> Group | None:
    """What experts wrote; and where no share is known of any, that."""
    rows = []
    title = f"{study.label}: comments"
    if not _questions_of_study(study, items):
        title = study.label
        values = [
            _answer_of_study(study, item, None, elsewhere)
            for item, elsewhere in zip(items, compared.evidence, strict=True)
        ]
        rows.append(Row("Answers", values))
    for side in ("For", "Against"):
        values = [_reason_on_side(item, side) for item in items]
        if any(not value.is_missing for value in values):
            label = f"Comments {side.lower()} it, the most frequent, {study.words_of_comments}"
            rows.append(Row(label, values))
    return Group(title, rows, study=study) if rows else None


def _reason_on_side(item: ItemEvidence | None, side: str) -> Value:
    if item is None:
        return Value("not asked about", is_missing=True)
    for reason in strongest_reasons(item):
        if reason.side == side:
            return Value(reason.comment.body, url=reason.url)
    return Value("none published", is_missing=True)


# Who, when, which risks, where


def _who(compared: ComparedMitigations) -> list[Group]:
    rows = []
    for vocabulary in of_type(Terms):
        carried = [
            list(getattr(one, vocabulary.stored_as).all())
            for one in compared.mitigations
        ]
        terms = {term.pk: term for some in carried for term in some}
        for term in sorted(terms.values(), key=lambda one: one.position):
            label = f"{vocabulary.terms.parameter.capitalize()}: {term}"
            values = [Value(YES if term in some else NO) for some in carried]
            rows.append(Row(label, values))
    return [Group(GROUPS["who"], rows)]


def _risks(compared: ComparedMitigations) -> list[Group]:
    placed = []
    for one in compared.mitigations:
        of_risks = [
            row
            for row in one.classifications.all()
            if row.taxonomy.is_of_risks
        ]
        placed.append({row.category_id: row for row in of_risks})
    categories = {}
    for rows_of_one in placed:
        for row in rows_of_one.values():
            categories[row.category.path] = row.category
    rows = []
    for _, category in sorted(categories.items()):
        values = [
            _risk_value(rows_of_one.get(category.pk)) for rows_of_one in placed
        ]
        rows.append(Row(f"{category.code} {category.name}", values))
    return [Group(GROUPS["risks"], rows)]


def _risk_value(classification) -> Value:
    if classification is None:
        return Value("not recorded", is_missing=True)
    return Value("foremost" if classification.is_primary else "also")


def _classification(compared: ComparedMitigations) -> list[Group]:
    taxonomies = {}
    for one in compared.mitigations:
        for row in one.classifications.all():
            if not row.taxonomy.is_of_risks and row.is_primary:
                taxonomies[row.taxonomy_id] = row.taxonomy
    rows = []
    for taxonomy in sorted(taxonomies.values(), key=lambda one: one.position):
        values = [_place_in(one, taxonomy.pk) for one in compared.mitigations]
        rows.append(Row(taxonomy.short_title, values))
    rows.append(
        Row(
            "Related measures",
            [_related(one, compared) for one in compared.mitigations],
        ),
    )
    return [Group(GROUPS["classification"], rows)]


def _place_in(one: Mitigation, taxonomy: int) -> Value:
    for row in one.classifications.all():
        if row.taxonomy_id == taxonomy and row.is_primary:
            category = row.category
            return Value(
                f"{category.code} {category.name}",
                url=category.get_absolute_url(),
                note=row.provenance,
            )
    return Value("not classified", is_missing=True)


def _related(one: Mitigation, compared: ComparedMitigations) -> Value:
    """How many other mitigations it is mapped to."""
    count = compared.mapped_to.get(one.pk, 0)
    noun = "measure" if count == 1 else "measures"
    url = f"{one.get_absolute_url()}#elsewhere" if count else ""
    return Value(f"{count} related {noun}" if count else "none here", url=url)


_MAKERS: dict[str, Callable[[ComparedMitigations], list[Group]]] = {
    "summary": _summary,
    "experts": _groups_of_experts,
    "who": _who,
    "risks": _risks,
    "classification": _classification,
}
