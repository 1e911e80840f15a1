"""What a brief in full says of one measure, half a page of it."""

from collections.abc import Sequence

from catalogue.models import Mitigation
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type
from surveys.results.charts.reasons import strongest_reasons
from surveys.results.entry_sentences import NO_STUDY
from surveys.results.evidence import ItemEvidence
from surveys.results.support import Line, Support, leanings

from . import sentences
from .laws import HEADING as LAWS
from .points import with_question
from .structure import Bullets, Heading, Paragraph, Part
from .studies import Studies
from .twins import Twin
from .works import Works

NOT_IN_THESE_WORDS = "No study here has asked experts in these words."
NOT_REPORTED = "not reported"
WHAT_EXPERTS_SAID = "What experts said"
#: What the terms of a vocabulary are called, by its parameter: as everywhere.
VOCABULARY_NAMES = {
    field.terms.parameter: field.facet for field in of_type(Terms)
}


def terms_of(one: Mitigation, parameter: str) -> str:
    """Its terms of a vocabulary in one line, empty where there are none."""
    for field in of_type(Terms):
        if field.terms.parameter == parameter:
            terms = getattr(one, field.stored_as).all()
            return ", ".join(map(str, terms))
    return ""


def risks_of(one: Mitigation) -> str:
    return "; ".join(
        f"{row.category.code} {row.category.name}"
        for row in one.classifications.all()
        if row.taxonomy.is_of_risks
    )


def facts_of(one: Mitigation) -> list[tuple[str, str]]:
    """Who does it, when, against which risks, and what it takes."""
    facts = []
    for parameter in ("actor", "phase", "function"):
        name = VOCABULARY_NAMES[parameter]
        facts.append((name, terms_of(one, parameter) or NOT_REPORTED))
    facts.append(("Against which risks", risks_of(one) or "not recorded"))
    if one.requirements:
        facts.append(("What it takes", one.requirements))
    return facts


def blocks_of_measure(
    one: Mitigation,
    items: list[ItemEvidence],
    works: Works,
    studies: Studies,
    asked: list[Part],
    note: str = "",
    twins: Sequence[Twin] = (),
) -> list[Part]:
    """`asked`: what laws, codes and standards ask about it. `note`: what the reader writes of it.
    `twins`: other wordings, which are not in the brief.
    """
    facts = [f"{label}: {value}" for label, value in facts_of(one)]
    source = f"{one.document.label} {works.place_of(one)}"
    entry = f"In the catalogue: [{works.number_of_entry(one)}]"
    facts.append(f"Source: {source}. {entry}")
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
    parts.append(Heading(4, WHAT_EXPERTS_SAID))
    said = _said_by_experts(items, studies)
    in_other_words = _said_of_twins(twins, works, studies)
    if in_other_words and not items:
        said = [NOT_IN_THESE_WORDS]
    if said or in_other_words:
        parts.append(Bullets([*said, *in_other_words]))
    else:
        parts.append(Paragraph(NO_STUDY))
    for item in items:
        if split := _where_they_split(item):
            title = f"Where they split in {item.study.label}"
            parts += [Heading(4, title), Bullets(split)]
    return [*parts, Heading(4, LAWS), *asked]


def _said_by_experts(
    items: list[ItemEvidence],
    studies: Studies,
) -> list[str]:
    """Each figure with its study, and what is not known of this measure alone."""
    said = []
    for item in items:
        named = studies.named(item.study)
        lines = [line for group in item.asked for line in group.lines]
        for line in [*lines, *item.lines]:
            if line.sentence:
                said.append(f"{named}: {figure_told(line)}")
        if item.absence:
            said.append(f"{named}: {item.absence}")
        gaps = studies.further_gaps(item)
        said.append(sentences.not_known_from(item.study.label, gaps))
    return sentences.worth_saying(said)


def _said_of_twins(
    twins: Sequence[Twin],
    works: Works,
    studies: Studies,
) -> list[str]:
    """What experts said of it in other words, with the question where that stands nowhere else."""

    def tell(support: Support) -> str:
        said = []
        for line in support.lines:
            figure = figure_told(line)
            if support.item.study not in studies.by_study:
                figure = with_question(line.finding, figure)
            said.append(figure)
        leans = [f"{one}." for one in support.leanings]
        return " ".join([*(said or [support.absence]), *leans])

    return sentences.worth_saying(one.told(works, tell) for one in twins)


def figure_told(line: Line) -> str:
    """One figure in words and numbers. Its question is in its sentence, in full or as a clause;
    where it is in neither form, it stands behind it.
    """
    finding = line.finding
    word = line.verdict if (finding.n or 2) > 1 else ""
    parts = [
        f"{word.capitalize()}." if word else "",
        str(line.told),
        line.meaning_of_interval,
    ]
    if finding.criterion is None:
        parts.append(f"Asked: {finding.asked_in_short}")
    return " ".join(filter(None, parts))


def _where_they_split(item: ItemEvidence) -> list[str]:
    split = []
    for reason in strongest_reasons(item):
        words = item.study.words_of_comments
        split.append(f"{reason.side}, {words}: {reason.comment.body}")
    return [*split, *[f"{one}." for one in leanings(item.item)]]
