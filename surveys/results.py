"""Results of a study as tables: for its page, for files, and for the home page."""

from functools import cached_property
from typing import Any

from django.db.models import Max
from django.http import QueryDict

from catalogue.filters import Problem, nearest
from catalogue.models import Category, Mitigation

from .evidence import Finding, ItemEvidence, ranks
from .models import Item, Study

#: The columns that a study's page can be sorted by: a label, and the value of a finding; the largest first.
SORTS = {
    "agreement": ("agreement", lambda finding: finding.agreeing.value),
    "strong": ("strong agreement", lambda finding: finding.strongly.value),
    "disagreement": ("disagreement", lambda finding: finding.disagreeing.value),
    "dont-know": ("don’t know", lambda finding: finding.dont_know / finding.n if finding.n else None),
    "spread": ("spread", lambda finding: -finding.spread.value if finding.spread.value is not None else None),
    "n": ("n", lambda finding: finding.n),
}
COLUMNS = [
    "study", "mitigation", "name", "criterion", "risk_area", "expertise_area", "statistic", "scale_point", "operator", "value", "low",
    "high", "n", "origin", "preliminary",
]  # fmt: skip


class StudyTable:
    """The items of a study, a row for each finding on a scale; those without any come last."""

    def __init__(self, study: Study, data: QueryDict):
        self.study, self.data = study, data

    @cached_property
    def problems(self) -> list[Problem]:
        known = {"sort": list(SORTS), "category": [category.code for category in self.categories]}
        problems = []
        for name in self.data:
            value = str(self.data.get(name) or "")
            if name not in known:
                message = f"There is no parameter “{name}”."
                problems.append(Problem(name, value, message, list(known), nearest(name, list(known))))
            elif value and value not in known[name]:
                message = f"“{value}” is no value of “{name}”."
                problems.append(Problem(name, value, message, known[name], nearest(value, known[name])))
        return problems

    @property
    def sort(self) -> str:
        return self.data.get("sort") or next(iter(SORTS))

    @property
    def category(self) -> str:
        return self.data.get("category", "")

    @cached_property
    def categories(self) -> list[Category]:
        """The second-level categories in which the study's mitigations stand."""
        filed = Category.objects.filter(taxonomy__is_default=True, parent__parent=None, parent__isnull=False)
        return list(
            filed.filter(children__classifications__mitigation__items__study=self.study).distinct().order_by("path")
        )

    @cached_property
    def items(self) -> list[ItemEvidence]:
        seen = Mitigation.objects.published()
        if self.category:
            seen = seen.in_categories(Category.objects.filter(taxonomy__is_default=True, code=self.category))
        rows = Item.objects.with_results().filter(study=self.study, mitigation__in=seen.values("pk"))
        place = ranks(self.study)
        rows = rows.select_related("summary").prefetch_related("comments")
        return [ItemEvidence(item, place) for item in rows.order_by("position", "pk")]

    @property
    def rows(self) -> list[tuple[ItemEvidence, Finding]]:
        _, value = SORTS[self.sort]
        found = [(item, finding) for item in self.items for finding in item.scaled]
        return sorted(found, key=lambda row: (value(row[1]) is None, -(value(row[1]) or 0)))

    @property
    def bounded(self) -> list[ItemEvidence]:
        return [item for item in self.items if item.bounded]

    @property
    def commented(self) -> list[ItemEvidence]:
        return [item for item in self.items if item.comments or item.summary]

    @property
    def silent(self) -> list[ItemEvidence]:
        return [item for item in self.items if item.is_silent]

    @property
    def average_agreement(self) -> float | None:
        """The mean over items of the share agreeing; None where no item has counts."""
        shares = [finding.agreeing.value for _, finding in self.rows if finding.agreeing.value is not None]
        return sum(shares) / len(shares) if shares else None

    @property
    def average_text(self) -> str:
        return "" if self.average_agreement is None else f"{100 * self.average_agreement:.1f} %"

    @property
    def sorts(self) -> list[tuple[str, str, bool]]:
        """(label, query string, whether it is the current one)."""
        return [(label, self._url(sort=key), key == self.sort) for key, (label, _) in SORTS.items()]

    @property
    def choices(self) -> list[tuple[Category, str, bool]]:
        return [
            (
                category,
                self._url(category="" if category.code == self.category else category.code),
                category.code == self.category,
            )
            for category in self.categories
        ]

    def _url(self, **changes: str) -> str:
        data = self.data.copy()
        for name, value in changes.items():
            data[name] = value
            if not value:
                del data[name]
        return "?" + data.urlencode()


def data_rows(study: Study) -> list[dict[str, Any]]:
    """Every count and estimate of a study, as `COLUMNS` names them; shares from 0 to 1."""
    items = Item.objects.with_results().filter(study=study, mitigation__status=Mitigation.Status.PUBLISHED)
    rows = []
    for item in items.order_by("position", "pk"):
        for finding in item.findings:
            base = {
                "study": study.slug, "mitigation": item.mitigation.accession, "name": item.mitigation.name,
                "criterion": finding.criterion.slug if finding.criterion else None,
                "risk_area": finding.risk_area.slug if finding.risk_area else None,
                "expertise_area": finding.expertise_area.slug if finding.expertise_area else None, "scale_point": None,
                "preliminary": study.is_preliminary,
            }  # fmt: skip
            rows += [{**base, **count} for count in _counts(finding)]
            rows += [{**base, **_figures(estimate)} for estimate in _estimates(finding)]
    return rows


def _counts(finding: Finding) -> list[dict[str, Any]]:
    """How many chose each point, skipped the question, or were not asked, as far as it is known."""
    result = finding.result
    known: list[tuple[str, str | None, int]] = [
        ("count", tally.point.slug, tally.count) for tally in result.tallies.all()
    ]
    known += [
        (statistic, None, count)
        for statistic, count in (("skipped", result.skipped), ("not_asked", result.not_asked))
        if count is not None
    ]
    return [
        {
            "statistic": statistic, "scale_point": point, "operator": "", "value": count, "low": None, "high": None,
            "n": finding.n, "origin": "published" if result.item.study.document_id else "counted here",
        }
        for statistic, point, count in known
    ]  # fmt: skip


def _estimates(finding: Finding) -> list:
    found = [
        finding.agreeing, finding.disagreeing, finding.strongly, finding.mean, finding.median, *finding.quartiles,
        finding.spread, finding.combinations, finding.shift,
    ]  # fmt: skip
    return [estimate for estimate in found if estimate.value is not None]


def _figures(estimate) -> dict[str, Any]:
    return {
        "statistic": estimate.statistic, "operator": estimate.operator, "value": estimate.value, "low": estimate.low,
        "high": estimate.high, "n": estimate.n, "origin": estimate.origin,
    }  # fmt: skip


def strongest(count: int = 5) -> list[tuple[Item, Finding]]:
    """The items with the largest share of experts agreeing, by the lower end of its interval; only computed shares.

    Ties are broken by the share that strongly agrees. The lower end, so that few answers do not win by chance.
    """
    from .filters import shares

    best = shares().filter(agreement_bound="", risk_area=None, item__mitigation__status="published")
    near = best.values("item").annotate(best=Max("agreement")).order_by("-best", "item")[: 6 * count]
    items = Item.objects.with_results().filter(pk__in=[row["item"] for row in near])
    found = [(item, item.foremost) for item in items]
    return sorted(found, key=lambda row: (-(row[1].agreeing.low or 0), -(row[1].strongly.value or 0)))[:count]
