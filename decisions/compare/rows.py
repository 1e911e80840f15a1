"""What a comparison is made of: rows, with a value for each mitigation, in groups."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import chain

from django.db.models import Q

from catalogue.models import Mapping, Mitigation
from surveys.models import Criterion, RiskArea, Study
from surveys.results.evidence import ItemEvidence, evidence_of_each
from surveys.results.findings import Finding
from surveys.results.statistics import SHARE_AGREEING, Estimate

from ..selected import further_wordings
from .verdicts import Comparison, verdict_sentences

AS_WORDED_IN = "As worded in"
ASKED_ELSEWHERE = "Asked elsewhere."


class Missing(StrEnum):
    """Why a study has no answer to show for a mitigation."""

    NOT_ASKED = "not asked"
    NOT_PUBLISHED = "asked, not published"
    WITHHELD = "withheld"
    ELSEWHERE = "asked, published elsewhere"


@dataclass(frozen=True)
class Part:
    """One of several things in a value: what leads to it, where, and what is said of it."""

    label: str
    url: str
    rest: str

    def __str__(self):
        return f"{self.label} {self.rest}"


@dataclass(frozen=True)
class Value:
    """What stands in a row for one mitigation. `same_as` tells two apart: rows differ where
    these do. `finding` has a bar; `is_missing`: it says why nothing is there, and of what a
    study answers `why` is which of the reasons. `parts` are shown one below the other, and say
    the same as the text. `worded_in`: the other wording of the measure that it is of.
    """

    text: str
    same_as: Hashable = None
    url: str = ""
    note: str = ""
    finding: Finding | None = None
    share: Estimate | None = None
    is_missing: bool = False
    why: Missing | None = None
    parts: tuple[Part, ...] = ()
    worded_in: Mitigation | None = None

    @property
    def told(self) -> str:
        """The text, with the wording that it is of."""
        if self.worded_in is None:
            return self.text
        return f"{AS_WORDED_IN} {self.worded_in.accession}: {self.text}"

    @property
    def key(self) -> Hashable:
        return self.text if self.same_as is None else self.same_as


@dataclass(frozen=True)
class Row:
    """One value for each mitigation; `names` are what those are called. `area`: the risk area
    that was asked about.
    """

    label: str
    values: list[Value]
    names: tuple[str, ...] = ()
    area: RiskArea | None = None

    @property
    def named(self) -> list[tuple[str, Value]]:
        return list(zip(self.names, self.values, strict=True))

    @property
    def is_same(self) -> bool:
        return len({value.key for value in self.values}) == 1


@dataclass(frozen=True)
class Pairing:
    """How often two were chosen together, in a sentence; `chosen` of `n` experts, None where
    that is withheld. `places` are which of the compared mitigations they are.
    """

    text: str
    places: tuple[int, int]
    chosen: int | None = None
    n: int | None = None


@dataclass(frozen=True)
class Group:
    """Rows under a heading. `comparisons` are said above them, and `together`, which measures
    were chosen together; `study` is the source, `area` the one that all of it is about, and `note`
    how it was compared.
    """

    title: str
    rows: list[Row]
    comparisons: list[Comparison] = field(default_factory=list)
    study: Study | None = None
    question: str = ""
    criterion: Criterion | None = None
    area: RiskArea | None = None
    note: str = ""
    together: list[Pairing] = field(default_factory=list)

    @property
    def asked(self) -> str:
        """The question as it is read: in quotation marks where experts read it so."""
        if self.criterion and self.study:
            return self.study.quoted(self.criterion, self.area)
        return f"Asked: {self.question}" if self.question else ""

    @property
    def said(self) -> list[str]:
        """What the compared say of each other."""
        texts = [one.text for one in self.together]
        return [*verdict_sentences(self.comparisons), *texts]


class Compared:
    """The published mitigations that are compared, in the reader's order, and what is known of
    them.
    """

    def __init__(self, mitigations: list[Mitigation]):
        self.mitigations = mitigations

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.mitigations]

    @cached_property
    def evidence(self) -> list[list[ItemEvidence]]:
        """Of each, what studies say of it. A study that has nothing on its own words, and asked
        about the same measure as another source words it, which is not compared, too, speaks of
        it there.
        """
        every = [*self.mitigations, *self._by_key_of_others.values()]
        items_of = {}
        for one, items in zip(every, evidence_of_each(every), strict=True):
            items_of[one.pk] = items
        found = []
        for one in self.mitigations:
            others = self._other_wordings.get(one.pk, [])
            same = [items_of[other.pk] for other in others]
            found.append(_one_of_each_study(items_of[one.pk], same))
        return found

    @cached_property
    def _other_wordings(self) -> dict[int, list[Mitigation]]:
        return further_wordings(self.mitigations, Mitigation.objects.all())

    @property
    def _by_key_of_others(self) -> dict[int, Mitigation]:
        others = chain.from_iterable(self._other_wordings.values())
        return {one.pk: one for one in others}

    def worded_in(
        self,
        item: ItemEvidence | None,
    ) -> Mitigation | None:
        """The wording that a study asked about, where it is not compared itself."""
        if item is None:
            return None
        return self._by_key_of_others.get(item.item.mitigation_id)

    @cached_property
    def mappings(self) -> dict[int, list[Mapping]]:
        """Of each, by key, to what it is mapped. One query."""
        found: dict[int, list[Mapping]] = {}
        for one in self.mitigations:
            found[one.pk] = []
        rows = Mapping.objects.published().filter(
            Q(source__in=list(found)) | Q(target__in=list(found)),
        )
        for mapping in rows.for_display():
            for key in {mapping.source_id, mapping.target_id}:
                if key in found:
                    found[key].append(mapping)
        return found


def known_shares(item: ItemEvidence | None) -> list[Finding]:
    """What says how many support it, as far as that is known."""
    if item is None:
        return []
    return [
        finding
        for finding in item.findings
        if finding.is_support
        and not finding.expertise_area
        and finding.estimates[SHARE_AGREEING].is_known
    ]


def _one_of_each_study(
    own: list[ItemEvidence],
    same: list[list[ItemEvidence]],
) -> list[ItemEvidence]:
    """Of each study the measure's `own` item, unless only another wording's has answers."""
    found: dict[int, ItemEvidence] = {}
    for item in chain(own, *same):
        before = found.get(item.study.pk)
        if before is None or (known_shares(item) and not known_shares(before)):
            found[item.study.pk] = item
    return list(found.values())


def told_once(groups: list[Group]) -> list[Group]:
    """Where the answers on a measure are found instead is said in its first row alone: a study
    that asked of many risks would say it of each.
    """
    told: set[tuple[int, str]] = set()
    found = []
    for group in groups:
        rows = []
        for row in group.rows:
            values = []
            for place, value in enumerate(row.values):
                if value.why == Missing.ELSEWHERE:
                    is_told = (place, value.text) in told
                    told.add((place, value.text))
                    if is_told:
                        value = replace(value, text=ASKED_ELSEWHERE)
                values.append(value)
            rows.append(replace(row, values=values))
        found.append(replace(group, rows=rows))
    return found
