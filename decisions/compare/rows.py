"""What a comparison is made of: rows, with a value for each mitigation, in groups."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from django.db.models import Q

from catalogue.models import Mapping, Mitigation
from surveys.models import Criterion, RiskArea, Study
from surveys.results.evidence import ItemEvidence, evidence_of_each
from surveys.results.findings import Finding
from surveys.results.statistics import Estimate

from .verdicts import Comparison, verdict_sentences


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
    the same as the text.
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
        return evidence_of_each(self.mitigations)

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
