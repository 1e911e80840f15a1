"""What studies add to exports of mitigations: columns for each published study, and their
notices.
"""

from collections.abc import Collection, Mapping
from typing import Any

from catalogue.files.exports.columns import Column, Type
from catalogue.listing.filters import MitigationFilter
from catalogue.record.reader import Record

from ..models import Item, RiskArea, Study
from .filters import shown_shares
from .findings import foremost
from .sentences import NOT_ASKED, why_no_share
from .statistics import SHARE_AGREEING, STATISTICS
from .support import support_of

NO_SHARE = "there is no share: the column that ends in _no_share says why"

#: Which finding the figures are of.
CHOICE = (
    "What was asked, of the finding with the largest share agreeing; where the list is filtered by risk area, of the findings "
    "for the areas chosen"
)
#: For each published study: what its column ends in, its type, what it holds, what an empty
#: cell means, and its unit.
FIGURES: list[tuple[str, Type, str, str, str]] = [
    ("criterion", Type.TEXT, CHOICE, NO_SHARE, ""),
    (
        "risk_area",
        Type.TEXT,
        "In which risk area that was asked",
        "for all",
        "",
    ),
    (
        "n",
        Type.INTEGER,
        "How many answered, don’t know included",
        "not reported",
        "experts",
    ),
    (
        "share_agreeing",
        Type.NUMBER,
        "The share of these who agreed",
        NO_SHARE,
        "share from 0 to 1",
    ),
    (
        "operator",
        Type.TEXT,
        "> or <: the share is a bound",
        "the share is a value",
        "",
    ),
    (
        "low",
        Type.NUMBER,
        "Lower end of the share’s 95 % interval (Wilson)",
        "not known",
        "share from 0 to 1",
    ),
    (
        "high",
        Type.NUMBER,
        "Upper end of that interval",
        "not known",
        "share from 0 to 1",
    ),
    (
        "origin",
        Type.TEXT,
        "Where the share comes from: computed from counts, published, or published bound",
        NO_SHARE,
        "",
    ),
    (
        "dont_know",
        Type.INTEGER,
        "How many of these answered don’t know",
        "not reported",
        "experts",
    ),
    ("no_share", Type.TEXT, "Why there is no share", "there is one", ""),
    (
        "sentence",
        Type.TEXT,
        "What experts said, in a sentence: what was found, or why nothing can be said",
        "not in this study",
        "",
    ),
]


def figures(
    item: Item,
    study: Study,
    risk_areas: Collection[str],
) -> dict[str, Any]:
    """What `FIGURES` names, of one item of a study: of the finding that stands for it in a list
    filtered by these areas.
    """
    support = support_of(item, risk_areas)
    finding = foremost(item, risk_areas)
    if finding is None:
        return {
            "no_share": why_no_share(study, risk_areas),
            "sentence": support.text,
        }
    share = finding.estimates[SHARE_AGREEING]
    return {
        "criterion": finding.criterion.slug,
        "risk_area": finding.risk_area.slug if finding.risk_area else None,
        "n": finding.n,
        "share_agreeing": share.value,
        "operator": share.operator or None,
        "low": share.low,
        "high": share.high,
        "origin": share.origin,
        "dont_know": finding.dont_know,
        "sentence": support.text,
    }


class EvidenceColumns:
    """Shares agreeing beside each mitigation: those that the list shows whose file it is.
    `chosen` are the values by which entries of that list are shown
    (`MitigationFilter.for_entries`). With several risk areas there are columns for each of them
    too, as an entry has a line for each. All that a study found is in its own files, and in
    `include=evidence`.
    """

    def __init__(self, chosen: Mapping[str, Collection[str]]) -> None:
        risk_areas = tuple(dict.fromkeys(chosen.get("risk_area", ())))
        apart = areas_with_shares(risk_areas) if len(risk_areas) > 1 else {}
        published = Study.objects.published().select_related("document")
        self.columns: list[Column] = []
        #: By the key of a study: it, and for each set of its columns the member that they are
        #: made of and the risk areas.
        self.studies: dict[
            int,
            tuple[Study, list[tuple[str, tuple[str, ...]]]],
        ] = {}
        for study, prefix in prefixed(
            list(published.prefetch_related("criteria", "risk_areas")),
        ):
            self.columns += columns(study, prefix)
            views = [(prefix, risk_areas)]
            for area in apart.get(study.pk, []):
                of_area = f"{prefix}_in_{area.slug.replace('-', '_')}"
                self.columns += columns(study, of_area, area)
                views.append((of_area, (area.slug,)))
            self.studies[study.pk] = study, views

    def add_to(self, records: list[Record]) -> None:
        by_accession = {record["accession"]: record for record in records}
        for record in records:
            for _, views in self.studies.values():
                record.update(
                    {prefix: {"no_share": NOT_ASKED} for prefix, _ in views},
                )
        items = (
            Item.objects.published()
            .with_results()
            .filter(mitigation__accession__in=by_accession)
            .prefetch_related("leans__risk_area")
        )
        for item in items.order_by("pk"):
            study, views = self.studies[item.study_id]
            item.study = study
            record = by_accession[item.mitigation.accession]
            record.update(
                {
                    prefix: figures(item, study, risk_areas)
                    for prefix, risk_areas in views
                },
            )


def areas_with_shares(
    risk_areas: Collection[str],
) -> dict[int, list[RiskArea]]:
    """By the key of a study: those of these risk areas (slugs) in which it has a share
    agreeing, in their order.
    """
    areas = RiskArea.objects.filter(slug__in=risk_areas)
    known = set(
        shown_shares()
        .filter(risk_area__in=areas)
        .order_by()
        .values_list("item__study", "risk_area"),
    )
    found: dict[int, list[RiskArea]] = {}
    for area in areas:
        for study, key in known:
            if key == area.pk:
                found.setdefault(study, []).append(area)
    return found


def prefixed(studies: list[Study]) -> list[tuple[Study, str]]:
    """Each study with what its columns begin with: its slug, which in a table has no hyphens
    unless that would be taken for another's.
    """
    slugs = [study.slug for study in studies]
    plain = [slug.replace("-", "_").lower() for slug in slugs]
    return [
        (s, p if plain.count(p) == 1 else s.slug)
        for s, p in zip(studies, plain, strict=True)
    ]


def columns(
    study: Study,
    prefix: str,
    area: RiskArea | None = None,
) -> list[Column]:
    """Those of a study, or of it in one of several risk areas."""
    of = f"{study.label}, only “{area}”" if area else study.label
    notice = (
        f" Preliminary: {study.preliminary_notice}"
        if study.is_preliminary
        else ""
    )

    def value(name: str):
        return lambda found: found.get(name)

    return [
        Column(
            f"{prefix}_{name}",
            kind,
            f"{of}: {text[0].lower()}{text[1:]}.{notice}",
            prefix,
            value(name),
            empty,
            unit,
        )
        for name, kind, text, empty, unit in FIGURES
    ]


def notices(filters: MitigationFilter) -> list[str]:
    """Of preliminary studies that asked about any of these mitigations."""
    index = filters.index
    carrying = filters.facet_filters["study"].carriers(index)
    preliminary = index.per_structure("preliminary studies", _preliminary)
    return [
        s.named_notice for s in preliminary if filters.keys & carrying(s.slug)
    ]


def _preliminary() -> list[Study]:
    published = Study.objects.published().filter(is_preliminary=True)
    return list(published.select_related("document"))


# A row for each figure of a study

FOR_ALL = "for all"
EVERYBODY = "of everybody"


def statistics_of_rows() -> str:
    """What `statistic` can be, with a note on those whose name does not say all."""
    names = [
        "count (of scale_point)",
        "skipped (asked, and gave no answer)",
        "not_asked",
    ]
    for name, statistic in STATISTICS.items():
        names.append(f"{name} ({statistic.note})" if statistic.note else name)
    consensus = "consensus (1 to agree, -1 to disagree, 0 none, by the rule that the study states)"
    return f"{', '.join(names)}, or {consensus}"


LONG = [
    Column("study", Type.TEXT, "Slug of the study."),
    Column("mitigation", Type.TEXT, "Accession of the mitigation."),
    Column("name", Type.TEXT, "Its name."),
    Column(
        "criterion",
        Type.TEXT,
        "What was asked.",
        empty="it was asked of the items as a set",
    ),
    Column(
        "risk_area",
        Type.TEXT,
        "In which risk area it was asked.",
        empty=FOR_ALL,
    ),
    Column(
        "expertise_area",
        Type.TEXT,
        "Of experts in which area.",
        empty=EVERYBODY,
    ),
    Column(
        "statistic",
        Type.TEXT,
        f"{statistics_of_rows()}. One that is not known has no row.",
    ),
    Column(
        "scale_point",
        Type.TEXT,
        "The answer that is counted.",
        empty="the statistic is of no single answer",
    ),
    Column(
        "operator",
        Type.TEXT,
        "> or <: the value is a bound.",
        empty="a value",
    ),
    Column(
        "value",
        Type.NUMBER,
        "The figure.",
        unit="shares from 0 to 1; counts of experts; else points of the scale",
    ),
    Column(
        "low",
        Type.NUMBER,
        "Lower end of the 95 % interval of a share (Wilson) or a mean (Student’s t).",
        empty="it has none",
        unit="that of the value",
    ),
    Column(
        "high",
        Type.NUMBER,
        "Upper end of that interval.",
        empty="it has none",
        unit="that of the value",
    ),
    Column(
        "n",
        Type.INTEGER,
        "Of how many answers it is.",
        empty="not reported",
        unit="experts",
    ),
    Column(
        "origin",
        Type.TEXT,
        "computed from counts, counted here, counted from answers brought in, published, or published bound.",
    ),
    Column(
        "preliminary",
        Type.BOOLEAN,
        "Whether the study’s results may still change.",
    ),
]
