"""Where there is evidence: by category and by risk area, for the home page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, QuerySet

from catalogue.listing.index import Index
from catalogue.listing.sources import EMPTY, at_or_below
from catalogue.models import Category, Mitigation, Taxonomy

from ..models import Criterion, Item, Lean, RiskArea, Study
from .bars import coordinate
from .charts.headline import found
from .filters import majority, shown_shares
from .findings import Finding
from .sentences import majority_of_experts
from .strongest import most_and_least, tied_with_last
from .support import Line

#: How many measures with most agreement, and with least, the home page names.
AT_HOME = 3
#: A figure with more dots is no longer read.
MOST_DOTS = 200


@dataclass(frozen=True)
class CategoryEvidence:
    """A category: how many measures it has, and the shares agreeing, in per cent, of those of
    which the study of the figure has one.
    """

    category: Category
    count: int
    shares: list[float]

    @cached_property
    def dots(self) -> list[str]:
        """Where each share stands on the axis, in per cent of it."""
        return [coordinate(share, 1) for share in self.shares]

    @property
    def largest_share(self) -> float:
        return self.shares[-1]


@dataclass(frozen=True)
class EvidenceByCategory:
    """Dots by category, all of one study and one question."""

    criterion: Criterion
    rows: list[CategoryEvidence]

    @property
    def study(self) -> Study:
        return self.criterion.study


def home_evidence(
    index: Index,
    taxonomy: Taxonomy | None,
    categories: Iterable[Category],
) -> dict:
    """All that the home page says of evidence. It is everybody's: change nothing of it."""
    most, least = most_and_least(AT_HOME)
    by_risk_area = evidence_by_risk_area()
    said = said_of_all(by_risk_area)
    return {
        "answers_key": _key_of([finding for _, finding in [*most, *least]]),
        "strongest": [(item, Line(finding)) for item, finding in most],
        "tied": tied_with_last(most),
        "least_agreed": [(item, Line(finding)) for item, finding in least],
        "by_category": evidence_by_category(index, taxonomy, categories),
        "by_risk_area": by_risk_area,
        "said_of_all_areas": said,
        "told_of_each_area": told_of_each(said),
        "asked_by_area": asked_of(by_risk_area),
    }


def _key_of(findings: Sequence[Finding]) -> Finding | None:
    """One whose colours stand for the same answers as those of all others; None where they
    differ.
    """
    keys = set()
    for one in findings:
        keys.add(
            tuple((piece.label, piece.tone) for piece in one.bar.segments),
        )
    return findings[0] if len(keys) == 1 else None


def evidence_by_category(
    index: Index,
    taxonomy: Taxonomy | None,
    categories: Iterable[Category],
) -> EvidenceByCategory | None:
    """Of the question on which most measures have a share computed from counts; None where
    there is none.
    """
    criterion = _most_answered()
    if taxonomy is None or criterion is None:
        return None
    filed = index.sets(at_or_below(taxonomy))
    shares = dict(
        _shares(criterion).values_list("item__mitigation", "agreement"),
    )
    rows = []
    for category in categories:
        keys = filed.get(category.path, EMPTY)
        row = CategoryEvidence(
            category,
            len(keys),
            sorted(100 * shares[key] for key in shares if key in keys),
        )
        rows.append(row)
    return EvidenceByCategory(criterion, rows)


def _most_answered() -> Criterion | None:
    rows = (
        _computed_for_all()
        .values("criterion")
        .annotate(count=Count("item"))
        .filter(count__lte=MOST_DOTS)
        .order_by("-count", "criterion")
    )
    first = rows.first()
    if first is None:
        return None
    return Criterion.objects.select_related("study").get(pk=first["criterion"])


def _computed_for_all():
    """Of everybody, and of no risk area."""
    return shown_shares().filter(
        agreement_bound="",
        risk_area=None,
        expertise_area=None,
        item__mitigation__status=Mitigation.Status.PUBLISHED,
    )


def _shares(criterion: Criterion):
    return _computed_for_all().filter(criterion=criterion)


@dataclass
class RiskAreaEvidence:
    """What one study says about one risk area: the shares of experts that are published, by
    criterion, where they tell whether more than half agree; and which way the comments on how
    many lean.
    """

    risk_area: RiskArea
    study: Study
    asked: int
    #: By criterion, (share, operator) of each item.
    shares: dict[int, list[tuple[float, str]]] = field(default_factory=dict)
    leans: Counter[str] = field(default_factory=Counter)

    @property
    def sentences(self) -> list[str]:
        """What is known, in words."""
        criteria = {one.pk: one for one in self.study.criteria.all()}
        sentences = [
            self._of_shares(criteria[key], shares)
            for key, shares in self.shares.items()
        ]
        leans = []
        for direction, label in Lean.Direction.choices:
            if count := self.leans[direction]:
                # What is counted is said of the first.
                what = "" if leans else f" measure{'s' if count > 1 else ''}"
                leans.append(f"{label} on {count}{what}")
        if leans:
            sentences.append(f"Comments lean {', '.join(leans)}.")
        return sentences

    @property
    def questions(self) -> list[str]:
        """How the study asked for what is told in shares."""
        criteria = {one.pk: one for one in self.study.criteria.all()}
        told = [self.study.quoted(criteria[key]) for key in self.shares]
        return [f"{self.study.label} asked: {one}" for one in told if one]

    def _of_shares(
        self,
        criterion: Criterion,
        shares: list[tuple[float, str]],
    ) -> str:
        known = len(shares)
        majorities = [share for share in shares if majority(*share)]
        count = len(majorities)
        what = f"{count} of {known} measures"
        if count == known:
            what = "1 measure" if known == 1 else f"{known} measures"
        who = majority_of_experts(majorities)
        sentence = f"{who} {found(criterion, what)}"
        if known < self.asked:
            sentence += f"; what is known here does not tell this of the other {self.asked - known}"
        return f"{sentence}."


def asked_of(rows: Sequence[RiskAreaEvidence]) -> list[str]:
    """The questions behind the shares of all risk areas, each once."""
    questions = [question for one in rows for question in one.questions]
    return list(dict.fromkeys(questions))


def said_of_all(rows: Sequence[RiskAreaEvidence]) -> list[str]:
    """The sentences that are the same of each of several risk areas, all of one study: they are
    said once.
    """
    if len(rows) < 2 or len({one.study for one in rows}) > 1:
        return []
    common, *others = [one.sentences for one in rows]
    for sentences in others:
        common = [one for one in common if one in sentences]
    return common


def told_of_each(sentences: Sequence[str]) -> str:
    """These sentences, said of each of several risk areas. Empty: there are none."""
    text = " ".join(sentences)
    if not text:
        return ""
    return f"In each of these risk areas {text[:1].lower()}{text[1:]}"


def evidence_by_risk_area() -> list[RiskAreaEvidence]:
    """By risk area in its order, and by study, the newest first; in six queries."""
    published = Item.objects.published().filter(
        mitigation__status=Mitigation.Status.PUBLISHED,
    )
    asked = Counter(published.values_list("study", flat=True))
    studies = Study.objects.prefetch_related("criteria").in_bulk(asked)
    areas = {area.pk: area for area in RiskArea.objects.all()}
    rows: dict[tuple[int, int], RiskAreaEvidence] = {}

    def of(area: int, study: int) -> RiskAreaEvidence:
        if (area, study) not in rows:
            rows[area, study] = RiskAreaEvidence(
                areas[area],
                studies[study],
                asked[study],
            )
        return rows[area, study]

    for area, study, criterion, share in _telling_shares(published):
        by_criterion = of(area, study).shares
        by_criterion.setdefault(criterion, []).append(share)
    leans = Lean.objects.filter(item__in=published).values_list(
        "risk_area",
        "item__study",
        "direction",
    )
    for area, study, direction in leans:
        of(area, study).leans[direction] += 1
    return sorted(
        rows.values(),
        key=lambda one: (
            one.risk_area.position,
            -(one.study.year or 0),
            one.study.pk,
        ),
    )


def _telling_shares(
    items: QuerySet[Item],
) -> Iterable[tuple[int, int, int, tuple[float, str]]]:
    """(risk area, study, criterion, (share, operator)) of each share of support that tells
    whether more than half agree.
    """
    rows = shown_shares().filter(
        item__in=items,
        risk_area__isnull=False,
        expertise_area=None,
    )
    columns = (
        "risk_area",
        "item__study",
        "criterion",
        "agreement",
        "agreement_bound",
    )
    rows = rows.order_by("criterion__position", "criterion", "pk")
    for area, study, criterion, share, bound in rows.values_list(*columns):
        if majority(share, bound) is not None:
            yield area, study, criterion, (share, bound)
