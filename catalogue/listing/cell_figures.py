"""What the cells of a crosstab say beside their number: each way is a `Show`, declared once."""

from collections.abc import Callable
from dataclasses import dataclass

from pyroaring import BitMap

from serving.registry import Registry

from .crosstab import Cell
from .filters import MitigationFilter


@dataclass(frozen=True)
class Figure:
    """What a cell says: as text with smaller `detail`, and as numbers for programs.

    `status` says why there is no value: “none” (no mitigation stands there), “not asked” (no
    expert was asked about any of them), “withheld” (too few answered); empty where there is
    one. `low` and `high` are the lowest and the highest of its mitigations, and `known` how
    many of them it is made of. `note` is said below the table, once.
    """

    text: str
    detail: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    known: int = 0
    status: str = ""
    note: str = ""
    is_preliminary: bool = False


#: What a cell without any mitigation says.
NOTHING = Figure("0", status="none")


@dataclass(frozen=True)
class Show:
    """What cells say. `label` is the choice on the page; `caption` gives what a number is. `prepare`
    gives what makes the figure of some mitigations, under the filters of the list and further
    parameters; None where these do not say enough, such as which question.
    """

    name: str
    label: str
    caption: Callable[[MitigationFilter], str]
    prepare: Callable[
        [MitigationFilter],
        Callable[[BitMap], Figure] | None,
    ]


def _counting(filters: MitigationFilter) -> Callable[[BitMap], Figure]:
    def figure(keys: BitMap) -> Figure:
        count = filters.count_entries(keys)
        if not count:
            return NOTHING
        return Figure(
            f"{count:,}",
            detail=""
            if filters.is_by_measure
            else _in_measures(filters, keys),
            value=count,
            known=count,
        )

    return figure


def _in_measures(filters: MitigationFilter, keys: BitMap) -> str:
    """How many measures they word, where these are fewer."""
    count = filters.index.measures.count(keys)
    if count == len(keys):
        return ""
    return f"{count:,} measure{'' if count == 1 else 's'}"


class Figures:
    """What a show says of the cells of a crosstab. `is_complete`: whether the filters say enough
    for it, such as which question.
    """

    def __init__(self, filters: MitigationFilter, show: Show):
        self.filters = filters
        self.show = show
        self._makers: dict[tuple, Callable[[BitMap], Figure] | None] = {}
        self._answered: dict[tuple[str, str], bool] = {}

    @property
    def is_complete(self) -> bool:
        return self._maker({}) is not None

    def of(self, cell: Cell) -> Figure:
        make = self._maker(cell.values)
        assert make is not None
        return make(cell.keys)

    def _maker(
        self,
        values: dict[str, str],
    ) -> Callable[[BitMap], Figure] | None:
        """A cell answers to its own values as the entries of a list to filters: that of a risk
        area has this area's figures.
        """
        key = tuple(filter(self._is_answered, values.items()))
        if key not in self._makers:
            shown = self._filters_with(dict(key))
            self._makers[key] = self.show.prepare(shown)
        return self._makers[key]

    def _is_answered(self, chosen: tuple[str, str]) -> bool:
        """Whether entries answer to this value of this filter."""
        if chosen not in self._answered:
            name, value = chosen
            answered = self.filters.filters[name].in_entries([value])
            self._answered[chosen] = bool(answered.get(name))
        return self._answered[chosen]

    def _filters_with(self, values: dict[str, str]) -> MitigationFilter:
        if not values:
            return self.filters
        data = self.filters.data.copy()
        for name, value in values.items():
            data[name] = value
        return MitigationFilter(data, self.filters.queryset)


def _caption_of_counts(filters: MitigationFilter) -> str:
    return f"How many {filters.noun}s there are"


COUNT = Show("count", "How many", _caption_of_counts, _counting)
#: Other apps register theirs when Django is ready.
SHOWS: Registry[str, Show] = Registry("show of a matrix", {COUNT.name: COUNT})
