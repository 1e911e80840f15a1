"""The pages of laws, codes and standards: what each asks for, what answers to it here, and what does
not.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.views.generic import ListView

from ..curation.changes_of_instruments import events_of
from ..listing.asked_for import (
    LAW_THAT_APPLIES,
    last_looked_at,
)
from ..listing.index import current_index
from ..listing.targets import list_with
from ..models import (
    Instrument,
    NotCovered,
    Provision,
)
from ..record.asked_lists import AskedAbout
from ..record.asking import (
    NO_ADVICE,
    OF_WHOM,
    noted_on_day,
)
from ..record.meeting import meetings_of
from .provision_tree import groups_by_day, tree_of
from .required import required_on
from .views import RecordView


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
        provisions: dict[str, list[Provision]] = defaultdict(list)
        for row in Provision.objects.with_instruments():
            provisions[row.instrument.slug].append(row)
        by_kind: dict[str, list[Instrument]] = defaultdict(list)
        for one in context["object_list"]:
            one.meetings = meetings_of(index, provisions[one.slug])
            one.asked = AskedAbout(index, one.slug)
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
        groups = groups_by_day(flat)
        meetings = meetings_of(index, [node.provision for node in flat])
        return super().get_context_data(
            **kwargs,
            nodes=flat,
            meetings=meetings,
            asked=AskedAbout(index, instrument.slug),
            official_count=sum(
                node.provision.is_official_name for node in flat
            ),
            groups=groups,
            days=[one for one in groups if one.day],
            gaps=meetings.none,
            list_url=list_with("instrument", instrument.slug),
            past=events_of([instrument.pk])[instrument.pk],
            others=Instrument.objects.exclude(pk=instrument.pk),
            no_advice=NO_ADVICE,
        )
