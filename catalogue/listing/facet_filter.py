"""What filters have in common that narrow sets of mitigations, and those whose values are shown with
counts.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self

import django_filters
import numpy
from django import forms
from pyroaring import BitMap

from ..fields import code_path
from .counting import counts_in, largest
from .facet_values import NOT_GIVEN, Facet, FacetValue
from .index import Index
from .measures import Measures
from .sources import EMPTY, FacetSource, RelabelledSource


class IndexFilter(django_filters.Filter):
    """A filter of mitigations that narrows sets of their keys."""

    #: What the schema of the API says of each of its values, and of what they mean: a sentence.
    value_schema: ClassVar[dict[str, Any]] = {"type": "string"}
    explanation = ""
    #: Whether the look of an entry depends on the values chosen.
    is_shown_in_entries = False
    #: Whether it may be given more than once, which is “or”.
    takes_several = False
    #: The parameters, its own among them, whose values one and the same thing that is said of a
    #: mitigation is to have.
    together: tuple[str, ...] = ()

    def __deepcopy__(self, memo: Any) -> Self:
        """A shallow copy is enough, since nothing that a filter holds is ever changed but its
        filter set, which is set on the copy. Every filter set copies all filters: deeply, with
        the query sets that their sources hold, that takes ten times as long (0.4 ms).
        """
        new = object.__new__(type(self))
        new.__dict__ = self.__dict__.copy()
        return new

    def in_entries(self, values: list[str]) -> dict[str, list[str]]:
        """What each entry of the list answers to where these are chosen, by parameter."""
        return {self.field_name: values} if self.is_shown_in_entries else {}

    def label_of(self, values: list[str]) -> str:
        """How the title of a list says what is chosen."""
        return values[0]

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        """Those of `keys`, published mitigations, that have any of `values`."""
        raise NotImplementedError

    def narrow_together(
        self,
        index: Index,
        keys: BitMap,
        chosen: dict[str, list[str]],
    ) -> BitMap:
        """Those of `keys` of which one thing is said that has any of the values `chosen` of each
        parameter. For filters that stand `together`.
        """
        raise NotImplementedError

    def filter(self, qs, value):
        """Of a query set of mitigations those that `narrow` lets through."""
        if not value:
            return qs
        index = self.parent.index
        values = value if isinstance(value, list) else [value]
        return qs.published_among(self.narrow(index, index.published, values))


class FacetField(forms.MultipleChoiceField):
    """Takes what its facet accepts, and names each value that it does not."""

    def __init__(self, *, facet: "FacetFilter", **kwargs):
        super().__init__(**kwargs)
        self.facet = facet

    def validate(self, value):
        errors = [
            self.facet.refusal(one)
            for one in dict.fromkeys(value)
            if not self.facet.accepts(one)
        ]
        if errors:
            raise forms.ValidationError(errors)


class FacetFilter(IndexFilter):
    """A filter by any of several values. Those below give `source`, or `carriers`, and
    `choices`.
    """

    #: What stands above its values on pages, where its label does not say enough.
    note = ""
    #: How a value reads by itself, where it would be taken for something else.
    chip_words = "{}"

    field_class = FacetField
    takes_several = True
    is_tree = False
    #: Its values are the same for long, so that a program may know them.
    has_fixed_values = False
    #: Where its values are records that curators add to: the list of the API that has them.
    resource = ""
    #: Where it takes other values than its choices too: which ones, for an error. `accepts`
    #: says whether a value is one.
    takes_more = ""
    #: What a mitigation without any of its values is called, which `NOT_GIVEN` asks for. Empty:
    #: each has one.
    not_given = ""
    #: Whether what it takes beside its choices is offered with them, before it is chosen.
    offers_special = False
    #: Pages show those by which most readers choose first; of one place, in the order in which
    #: they are declared.
    place_on_pages = 0
    #: Whether pages offer it. If not, they show it where it is chosen, and the API takes it.
    is_on_pages = True
    #: So many values are shown at most, those with the most results; all where it is None.
    most_shown: int | None = None

    @property
    def field(self):
        if not hasattr(self, "_field"):
            self._field = self.field_class(
                facet=self,
                label=self.label,
                required=False,
                choices=lambda: [
                    (one.value, one.label) for one in self.choices()
                ],
            )
        return self._field

    def in_entries(self, values: list[str]) -> dict[str, list[str]]:
        given = [value for value in values if value != NOT_GIVEN]
        return super().in_entries(given)

    @property
    def special_values(self) -> dict[str, str]:
        """What it takes beside its choices, for mitigations that lack them, with the labels."""
        return {NOT_GIVEN: self.not_given} if self.not_given else {}

    def accepts(self, value: str) -> bool:
        if value in self.special_values:
            return True
        return value in self.known(self.parent.index)

    def refusal(self, value: str) -> forms.ValidationError:
        """What is wrong with a value that it does not accept, as `field_problems` takes it."""
        params: dict[str, Any] = {"value": value}
        if self.takes_more:
            # Its choices are only examples of what it takes: they are not what is allowed.
            params |= {"allowed": [], "reason": f": {self.takes_more}"}
        else:
            known = self.known(self.parent.index)
            allowed = [*known, *self.special_values]
            params["allowed"] = allowed or [""]
        return forms.ValidationError("", code="invalid_choice", params=params)

    def choice(self, value: str) -> FacetValue:
        """A value that it takes and that is not among the choices."""
        special = self.special_values
        label = special.get(value, value)
        return FacetValue(value, label, is_special=value in special)

    def offered(self, index: Index) -> list[FacetValue]:
        """What is offered before anything is chosen: nothing special where there is no choice."""
        choices = [*self.known(index).values()]
        if choices and self.offers_special:
            choices += map(self.choice, self.special_values)
        return choices

    def makes_way(self, value: str, other: str) -> bool:
        """Whether `other`, where it is chosen, is taken off when `value` is: in a tree where
        one of the two lies in the other.
        """
        if not self.is_tree or NOT_GIVEN in (value, other):
            return False
        shorter, longer = sorted([code_path(value), code_path(other)], key=len)
        return longer.startswith(shorter)

    def chip_label(self, value: FacetValue) -> str:
        """What stands for a chosen value away from the label of the filter: on a chip, and in
        the title of a list.
        """
        if value.is_special:
            return f"{self.label}: {value.label}"
        label = f"{value.code} {value.label}".strip()
        return self.chip_words.format(label)

    def choices(self) -> list[FacetValue]:
        """All its values, in the order in which they are shown."""
        raise NotImplementedError

    def known(self, index: Index) -> dict[str, FacetValue]:
        """Its choices by their values."""
        return index.per_structure(
            ("choices", self.name),
            lambda: {choice.value: choice for choice in self.choices()},
        )

    def source(self) -> FacetSource | RelabelledSource:
        """Where the sets of mitigations by value come from."""
        raise NotImplementedError

    def carriers(self, index: Index) -> Callable[[str], BitMap]:
        """What gives the mitigations that carry a value."""
        sets = index.sets(self.source())
        return lambda value: sets.get(value, EMPTY)

    def without_value(self, index: Index) -> BitMap:
        """The mitigations that carry none of its choices."""
        return index.per_revision(
            ("without value", self.name),
            lambda: index.published - BitMap.union(EMPTY, *self._sets(index)),
        )

    def standing_at(self, index: Index, value: str) -> BitMap:
        """The mitigations behind a value: those that carry it, or for `NOT_GIVEN` none. Those below
        add what else they take.
        """
        if value == NOT_GIVEN and self.not_given:
            return self.without_value(index)
        return self.carriers(index)(value)

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        sets = [self.standing_at(index, value) for value in values]
        return keys & BitMap.union(EMPTY, *sets)

    def facet(
        self,
        index: Index,
        keys: BitMap,
        selected: list[str],
        query: Callable[[list[str]], str],
        is_whole: bool = False,
        measures: Measures | None = None,
    ) -> Facet:
        """Its values with their counts among `keys`: all of them, or the first. `query(values)`
        addresses the list with these chosen. Where `measures` are given, these are counted, and
        not their wordings.
        """
        choices = list(self.known(index).values())
        most_shown = None if is_whole else self.most_shown
        counts = self._counts(index, keys)
        if measures is not None:
            counts = counts - measures.surpluses(keys, self._sets(index))
        shown, more = self._shown(counts, choices, selected, most_shown)
        for other in self._other_choices(index, selected):
            found = keys & self.standing_at(index, other.value)
            number = measures.count(found) if measures else len(found)
            shown[len(choices)] = number
            choices.append(other)

        make = partial(self._values, choices, shown, selected, query)
        look = (
            index.structure,
            self.name,
            query([]),
            tuple(selected),
            tuple(shown.items()),
        )
        selected_count = 0
        if selected:
            selected_count = sum(
                choices[place].value in selected for place in shown
            )
        return Facet(
            self.field_name,
            self.label,
            self.is_tree,
            look,
            more,
            make,
            selected_count,
            note=self.note,
        )

    def _values(
        self,
        choices: list[FacetValue],
        counts: dict[int, int],
        selected: list[str],
        query: Callable[[list[str]], str],
    ) -> list[FacetValue]:
        """The choices that `counts` has, by their places among all, each with its count."""
        most = max(counts.values(), default=0)
        values = []
        for place, count in counts.items():
            one = choices[place]
            value = FacetValue(
                one.value,
                one.label,
                one.code,
                one.is_special,
                count,
                count / most if most else 0.0,
                one.value in selected,
                selected,
                query,
                self.makes_way,
            )
            values.append(value)
        return values

    def _other_choices(
        self,
        index: Index,
        selected: list[str],
    ) -> list[FacetValue]:
        """What is offered or selected and is none of its choices."""
        known = self.known(index)
        offered = [one.value for one in self.offered(index)]
        return [
            self.choice(one)
            for one in dict.fromkeys([*offered, *selected])
            if one not in known and self.accepts(one)
        ]

    @property
    def name(self) -> str:
        """Of its choices: what stands for them as long as nothing but mitigations changes."""
        return self.field_name

    def _sets(self, index: Index) -> list[BitMap]:
        """The mitigations that carry each of its choices, in their order. Raises TypeError where
        its source has values of another type: no choice would ever be carried.
        """
        return index.per_revision(
            ("carriers", self.name),
            lambda: [*map(self._checked(index), self.known(index))],
        )

    def _checked(self, index: Index) -> Callable[[str], BitMap]:
        if type(self).carriers is FacetFilter.carriers:
            for value in index.sets(self.source()):
                if not isinstance(value, str):
                    raise TypeError(
                        f"The source of the facet “{self.name}” has the value {value!r}, and its choices are text: "
                        "give text, or say in `carriers` who carries a choice.",
                    )
        return self.carriers(index)

    def _shown(
        self,
        counts: numpy.ndarray,
        choices: list[FacetValue],
        selected: list[str],
        most_shown: int | None,
    ) -> tuple[dict[int, int], int]:
        """The places of the choices that are shown, with their counts, and how many others have
        results. Where there are too many, those are shown that are selected, and those with the
        most results.
        """
        if most_shown is None or len(choices) <= most_shown:
            return dict(enumerate(counts.tolist())), 0
        own = []
        if selected:
            own = [
                place
                for place, one in enumerate(choices)
                if one.value in selected
            ]
            own.sort(key=lambda place: -counts[place])
        # One more than is shown may be among the selected, for each of them.
        best = largest(counts, most_shown + len(own))
        places = [*dict.fromkeys([*own, *best])][:most_shown]
        shown = {place: int(counts[place]) for place in sorted(places)}
        with_results = sum(count > 0 for count in shown.values())
        return shown, int(numpy.count_nonzero(counts)) - with_results

    def _counts(self, index: Index, keys: BitMap) -> numpy.ndarray:
        """How many of `keys` carry each choice."""
        if keys is index.published:
            return index.per_revision(
                ("counts", self.name),
                lambda: self._counted(index, keys),
            )
        return self._counted(index, keys)

    def _counted(self, index: Index, keys: BitMap) -> numpy.ndarray:
        return counts_in(keys, index.published, self._sets(index))
