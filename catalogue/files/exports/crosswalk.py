"""What two laws, codes or standards ask for, as a table: a row for each provision and measure, and
for each provision that no measure here meets.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from catalogue.listing.ordering import BATCH
from catalogue.record.asking import Answer, applies
from catalogue.record.crosswalk import Crosswalk
from catalogue.record.meeting import Met

from .columns import Column, Type
from .listings import Listing

NONE_MEETS = "no measure here meets it"
COLUMNS = [
    Column(
        "part",
        Type.TEXT,
        "both: both ask about the measure; first, second: only that one does.",
    ),
    Column("mitigation", Type.TEXT, "Its accession.", empty=NONE_MEETS),
    Column("mitigation_name", Type.TEXT, "Its name.", empty=NONE_MEETS),
    Column("instrument", Type.TEXT, "Slug of the law, code or standard."),
    Column("provision", Type.TEXT, "Its id in that."),
    Column(
        "section_of",
        Type.TEXT,
        "Of a number alone: the code whose section it is.",
        empty="its id says it",
    ),
    Column("provision_name", Type.TEXT, "What it is called here."),
    Column("relation", Type.TEXT, "In SKOS terms.", empty=NONE_MEETS),
    Column("force", Type.TEXT, "What it does about it.", empty="not said"),
    Column("asks", Type.TEXT, "Both in words.", empty=NONE_MEETS),
    Column("applies", Type.TEXT, "To whom, from when.", empty="not recorded"),
    Column(
        "met",
        Type.TEXT,
        f"Of the provision: {'; '.join(f'{one.value}: {one.label}' for one in Met)}.",
    ),
    Column("is_verified", Type.BOOLEAN, "Whether the id was verified."),
    Column("note", Type.TEXT, "Why it is said so.", empty="not said"),
    Column("asserted_by", Type.TEXT, "Who says so.", empty=NONE_MEETS),
    Column("confidence", Type.TEXT, "How sure they are.", empty="not said"),
]


class CrosswalkListing(Listing):
    name = "crosswalk"
    columns = COLUMNS

    def __init__(self, crosswalk: Crosswalk):
        self.crosswalk = crosswalk

    def __len__(self):
        crosswalk = self.crosswalk
        unmet = (crosswalk.only_first.unmet, crosswalk.only_second.unmet)
        return crosswalk.answer_count + sum(map(len, unmet))

    def records(self):
        lines = crosswalk_lines(self.crosswalk)
        while batch := list(islice(lines, BATCH)):
            yield batch

    def rows(self):
        for batch in self.records():
            yield [_cells(line) for line in batch]

    def notices(self):
        return self.crosswalk.notices


def _cells(line: dict[str, Any]) -> list[Any]:
    return [column.of(line) for column in COLUMNS]


def crosswalk_lines(crosswalk: Crosswalk) -> Iterator[dict[str, Any]]:
    """In the order of the page."""
    for measure in crosswalk.both:
        for answer in measure.answers:
            yield {"part": "both", **line_of(answer)}
    for part, only in (
        ("first", crosswalk.only_first),
        ("second", crosswalk.only_second),
    ):
        for measure in only.measures:
            for answer in measure.answers:
                yield {"part": part, **line_of(answer)}
        for provision in only.unmet:
            yield {"part": part, **line_of_provision(provision)}


def line_of(answer: Answer) -> dict[str, Any]:
    """What a provision asks about a measure."""
    mapping: Any = answer.mapping
    return {
        **line_of_provision(mapping.provision),
        "mitigation": mapping.source.accession,
        "mitigation_name": mapping.source.name,
        "relation": mapping.relation,
        "force": mapping.force or None,
        "asks": answer.asks,
        "note": mapping.note or None,
        "asserted_by": mapping.asserted_by,
        "confidence": mapping.confidence or None,
    }


def line_of_provision(provision: Any) -> dict[str, Any]:
    return {
        "instrument": provision.instrument.slug,
        "provision": provision.code,
        "section_of": provision.section_of or None,
        "provision_name": provision.name,
        "applies": str(applies(provision)) or None,
        "met": provision.met,
        "is_verified": provision.is_verified,
    }
