"""What happened to the mitigations of a shortlist since a day, as the public history has it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date

from catalogue.curation.changes import Event, histories
from catalogue.models import Mitigation


@dataclass(frozen=True)
class Changed:
    """A mitigation to which something happened, the newest last."""

    mitigation: Mitigation
    events: list[Event]

    @property
    def successor(self) -> Mitigation | None:
        """What stands in its place now."""
        if self.mitigation.status == Mitigation.Status.PUBLISHED:
            return None
        return self.mitigation.successor

    @property
    def text(self) -> str:
        """A sentence: what happened, of which mitigation."""
        if self.successor:
            return f"{self.mitigation.accession} was merged into {self.successor.accession}."
        what = "; ".join(_lowered(one.text) for one in self.events)
        return f"{self.mitigation.accession}: {what}."


def changes_since(
    day: date,
    mitigations: Collection[Mitigation],
) -> list[Changed]:
    """Of these, in their order, those to which something happened after that day."""
    told = histories([one.pk for one in mitigations])
    found = []
    for one in mitigations:
        events = [
            event
            for event in reversed(told[one.pk])
            if event.at.astimezone(UTC).date() > day
        ]
        if events:
            found.append(Changed(one, events))
    return found


def _lowered(text: str) -> str:
    """Within a sentence, without its full stop."""
    return f"{text[:1].lower()}{text[1:]}".rstrip(".")
