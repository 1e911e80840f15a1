"""Where sets of mitigations come from: rows of (key of a mitigation, value), read in batches."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from pyroaring import BitMap

from ..fields import PATH_STEP
from ..models import Category, Classification, Document, Mitigation, Taxonomy
from ..models.mitigation import among

#: Mitigations by value.
Sets = dict[Any, BitMap]
#: The value of each mitigation, at the place of its key, as unsigned integers.
Values = numpy.ndarray
Row = tuple[int, Any]

#: So many keys stand in one query.
KEYS_IN_QUERY = 5_000
#: So many rows are fetched at once.
ROWS_IN_BATCH = 10_000
EMPTY = BitMap()

_names_of_sources: set[str] = set()


@dataclass(frozen=True)
class FacetSource:
    """What groups mitigations into sets.

    `rows(keys)` gives (key of a mitigation, value): of some mitigations, or of all where `keys`
    is None. `is_lasting`: it says what mitigations and their parts say, and a write to anything
    else leaves it. `is_single`: each mitigation has one value, a whole number. Sets are stored
    by the name, so each source has one of its own: a second one of a name raises ValueError.
    """

    name: str
    rows: Callable[[Iterable[int] | None], Iterable[Row]]
    is_lasting: bool = False
    is_single: bool = False

    def __post_init__(self):
        if self.name in _names_of_sources:
            raise ValueError(
                f"There is a source “{self.name}” already, and they would share one set of bitmaps.",
            )
        _names_of_sources.add(self.name)


@dataclass(frozen=True)
class RelabelledSource:
    """The sets of a source by other values. `values()` gives those for which each of its own
    stands, such as, for a category, it and all above it; it hangs on nothing that a mitigation
    says.
    """

    name: str
    source: FacetSource
    values: Callable[[], Iterable[tuple[Any, Collection[Hashable]]]]


def pairs(
    rows: models.QuerySet,
    key: str,
    value: Any,
    keys: Iterable[int] | None,
) -> Iterable[Row]:
    """(key of a mitigation, value) from two columns of a query, as the database has them: a
    flag may be 0 or 1.

    Past the query set's own rows, which take several times as long as the query itself.
    """
    columns = rows.order_by().values_list(key, value)
    if keys is None:
        return chain.from_iterable(_batches(columns))
    return chain.from_iterable(_batches_among(columns, key, keys))


def in_batches(keys: Iterable[int]) -> Iterator[list[int]]:
    """As many keys at once as stand in one query."""
    in_order = sorted(keys)
    for start in range(0, len(in_order), KEYS_IN_QUERY):
        yield in_order[start : start + KEYS_IN_QUERY]


def _batches_among(
    columns: models.QuerySet,
    key: str,
    keys: Iterable[int],
) -> Iterator[list[Row]]:
    for some in in_batches(keys):
        yield from _batches(columns.filter(**{f"{key}__in": among(some)}))


def _batches(columns: models.QuerySet) -> Iterator[list[Row]]:
    connection = connections[columns.db]
    try:
        sql, params = columns.query.get_compiler(
            connection=connection,
        ).as_sql()
    except EmptyResultSet:
        return
    # On PostgreSQL from a cursor of the server's, as `iterator` has it: else all rows would
    # come at once.
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while batch := cursor.fetchmany(ROWS_IN_BATCH):
            yield batch


def sets_of(
    source: FacetSource,
    keys: Iterable[int] | None,
    published: BitMap,
) -> Sets:
    """The published mitigations of each value: of `keys`, or of all where that is None."""
    lists: dict[Any, list[int]] = defaultdict(list)
    for key, value in source.rows(keys):
        lists[value].append(key)
    sets = {}
    for value, carrying in lists.items():
        if seen := BitMap(carrying) & published:
            sets[value] = seen
    return sets


def relabelled(
    sets: Sets,
    values: Iterable[tuple[Any, Collection[Hashable]]],
) -> Sets:
    """The sets by other values: a mitigation has each for which one of its own stands."""
    parts: dict[Hashable, list[BitMap]] = defaultdict(list)
    for value, labels in values:
        if value in sets:
            for label in labels:
                parts[label].append(sets[value])
    result = {}
    for label, some in parts.items():
        result[label] = some[0] if len(some) == 1 else BitMap.union(*some)
    return result


def patched_sets(sets: Sets, fresh: Sets, changed: BitMap) -> Sets:
    """The sets with what is `fresh` in the place of what they had of changed mitigations."""
    result = {}
    for value, keys in sets.items():
        result[value] = keys - changed if keys.intersect(changed) else keys
    for value, keys in fresh.items():
        result[value] = result.get(value, EMPTY) | keys
    return {value: keys for value, keys in result.items() if keys}


def values_by_key(
    sets: Sets,
    last: int,
    values: Values | None = None,
) -> Values:
    """The value of each key up to `last`; `values` has those that are not in `sets`."""
    result = numpy.zeros(last + 1, numpy.uint32)
    if values is not None:
        result[: len(values)] = values[: len(result)]
    for value, keys in sets.items():
        result[keys.to_array()] = value
    return result


# Those of the catalogue


def slugs_of(
    model: type[models.Model],
) -> Callable[[], Iterable[tuple[int, tuple[str]]]]:
    """What reads the slug of each record, by its key, for a `RelabelledSource`."""
    rows = model._default_manager.order_by().values_list("pk", "slug")
    return lambda: [(key, (slug,)) for key, slug in rows.all()]


def _carrying(relation: str) -> tuple[type[models.Model], FacetSource]:
    """The terms of a many-to-many field of mitigations, and the mitigations by the keys of
    their terms.
    """
    links = getattr(Mitigation, relation)
    terms = links.rel.model
    rows = partial(
        pairs,
        links.through.objects.all(),
        "mitigation_id",
        f"{terms._meta.model_name}_id",
    )
    return terms, FacetSource(relation, rows, is_lasting=True)


BY_DOCUMENT = FacetSource(
    "document",
    # Of drafts too, which are left out later: so an index has all that is read.
    partial(pairs, Mitigation.objects.all(), "pk", "document_id"),
    is_lasting=True,
    is_single=True,
)
#: Mitigations by the keys of what they carry.
BY_KEY: dict[type[models.Model], FacetSource] = {
    Document: BY_DOCUMENT,
    **dict(
        _carrying(relation.name) for relation in Mitigation._meta.many_to_many
    ),
}


DOCUMENTS = RelabelledSource(
    "slugs of documents",
    BY_DOCUMENT,
    slugs_of(Document),
)


FILED = FacetSource(
    "filed",
    partial(
        pairs,
        Classification.objects.all(),
        "mitigation_id",
        "category_id",
    ),
    is_lasting=True,
)
PRIMARY = FacetSource(
    "primary",
    partial(
        pairs,
        Classification.objects.filter(is_primary=True),
        "mitigation_id",
        "category_id",
    ),
    is_lasting=True,
)


def _paths(taxonomy: Taxonomy) -> list[tuple[int, str]]:
    return list(
        Category.objects.filter(taxonomy=taxonomy.pk)
        .order_by()
        .values_list("pk", "path"),
    )


def at_or_below(taxonomy: Taxonomy) -> RelabelledSource:
    """Mitigations by the path of each category at or above which they are classified."""
    return RelabelledSource(
        f"filed under {taxonomy.pk}",
        FILED,
        lambda: [(key, paths_down_to(path)) for key, path in _paths(taxonomy)],
    )


def by_primary_place(taxonomy: Taxonomy) -> RelabelledSource:
    """Mitigations by the path of their primary category."""
    return RelabelledSource(
        f"primary in {taxonomy.pk}",
        PRIMARY,
        lambda: [(key, (path,)) for key, path in _paths(taxonomy)],
    )


def paths_down_to(path: str) -> list[str]:
    """The paths of a category and of all above it."""
    return [
        path[:length] for length in range(PATH_STEP, len(path) + 1, PATH_STEP)
    ]
