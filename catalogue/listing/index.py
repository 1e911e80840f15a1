"""Which published mitigations carry which value: sets of keys, held in memory for one revision.

A set is a compressed bitmap (Roaring: Lemire et al. 2018, Software: Practice and Experience
48:867): a million keys take 125 KB at most, and two sets are intersected in microseconds.
Filters, counts of facets, search and orders come from them, so that none of these grows with
rows as queries would. docs/performance.md says what else was tried.

Sets are made when first asked for. When the catalogue's revision moves, they are patched for
the mitigations that changed. Where something else changed too (a category, a study), those that
hang on it are made anew; what mitigations themselves say is stored by keys of other tables
(`FacetSource.is_lasting`), and only given other names (`RelabelledSource`).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from threading import Lock
from typing import Any, TypeVar

import numpy
from django.conf import settings
from django.db import connections, router
from django.urls import get_script_prefix
from pyroaring import BitMap

from serving.once import MISSING, MadeOnce

from .. import database, revision
from ..database.searched import SEARCHED_NAMES
from ..models import Mitigation
from ..models.revision import Change
from .measures import SAME_MEASURE, Measures
from .sources import (
    EMPTY,
    FacetSource,
    RelabelledSource,
    Sets,
    Values,
    pairs,
    patched_sets,
    relabelled,
    sets_of,
    values_by_key,
)
from .used_words import UsedWords
from .words import tokens

T = TypeVar("T")

#: Above so many changed mitigations it is quicker to begin anew than to patch: about as long as
#: reading this many of a million.
MOST_PATCHED = 50_000
#: How many searched words are cached.
MOST_WORDS = 512
#: Of how many databases an index is stored: today's, and the releases that were read last.
MOST_INDEXES = 4
#: How many things made of single mitigations are cached, such as an entry of a list as HTML.
MOST_CACHED = 10_000
#: Above so many changed mitigations a word is looked for in all.
MOST_LOOKED_AT = 1_000


class Index:
    """The sets of one revision. Nothing in it is ever changed, only added to.

    What makes a part of it may ask for other parts, and for other indexes.
    """

    def __init__(self, number: int, structure: int, alias: str):
        self.number = number
        self.structure = structure
        self.alias = alias
        self._sources: dict[str, FacetSource] = {}
        self._sets: MadeOnce[str, Sets] = MadeOnce()
        #: For sources of single values; 0 where a mitigation has none.
        self._values: dict[str, Values] = {}
        #: What was found for searched words, and the mitigations that changed since.
        self._words: OrderedDict[tuple, tuple[BitMap, BitMap]] = OrderedDict()
        #: The words in use, and the mitigations that changed since.
        self._used_words: tuple[UsedWords, BitMap] | None = None
        #: The index's own parts, by their names.
        self._parts: MadeOnce[str, Any] = MadeOnce()
        self._per_structure: MadeOnce[Hashable, Any] = MadeOnce()
        self._per_revision: MadeOnce[Hashable, Any] = MadeOnce()
        self._per_mitigation: dict[tuple[Hashable, int], Any] = {}
        self._for_all: MadeOnce[Hashable, dict[int, Any]] = MadeOnce()
        #: What the index before had for all, of those that did not change since.
        self._inherited: dict[Hashable, dict[int, Any]] = {}
        #: Held while few things are put in their places, never while one is made.
        self._lock = Lock()

    # What is made once

    def per_structure(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives: made once, until anything but mitigations changes."""
        return self._per_structure.get(name, make)

    def per_revision(self, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives: made once for this revision."""
        return self._per_revision.get(name, make)

    def per_mitigation(
        self,
        kind: Hashable,
        keys: Sequence[int],
        make: Callable[[list[int]], dict[int, T]],
    ) -> list[T]:
        """Something made of each mitigation: what is cached, and of the rest what `make` gives.
        It holds as long as neither the mitigation nor anything but mitigations changes.
        Mitigations of which `make` gives nothing are left out.
        """
        # What is made may hold addresses, which a release's own pages begin otherwise than its
        # mirror.
        kind = (kind, get_script_prefix())
        results = {}
        for key in keys:
            # In one step: another thread may be making room.
            found = self._per_mitigation.get((kind, key), MISSING)
            if found is not MISSING:
                results[key] = found
        missing = [key for key in keys if key not in results]
        if missing:
            made = make(missing)
            results |= made
            with self._lock:
                for key, one in made.items():
                    self._per_mitigation[kind, key] = one
                too_many = max(0, len(self._per_mitigation) - MOST_CACHED)
                for oldest in list(islice(self._per_mitigation, too_many)):
                    del self._per_mitigation[oldest]
        return [results[key] for key in keys if key in results]

    def for_all(
        self,
        kind: Hashable,
        make: Callable[[list[int]], dict[int, T]],
    ) -> dict[int, T]:
        """Something small made of every published mitigation, such as a checksum. It holds as
        long as what is made `per_mitigation`.
        """

        def whole() -> dict[int, T]:
            inherited = self._inherited.get(kind, {})
            missing = self.published - BitMap(inherited)
            return inherited | make(list(missing)) if missing else inherited

        return self._for_all.get(kind, whole)

    # Which are published

    @property
    def published(self) -> BitMap:
        return self._parts.get("published", self._all_published)

    def _all_published(self) -> BitMap:
        rows = Mitigation.objects.using(self.alias).published()
        return BitMap(key for key, _ in pairs(rows, "pk", "pk", None))

    def _published_among(self, keys: Iterable[int]) -> BitMap:
        rows = Mitigation.objects.using(self.alias).published_among(keys)
        return BitMap(rows.values_list("pk", flat=True))

    @property
    def last(self) -> int:
        """The largest key."""
        return self.published.max() if self.published else 0

    def is_complete(self) -> bool:
        """Whether as many are published as it knows of: where the tables were emptied with the
        notes of what changed, some are deleted that it still has.
        """
        count = Mitigation.objects.using(self.alias).published().count()
        return count == len(self.published)

    # Which carry what

    def sets(self, source: FacetSource | RelabelledSource) -> Sets:
        """The published mitigations of each value."""
        return self._sets.get(source.name, lambda: self._read(source))

    def _read(self, source: FacetSource | RelabelledSource) -> Sets:
        if isinstance(source, RelabelledSource):
            values = self.per_structure(
                ("values", source.name),
                lambda: list(source.values()),
            )
            return relabelled(self.sets(source.source), values)
        sets = sets_of(source, None, self.published)
        if source.is_single:
            self._values[source.name] = values_by_key(sets, self.last)
        self._sources[source.name] = source
        return sets

    def tally(
        self,
        source: FacetSource,
        keys: BitMap,
        largest: int,
    ) -> numpy.ndarray:
        """How many of `keys`, published mitigations, have each value from 0 to `largest` of a
        source of single values.
        """
        self.sets(source)
        values = self._values[source.name][keys.to_array()]
        return numpy.bincount(values, minlength=largest + 1)

    @property
    def measures(self) -> Measures:
        return self._parts.get(
            "measures",
            lambda: Measures(self.sets(SAME_MEASURE), self.published),
        )

    # Which have which words

    def matching(
        self,
        words: tuple[str, ...],
        prefix: bool,
        field: str | None = None,
    ) -> BitMap:
        """The published mitigations that have the stems of these words in a row, the last as a
        beginning; in one field or in any.
        """
        return self._searched("matching", list(words), prefix, field)

    def having(
        self,
        words: tuple[str, ...],
        field: str | None = None,
    ) -> BitMap:
        """The published mitigations that have any of these words of the vocabulary as they are
        written; in one field or in any.
        """
        if words:
            return self._searched("having", list(words), field)
        return EMPTY

    def _searched(self, how: str, words: list[str], *options: Any) -> BitMap:
        """What a search of the database's engine finds: what is cached, and of what changed
        since what it finds now.
        """
        name = (how, *words, *options)
        result, changed = self._words.get(name, (None, EMPTY))
        if result is not None and not changed:
            return result
        engine = database.engine(connections[self.alias])
        search = partial(getattr(engine, how), words, *options)
        if result is None or len(changed) > MOST_LOOKED_AT:
            result = self._queried(*search())
        else:
            fresh = self._queried(*search(among=changed))
            result = (result - changed) | fresh
        with self._lock:
            self._words[name] = result, EMPTY
            if len(self._words) > MOST_WORDS:
                self._words.popitem(last=False)
        return result

    def _queried(self, sql: str, params: list[str]) -> BitMap:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(sql, params)
            keys = [key for (key,) in cursor.fetchall()]
        return BitMap(keys) & self.published

    @property
    def used_words(self) -> UsedWords:
        known, changed = self._used_words or (None, EMPTY)
        if known is None or len(changed) > MOST_LOOKED_AT:
            known = UsedWords(self._all_words())
        elif changed:
            known = known.plus(self._words_among(changed))
        self._used_words = known, EMPTY
        return known

    def _all_words(self) -> Iterator[str]:
        connection = connections[self.alias]
        with connection.cursor() as cursor:
            cursor.execute(database.engine(connection).WORDS)
            for (word,) in cursor.fetchall():
                yield word

    def _words_among(self, keys: BitMap) -> Iterator[str]:
        rows = Mitigation.objects.using(self.alias).published_among(keys)
        for texts in rows.values_list(*SEARCHED_NAMES):
            yield from tokens(" ".join(texts))

    # What comes after it

    @property
    def knows_published(self) -> bool:
        """Whether it was asked which are published. Until then there is nothing to go on from."""
        return "published" in self._parts.results

    def patched(
        self,
        number: int,
        structure: int,
        changed: Iterable[int],
    ) -> "Index":
        """The index of a later revision, before which only these mitigations changed; and, with
        another structure, what is no part of a mitigation.
        """
        new = Index(number, structure, self.alias)
        keys = BitMap(changed)
        published = (self.published - keys) | self._published_among(keys)
        new._parts = MadeOnce({"published": published})
        is_same_structure = structure == self.structure
        for source in list(self._sources.values()):
            if source.is_lasting or is_same_structure:
                self._patch(new, source, keys)
        for name, (result, since) in list(self._words.items()):
            new._words[name] = result, since | keys
        if self._used_words:
            words, since = self._used_words
            new._used_words = words, since | keys
        if is_same_structure:
            self._hand_on(new, keys | self._reworded_with(new, keys))
        return new

    def _reworded_with(self, new: "Index", changed: BitMap) -> BitMap:
        """Of which measure mitigations are hangs on the mappings of others too: those that are,
        or were, of one measure with a changed one.
        """
        measures = self._parts.results.get("measures")
        if measures is None:
            return EMPTY
        return measures.within(changed) | new.measures.within(changed)

    def _patch(
        self,
        new: "Index",
        source: FacetSource,
        changed: BitMap,
    ) -> None:
        """Gives a later index the sets of a source, if they are made."""
        name = source.name
        own = self._sets.results.get(name)
        if own is None:
            return
        fresh = sets_of(source, changed, new.published) if changed else {}
        new._sets.add(name, patched_sets(own, fresh, changed))
        if source.is_single:
            new._values[name] = values_by_key(
                fresh,
                new.last,
                self._values[name],
            )
        new._sources[name] = source

    def _hand_on(self, new: "Index", changed: BitMap) -> None:
        """Gives a later index of the same structure what holds there too."""
        new._per_structure = MadeOnce(self._per_structure.results)
        for (kind, key), one in list(self._per_mitigation.items()):
            if key not in changed:
                new._per_mitigation[kind, key] = one
        known = {**self._inherited, **self._for_all.results}
        for kind, results in known.items():
            new._inherited[kind] = {
                key: one for key, one in results.items() if key not in changed
            }


#: By the alias of their database.
_indexes: dict[str, Index] = {}
#: By that, their revision and their structure: those that are being made.
_new_indexes: MadeOnce[tuple[str, int, int], Index] = MadeOnce()
#: Held while an index is put in its place, never while one is made.
_lock = Lock()


def current_index() -> Index:
    """The index of the catalogue as this connection sees it now."""
    alias = router.db_for_read(Mitigation)
    connection: Any = connections[alias]
    seen = revision.current(alias)
    own = getattr(connection, "catalogue_index", None)
    for index in (own, _indexes.get(alias)):
        if index is not None and (index.number, index.structure) == seen:
            break
    else:
        index = _new_index(connection, *seen)
    # It is the connection's as long as it sees this revision, such as in an export, while
    # others have gone on.
    connection.catalogue_index = index
    return index


def _new_index(connection: Any, number: int, structure: int) -> Index:
    """Stored for all connections, unless some do not see this revision: what a transaction sees
    may never be committed, and others have gone on from what a snapshot shows.
    """
    alias = connection.alias
    stored = _indexes.get(alias)
    is_behind = stored is not None and stored.number > number
    if connection.in_atomic_block or is_behind:
        return _index_after(stored, number, structure, alias)
    name = (alias, number, structure)
    try:
        return _new_indexes.get(name, lambda: _store(*name))
    finally:
        _new_indexes.forget(name)


def _store(alias: str, number: int, structure: int) -> Index:
    """Makes the index of a revision, and stores it unless a later one is stored since."""
    index = _index_after(_indexes.get(alias), number, structure, alias)
    with _lock:
        stored = _indexes.pop(alias, index)
        _indexes[alias] = index if stored.number <= number else stored
        _forget_old_releases(alias)
    return index


def _forget_old_releases(used: str) -> None:
    releases = []
    for alias in _indexes:
        if alias != used and alias not in settings.DATABASES:
            releases.append(alias)
    for oldest in releases[: 1 - MOST_INDEXES]:
        del _indexes[oldest]


def _index_after(
    stored: Index | None,
    number: int,
    structure: int,
    alias: str,
) -> Index:
    """The index of a revision: the stored one, that one patched, or one begun anew."""
    if stored is not None and stored.number == number:
        return stored
    # The copy that a release is read from tells nothing of what changed: another one under its
    # name is another database. And what an index was not asked yet, it would be asked here by a
    # connection that sees more: what a transaction wrote would stay in it for all.
    if (
        stored is None
        or stored.number > number
        or not stored.knows_published
        or alias not in settings.DATABASES
    ):
        return Index(number, structure, alias)
    changes = Change.objects.using(alias).filter(revision__gt=stored.number)
    keys = changes.values_list("mitigation_id", flat=True)
    changed = list(keys[: MOST_PATCHED + 1])
    if len(changed) > MOST_PATCHED or Change.ALL in changed:
        return Index(number, structure, alias)
    patched = stored.patched(number, structure, changed)
    if structure == stored.structure or patched.is_complete():
        return patched
    return Index(number, structure, alias)
