"""How dark the cells of a matrix are, by their number."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass

#: How many shades there are but that of nothing.
SHADES = 4
#: From which numbers on each shade but the first begins, whatever is filtered.
FIXED_EDGES = (3, 6, 11)


@dataclass(frozen=True)
class KeyEntry:
    shade: int
    label: str


@dataclass(frozen=True)
class Shading:
    """`edges`: from which numbers on each shade but the first begins."""

    edges: Sequence[int] = FIXED_EDGES

    @classmethod
    def up_to(cls, largest: int) -> "Shading":
        """That of these numbers alone."""
        edges = [
            max(number + 1, -(-largest * number // SHADES))
            for number in range(1, SHADES)
        ]
        return cls(edges)

    def of(self, number: float | None) -> int:
        return bisect(self.edges, number) + 1 if number else 0

    @property
    def key(self) -> list[KeyEntry]:
        """What each shade stands for."""
        entries = [KeyEntry(0, "0")]
        first = 1
        for shade, edge in enumerate(self.edges, start=1):
            last = edge - 1
            label = str(first) if first == last else f"{first} to {last}"
            entries.append(KeyEntry(shade, label))
            first = edge
        entries.append(KeyEntry(SHADES, f"{first} and more"))
        return entries
