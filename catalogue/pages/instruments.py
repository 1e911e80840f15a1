"""The pages of laws, codes and standards: what each asks for, what answers to it here, and what does
not.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.views.generic import ListView
from pyroaring import BitMap

from ..curation.changes_of_instruments import events_of
from ..listing.asked_for import (
    BY_ASKER,
    LAW_THAT_APPLIES,
    askings,
    last_looked_at,
)
from ..listing.index import Index, current_index
from ..listing.sources import EMPTY
from ..listing.targets import list_with
from ..models import (
    Instrument,
    Mapping,
    NotCovered,
    Provision,
)
from ..models.mitigation import among
from ..record.asking import (
    NO_ADVICE,
    OF_WHOM,
    Answer,
    Applied,
    applies,
    noted_on_day,
)
from ..record.meeting import meetings_of
from .required import required_on
from .views import RecordView

#: So many measures are told of a provision; of more, their list has all.
MOST_ANSWERS = 20


@dataclass
class Node:
    """A provision in the tree of its instrument."""

    provision: Provision
    depth: int
    answers: list[Answer] = field(default_factory=list)
    #: How many measures it asks for, of which not all need be among `answers`.
    count: int = 0
    parts: list["Node"] = field(default_factory=list)

    @property
    def applies(self) -> Applied:
        return applies(self.provision)

    @property
    def more(self) -> int:
        """How many measures are not told."""
        return self.count - len(self.answers)

    @property
    def list_url(self) -> str:
        return list_with("provision", self.provision.key)

    def flat(self) -> Iterable["Node"]:
        """It and all that is part of it, in order."""
        yield self
        for part in self.parts:
            yield from part.flat()


def tree_of(instrument: Instrument, index: Index) -> list[Node]:
    """The provisions of an instrument, each with the first of what answers to it. Two queries."""
    answering = _answering(instrument, index)
    answers: dict[int | None, list[Answer]] = defaultdict(list)
    first = BitMap()
    for keys in answering.values():
        first |= BitMap(keys[:MOST_ANSWERS])
    rows = Mapping.objects.filter(
        provision__instrument=instrument,
        source__in=among(first),
    )
    for row in rows.select_related("source").order_by("source", "pk"):
        of_provision = answers[row.provision_id]
        if len(of_provision) < MOST_ANSWERS:
            of_provision.append(Answer(row))
    nodes: dict[int, Node] = {}
    top = []
    for provision in instrument.provisions.order_by("position", "pk"):
        provision.instrument = instrument
        node = Node(provision, 1, answers[provision.pk])
        node.count = len(answering.get(provision.key, EMPTY))
        nodes[provision.pk] = node
    for node in nodes.values():
        for answer in node.answers:
            answer.mapping.provision = node.provision
        wider = nodes.get(node.provision.parent_id or 0)
        (wider.parts if wider else top).append(node)
    _set_depths(top, 1)
    return top


def _answering(instrument: Instrument, index: Index) -> dict[str, BitMap]:
    """The published mitigations that each of its provisions asks for, by the key of that."""
    found: dict[str, BitMap] = defaultdict(BitMap)
    for one in askings(index):
        if one.asker.instrument == instrument.slug:
            found[one.asker.provisions[0]] |= one.keys
    return found


def _set_depths(nodes: list[Node], depth: int) -> None:
    for node in nodes:
        node.depth = depth
        _set_depths(node.parts, depth + 1)


@dataclass(frozen=True)
class Step:
    """A day on which provisions of law begin to apply. `looked_at`: when its law was last looked
    at, or any, where that is not known of it.
    """

    day: datetime.date
    instrument: Instrument
    count: int
    applies_to: list[str]
    looked_at: datetime.date | None
    #: Whether any of them asks something of developers of frontier models.
    is_of_frontier_developers: bool
    #: What is noted on the day itself, where one day does not say it all.
    notes: list[str]

    @property
    def is_ahead(self) -> bool:
        return self.looked_at is not None and self.day > self.looked_at


def steps_of_law(looked_at: datetime.date | None) -> list[Step]:
    """What law applies from when, the earliest first. `looked_at`: when any was last looked at."""
    steps: dict[tuple, list[Provision]] = defaultdict(list)
    rows = Provision.objects.with_instruments().of_law()
    for row in rows:
        if row.begins_on:
            steps[row.begins_on, row.instrument].append(row)
    found = []
    for (day, instrument), some in steps.items():
        whom = [row.applies_to for row in some if row.applies_to]
        notes = [_noted(row, some) for row in some if noted_on_day(row)]
        found.append(
            Step(
                day,
                instrument,
                len(some),
                list(dict.fromkeys(whom)),
                instrument.checked_on or looked_at,
                any(
                    row.addressee in Provision.OF_FRONTIER_DEVELOPERS
                    for row in some
                ),
                list(dict.fromkeys(notes)),
            ),
        )
    return sorted(found, key=lambda step: (step.day, step.instrument.position))


def _noted(provision: Provision, among: list[Provision]) -> str:
    """The note on the day of a provision, with the codes of those among which it stands that have
    the same one.
    """
    note = noted_on_day(provision)
    codes = [one.code for one in among if noted_on_day(one) == note]
    if len(codes) == len(among):
        return note
    return f"{', '.join(codes)}: {note}"


class InstrumentListView(ListView):
    template_name = "catalogue/instruments/list.html"

    def get_queryset(self):
        return Instrument.objects.order_by(*Instrument._meta.ordering)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        index = current_index()
        sets = index.sets(BY_ASKER)
        provisions: dict[str, list[Provision]] = defaultdict(list)
        for row in Provision.objects.with_instruments():
            provisions[row.instrument.slug].append(row)
        by_kind: dict[str, list[Instrument]] = defaultdict(list)
        for one in context["object_list"]:
            one.meetings = meetings_of(index, provisions[one.slug])
            one.count = len(sets.get(one.slug, ()))
            one.list_url = list_with("instrument", one.slug)
            by_kind[one.kind].append(one)
        groups = [
            (kind.label, by_kind[kind])
            for kind in Instrument.Kind
            if by_kind[kind]
        ]
        looked_at = last_looked_at(index)
        steps = steps_of_law(looked_at)
        days = [looked_at] if looked_at else []
        ahead = {
            step.day
            for step in steps
            if step.is_ahead
            and step.is_of_frontier_developers
            and looked_at
            and step.day > looked_at
        }
        days += sorted(ahead)
        return {
            **context,
            "groups": groups,
            "steps": steps,
            "looked_at": looked_at,
            "required": required_on(index, days),
            "not_covered": NotCovered.objects.all(),
            "no_advice": NO_ADVICE,
            "law_that_applies": LAW_THAT_APPLIES,
            "of_whom": OF_WHOM,
        }


class InstrumentDetailView(RecordView):
    queryset = Instrument.objects.select_related("replaced_by")
    template_name = "catalogue/instruments/detail.html"

    def get_context_data(self, **kwargs):
        instrument = self.object
        index = current_index()
        nodes = tree_of(instrument, index)
        flat = [one for node in nodes for one in node.flat()]
        answering = index.sets(BY_ASKER).get(instrument.slug, EMPTY)
        meetings = meetings_of(index, [node.provision for node in flat])
        return super().get_context_data(
            **kwargs,
            nodes=flat,
            meetings=meetings,
            mitigation_count=len(answering),
            official_count=sum(
                node.provision.is_official_name for node in flat
            ),
            usual=_usual([node.applies for node in flat]),
            gaps=meetings.none,
            list_url=list_with("instrument", instrument.slug),
            past=events_of([instrument.pk])[instrument.pk],
            others=Instrument.objects.exclude(pk=instrument.pk),
            no_advice=NO_ADVICE,
        )


def _usual(several: list[Applied]) -> Applied | None:
    """What most of them say; None where no more than half say the same."""
    for most, count in Counter(several).most_common(1):
        if count * 2 > len(several):
            return most
    return None
