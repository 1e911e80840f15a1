"""What a brief says: made from data by fixed sentences."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from catalogue import reading, revision
from catalogue.models import Mitigation, Term
from catalogue.record.citations import Bibliography, Citation, cite_view
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type
from surveys.results.evidence import ItemEvidence, evidence_of_each
from surveys.results.sentences import bands_in_words
from surveys.results.support import support_of

from ..shortlist.asked import NO_LEGAL_ADVICE, AskedFor
from ..shortlist.coverage import Covered
from ..shortlist.order import in_order, in_which_order
from ..shortlist.overlaps import overlaps_of
from ..shortlist.page import changes_of, coverage_of
from ..shortlist.together import chosen_together
from . import laws, sentences
from .measure import blocks_of_measure
from .points import key_points
from .state import FOOT, LEFT_OUT, PARTS, BriefState
from .structure import (
    Brief,
    Bullets,
    Heading,
    Paragraph,
    Part,
    References,
    Table,
)
from .studies import Studies
from .table import MeasureTable
from .twins import Twins
from .words import Words
from .works import Works

LICENCE = "Text of the catalogue: CC BY 4.0."
METHOD = [
    "The catalogue is made of documents that propose measures. Each measure is described from its document, in the words of the catalogue’s editors.",
    "Each figure is of one study and stands with its question. No figure joins two studies.",
    "A share of experts tells what those answered who were asked. It does not tell that a measure works.",
    "Covered means that at least one measure is recorded. It does not mean that a risk is controlled.",
    "Where nothing is recorded here, there may still be something elsewhere.",
]
INTERVAL = (
    "“Likely” between two shares is the 95 % interval (Wilson): what all experts of the kind that were asked would answer, if those who "
    "answered were drawn from them by chance. Only a bound, such as “more than half”, has no interval."
)
NO_OVERLAP = "No two of these are recorded as the same measure, as nearly the same, or as one within the other."
FOR_ALL = "How this is known"
#: The part of notes on measures, which is no part to be asked for.
NOTES = "notes"
NOTES_OF_READER = "Notes on single measures, in the reader’s words"
PLACE_OF_NOTES = list(PARTS).index("table")
NO_REASON = "no reason given"


@dataclass(frozen=True)
class Section:
    """A part that can be asked for, or what always stands at the start or the end."""

    name: str
    parts: list[Part]


class Contents:
    """Of the published mitigations that `state` names, with the reader's own `words`."""

    def __init__(
        self,
        state: BriefState,
        base_url: str,
        words: Words | None = None,
    ):
        self.state = state
        self.base_url = base_url
        self.words = words or Words(state.title)
        self.mitigations = in_order(state.selected.published, state.sort)
        self.coverage = coverage_of(state)
        self.support = []
        for one in self.mitigations:
            said = [support_of(item) for item in one.items.all()]
            self.support.append(said)
        self.twins = Twins(self.mitigations)
        #: What studies say of each measure in any words.
        self.known = [
            self.twins.support_with(one, some)
            for one, some in zip(self.mitigations, self.support, strict=True)
        ]

    @property
    def title(self) -> str:
        return self.words.title or self.own_title

    @property
    def own_title(self) -> str:
        """What whoever opens its address finds it called."""
        return f"Brief of {sentences.measures(len(self.mitigations))}"

    @cached_property
    def notices(self) -> list[str]:
        """What is said of everything in it that is preliminary, each once."""
        found = []
        for one in self.mitigations:
            if one.is_preliminary:
                found.append(one.document.named_notice)
        for some in self.known:
            found += [one.item.study.named_notice for one in some if one.lines]
        return sentences.worth_saying(found)

    @cached_property
    def works(self) -> Works:
        studies = [one.item.study for some in self.known for one in some]
        studies += [
            one.item.study for twin in self.twins.all for one in twin.support
        ]
        return Works(self.mitigations, studies, self.base_url)

    @cached_property
    def evidence(self) -> list[list[ItemEvidence]]:
        return evidence_of_each(self.mitigations)

    @property
    def documents(self) -> list[Citation]:
        return self.works.documents

    @cached_property
    def citation(self) -> Citation:
        return cite_view(self.own_title, self.address, self.notices)

    @property
    def bibliography(self) -> Bibliography:
        """All that it rests on, and the brief itself."""
        works = [*self.works.documents, *self.works.entries, self.citation]
        return Bibliography("brief", works)

    @property
    def address(self) -> str:
        """As it is cited: without the title and reasons of the reader, who may not want to tell
        them.
        """
        return f"{self.base_url}{self.state.brief_url(has_words=False)}"

    @property
    def status(self) -> str:
        """Of when it is."""
        release = reading.current_release()
        if release:
            return f"release {release.number}"
        return (
            f"as of {self.moment:%-d %B %Y}" if self.moment else "as of today"
        )

    @cached_property
    def moment(self) -> datetime | None:
        """When the data came to be as they are here."""
        release = reading.current_release()
        if release:
            return release.cut_at
        return revision.moment_of(revision.shown())

    @property
    def footer(self) -> str:
        return f"{self.address} · {self.status} · {LICENCE}"

    @property
    def is_short(self) -> bool:
        """Of one page: the measures are named in its table, and not once more as entries."""
        return self.state.length == "1"

    def brief(self) -> Brief:
        parts = [part for one in self.sections() for part in one.parts]
        return Brief(
            self.title,
            parts,
            self.footer,
            self.address,
            self.status,
            LICENCE,
            self.moment,
            self.is_short,
            self._notes(),
        )

    def _notes(self) -> dict[int, str]:
        """The works that files with pages name at the foot of a page, too."""
        if self.state.notes == FOOT:
            return dict(self.works.numbered_documents)
        return {}

    def sections(self) -> list[Section]:
        """What it is, then what is asked for, then how to cite it."""
        makers = {
            "points": self._points,
            "table": self._table,
            "measures": self._measures,
            "laws": self._laws,
            "coverage": self._coverage,
            "overlaps": self._overlaps,
            LEFT_OUT: self._left_out,
            NOTES: self._notes_apart,
            "method": self._method,
            "terms": self._terms,
            "references": self._references,
        }
        sections = [Section("opening", self._opening())]
        for name in self._named_parts():
            parts = makers[name]()
            if parts:
                heading = Heading(2, {**PARTS, NOTES: NOTES_OF_READER}[name])
                sections.append(Section(name, [heading, *parts]))
        return [*sections, Section("citation", self._how_to_cite())]

    def _named_parts(self) -> list[str]:
        """Those that are asked for; notes on measures that are not told of one by one stand after
        the table, or first.
        """
        names = list(self.state.parts)
        if "measures" in names:
            return names
        before = [
            one for one in names if list(PARTS).index(one) <= PLACE_OF_NOTES
        ]
        names.insert(len(before), NOTES)
        return names

    def _notes_apart(self) -> list[Part]:
        """What the reader writes of single measures, where these have no part of their own."""
        lines = []
        for one in self.mitigations:
            if note := self.words.notes.get(one.accession):
                lines.append(f"{one.name} ({one.accession}): {note}")
        return [Bullets(lines, is_of_reader=True)] if lines else []

    def _opening(self) -> list[Part]:
        parts: list[Part] = [Paragraph(self.what_this_is)]
        parts += [Paragraph(text) for text in self.withdrawn]
        parts += [
            Paragraph(text, is_of_reader=True) for text in self.not_there
        ]
        if self.words.paragraphs:
            parts.append(Heading(2, "Purpose, in the reader’s words"))
            parts += [
                Paragraph(one, is_of_reader=True)
                for one in self.words.paragraphs
            ]
        return parts

    @property
    def what_this_is(self) -> str:
        total = Mitigation.objects.published().count()
        return sentences.what_this_is(
            len(self.mitigations),
            total,
            self.status,
            self.state.as_of,
        )

    @property
    def withdrawn(self) -> list[str]:
        """A sentence on each that was chosen and is no longer in the catalogue."""
        return [
            sentences.withdrawn(
                one.name,
                one.accession,
                one.withdrawal_notice,
                self._successor_of(one),
            )
            for one in self.state.selected.withdrawn
        ]

    @property
    def not_there(self) -> list[str]:
        """A sentence on what was chosen, and one on what was left out, of which there is none."""
        state = self.state
        chosen = sentences.not_there(
            state.selected.unknown,
            ": it is left out",
            ": they are left out",
        )
        others = sentences.not_there(
            state.omissions.selected.unknown,
            " to be left out",
            " to be left out",
        )
        return [one for one in (chosen, others) if one]

    def _successor_of(self, one: Mitigation) -> str:
        """What stands in the place of one that was withdrawn, and where; empty: nothing."""
        found = one.successor
        if found is None:
            return ""
        address = f"{self.base_url}{found.get_absolute_url()}"
        return f"{found.name} ({found.accession}): {address}"

    @cached_property
    def asked_for(self) -> AskedFor:
        others = [one.mitigation for one in self.twins.all]
        return AskedFor(self.mitigations, others)

    @cached_property
    def overlaps(self) -> list[str]:
        return overlaps_of(self.mitigations)

    @cached_property
    def key_points(self) -> list[str]:
        changes = [one.text for one in changes_of(self.state)]
        return key_points(
            self.twins.names(),
            self.known,
            self.coverage,
            self.target,
            self._law_points(),
            [
                sentences.overlapping(self.overlaps),
                sentences.were_left_out(
                    [
                        f"{one.mitigation.name} ({one.accession})"
                        for one in self.state.omissions.rows
                    ],
                ),
                sentences.changed_since(self.state.as_of, changes),
            ],
            self._gap_named,
            self.state.answered_for.told_of(self.mitigations),
        )

    def _gap_named(self, gap: Covered) -> str:
        bearing = self.coverage.bearing_on(gap.parameter)
        return self.twins.gap_named(gap, bearing)

    def _law_points(self) -> list[str]:
        """What law requires, now and later; what else is asked for is a part of its own."""
        if self.is_short:
            return self.asked_for.points_in_short
        if not self.asked_for.required:
            return self.asked_for.points
        *others, last = self.asked_for.required
        return [*others, f"{last} {NO_LEGAL_ADVICE}"]

    @property
    def target(self) -> str:
        """What the reader answers for, as pages call it; empty: everything."""
        return self.state.answered_for.text

    def _points(self) -> list[Part]:
        return [Bullets(self.key_points)]

    def _table(self) -> list[Part]:
        points = self.key_points if self.is_short else None
        made = MeasureTable(self.works, self.twins, points)
        caption = in_which_order(self.state.sort)
        return [made.table(self.mitigations, self.support, caption)]

    def _measures(self) -> list[Part]:
        """What holds for several of them stands before the first."""
        reworded = self.twins.studies_asking()
        studies = Studies(self.evidence, self.works, reworded)
        parts: list[Part] = []
        for_all = [*studies.lines, laws.about_days(self.asked_for)]
        if said := sentences.worth_saying(for_all):
            parts = [Heading(3, FOR_ALL), Bullets(said)]
        for one, items in zip(self.mitigations, self.evidence, strict=True):
            asked = laws.blocks_of_measure(
                one,
                self.asked_for,
                self.works.number_of_entry(one),
            )
            asked += laws.lines_of_twins(one, self.asked_for, self.twins)
            note = self.words.notes.get(one.accession, "")
            parts += blocks_of_measure(
                one,
                items,
                self.works,
                studies,
                asked,
                note,
                self.twins.of(one),
            )
        return parts

    def _laws(self) -> list[Part]:
        return laws.blocks_of_all(self.asked_for)

    def _coverage(self) -> list[Part]:
        rows = []
        for group in self.coverage.fields:
            gaps = map(self._gap_named, group.gaps)
            covered = f"{group.covered_count} of {group.count}"
            rows.append([group.label, covered, ", ".join(gaps) or "none"])
        if not rows:
            return []
        heads = ["Field", "Covered", "Not covered"]
        return [Table(sentences.looked_at(self.target), heads, rows)]

    def _overlaps(self) -> list[Part]:
        if len(self.mitigations) < 2:
            return []
        said = self.overlaps or [NO_OVERLAP]
        return [Bullets(said), *self._together()]

    def _together(self) -> list[Part]:
        """What experts would choose together, as the shortlist says it."""
        parts: list[Part] = []
        for one in chosen_together(self.mitigations):
            asked = sentences.chosen_together_in(
                one.study.label,
                self.works.number_of_study(one.study),
                one.question,
                one.study.preliminary_notice,
            )
            parts += [Paragraph(asked), Bullets(one.lines)]
        return parts

    def _left_out(self) -> list[Part]:
        lines = []
        for one in self.state.omissions.rows:
            named = one.mitigation
            reason = one.reason or NO_REASON
            line = f"{named.name} ({named.accession}), {named.document.label}: {reason}"
            if one.is_gone:
                why = named.withdrawal_notice
                told = sentences.gone("It", why, self._successor_of(named))
                line = f"{line.rstrip('.')}. {told}"
            lines.append(line)
        return [Bullets(lines, is_of_reader=True)] if lines else []

    def _method(self) -> list[Part]:
        return [
            Bullets(METHOD),
            Heading(3, "Words for figures"),
            Bullets([bands_in_words(), INTERVAL]),
        ]

    def _terms(self) -> list[Part]:
        """Those of the vocabularies that these measures have, and no others."""
        lines = []
        for field in of_type(Terms):
            used: dict[int, Term] = {}
            for one in self.mitigations:
                for term in getattr(one, field.stored_as).all():
                    used[term.pk] = term
            order = sorted(used.values(), key=_place)
            lines += [
                f"{term.name} ({term.parameter}): {term.definition}"
                for term in order
            ]
        return [Bullets(lines)] if lines else []

    def _references(self) -> list[Part]:
        if self.is_short:
            return [References(self.works.numbered_documents)]
        return [
            Heading(3, "Documents and studies"),
            References(self.works.numbered_documents),
            Heading(3, "Entries of the catalogue"),
            References(self.works.numbered_entries),
        ]

    def _how_to_cite(self) -> list[Part]:
        number = self.works.next_number
        if self.is_short:
            number = len(self.works.documents) + 1
        return [
            Heading(2, "How to cite this brief"),
            References([(number, self.citation.apa)]),
            *[Paragraph(text) for text in self.notices],
        ]


def _place(term: Term) -> tuple[bool, int, str]:
    return term.is_special, term.position, term.slug
