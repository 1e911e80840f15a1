"""What a brief in full says of one measure, half a page of it."""

from catalogue.models import Mitigation
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type
from surveys.results.charts.reasons import strongest_reasons
from surveys.results.evidence import ItemEvidence
from surveys.results.support import Line, leanings

from .points import with_origin
from .structure import Bullets, Heading, Paragraph, Part
from .works import Works

NO_EXPERTS = "Not put to experts in any study here."
NOT_REPORTED = "not reported"
#: What readers ask of the terms of a vocabulary, by its parameter.
QUESTIONS = {"actor": "Who does it", "phase": "When", "function": "Function"}


def terms_of(one: Mitigation, parameter: str) -> str:
    """Its terms of a vocabulary in one line, empty where there are none."""
    for field in of_type(Terms):
        if field.terms.parameter == parameter:
            terms = getattr(one, field.stored_as).all()
            return ", ".join(map(str, terms))
    return ""


def risks_of(one: Mitigation) -> str:
    return ", ".join(
        f"{row.category.code} {row.category.name}"
        for row in one.classifications.all()
        if row.taxonomy.is_of_risks
    )


def facts_of(one: Mitigation) -> list[tuple[str, str]]:
    """Who does it, when, against which risks, and what it takes."""
    facts = []
    for parameter, question in QUESTIONS.items():
        facts.append((question, terms_of(one, parameter) or NOT_REPORTED))
    facts.append(("Against which risks", risks_of(one) or "not recorded"))
    if one.requirements:
        facts.append(("What it takes", one.requirements))
    return facts


def blocks_of_measure(
    one: Mitigation,
    items: list[ItemEvidence],
    works: Works,
    asked: str,
    note: str = "",
) -> list[Part]:
    """`asked`: what laws, codes and standards ask about it. `note`: what the reader writes of it."""
    facts = [f"{label}: {value}" for label, value in facts_of(one)]
    facts.append(f"Laws, codes and standards: {asked}")
    facts.append(f"Source: {one.document.label} {works.place_of(one)}")
    facts.append(f"In the catalogue: [{works.number_of_entry(one)}]")
    parts: list[Part] = [
        Heading(3, f"{one.name} ({one.accession})"),
        Paragraph(one.description),
    ]
    if note:
        parts.append(
            Paragraph(f"Note of the reader: {note}", is_of_reader=True),
        )
    parts.append(Bullets(facts))
    notice = one.document.preliminary_notice
    told = [item.study.preliminary_notice for item in items]
    if one.is_preliminary and notice and notice not in told:
        parts.append(Paragraph(notice))
    if not items:
        parts.append(Paragraph(NO_EXPERTS))
    for item in items:
        parts += _of_study(item, works.number_of_study(item.study))
    return parts


def _of_study(item: ItemEvidence, number: int) -> list[Part]:
    study = item.study
    notice = study.preliminary_notice
    parts: list[Part] = [
        Heading(4, f"What experts said in {study.label} [{number}]"),
    ]
    lines = [line for group in item.asked for line in group.lines]
    said = [
        figure_told(line) for line in [*lines, *item.lines] if line.sentence
    ]
    if notice and said:
        parts.append(Paragraph(notice))
    if item.absence:
        said.append(item.absence)
    parts.append(Bullets(said))
    if split := _where_they_split(item):
        title = f"Where they split in {study.label}"
        parts += [Heading(4, title), Bullets(split)]
    if unknown := [f"{', '.join(what)}: {why}" for why, what in item.missing]:
        title = f"What is not known from {study.label}"
        parts += [Heading(4, title), Bullets(unknown)]
    return parts


def figure_told(line: Line) -> str:
    """One figure in words and numbers. Whoever takes it along takes its study and its question
    too.
    """
    finding = line.finding
    word = line.verdict if (finding.n or 2) > 1 else ""
    parts = [
        f"{word.capitalize()}." if word else "",
        str(line.sentence),
        line.meaning_of_interval,
    ]
    return with_origin(finding, " ".join(filter(None, parts)))


def _where_they_split(item: ItemEvidence) -> list[str]:
    split = []
    for reason in strongest_reasons(item):
        words = item.study.words_of_comments
        split.append(f"{reason.side}, {words}: {reason.comment.body}")
    return [*split, *leanings(item.item)]
