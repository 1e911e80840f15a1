"""Which published mitigations carry which value: sets of keys, held in memory for one revision.

A set is a compressed bitmap (Roaring: Lemire et al. 2018, Software: Practice and Experience 48:867): a million keys take
125 KB at most, and two sets are intersected in microseconds. Filters, counts of facets, search and orders come from them, so
that none of these grows with rows as queries would. docs/performance.md says what else was tried.

Sets are made when first asked for. When the catalogue's revision moves, they are mended for the mitigations that changed,
or, where something else changed (a category, a study), made anew.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any, TypeVar

from django.conf import settings
from django.db import connections, models, router
from django.urls import get_script_prefix
from pyroaring import BitMap

from . import database, revision
from .models import Mitigation
from .models.revision import Change

Sets = dict[Any, BitMap]
Kept = TypeVar("Kept")

#: Above so many changed mitigations it is quicker to begin anew than to mend.
MOST_MENDED = 5_000
#: How many searched words are kept.
MOST_WORDS = 512
#: Of how many databases an index is held: today's, and the releases that were asked for last.
MOST_HELD = 4
#: How many things made of single mitigations are kept, such as an entry of a list as HTML.
MOST_KEPT = 10_000
EMPTY = BitMap()


def the_same(value: Hashable) -> Iterable[Hashable]:
    yield value


@dataclass(frozen=True)
class Source:
    """What groups mitigations into sets.

    `rows(keys)` gives (key of a mitigation, value): of some mitigations, or of all where `keys` is None. `within(value)` gives
    the values in whose sets such a mitigation stands, such as a category and all above it.
    """

    name: str
    rows: Callable[[Collection[int] | None], Iterable[tuple[int, Any]]]
    within: Callable[[Any], Iterable[Hashable]] = the_same


def pairs(rows: models.QuerySet, key: str, value: Any, keys: Collection[int] | None) -> Iterable[tuple[int, Any]]:
    """(key of a mitigation, value) from two columns of a query."""
    chosen = rows if keys is None else rows.filter(**{f"{key}__in": list(keys)})
    return chosen.order_by().values_list(key, value).iterator(chunk_size=10_000)


class Index:
    """The sets of one revision. Nothing in it is ever changed, only added to."""

    def __init__(self, number: int, structure: int, alias: str):
        self.number, self.structure, self.alias = number, structure, alias
        self._sets: dict[str, tuple[Source, Sets]] = {}
        self._words: OrderedDict[tuple, BitMap] = OrderedDict()
        self._once: dict[str, Any] = {}
        self._kept: dict[tuple[Hashable, int], Any] = {}
        self._lock = RLock()

    def once(self, name: str, make: Callable[[], Kept]) -> Kept:
        """What `make` gives: made once, until anything but mitigations changes."""
        if name not in self._once:
            with self._lock:
                if name not in self._once:
                    self._once[name] = make()
        return self._once[name]

    def kept(self, kind: Hashable, keys: Sequence[int], make: Callable[[list[int]], dict[int, Kept]]) -> list[Kept]:
        """Something made of each mitigation: what is kept, and of the rest what `make` gives. It holds as long as neither the
        mitigation nor anything but mitigations changes. Mitigations of which `make` gives nothing are left out."""
        # What is made may hold addresses, which a release's own pages begin otherwise than its mirror.
        kind = (kind, get_script_prefix())
        found = {key: self._kept[kind, key] for key in keys if (kind, key) in self._kept}
        if missing := [key for key in keys if key not in found]:
            made = make(missing)
            found |= made
            with self._lock:
                self._kept |= {(kind, key): one for key, one in made.items()}
                for oldest in list(self._kept)[: max(0, len(self._kept) - MOST_KEPT)]:
                    del self._kept[oldest]
        return [found[key] for key in keys if key in found]

    @property
    def published(self) -> BitMap:
        keys = Mitigation.objects.using(self.alias).published().order_by().values_list("pk", flat=True)
        return self.once("published", lambda: BitMap(keys.iterator(chunk_size=10_000)))

    def sets(self, source: Source) -> Sets:
        """The published mitigations of each value."""
        if source.name not in self._sets:
            with self._lock:
                if source.name not in self._sets:
                    self._sets[source.name] = (source, _gathered(source, None, self.published))
        return self._sets[source.name][1]

    def matching(self, words: tuple[str, ...], prefix: bool, field: str | None = None) -> BitMap:
        """The published mitigations that have these words in a row, the last as a beginning; in one field or in any."""
        asked = (words, prefix, field)
        found = self._words.get(asked)
        if found is None:
            connection = connections[self.alias]
            sql, params = database.engine(connection).matching(list(words), prefix, field)
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                found = BitMap([key for (key,) in cursor.fetchall()]) & self.published
            with self._lock:
                self._words[asked] = found
                if len(self._words) > MOST_WORDS:
                    self._words.popitem(last=False)
        return found

    def mended(self, number: int, changed: list[int]) -> "Index":
        """The index of a later revision, before which only these mitigations changed."""
        new, gone = Index(number, self.structure, self.alias), BitMap(changed)
        rows = Mitigation.objects.using(self.alias).published().filter(pk__in=changed).values_list("pk", flat=True)
        published = (self.published - gone) | BitMap(rows)
        # What else was made once hangs on the structure alone, which stayed.
        new._once = {**self._once, "published": published}
        new._kept = {(kind, key): one for (kind, key), one in list(self._kept.items()) if key not in gone}
        for source, sets in list(self._sets.values()):
            fresh = _gathered(source, changed, published)
            mended = {value: (sets.get(value, EMPTY) - gone) | fresh.get(value, EMPTY) for value in {*sets, *fresh}}
            new._sets[source.name] = (source, {value: keys for value, keys in mended.items() if keys})
        return new


def _gathered(source: Source, keys: Collection[int] | None, published: BitMap) -> Sets:
    lists: dict[Any, list[int]] = defaultdict(list)
    for key, value in source.rows(keys):
        lists[value].append(key)
    sets: Sets = defaultdict(BitMap)
    for value, found in lists.items():
        standing = BitMap(found) & published
        for name in source.within(value) if standing else ():
            sets[name] |= standing
    return dict(sets)


_held: dict[str, Index] = {}
_lock = RLock()


def current() -> Index:
    """The index of the catalogue as it is now."""
    alias = router.db_for_read(Mitigation)
    number, structure = revision.current(alias)
    if connections[alias].in_atomic_block:
        return _within_transaction(connections[alias], number, structure)
    held = _held.get(alias)
    if held is None or held.number != number:
        with _lock:
            held = _held[alias] = _newer(_held.pop(alias, None), number, structure, alias)
            releases = [name for name in _held if name != alias and name not in settings.DATABASES]
            for other in releases[: 1 - MOST_HELD]:
                del _held[other]
    return held


def _within_transaction(connection: Any, number: int, structure: int) -> Index:
    """What a transaction sees may never be committed, so no other connection gets to see it; nor is it mended, since some of
    it may have been rolled back. Numbers are moments: none comes twice."""
    held = getattr(connection, "catalogue_index", None)
    if held is None or (held.number, held.structure) != (number, structure):
        held = connection.catalogue_index = Index(number, structure, connection.alias)
    return held


def _newer(held: Index | None, number: int, structure: int, alias: str) -> Index:
    if held is not None and held.number == number:
        return held
    if held is None or held.structure != structure or held.number > number:
        return Index(number, structure, alias)
    changes = Change.objects.using(alias).filter(revision__gt=held.number).values_list("mitigation_id", flat=True)
    changed = list(changes[: MOST_MENDED + 1])
    return held.mended(number, changed) if len(changed) <= MOST_MENDED else Index(number, structure, alias)
