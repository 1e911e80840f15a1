"""What happened to the mitigations of a shortlist on a day or since, as the public history has it.
Of that day all is told: whether it was before or after the list was put together, nothing says.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date

from catalogue.curation.changes import Event, histories
from catalogue.models import Mitigation

#: What happened, of an event.
PUBLISHED = "published"


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
        what = "; ".join(_as_clause(one.text) for one in self.events)
        return f"{self.mitigation.accession}: {what}."


def changes_since(
    day: date,
    mitigations: Collection[Mitigation],
) -> list[Changed]:
    """Of these, in their order, those to which something happened on that day or after it."""
    told = histories([one.pk for one in mitigations])
    found = []
    for one in mitigations:
        events = [
            event for event in reversed(told[one.pk]) if _is_told(event, day)
        ]
        if events:
            found.append(Changed(one, events))
    return found


def _is_told(event: Event, day: date) -> bool:
    """What was published on the day itself was so before anybody could choose it."""
    on = event.at.astimezone(UTC).date()
    return on > day or (on == day and event.what != PUBLISHED)


def _as_clause(text: str) -> str:
    """Within a sentence, without its full stop."""
    return f"{text[:1].lower()}{text[1:]}".rstrip(".")
