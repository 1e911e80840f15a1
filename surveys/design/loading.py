"""Published studies, from the app's own data files into the database.

A study's file owns it: whoever wants to change a fact or a text of it changes the file. What
curators add in the admin, such as further comments, is left alone.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogue import revision
from catalogue.files.loading.contents import (
    Contents,
    DataError,
    parse_yaml,
)
from catalogue.models import Document, Mitigation

from ..models import (
    CommentSummary,
    Criterion,
    ExpertComment,
    Figure,
    Item,
    Lean,
    Result,
    RiskArea,
    Scale,
    ScalePoint,
    Study,
    Tally,
)
from ..shares import refresh_shares_agreeing

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"
STANCES = {stance.name.lower(): stance for stance in ExpertComment.Stance}
NUMBERS = {number.name.lower(): number for number in ExpertComment.HowMany}
PUBLISHED = {
    "share_choosing",
    "share_agreeing",
    "share_disagreeing",
    "share_of_combinations",
    "mean",
    "median",
    "standard_error",
    "variance",
}
BOUND = re.compile(r"^\s*([<>]?)\s*(-?\d+(?:\.(\d+))?)\s*$")


@dataclass
class Report:
    loaded: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@revision.writing()
def load_studies(*, folder: Path = DATA_FOLDER) -> Report:
    """Loads every file of a folder, all or nothing; a file that has not changed since its last
    load is left alone.

    Raises DataError with every fault found, by file, record and field.
    """
    contents = Contents()
    report = Report()
    _load_risk_areas(contents, folder / "risk-areas.yaml")
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "risk-areas.yaml":
            _StudyFile(path, contents).load(report)
    if contents.problems:
        raise DataError(contents.problems)
    return report


def _load_risk_areas(contents: Contents, path: Path) -> None:
    rows = (
        (parse_yaml(path.read_text(encoding="utf-8")) or {}).get(
            "risk_areas",
            [],
        )
        if path.exists()
        else []
    )
    for position, row in enumerate(rows, start=1):
        area = contents.take(
            f"{path.name}: risk area {position}",
            row,
            "slug name definition",
            "short_name clause",
        )
        if area:
            found = RiskArea.objects.filter(
                slug=area["slug"],
            ).first() or RiskArea(slug=area["slug"])
            wanted = {
                "name": area["name"],
                "definition": area["definition"],
                "short_name": area["short_name"] or "",
                "clause": area["clause"] or "",
                "position": position,
            }
            if found.pk is None or any(
                getattr(found, name) != value for name, value in wanted.items()
            ):
                for name, value in wanted.items():
                    setattr(found, name, value)
                found.save()


class _StudyFile:
    """One file: read and checked as it is written, inside the transaction that its faults undo."""

    def __init__(self, path: Path, contents: Contents):
        self.name = path.name
        self.contents = contents
        self.text = path.read_text(encoding="utf-8")
        self.areas = {area.slug: area for area in RiskArea.objects.all()}

    def wrong(self, where: str, message: str) -> None:
        self.contents.problems.append(f"{self.name}: {where}: {message}")

    def load(self, report: Report) -> None:
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        whole = self.contents.take(
            self.name,
            parse_yaml(self.text),
            "study items",
            "scale criteria",
        )
        if whole is None:
            return
        study = self._study(whole["study"], digest)
        if study is None:
            return
        if study.source_digest == digest:
            report.unchanged.append(study.label)
            return
        study.source_digest = digest
        study._change_reason = f"From the file {self.name}"  # type: ignore[attr-defined]
        study.save()
        points = self._scale(whole["scale"])
        criteria = self._criteria(study, whole["criteria"] or [])
        self._items(study, whole["items"], criteria, points)
        refresh_shares_agreeing(study)
        report.loaded.append(study.label)

    def _study(self, entry: Any, digest: str) -> Study | None:
        optional = "document preliminary year invited responded min_cell_size published_average_agreement asks_combination"
        row = self.contents.take(
            f"{self.name}: study",
            entry,
            "slug label title method limits",
            optional,
        )
        if row is None:
            return None
        document = Document.objects.filter(slug=row.pop("document")).first()
        if document is None:
            self.wrong(
                "study: document",
                "there is no such document in the catalogue: load the catalogue first",
            )
            return None
        study = Study.objects.filter(slug=row["slug"]).first() or Study(
            slug=row["slug"],
        )
        share = row.pop("published_average_agreement")
        row["min_cell_size"] = row["min_cell_size"] or study.min_cell_size
        values = {
            **row,
            "document": document,
            "is_preliminary": bool(row.pop("preliminary")),
            "asks_combination": bool(row["asks_combination"]),
            "published_average_agreement": None
            if share is None
            else share / 100,
            "status": Study.Status.PUBLISHED,
        }
        values.pop("preliminary", None)
        for name, value in values.items():
            setattr(study, name, value)
        return study

    def _scale(self, entry: Any) -> dict[str, ScalePoint]:
        if entry is None:
            return {}
        row = self.contents.take(
            f"{self.name}: scale",
            entry,
            "slug name points",
        )
        if row is None:
            return {}
        scale, _ = Scale.objects.update_or_create(
            slug=row["slug"],
            defaults={"name": row["name"]},
        )
        points = {}
        for position, each in enumerate(row["points"], start=1):
            point = self.contents.take(
                f"{self.name}: scale point {position}",
                each,
                "slug label",
                "value side dont_know",
            )
            if point:
                values = {
                    "label": point["label"],
                    "position": position,
                    "value": point["value"],
                    "side": point["side"] or 0,
                    "is_dont_know": bool(point["dont_know"]),
                }
                points[point["slug"]], _ = ScalePoint.objects.update_or_create(
                    scale=scale,
                    slug=point["slug"],
                    defaults=values,
                )
        return points

    def _criteria(
        self,
        study: Study,
        entries: list[Any],
    ) -> dict[str, Criterion]:
        criteria = {}
        for position, each in enumerate(entries, start=1):
            row = self.contents.take(
                f"{self.name}: criterion {position}",
                each,
                "slug name question",
                "clause scale support verbatim",
            )
            if row is None:
                continue
            if not isinstance(row["verbatim"], bool | None):
                self.wrong(
                    f"criterion {position}: verbatim",
                    "say true where the question stands word for word as experts read it, else false",
                )
                continue
            scale = (
                Scale.objects.filter(slug=row["scale"]).first()
                if row["scale"]
                else None
            )
            values = {
                "name": row["name"],
                "question": row["question"],
                "clause": row["clause"] or "",
                "is_verbatim": row["verbatim"] is True,
                "scale": scale,
                "position": position,
            }
            values["is_support"] = row["support"] is not False
            criteria[row["slug"]], _ = Criterion.objects.update_or_create(
                study=study,
                slug=row["slug"],
                defaults=values,
            )
        return criteria

    def _items(
        self,
        study: Study,
        entries: list[Any],
        criteria: dict,
        points: dict,
    ) -> None:
        mitigations = {
            m.name: m
            for m in Mitigation.objects.filter(document=study.document)
        }
        kept = []
        for position, each in enumerate(entries, start=1):
            optional = "wording results comments summary leans"
            row = self.contents.take(
                f"{self.name}: item {position}",
                each,
                "mitigation",
                optional,
            )
            if row is None:
                continue
            mitigation = mitigations.get(row["mitigation"])
            if mitigation is None:
                self.wrong(
                    f"item {position}: mitigation",
                    f"{row['mitigation']!r} is not in {study.document}",
                )
                continue
            item, _ = Item.objects.update_or_create(
                study=study,
                mitigation=mitigation,
                defaults={
                    "position": position,
                    "wording": row["wording"] or "",
                },
            )
            kept.append(item.pk)
            where = f"item {row['mitigation']}"
            self._results(item, row["results"] or [], criteria, points, where)
            self._words(item, row, where)
        study.items.exclude(pk__in=kept).delete()

    def _results(
        self,
        item: Item,
        entries: list[Any],
        criteria: dict,
        points: dict,
        where: str,
    ) -> None:
        item.results.all().delete()
        for each in entries:
            row = self.contents.take(
                f"{self.name}: {where}: result",
                each,
                "published",
                "criterion risk_area counts",
            )
            if row is None:
                continue
            for name, known in (
                ("criterion", criteria),
                ("risk_area", self.areas),
            ):
                if row[name] and row[name] not in known:
                    self.wrong(
                        f"{where}: {name}",
                        f"{row[name]!r} is not known: use one of {', '.join(known)}",
                    )
                    row[name] = None
            result = Result.objects.create(
                item=item,
                criterion=criteria.get(row["criterion"]),
                risk_area=self.areas.get(row["risk_area"]),
            )
            self._tallies(result, row["counts"] or {}, points, where)
            Figure.objects.bulk_create(
                self._figures(result, row["published"], points, where),
            )

    def _tallies(
        self,
        result: Result,
        counts: dict[str, Any],
        points: dict,
        where: str,
    ) -> None:
        for slug, count in counts.items():
            if slug not in points or not isinstance(count, int) or count < 0:
                self.wrong(
                    f"{where}: counts: {slug}",
                    f"expected a scale point and a whole number, found {count!r}",
                )
                continue
            Tally.objects.create(
                result=result,
                point=points[slug],
                count=count,
            )

    def _figures(
        self,
        result: Result,
        published: dict[str, Any],
        points: dict,
        where: str,
    ) -> Iterator[Figure]:
        for statistic, given in published.items():
            if statistic not in PUBLISHED:
                self.wrong(
                    f"{where}: published: {statistic}",
                    f"is none of {', '.join(sorted(PUBLISHED))}",
                )
                continue
            by_point = (
                given if statistic == "share_choosing" else {None: given}
            )
            for slug, value in by_point.items():
                match = BOUND.match(str(value))
                if match is None or (slug is not None and slug not in points):
                    self.wrong(
                        f"{where}: published: {statistic}",
                        f"expected a number or a bound, found {value!r}",
                    )
                    continue
                number = float(match[2]) / (
                    100 if statistic.startswith("share") else 1
                )
                yield Figure(
                    result=result,
                    statistic=statistic,
                    point=points.get(slug),
                    operator=match[1],
                    value=number,
                    decimals=len(match[3] or ""),
                )

    def _words(self, item: Item, row: dict[str, Any], where: str) -> None:
        item.leans.all().delete()
        for slug, direction in (row["leans"] or {}).items():
            if (
                slug not in self.areas
                or direction not in Lean.Direction.values
            ):
                self.wrong(
                    f"{where}: leans: {slug}",
                    f"expected a risk area and +, - or mixed, found {direction!r}",
                )
                continue
            Lean.objects.create(
                item=item,
                risk_area=self.areas[slug],
                direction=direction,
            )
        if row["summary"]:
            CommentSummary.objects.update_or_create(
                item=item,
                defaults={"body": row["summary"].strip()},
            )
        keys = []
        for number, each in enumerate(row["comments"] or [], start=1):
            comment = self.contents.take(
                f"{self.name}: {where}: comment {number}",
                each,
                "stance body",
                "how_many risk_area",
            )
            if comment is None:
                continue
            if (
                comment["stance"] not in STANCES
                or (comment["how_many"] or "unknown") not in NUMBERS
            ):
                self.wrong(
                    f"{where}: comment {number}",
                    f"stance is one of {', '.join(STANCES)}, how_many of {', '.join(NUMBERS)}",
                )
                continue
            keys.append(
                f"{item.study.slug}/{item.mitigation.accession}/{number}",
            )
            values = {
                "item": item,
                "body": comment["body"].strip(),
                "stance": STANCES[comment["stance"]],
                "how_many": NUMBERS[comment["how_many"] or "unknown"],
                "risk_area": self.areas.get(comment["risk_area"]),
            }
            ExpertComment.objects.update_or_create(
                key=keys[-1],
                defaults=values,
            )
        item.comments.exclude(key="").exclude(key__in=keys).delete()
