"""The provisions of an instrument as its page shows them: each with what answers to it, under the
day from which it applies.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyroaring import BitMap

from ..listing.asked_for import askings
from ..listing.index import Index
from ..listing.sources import EMPTY
from ..listing.targets import list_with
from ..models import Instrument, Mapping, Provision
from ..models.mitigation import among
from ..record.asking import Answer, Applied, applies, noted_on_day
from ..record.meeting import Met, met_by_key

#: So many measures are told of a provision; of more, their list has all.
MOST_ANSWERS = 20


@dataclass
class Node:
    """A provision in the tree of its instrument."""

    provision: Provision
    met: Met
    answers: list[Answer] = field(default_factory=list)
    #: How many measures it asks for, of which not all need be among `answers`.
    count: int = 0
    #: Among those that apply from the same day.
    depth: int = 1
    parts: list["Node"] = field(default_factory=list)

    @cached_property
    def applies(self) -> Applied:
        return applies(self.provision)

    @property
    def more(self) -> int:
        """How many measures are not told."""
        return self.count - len(self.answers)

    @property
    def list_url(self) -> str:
        return list_with("provision", self.provision.key)

    @property
    def unanswered(self) -> str:
        """What stands where no measure does; empty: one does, or nothing is known of any."""
        if self.met == Met.NONE:
            return "No measure here."
        return "See its parts." if self.met == Met.PARTS else ""

    def flat(self) -> Iterable["Node"]:
        """It and all that is part of it, in order."""
        yield self
        for part in self.parts:
            yield from part.flat()


@dataclass
class FromDay:
    """The provisions of an instrument that apply from one day on, in their order. `day` is None of
    what is no law, or where it is not known.
    """

    day: datetime.date | None
    nodes: list[Node]

    @property
    def is_ahead(self) -> bool:
        """As of a provision."""
        return self.nodes[0].provision.is_ahead

    @property
    def widest(self) -> list[Node]:
        """Those that are part of none of the others."""
        return [one for one in self.nodes if one.depth == 1]

    @cached_property
    def usual(self) -> Applied:
        """To whom, and from when with what is noted on it, most of them apply; each empty where no
        more than half say the same, or some say nothing.
        """
        several = [one.applies for one in self.nodes]
        return Applied(
            _usual([one.whom for one in several]),
            _usual([one.from_when for one in several]),
        )

    @property
    def said_below_day(self) -> Applied:
        """What is usual, where the day stands above it: it is said again with a note alone."""
        usual = self.usual
        noted = [
            one
            for one in self.nodes
            if one.applies.from_when == usual.from_when
            and noted_on_day(one.provision)
        ]
        return usual if noted else Applied(usual.whom, "")

    @property
    def told(self) -> list[tuple[Node, Applied]]:
        """Each, with what is not usual of it."""
        return [(one, self._unusual(one.applies)) for one in self.nodes]

    def _unusual(self, applied: Applied) -> Applied:
        usual = self.usual
        return Applied(
            applied.whom if applied.whom != usual.whom else "",
            applied.from_when if applied.from_when != usual.from_when else "",
        )


def _usual(several: Sequence[str]) -> str:
    for most, count in Counter(several).most_common(1):
        if "" not in several and count * 2 > len(several):
            return most
    return ""


def tree_of(instrument: Instrument, index: Index) -> list[Node]:
    """The provisions of an instrument, each with the first of what answers to it: those that are
    part of none. Two queries.
    """
    answering = _answering(instrument, index)
    answers = _first_answers(instrument, answering)
    met = met_by_key(index)
    nodes: dict[int, Node] = {}
    for provision in instrument.provisions.order_by("position", "pk"):
        provision.instrument = instrument
        node = Node(provision, met[provision.key], answers[provision.pk])
        node.count = len(answering.get(provision.key, EMPTY))
        nodes[provision.pk] = node
    top = []
    for node in nodes.values():
        for answer in node.answers:
            answer.mapping.provision = node.provision
        wider = nodes.get(node.provision.parent_id or 0)
        (wider.parts if wider else top).append(node)
    return top


def _answering(instrument: Instrument, index: Index) -> dict[str, BitMap]:
    """The published mitigations that each of its provisions asks for, by the key of that."""
    found: dict[str, BitMap] = defaultdict(BitMap)
    for one in askings(index):
        if one.asker.instrument == instrument.slug:
            found[one.asker.provisions[0]] |= one.keys
    return found


def _first_answers(
    instrument: Instrument,
    answering: dict[str, BitMap],
) -> dict[int | None, list[Answer]]:
    """By the key of the provision. One query."""
    first = BitMap()
    for keys in answering.values():
        first |= BitMap(keys[:MOST_ANSWERS])
    rows = Mapping.objects.filter(
        provision__instrument=instrument,
        source__in=among(first),
    )
    answers: dict[int | None, list[Answer]] = defaultdict(list)
    for row in rows.select_related("source").order_by("source", "pk"):
        of_provision = answers[row.provision_id]
        if len(of_provision) < MOST_ANSWERS:
            of_provision.append(Answer(row))
    return answers


def groups_by_day(nodes: Iterable[Node]) -> list[FromDay]:
    """Provisions, in the order of their tree, under the days from which they apply: the earliest
    first, and last those of which no day is known. Sets how deep each stands there.
    """
    groups: dict[datetime.date | None, list[Node]] = defaultdict(list)
    days: dict[int | None, tuple[datetime.date | None, int]] = {}
    for node in nodes:
        provision = node.provision
        day = provision.begins_on
        day_of_wider, depth_of_wider = days.get(provision.parent_id, (day, 0))
        node.depth = depth_of_wider + 1 if day_of_wider == day else 1
        days[provision.pk] = (day, node.depth)
        groups[day].append(node)
    known = sorted(day for day in groups if day)
    order = [*known, None] if None in groups else known
    return [FromDay(day, groups[day]) for day in order]
