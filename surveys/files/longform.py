"""Answers of a study, one on each row: how they leave the site, and how they can come to it.

A row without an answer is a question skipped; a question without a row was not asked. The
criterion `combination` has “yes” or “no”, and the criterion `comment` what an expert wrote.
docs/running-a-study.md describes each column.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from django.core.exceptions import ValidationError
from xlsxwriter import Workbook

from catalogue.files.exports.cells import guarded

from ..models import Answer, Remark, Response, Study
from ..running import fielding
from ..running.tabulation import Question, shown_groups

COLUMNS = [
    "respondent",
    "round",
    "expertise_area",
    "item",
    "criterion",
    "risk_area",
    "answer",
]
COMBINATION = "combination"
COMMENT = "comment"


@dataclass
class Given:
    """What one expert gave in one round, all as keys but the remarks."""

    expertise: int | None = None
    asked: set[int] = field(default_factory=set)
    answers: dict[Question, int] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)
    combination: set[int] = field(default_factory=set)


def submitted_answers(
    study: Study,
    *,
    with_withheld: bool = True,
) -> dict[tuple[str, int], Given]:
    """What was submitted, by pseudonym and number of the round. Five queries."""
    responses = Response.objects.filter(round__study=study, is_submitted=True)
    held = {}
    keys = {}
    columns = ("pk", "pseudonym", "round__number", "expertise_area")
    for pk, name, number, group in responses.values_list(*columns):
        keys[pk] = (name, number)
        held[pk] = Given(expertise=group)
    asked = Response.asked.through.objects.filter(response__in=responses)
    for pk, item in asked.values_list("response", "item"):
        held[pk].asked.add(item)
    combined = Response.combination.through.objects.filter(
        response__in=responses,
    )
    for pk, item in combined.values_list("response", "item"):
        held[pk].combination.add(item)
    answers = Answer.objects.filter(response__in=responses)
    for pk, item, criterion, area, point in answers.values_list(
        "response",
        "item",
        "criterion",
        "risk_area",
        "point",
    ):
        held[pk].answers[Question(item, criterion, area)] = point
    remarks = Remark.objects.filter(response__in=responses)
    for pk, item, body, is_withheld in remarks.values_list(
        "response",
        "item",
        "body",
        "is_withheld",
    ):
        if with_withheld or not is_withheld:
            held[pk].remarks[item] = body
    return {keys[pk]: given for pk, given in held.items()}


def long_rows(study: Study) -> Iterator[list[str]]:
    """The rows of a study under COLUMNS. Respondents are numbered in an order that says nothing
    about them; withheld comments stay out, and so do areas of expertise that fewer name than
    the minimum cell size: whoever knows who was invited would know whose answers those are.
    """
    submitted = submitted_answers(study, with_withheld=False)
    names = sorted({name for name, _ in submitted})
    numbers = {name: f"R{number:03}" for number, name in enumerate(names, 1)}
    groups = _shown_areas(study, submitted)
    items = list(study.items.select_related("mitigation"))
    questions = fielding.questions(study)
    slugs = {}
    for criterion, _ in questions:
        for point in criterion.scale.points.all():  # type: ignore[union-attr]
            slugs[point.pk] = point.slug
    for key in sorted(submitted):
        name, number = key
        given = submitted[key]
        who = [
            numbers[name],
            str(number),
            groups.get(given.expertise or 0, ""),
        ]
        for item in items:
            if item.pk not in given.asked:
                continue
            start = [*who, item.mitigation.accession]
            for criterion, area in questions:
                question = Question(
                    item.pk,
                    criterion.pk,
                    area.pk if area else None,
                )
                point = given.answers.get(question)
                area_slug = area.slug if area else ""
                yield [*start, criterion.slug, area_slug, slugs.get(point, "")]
            if study.asks_combination:
                is_combined = item.pk in given.combination
                yield [*start, COMBINATION, "", "yes" if is_combined else "no"]
            if item.pk in given.remarks:
                yield [*start, COMMENT, "", given.remarks[item.pk]]


def _shown_areas(
    study: Study,
    submitted: dict[tuple[str, int], Given],
) -> dict[int, str]:
    """Slugs, by key, of the areas of expertise that are named by enough experts."""
    area_of = {name: given.expertise for (name, _), given in submitted.items()}
    shown = shown_groups(Counter(area_of.values()), study.min_cell_size)
    areas = study.expertise_areas.filter(pk__in=[pk for pk in shown if pk])
    return dict(areas.values_list("pk", "slug"))


# Files


def exportable_rows(study: Study) -> Iterator[list[str]]:
    """The rows of a file, its columns first. Raises ValidationError while experts can still
    answer.
    """
    if study.status not in (Study.Status.CLOSED, Study.Status.PUBLISHED):
        raise ValidationError(
            f"Answers leave the site once the study is closed; it is {study.standing}.",
        )
    return _guarded_rows(study)


def _guarded_rows(study: Study) -> Iterator[list[str]]:
    yield COLUMNS
    for row in long_rows(study):
        yield [guarded(value) for value in row]


class _Echo:
    """A file that gives each line back."""

    def write(self, line: str) -> str:
        return line


def answer_csv_lines(rows: Iterable[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # without it Excel takes UTF-8 for the code page of its country
    for row in rows:
        yield writer.writerow(row)


def write_xlsx(rows: Iterable[list[str]], file: IO[bytes]) -> None:
    """Writes rows as text into a file, row by row: memory holds one of them."""
    with Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("answers")
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value:
                    sheet.write_string(number, column, value)
