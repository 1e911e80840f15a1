"""What the first reader of a process would wait for."""

from django.http import QueryDict

from ..models import Mitigation
from .across import search_across
from .filters import MitigationFilter
from .ordering import BY_LENGTH_OF_NAME
from .search_terms import Vocabulary


def make() -> None:
    """All that lists, counts and searches of the current revision need."""
    filters = MitigationFilter(QueryDict(), Mitigation.objects.all())
    for facet in filters.facets:
        facet.values  # noqa: B018 - counted now
    filters.qs[:1]
    filters.index.sets(BY_LENGTH_OF_NAME)
    Vocabulary(filters.index).forms("")
    across = search_across("ab", is_unfinished=True)
    across.found  # noqa: B018 - read now
    across.mitigations[:1]
