"""What experts said of compared mitigations: by study, and within it by question."""

from dataclasses import replace
from itertools import combinations

from catalogue.listing.index import current_index
from surveys.models import Criterion, RiskArea, Study
from surveys.results.charts.reasons import strongest_reasons
from surveys.results.evidence import ItemEvidence
from surveys.results.findings import Finding
from surveys.results.pairs import AnswersOfStudy, answers_of_studies
from surveys.results.sentences import (
    NOT_REPORTED,
    TOGETHER_NOT_PUBLISHED,
    place_sentence,
    sentence,
    together_sentence,
    why_no_share,
)
from surveys.results.statistics import SHARE_AGREEING
from surveys.results.support import leanings

from .rows import Compared, Group, Missing, Pairing, Row, Value, known_shares
from .verdicts import OF_ANSWERS, Asked, Comparison, apart, pairs_of, share_of

#: What stands for a risk area, or for none.
Question = tuple[Criterion, RiskArea | None]


class AskedStudy:
    """A study that asked about some of the compared mitigations: what it says of each, in their
    order, and `answers`, single ones where they are here.
    """

    def __init__(
        self,
        compared: Compared,
        study: Study,
        items: list[ItemEvidence | None],
        answers: AnswersOfStudy | None,
    ):
        self.compared = compared
        self.study = study
        self.items = items
        self.answers = answers

    @property
    def names(self) -> list[str]:
        """What each is called in sentences: with the wording that the study asked about."""
        names = []
        for place, name in enumerate(self.compared.names):
            other = self.compared.worded_in(self.items[place])
            names.append(
                f"{name} (as worded in {other.accession})" if other else name,
            )
        return names

    def marked(self, group: Group) -> Group:
        """With the other wording that values are of, where they are not of the compared's own."""
        rows = []
        for row in group.rows:
            values = []
            for place, value in enumerate(row.values):
                other = self.compared.worded_in(self.items[place])
                values.append(replace(value, worded_in=other))
            rows.append(replace(row, values=values))
        return replace(group, rows=rows)

    @property
    def questions(self) -> dict[Criterion, list[RiskArea | None]]:
        """What it asked that says how many support a measure, as far as something is known of
        it: by criterion the risk areas.
        """
        asked: dict[Criterion, list[RiskArea | None]] = {}
        for item in self.items:
            for finding in known_shares(item):
                areas = asked.setdefault(finding.criterion, [])
                if finding.risk_area not in areas:
                    areas.append(finding.risk_area)
        for areas in asked.values():
            areas.sort(key=lambda area: area.position if area else 0)
        return asked

    def findings(
        self,
        criterion: Criterion,
        area: RiskArea | None,
    ) -> list[Finding | None]:
        """Of each mitigation."""
        return [_finding_of(item, criterion, area) for item in self.items]


def what_experts_said(compared: Compared) -> list[Group]:
    groups = []
    for one in _studies_asking(compared):
        found = [
            *[_of_criterion(one, *asked) for asked in one.questions.items()],
            _without_figures(one),
            _combinations(one),
            _where_experts_split(one),
        ]
        groups += [one.marked(group) for group in found if group]
    if cannot := apart(compared.mitigations, compared.evidence):
        groups.append(Group("What cannot be compared", [], cannot))
    return groups


def _studies_asking(compared: Compared) -> list[AskedStudy]:
    studies: dict[int, Study] = {}
    for items in compared.evidence:
        for one in items:
            studies.setdefault(one.study.pk, one.study)
    asked = {}
    for study in studies.values():
        of_study: list[ItemEvidence | None] = []
        for items in compared.evidence:
            own = [one for one in items if one.study.pk == study.pk]
            of_study.append(own[0] if own else None)
        asked[study] = of_study
    items_of = {}
    for study, some in asked.items():
        # Two of the same measure may have the same item, in a third one's words.
        keys = [one.item.pk for one in some if one is not None]
        items_of[study] = list(dict.fromkeys(keys))
    answers = answers_of_studies(items_of)
    return [
        AskedStudy(compared, study, some, answers.get(study.pk))
        for study, some in asked.items()
    ]


def _finding_of(
    item: ItemEvidence | None,
    criterion: Criterion,
    area: RiskArea | None,
) -> Finding | None:
    for finding in known_shares(item):
        if finding.criterion == criterion and finding.risk_area == area:
            return finding
    return None


# One question


def _of_criterion(
    asked: AskedStudy,
    criterion: Criterion,
    areas: list[RiskArea | None],
) -> Group:
    """One table, with rows for each risk area."""
    rows = []
    comparisons: list[Comparison] = []
    for area in areas:
        findings = asked.findings(criterion, area)
        label = f"Answers: {area.label}" if area else "Answers"
        values = _answers(asked, (criterion, area), findings)
        rows.append(Row(label, values, area=area))
        if any(finding and finding.rank for finding in findings):
            label = "Place in the study"
            if area:
                label = f"{label}: {area.label}"
            places = [_place_in_study(one) for one in findings]
            rows.append(Row(label, places, area=area))
        comparisons += _comparisons(asked, (criterion, area), findings)
    study = asked.study
    only = areas[0] if len(areas) == 1 else None
    return Group(
        study.label,
        rows,
        comparisons,
        study,
        criterion.worded(only),
        criterion,
        only,
        _how_compared(asked, comparisons),
    )


def _comparisons(
    asked: AskedStudy,
    question: Question,
    findings: list[Finding | None],
) -> list[Comparison]:
    criterion, area = question
    shown = []
    for place, item in enumerate(asked.items):
        if item is not None:
            name = asked.names[place]
            share = share_of(findings[place])
            shown.append(Asked(name, share, place, item.item.pk))
    key = (criterion.pk, area.pk if area else None)
    answers = asked.answers.paired.get(key) if asked.answers else None
    return pairs_of(shown, answers, area)


def _how_compared(asked: AskedStudy, comparisons: list[Comparison]) -> str:
    """Whether the same experts' answers were compared one by one, and why not. Empty where
    nothing could be compared.
    """
    if not any(one.verdict in OF_ANSWERS for one in comparisons):
        return ""
    if asked.answers is None:
        return "Compared by their intervals alone: single answers to this study are not held here."
    if all(one.experts is None for one in comparisons):
        return f"Compared by their intervals alone: from single answers a group of fewer than {asked.study.min_cell_size} experts could be told."
    text = "Compared expert by expert, by the 95 % interval of the difference between the shares who agree."
    if any(one.experts is None for one in comparisons):
        text += f" Where a group of fewer than {asked.study.min_cell_size} experts could be told from that, by their intervals alone."
    return text


def _answers(
    asked: AskedStudy,
    question: Question,
    findings: list[Finding | None],
) -> list[Value]:
    values = []
    for place, finding in enumerate(findings):
        if finding is None:
            values.append(_no_answer(asked, place, question))
            continue
        share = finding.estimates[SHARE_AGREEING]
        said = str(sentence(finding))
        values.append(Value(said, finding=finding, share=share))
    return values


def _missing_answers(text: str, why: Missing) -> Value:
    return Value(text, is_missing=True, why=why)


def _no_answer(
    asked: AskedStudy,
    place: int,
    question: Question | None,
) -> Value:
    """Which of the four reasons why there is no answer. `question`: None where the study has
    published none at all.
    """
    study = asked.study
    item = asked.items[place]
    if item is None:
        return _not_in_study(asked, place)
    if why_no_share(study) == NOT_REPORTED:
        text = "Asked about; what experts answered is not published."
        return _missing_answers(text, Missing.NOT_PUBLISHED)
    if question is not None and question not in study.questions:
        return _missing_answers(
            "Not asked for this risk area.",
            Missing.NOT_ASKED,
        )
    text = f"Withheld: fewer than {study.min_cell_size} experts answered."
    return _missing_answers(text, Missing.WITHHELD)


def _not_in_study(asked: AskedStudy, place: int) -> Value:
    """Of a mitigation that the study did not ask about: whether another did, or whether the same
    measure was put to experts in other words.
    """
    mitigation = asked.compared.mitigations[place]
    wordings = current_index().measures.wordings_of(mitigation.pk)
    for other, item in zip(
        asked.compared.mitigations,
        asked.items,
        strict=True,
    ):
        if other.pk in wordings and known_shares(item):
            text = f"Asked elsewhere: {asked.study.label} asked about the same measure as “{other.name}”, and its answers stand there."
            return _missing_answers(text, Missing.ELSEWHERE)
    answered = []
    silent = []
    for one in asked.compared.evidence[place]:
        (answered if known_shares(one) else silent).append(one.study.label)
    if answered:
        text = f"Asked elsewhere: what experts answered in {', '.join(answered)} stands under its own question."
        return _missing_answers(text, Missing.ELSEWHERE)
    text = "Not asked about in this study."
    if silent:
        text += f" Asked about in {', '.join(silent)}, of which no answers are published."
    return _missing_answers(text, Missing.NOT_ASKED)


def _place_in_study(finding: Finding | None) -> Value:
    if finding is None or not finding.rank:
        return Value("not ranked", is_missing=True)
    return Value(place_sentence(finding))


# What has no figure, what was chosen together, where experts split


def _without_figures(asked: AskedStudy) -> Group | None:
    """Where no share is known of any."""
    if asked.questions:
        return None
    values = [
        _no_answer(asked, place, None) for place in range(len(asked.items))
    ]
    rows = [Row("Answers", values)]
    return Group(asked.study.label, rows, study=asked.study)


def _combinations(asked: AskedStudy) -> Group | None:
    """How often each stands in the combinations that experts would choose, and how often two of
    them together.
    """
    question = ""
    values = []
    for place, item in enumerate(asked.items):
        found = item.combinations[:1] if item else []
        if found:
            question = found[0].asked
            said = str(sentence(found[0]))
            values.append(Value(said))
        else:
            values.append(_no_combination(asked, place))
    if not question:
        return None
    rows = [Row("In a combination", values)]
    return Group(
        f"{asked.study.label}: combinations",
        rows,
        study=asked.study,
        question=question,
        note=_how_together(asked),
        together=_pairings_of(asked),
    )


def _no_combination(asked: AskedStudy, place: int) -> Value:
    study = asked.study
    if asked.items[place] is None:
        return _missing_answers(
            "Not asked about in this study.",
            Missing.NOT_ASKED,
        )
    if not study.ran_here:
        text = "Asked about; how often it was combined is not known here."
        return _missing_answers(text, Missing.NOT_PUBLISHED)
    text = f"Withheld: fewer than {study.min_cell_size} experts who were asked about it gave a combination."
    return _missing_answers(text, Missing.WITHHELD)


def _pairings_of(asked: AskedStudy) -> list[Pairing]:
    if asked.answers is None:
        return []
    pairings = []
    names = asked.names
    for first, second in combinations(range(len(names)), 2):
        one, other = asked.items[first], asked.items[second]
        if one is None or other is None or one.item == other.item:
            continue
        both = asked.answers.together.get((one.item.pk, other.item.pk))
        if both is None:
            continue
        text = together_sentence(
            names[first],
            names[second],
            both.chosen,
            both.n,
            asked.study.min_cell_size,
        )
        pairings.append(Pairing(text, (first, second), both.chosen, both.n))
    return pairings


def _how_together(asked: AskedStudy) -> str:
    if len([one for one in asked.items if one is not None]) < 2:
        return ""
    if asked.answers is None:
        return TOGETHER_NOT_PUBLISHED
    return "Of two together: of the experts who were asked about both and gave a combination."


def _where_experts_split(asked: AskedStudy) -> Group | None:
    """Which way comments lean, and the most frequent one for and against."""
    rows = []
    leans = [leanings(item.item) if item else [] for item in asked.items]
    if any(leans):
        values = [
            _leaning_of(item, lines)
            for item, lines in zip(asked.items, leans, strict=True)
        ]
        rows.append(Row("Which way comments lean", values))
    for side in ("For", "Against"):
        reasons = [_reason_on_side(item, side) for item in asked.items]
        if any(not value.is_missing for value in reasons):
            label = f"Comments {side.lower()} it, the most frequent, {asked.study.words_of_comments}"
            rows.append(Row(label, reasons))
    title = f"{asked.study.label}: comments"
    return Group(title, rows, study=asked.study) if rows else None


def _leaning_of(item: ItemEvidence | None, lines: list[str]) -> Value:
    if lines:
        return Value("; ".join(lines))
    if item is None:
        return _missing_answers("not asked about", Missing.NOT_ASKED)
    return Value("not reported", is_missing=True)


def _reason_on_side(item: ItemEvidence | None, side: str) -> Value:
    if item is None:
        return _missing_answers("not asked about", Missing.NOT_ASKED)
    for reason in strongest_reasons(item):
        if reason.side == side:
            return Value(reason.comment.body, url=reason.url)
    return Value("none published", is_missing=True)
