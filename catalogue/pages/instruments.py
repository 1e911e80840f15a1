"""The pages of laws, codes and standards: what each asks for, what answers to it here, and what does
not.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import QueryDict
from django.urls import reverse
from django.views.generic import ListView

from ..listing.asked_for import BY_ASKER
from ..listing.filters import MitigationFilter
from ..listing.index import current_index
from ..listing.targets import list_with
from ..models import Instrument, Mapping, Mitigation, Provision
from ..record.asking import NO_ADVICE, Answer, applies, unmet_among
from .views import RecordView

#: What names its measure, or nearly so: of a law that requires this, one may say that it requires
#: the measure.
THE_MEASURE = ("exactMatch", "closeMatch")
#: Whom law on frontier models asks: their developers, who are providers of general-purpose
#: models too.
OF_FRONTIER_DEVELOPERS = ("frontier", "general-purpose")


@dataclass
class Node:
    """A provision in the tree of its instrument."""

    provision: Provision
    depth: int
    answers: list[Answer] = field(default_factory=list)
    parts: list["Node"] = field(default_factory=list)

    @property
    def applies(self) -> str:
        return applies(self.provision)

    def flat(self) -> Iterable["Node"]:
        """It and all that is part of it, in order."""
        yield self
        for part in self.parts:
            yield from part.flat()


def tree_of(instrument: Instrument) -> list[Node]:
    """The provisions of an instrument, each with what answers to it. Two queries."""
    answers: dict[int, list[Answer]] = defaultdict(list)
    rows = Mapping.objects.published().filter(
        provision__instrument=instrument,
    )
    for row in rows.select_related("source__document").order_by(
        "source",
        "pk",
    ):
        answers[row.provision_id].append(Answer(row))
    nodes: dict[int, Node] = {}
    top = []
    for provision in instrument.provisions.order_by("position", "pk"):
        provision.instrument = instrument
        nodes[provision.pk] = Node(provision, 1, answers[provision.pk])
    for node in nodes.values():
        for answer in node.answers:
            answer.mapping.provision = node.provision
        wider = nodes.get(node.provision.parent_id or 0)
        (wider.parts if wider else top).append(node)
    _set_depths(top, 1)
    return top


def _set_depths(nodes: list[Node], depth: int) -> None:
    for node in nodes:
        node.depth = depth
        _set_depths(node.parts, depth + 1)


@dataclass(frozen=True)
class Step:
    """A day on which provisions of law begin to apply. `is_ahead`: it lay ahead when the law was
    last looked at.
    """

    day: datetime.date
    instrument: Instrument
    count: int
    applies_to: list[str]
    is_ahead: bool
    #: What is noted on the day itself, where one day does not say it all.
    notes: list[str]


def steps_of_law() -> list[Step]:
    """What law applies from when, the earliest first."""
    steps: dict[tuple, list[Provision]] = defaultdict(list)
    rows = Provision.objects.with_instruments().of_law()
    for row in rows:
        if row.begins_on:
            steps[row.begins_on, row.instrument].append(row)
    found = []
    for (day, instrument), some in steps.items():
        whom = [row.applies_to for row in some if row.applies_to]
        notes = [_noted(row, some) for row in some if row.applies_from_note]
        found.append(
            Step(
                day,
                instrument,
                len(some),
                list(dict.fromkeys(whom)),
                some[0].is_ahead,
                list(dict.fromkeys(notes)),
            ),
        )
    return sorted(found, key=lambda step: (step.day, step.instrument.position))


def _noted(provision: Provision, among: list[Provision]) -> str:
    """The note on the day of a provision, with the codes of those among which it stands that have
    the same one.
    """
    note = provision.applies_from_note
    codes = [one.code for one in among if one.applies_from_note == note]
    if len(codes) == len(among):
        return note
    return f"{', '.join(codes)}: {note}"


def last_looked_at() -> datetime.date | None:
    """The day on which instruments were last looked at."""
    days = Instrument.objects.exclude(checked_on=None).order_by("-checked_on")
    return days.values_list("checked_on", flat=True).first()


@dataclass(frozen=True)
class Required:
    """What law in force on a day requires of developers of frontier models: how many measures,
    and their list.
    """

    day: datetime.date

    @property
    def query(self) -> str:
        values = {
            "force": Mapping.Force.REQUIRES,
            "relation": THE_MEASURE,
            "addressee": OF_FRONTIER_DEVELOPERS,
            "in_force_on": self.day.isoformat(),
        }
        return urlencode(values, doseq=True)

    @property
    def url(self) -> str:
        return f"{reverse('mitigation-list')}?{self.query}"

    @property
    def count(self) -> int:
        return len(MitigationFilter(QueryDict(self.query)).keys)


class InstrumentListView(ListView):
    template_name = "catalogue/instruments/list.html"

    def get_queryset(self):
        return Instrument.objects.annotate(
            provision_count=Count("provisions", distinct=True),
            answered_count=Count(
                "provisions",
                distinct=True,
                filter=Q(
                    provisions__mappings__source__status=Mitigation.Status.PUBLISHED,
                ),
            ),
        ).order_by(*Instrument._meta.ordering)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        sets = current_index().sets(BY_ASKER)
        by_kind: dict[str, list[Instrument]] = defaultdict(list)
        for one in context["object_list"]:
            one.count = len(sets.get(one.slug, ()))
            one.list_url = list_with("instrument", one.slug)
            by_kind[one.kind].append(one)
        groups = [
            (kind.label, by_kind[kind])
            for kind in Instrument.Kind
            if by_kind[kind]
        ]
        steps = steps_of_law()
        looked_at = last_looked_at()
        days = [looked_at] if looked_at else []
        days += sorted({step.day for step in steps if step.is_ahead})
        return {
            **context,
            "groups": groups,
            "steps": steps,
            "looked_at": looked_at,
            "required": [Required(day) for day in days],
            "no_advice": NO_ADVICE,
        }


class InstrumentDetailView(RecordView):
    queryset = Instrument.objects.select_related("replaced_by")
    template_name = "catalogue/instruments/detail.html"

    def get_context_data(self, **kwargs):
        instrument = self.object
        nodes = tree_of(instrument)
        flat = [one for node in nodes for one in node.flat()]
        answering = {
            answer.mitigation.pk for node in flat for answer in node.answers
        }
        met = {node.provision.pk for node in flat if node.answers}
        gaps = []
        if met:
            gaps = unmet_among([node.provision for node in flat], met)
        return super().get_context_data(
            **kwargs,
            nodes=flat,
            answered_count=len(met),
            mitigation_count=len(answering),
            official_count=sum(
                node.provision.is_official_name for node in flat
            ),
            usual=_usual([node.applies for node in flat]),
            gaps=gaps,
            # Those that are neither met themselves nor by none: their parts are.
            parted_count=len(flat) - len(met) - len(gaps),
            list_url=list_with("instrument", instrument.slug),
            others=Instrument.objects.exclude(pk=instrument.pk),
            no_advice=NO_ADVICE,
        )


def _usual(several: list[str]) -> str:
    """What most of them say; empty where less than half say the same."""
    [(most, count)] = Counter(several).most_common(1) or [("", 0)]
    return most if count * 2 > len(several) else ""
