"""Filters of mitigations that are no facets: by words, by a moment, and those that say how a list is
read.
"""

from typing import ClassVar

import django_filters
from django import forms
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive, make_aware
from pyroaring import BitMap

from serving.strict import NameFilter

from ..models import Mitigation
from .facet_filter import IndexFilter
from .index import Index
from .sources import EMPTY, at_or_below

LONGEST_QUERY = 300
TOO_LONG = f"A search takes at most {LONGEST_QUERY} characters."


class SearchFilter(IndexFilter, django_filters.CharFilter):
    """Free text; see `catalogue.listing.search`."""

    value_schema: ClassVar = {"type": "string", "maxLength": LONGEST_QUERY}
    explanation = "Words to search for, “a phrase” in quotation marks, a code or an identifier."

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        return keys & self.parent.search.found_in(index)


class TaxonomyFilter(IndexFilter, NameFilter):
    """Mitigations that are classified in a taxonomy. Codes of `category` are read in it."""

    is_shown_in_entries = True
    explanation = "Slug of the taxonomy in which “category” is read; only what is classified in it."

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        taxonomy = self.parent.code_taxonomy
        if taxonomy is None:
            return EMPTY
        filed = index.sets(at_or_below(taxonomy))
        return keys & BitMap.union(EMPTY, *filed.values())


class FirstGroupFilter(IndexFilter, NameFilter):
    """Which group comes first in an order that has groups. It narrows nothing."""

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        return keys


class GroupFilter(IndexFilter, NameFilter):
    """Has a list show one entry for each measure, and facets count measures. It narrows last,
    once all other filters have: `MitigationFilter.keys`.
    """

    explanation = "“measure”: one entry for each measure, however many documents word it; counts are of measures."

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        return keys


class MomentField(forms.Field):
    """A date, or a date and time, in ISO 8601; without a zone it is UTC."""

    def to_python(self, value):
        if not value:
            return None
        moment = self._moment(
            value.replace(" ", "+"),
        )  # a plus sign that was not encoded
        # At either end of the calendar there is no such moment in UTC.
        if moment is None or not value.isascii() or not 1 < moment.year < 9999:
            raise forms.ValidationError(
                "Give a date such as 2026-11-03, or a time such as 2026-11-03T12:00:00Z.",
            )
        return make_aware(moment) if is_naive(moment) else moment

    @staticmethod
    def _moment(text: str):
        try:
            if not parse_date(text[:10]):
                return None
            return parse_datetime(text if len(text) > 10 else f"{text}T00:00")
        except ValueError:
            return None


class MomentFilter(IndexFilter, django_filters.Filter):
    """Mitigations that changed at a moment or later."""

    field_class = MomentField
    explanation = "A date such as 2026-11-03, or a time such as 2026-11-03T12:00:00Z: changed then or later."

    def narrow(self, index: Index, keys: BitMap, values: list[str]) -> BitMap:
        since = self.field.clean(values[0])
        changed = Mitigation.objects.published().filter(updated_at__gte=since)
        rows = changed.order_by().values_list("pk", flat=True)
        return keys & BitMap(rows.iterator(chunk_size=10_000))

    def filter(self, qs, value):
        return qs.filter(updated_at__gte=value) if value else qs
