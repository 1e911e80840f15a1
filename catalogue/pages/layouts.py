"""How a list is shown: what only its page reads of an address. All else is the filters' to judge."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms

from serving.parameters import Problem
from serving.registry import Registry
from serving.strict import StrictForm

from ..listing.filters import WHOLE_FACET, MitigationFilter
from . import browsing


class Carried(NamedTuple):
    """A parameter of a list's page that another app reads. It decides nothing of the list: it is
    carried along from page to page and filter to filter, and stands in no file, feed or citation
    of it.
    """

    #: Makes the field that judges its values.
    field: Callable[[], forms.Field]
    #: A part of the page, shown where a value is given, and what it is given of the filters.
    template: str
    context: Callable[[MitigationFilter], dict[str, Any]]
    #: A static file, fetched once a reader makes for it; empty: none of the list's own.
    script: str
    #: Whether it may hold what a reader wrote: a page with it is kept by nobody, to be given to
    #: others who ask the same.
    is_own_words: bool = False


#: By the name of the parameter. Other apps register theirs when Django is ready.
CARRIED: Registry[str, Carried] = Registry("carried parameter")


def page_parameters() -> list[str]:
    """What only the page reads."""
    return [*LayoutForm.base_fields, WHOLE_FACET, *CARRIED]


def without_page() -> dict[str, list[str]]:
    """What lists of files and addresses of the API are made with: changes of an address that
    leave out what only the page reads.
    """
    return {name: [] for name in page_parameters()}


def carried_parts(filters: MitigationFilter) -> list[tuple[str, dict]]:
    """(template, its context) of what is carried along."""
    parts = []
    for name, carried in CARRIED.items():
        if filters.values(name):
            parts.append((carried.template, carried.context(filters)))
    return parts


def carries_own_words(filters: MitigationFilter) -> bool:
    """Whether the address holds what a reader may have written."""
    return any(
        one.is_own_words and filters.values(name)
        for name, one in CARRIED.items()
    )


def carried_scripts() -> list[tuple[str, str]]:
    """(parameter, static file) of those that have a script of their own."""
    return [(name, one.script) for name, one in CARRIED.items() if one.script]


class LayoutForm(StrictForm):
    page = browsing.PageField(required=False, strip=False)
    view = forms.ChoiceField(
        choices=[(one, one) for one in browsing.LAYOUTS],
        required=False,
    )

    def __init__(self, filters: MitigationFilter):
        super().__init__(filters.data, extra=filters.data)
        facets = filters.facet_filters.items()
        whole = [(name, one.label) for name, one in facets if one.most_shown]
        self.fields[WHOLE_FACET] = forms.ChoiceField(
            choices=whole,
            required=False,
        )
        for name, carried in CARRIED.items():
            self.fields[name] = carried.field()


def corrected_query(filters: MitigationFilter, problems: list[Problem]) -> str:
    """The nearest query string that can be read: with what is suggested, and without what is
    near to nothing.
    """
    data = filters.data.copy()
    known = [*filters.names, *filters.extra]
    for problem in problems:
        if problem.parameter not in data:
            continue
        values = data.pop(problem.parameter)
        if problem.parameter in CARRIED:
            continue
        if problem.parameter not in known and problem.suggestion:
            data.setlist(
                problem.suggestion,
                [*data.getlist(problem.suggestion), *values],
            )
        elif problem.parameter in known and problem.value in values:
            better = [
                problem.suggestion if value == problem.value else value
                for value in values
            ]
            data.setlist(
                problem.parameter,
                [value for value in better if value],
            )
    data.pop("page", None)
    corrected = type(filters)(data, filters.queryset, extra=filters.extra)
    for name in corrected.refused():
        data.pop(name)
    return "?" + data.urlencode()
