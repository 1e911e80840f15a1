"""What a brief says: made from data by fixed sentences."""

from functools import cached_property

from django.db.models import prefetch_related_objects
from pyroaring import BitMap

from catalogue import reading, revision
from catalogue.models import Mitigation
from catalogue.record.citations import Citation, cite, cite_view
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type
from surveys.results.charts.reasons import strongest_reasons
from surveys.results.citing import citation_of
from surveys.results.evidence import ItemEvidence, evidence_of_each
from surveys.results.support import Support, support_of

from ..shortlist.coverage import Coverage
from .sentences import key_points, measures, what_this_is
from .state import BriefState
from .structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    Part,
    References,
    Table,
)

DO_NOT_CITE = "Do not cite these figures yet."
NO_EXPERTS = "Not put to experts in any study here."
NOT_REPORTED = "not reported"
LICENCE = "Text of the catalogue: CC BY 4.0."
METHOD = [
    "The catalogue is made of documents that propose measures. Each measure is described as its document describes it.",
    "Each figure is of one study and stands with its question. No figure joins two studies.",
    "A share of experts tells what those answered who were asked. It does not tell that a measure works.",
    "Covered means that at least one measure is recorded. It does not mean that a risk is controlled.",
    "Where nothing is recorded here, there may still be something elsewhere.",
]


class Contents:
    """Of the published mitigations that `state` names."""

    def __init__(self, state: BriefState, base_url: str):
        self.state = state
        self.base_url = base_url
        self.mitigations = state.selected.published
        keys = BitMap(one.pk for one in self.mitigations)
        self.coverage = Coverage(state.universe, keys)
        self.support = []
        for one in self.mitigations:
            said = [support_of(item) for item in one.items.all()]
            self.support.append(said)

    @property
    def title(self) -> str:
        return f"Brief of {measures(len(self.mitigations))}"

    @cached_property
    def notices(self) -> list[str]:
        """What is said of everything in it that is preliminary, each once."""
        found = []
        for one in self.mitigations:
            if one.is_preliminary:
                found.append(one.document.named_notice)
        for some in self.support:
            found += [one.item.study.named_notice for one in some]
        return list(dict.fromkeys(filter(None, found)))

    @cached_property
    def documents(self) -> list[Citation]:
        """The works behind it, each once: documents of measures, then studies."""
        studies = [one.item.study for some in self.support for one in some]
        prefetch_related_objects(self.mitigations, "document__authors")
        prefetch_related_objects(studies, "document__authors")
        found = [cite(one.document) for one in self.mitigations]
        found += [citation_of(one, self.base_url) for one in studies]
        return list({one.key: one for one in found}.values())

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each work, by its key."""
        return {one.key: at for at, one in enumerate(self.documents, 1)}

    @property
    def citation(self) -> Citation:
        notices = [*self.notices, DO_NOT_CITE] if self.notices else []
        return cite_view(self.title, self.address, notices)

    @property
    def address(self) -> str:
        return f"{self.base_url}{self.state.brief_url()}"

    def brief(self) -> Brief:
        parts = self._opening()
        parts += [Heading(2, "The measures"), self._table()]
        if self.state.length == "full":
            each = evidence_of_each(self.mitigations)
            for one, items in zip(self.mitigations, each, strict=True):
                parts += self._measure(one, items)
        if self.state.length != "1":
            parts += self._coverage()
            parts += [Heading(2, "Method"), Bullets(METHOD)]
        parts += self._references()
        footer = f"{self.address} · {self._state()} · {LICENCE}"
        return Brief(self.title, parts, footer)

    def _state(self) -> str:
        release = reading.current_release()
        if release:
            return f"release {release.number}"
        moment = revision.moment_of(revision.shown())
        return f"as of {moment:%Y-%m-%d}" if moment else "as of today"

    def _opening(self) -> list[Part]:
        total = Mitigation.objects.published().count()
        first = what_this_is(len(self.mitigations), total)
        points = key_points(self.support, self.coverage, self.notices)
        return [Paragraph(first), Heading(2, "Key points"), Bullets(points)]

    def _table(self) -> Table:
        rows = []
        for one, some in zip(self.mitigations, self.support, strict=True):
            said = [self._said(support) for support in some]
            source = (
                f"{one.document.label} [{self.numbers[one.document.slug]}]"
            )
            if one.is_preliminary:
                source += ", preliminary"
            name = f"{one.name} ({one.accession})"
            rows.append([name, source, " ".join(said) or NO_EXPERTS])
        heads = ["Measure", "Source", "What experts said"]
        return Table("In the order chosen.", heads, rows)

    def _said(self, support: Support) -> str:
        study = support.item.study
        number = self.numbers[citation_of(study, self.base_url).key]
        notice = study.preliminary_notice
        parts = [f"{study.label} [{number}]: {support.text}", notice]
        return " ".join(filter(None, parts))

    def _measure(
        self,
        one: Mitigation,
        items: list[ItemEvidence],
    ) -> list[Part]:
        number = self.numbers[one.document.slug]
        facts = [f"{label}: {value}" for label, value in _facts(one)]
        place = [one.document.label, one.section]
        if one.page:
            place.append(f"p. {one.page}")
        facts.append(f"Source: {', '.join(filter(None, place))} [{number}]")
        parts: list[Part] = [
            Heading(3, f"{one.name} ({one.accession})"),
            Paragraph(one.description),
            Bullets(facts),
        ]
        notice = one.document.preliminary_notice
        told = [item.study.preliminary_notice for item in items]
        if one.is_preliminary and notice and notice not in told:
            parts.append(Paragraph(notice))
        if not items:
            parts.append(Paragraph(NO_EXPERTS))
        for item in items:
            parts += self._evidence(item)
        return parts

    def _evidence(self, item: ItemEvidence) -> list[Part]:
        study = item.study
        number = self.numbers[citation_of(study, self.base_url).key]
        lines = [line for group in item.asked for line in group.lines]
        said = []
        for line in [*lines, *item.lines]:
            if line.sentence:
                # Whoever takes a line of it along takes its question too.
                asked = line.finding.asked
                said.append(f"{study.label}: {line.sentence} Asked: {asked}")
        if item.absence:
            said.append(item.absence)
        for reason in strongest_reasons(item):
            said.append(
                f"A comment {reason.side.lower()} it, {study.words_of_comments}: {reason.comment.body}",
            )
        for why, what in item.missing:
            said.append(f"Not known: {', '.join(what)} ({why}).")
        notice = study.preliminary_notice
        title = f"What experts said in {study.label} [{number}]"
        parts: list[Part] = [Heading(4, title)]
        if notice:
            parts.append(Paragraph(notice))
        return [*parts, Bullets(said)]

    def _coverage(self) -> list[Part]:
        rows = []
        for group in self.coverage.fields:
            gaps = [one.value.name for one in group.values if one.is_gap]
            covered = f"{group.covered_count} of {len(group.values)}"
            rows.append([group.label, covered, ", ".join(gaps) or "none"])
        heads = ["Of each", "Covered", "Not covered"]
        caption = "What at least one of these measures is recorded for."
        return [
            Heading(2, "What it covers, and what not"),
            Table(caption, heads, rows),
        ]

    def _references(self) -> list[Part]:
        works = [(self.numbers[one.key], one.apa) for one in self.documents]
        return [
            Heading(2, "References"),
            References(works),
            Heading(2, "How to cite this brief"),
            References([(len(works) + 1, self.citation.apa)]),
            *[Paragraph(text) for text in self._warning()],
        ]

    def _warning(self) -> list[str]:
        return [*self.notices, DO_NOT_CITE] if self.notices else []


def _facts(one: Mitigation) -> list[tuple[str, str]]:
    """Who, when, against which risks."""
    facts = []
    for field in of_type(Terms):
        terms = getattr(one, field.stored_as).all()
        label = field.terms.parameter.capitalize()
        facts.append((label, ", ".join(map(str, terms)) or NOT_REPORTED))
    risks = [
        f"{row.category.code} {row.category.name}"
        for row in one.classifications.all()
        if row.taxonomy.is_of_risks
    ]
    facts.append(("Risks", ", ".join(risks) or "not recorded"))
    return facts
