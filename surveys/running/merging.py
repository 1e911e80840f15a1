"""Forms of one expert that are open at the same time, in tabs or on devices: what each sends,
against what stands.

A form says of each field what it showed, and what it sent since without hearing whether that
arrived. So a field that nobody touched on the page never overwrites what was saved from
another, and one that was changed on both is disputed: what was saved first stands until the
expert has seen it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: What a form knows of its fields: first what it showed, then what it sent and never heard of.
SeenValues = Mapping[str, Sequence[str]]


@dataclass
class Merged:
    """What becomes of a form. All by the name of the field."""

    #: What is to be written.
    written: dict[str, str] = field(default_factory=dict)
    #: Changed from another page and not touched on this one: what stands.
    elsewhere: dict[str, str] = field(default_factory=dict)
    #: Changed on both: what stands.
    disputed: dict[str, str] = field(default_factory=dict)
    #: Why a field cannot be kept, in words.
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether all is saved, and the page shows what stands."""
        return not (self.elsewhere or self.disputed or self.refused)


def merge(
    stored: Mapping[str, str],
    sent: Mapping[str, str],
    known: SeenValues | None,
) -> Merged:
    """What to write of what is sent. `stored` has a value for each field, empty where nothing
    stands. Without `known` the sender knows what stands, and all of it is written.
    """
    merged = Merged()
    for name, value in sent.items():
        stands = stored.get(name, "")
        seen = [stands] if known is None else known.get(name) or [""]
        if value == stands:
            continue
        if stands in seen:
            merged.written[name] = value
        elif value == seen[0]:
            merged.elsewhere[name] = stands
        else:
            merged.disputed[name] = stands
    return merged


def merge_set(
    stored: Iterable[str],
    sent: Iterable[str],
    shown: Iterable[str],
    tried: Iterable[str] = (),
) -> set[str]:
    """What stands after boxes were ticked and unticked: both pages' changes. `shown` were
    ticked on the page at first, `tried` since, without an answer.
    """
    sent = set(sent)
    shown = set(shown)
    return (set(stored) | (sent - shown)) - ((shown | set(tried)) - sent)
