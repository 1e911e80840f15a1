"""Which published mitigations carry which value: sets of keys, held in memory for one revision.

A set is a compressed bitmap (Roaring: Lemire et al. 2018, Software: Practice and Experience
48:867): a million keys take 125 KB at most, and two sets are intersected in microseconds.
Filters, counts of facets, search and orders come from them, so that none of these grows with
rows as queries would. docs/performance.md says what else was tried.

Sets are made when first asked for. When the catalogue's revision moves, they are mended for the
mitigations that changed. Where something else changed too (a category, a study), those that
hang on it are made anew; what mitigations themselves say is kept by keys of other tables
(`Source.is_lasting`), and only given other names (`Named`).
"""

from bisect import bisect_left
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, islice, takewhile
from threading import RLock
from typing import Any, TypeVar

import numpy
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections, models, router
from django.urls import get_script_prefix
from pyroaring import BitMap

from .. import database, revision
from ..models import Mitigation
from ..models.mitigation import among
from ..models.revision import Change
from .word_forms import by_root, related_roots
from .words import tokens

Sets = dict[Any, BitMap]
Values = numpy.ndarray  # of unsigned integers
Kept = TypeVar("Kept")

#: Above so many changed mitigations it is quicker to begin anew than to mend: about as long as
#: reading this many of a million.
MOST_MENDED = 50_000
#: So many keys stand in one query.
LOT = 5_000
#: So many rows are fetched at once.
FETCHED = 10_000
#: How many searched words are kept.
MOST_WORDS = 512
#: Of how many databases an index is held: today's, and the releases that were asked for last.
MOST_HELD = 4
#: How many things made of single mitigations are kept, such as an entry of a list as HTML.
MOST_KEPT = 10_000
#: Above so many changed mitigations a word is looked for in all.
MOST_LOOKED_AT = 1_000
EMPTY = BitMap()

_names_of_sources: set[str] = set()


@dataclass(frozen=True)
class Source:
    """What groups mitigations into sets.

    `rows(keys)` gives (key of a mitigation, value): of some mitigations, or of all where `keys`
    is None. `is_lasting`: it says what mitigations and their parts say, and a write to anything
    else leaves it. Sets are held by the name, so each source has one of its own: a second one
    of a name raises ValueError.
    """

    name: str
    rows: Callable[[Iterable[int] | None], Iterable[tuple[int, Any]]]
    is_lasting: bool = False
    is_single: bool = False

    def __post_init__(self):
        if self.name in _names_of_sources:
            raise ValueError(
                f"There is a source “{self.name}” already, and they would share one set of bitmaps."
            )
        _names_of_sources.add(self.name)


@dataclass(frozen=True)
class Named:
    """The sets of a source by other values. `values()` gives those for which each of its own
    stands, such as, for a category, it and all above it; it hangs on nothing that a mitigation
    says.
    """

    name: str
    source: Source
    values: Callable[[], Iterable[tuple[Any, Collection[Hashable]]]]


def pairs(
    rows: models.QuerySet, key: str, value: Any, keys: Iterable[int] | None
) -> Iterable[tuple[int, Any]]:
    """(key of a mitigation, value) from two columns of a query, as the database has them: a
    flag may be 0 or 1.

    Past the query set's own rows, which take several times as long as the query itself.
    """
    columns = rows.order_by().values_list(key, value)
    if keys is None:
        return chain.from_iterable(_lots(columns))
    standing = sorted(keys)
    lots = (
        among(standing[start : start + LOT]) for start in range(0, len(standing), LOT)
    )
    return chain.from_iterable(
        lot for some in lots for lot in _lots(columns.filter(**{f"{key}__in": some}))
    )


def _lots(columns: models.QuerySet) -> Iterator[list[tuple[int, Any]]]:
    connection = connections[columns.db]
    try:
        sql, params = columns.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return
    # On PostgreSQL from a cursor of the server's, as `iterator` has it: else all rows would
    # come at once.
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while lot := cursor.fetchmany(FETCHED):
            yield lot


class Vocabulary:
    """The words that mitigations use. Some may have gone out of use since: look whether any has
    them.
    """

    def __init__(self, words: Iterable[str]):
        self.words = frozenset(words)

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def plus(self, words: Iterable[str]) -> "Vocabulary":
        new = self.words.union(words)
        return self if len(new) == len(self.words) else Vocabulary(new)

    def forms(self, word: str) -> tuple[str, ...]:
        """Those that are forms of a word, in order; it may be none of them itself."""
        roots = self._by_root
        return tuple(
            sorted(
                {form for root in related_roots(word) for form in roots.get(root, ())}
                | {word} & self.words
            )
        )

    def beginning_with(self, start: str) -> tuple[str, ...]:
        place = bisect_left(self._in_order, start)
        return tuple(
            takewhile(
                lambda word: word.startswith(start), islice(self._in_order, place, None)
            )
        )

    def of_length(self, length: int) -> Collection[str]:
        return self._by_length.get(length, ())

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(self.words)

    @cached_property
    def _by_root(self) -> dict[str, set[str]]:
        return by_root(self.words)

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for word in self.words:
            found[len(word)].append(word)
        return found


class Index:
    """The sets of one revision. Nothing in it is ever changed, only added to."""

    def __init__(self, number: int, structure: int, alias: str):
        self.number, self.structure, self.alias = number, structure, alias
        self._sources: dict[str, Source] = {}
        self._sets: dict[str, Sets] = {}
        #: For sources of single values: the value of each mitigation, at the place of its key;
        #: 0 where there is none.
        self._values: dict[str, Values] = {}
        #: What was found for searched words, and the mitigations that changed since.
        self._words: OrderedDict[tuple, tuple[BitMap, BitMap]] = OrderedDict()
        #: The words in use, and the mitigations that changed since.
        self._vocabulary: tuple[Vocabulary, BitMap] | None = None
        self._published: BitMap | None = None
        self._once: dict[Hashable, Any] = {}
        self._now: dict[Hashable, Any] = {}
        self._kept: dict[tuple[Hashable, int], Any] = {}
        self._of_all: dict[Hashable, dict[int, Any]] = {}
        self._lock = RLock()

    def once(self, name: Hashable, make: Callable[[], Kept]) -> Kept:
        """What `make` gives: made once, until anything but mitigations changes."""
        return self._made(self._once, name, make)

    def now(self, name: Hashable, make: Callable[[], Kept]) -> Kept:
        """What `make` gives: made once for this revision."""
        return self._made(self._now, name, make)

    def _made(
        self, among: dict[Hashable, Any], name: Hashable, make: Callable[[], Kept]
    ) -> Kept:
        if name not in among:
            with self._lock:
                if name not in among:
                    among[name] = make()
        return among[name]

    def kept(
        self,
        kind: Hashable,
        keys: Sequence[int],
        make: Callable[[list[int]], dict[int, Kept]],
    ) -> list[Kept]:
        """Something made of each mitigation: what is kept, and of the rest what `make` gives.
        It holds as long as neither the mitigation nor anything but mitigations changes.
        Mitigations of which `make` gives nothing are left out.
        """
        # What is made may hold addresses, which a release's own pages begin otherwise than its
        # mirror.
        kind = (kind, get_script_prefix())
        found = {
            key: self._kept[kind, key] for key in keys if (kind, key) in self._kept
        }
        if missing := [key for key in keys if key not in found]:
            made = make(missing)
            found |= made
            with self._lock:
                self._kept |= {(kind, key): one for key, one in made.items()}
                for oldest in list(self._kept)[: max(0, len(self._kept) - MOST_KEPT)]:
                    del self._kept[oldest]
        return [found[key] for key in keys if key in found]

    def of_all(
        self, kind: Hashable, make: Callable[[list[int]], dict[int, Kept]]
    ) -> dict[int, Kept]:
        """Something small made of every published mitigation, such as a checksum. It holds as
        long as what is `kept` does.
        """
        with self._lock:
            made = self._of_all.get(kind, {})
            if missing := self.published - BitMap(made):
                made = self._of_all[kind] = made | make(list(missing))
        return made

    @property
    def published(self) -> BitMap:
        if self._published is None:
            with self._lock:
                if self._published is None:
                    self._published = BitMap(self._published_keys(None))
        return self._published

    @property
    def last(self) -> int:
        """The largest key."""
        return self.published.max() if self.published else 0

    def is_whole(self) -> bool:
        """Whether as many are published as it knows of: where the tables were emptied with the
        notes of what changed, some are gone that it still has.
        """
        return Mitigation.objects.using(self.alias).published().count() == len(
            self.published
        )

    def _published_keys(self, among: Iterable[int] | None) -> Iterable[int]:
        rows = Mitigation.objects.using(self.alias)
        if among is not None:
            return rows.published_among(among).values_list("pk", flat=True)
        return (key for key, _ in pairs(rows.published(), "pk", "pk", None))

    def sets(self, of: Source | Named) -> Sets:
        """The published mitigations of each value."""
        if of.name not in self._sets:
            with self._lock:
                if of.name not in self._sets:
                    self._sets[of.name] = (
                        self._named(of) if isinstance(of, Named) else self._gathered(of)
                    )
        return self._sets[of.name]

    def _gathered(self, source: Source) -> Sets:
        sets = _gathered(source, None, self.published)
        if source.is_single:
            self._values[source.name] = _valued(sets, self.last)
        self._sources[source.name] = source
        return sets

    def tally(self, source: Source, keys: BitMap, largest: int) -> numpy.ndarray:
        """How many of `keys`, published mitigations, have each value from 0 to `largest` of a
        source of single values.
        """
        self.sets(source)
        return numpy.bincount(
            self._values[source.name][keys.to_array()], minlength=largest + 1
        )

    def _named(self, of: Named) -> Sets:
        own = self.sets(of.source)
        found: dict[Hashable, list[BitMap]] = defaultdict(list)
        for value, others in self.once(("values", of.name), lambda: list(of.values())):
            if value in own:
                for other in others:
                    found[other].append(own[value])
        return {
            value: sets[0] if len(sets) == 1 else BitMap.union(*sets)
            for value, sets in found.items()
        }

    def matching(
        self, words: tuple[str, ...], prefix: bool, field: str | None = None
    ) -> BitMap:
        """The published mitigations that have the stems of these words in a row, the last as a
        beginning; in one field or in any.
        """
        return self._found("matching", list(words), prefix, field)

    def having(self, words: tuple[str, ...], field: str | None = None) -> BitMap:
        """The published mitigations that have any of these words of the vocabulary as they are
        written; in one field or in any.
        """
        return self._found("having", list(words), field) if words else EMPTY

    def _found(self, how: str, words: list[str], *how_much: Any) -> BitMap:
        """What a search of the database's engine finds: what is held, and of what changed since
        what it finds now.
        """
        asked = (how, *words, *how_much)
        found, changed = self._words.get(asked, (None, EMPTY))
        if found is not None and not changed:
            return found
        search = partial(
            getattr(database.engine(connections[self.alias]), how), words, *how_much
        )
        if found is None or len(changed) > MOST_LOOKED_AT:
            found = BitMap(self._matched(*search())) & self.published
        else:
            found = (found - changed) | (
                BitMap(self._matched(*search(among=changed))) & self.published
            )
        with self._lock:
            self._words[asked] = found, EMPTY
            if len(self._words) > MOST_WORDS:
                self._words.popitem(last=False)
        return found

    def _matched(self, sql: str, params: list[str]) -> list[int]:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(sql, params)
            return [key for (key,) in cursor.fetchall()]

    @property
    def vocabulary(self) -> Vocabulary:
        known, changed = self._vocabulary or (None, EMPTY)
        if known is None or len(changed) > MOST_LOOKED_AT:
            known = Vocabulary(self._all_words())
        elif changed:
            rows = Mitigation.objects.using(self.alias).published_among(changed)
            texts = rows.values_list("name", "alternative_names", "description")
            known = known.plus(
                word for text in texts for word in tokens(" ".join(text))
            )
        self._vocabulary = known, EMPTY
        return known

    def _all_words(self) -> Iterator[str]:
        connection = connections[self.alias]
        with connection.cursor() as cursor:
            cursor.execute(database.engine(connection).WORDS)
            yield from (word for (word,) in cursor.fetchall())

    def mended(self, number: int, structure: int, changed: Iterable[int]) -> "Index":
        """The index of a later revision, before which only these mitigations changed; and, with
        another structure, what is no part of a mitigation.
        """
        new, gone = Index(number, structure, self.alias), BitMap(changed)
        new._published = (self.published - gone) | BitMap(self._published_keys(changed))
        for name, source in list(self._sources.items()):
            if source.is_lasting or structure == self.structure:
                fresh = _gathered(source, gone, new._published) if gone else {}
                new._sets[name] = _mended(self._sets[name], fresh, gone)
                if source.is_single:
                    new._values[name] = _valued(fresh, new.last, self._values[name])
                new._sources[name] = source
        new._words = OrderedDict(
            (asked, (found, since | gone))
            for asked, (found, since) in list(self._words.items())
        )
        if self._vocabulary:
            new._vocabulary = self._vocabulary[0], self._vocabulary[1] | gone
        if structure == self.structure:
            new._once = self._once.copy()
            new._kept = {
                (kind, key): one
                for (kind, key), one in list(self._kept.items())
                if key not in gone
            }
            for kind, made in list(self._of_all.items()):
                new._of_all[kind] = {
                    key: one for key, one in made.items() if key not in gone
                }
        return new


def _gathered(source: Source, keys: Iterable[int] | None, published: BitMap) -> Sets:
    lists: dict[Any, list[int]] = defaultdict(list)
    for key, value in source.rows(keys):
        lists[value].append(key)
    sets = {value: BitMap(found) & published for value, found in lists.items()}
    return {value: found for value, found in sets.items() if found}


def _mended(sets: Sets, fresh: Sets, gone: BitMap) -> Sets:
    kept = {
        value: keys - gone if keys.intersect(gone) else keys
        for value, keys in sets.items()
    }
    mended = {
        **kept,
        **{value: kept.get(value, EMPTY) | keys for value, keys in fresh.items()},
    }
    return {value: keys for value, keys in mended.items() if keys}


def _valued(sets: Sets, last: int, values: Values | None = None) -> Values:
    """The value of each key up to `last`; `values` has those that are not in `sets`."""
    found = numpy.zeros(last + 1, numpy.uint32)
    if values is not None:
        found[: len(values)] = values[: len(found)]
    for value, keys in sets.items():
        found[keys.to_array()] = value
    return found


_held: dict[str, Index] = {}
_lock = RLock()


def current() -> Index:
    """The index of the catalogue as this connection sees it now."""
    alias = router.db_for_read(Mitigation)
    connection: Any = connections[alias]
    seen = revision.current(alias)
    for known in (getattr(connection, "catalogue_index", None), _held.get(alias)):
        if known is not None and (known.number, known.structure) == seen:
            break
    else:
        known = _made(connection, *seen)
    # It is the connection's as long as it sees this revision, such as in an export, while
    # others have gone on.
    connection.catalogue_index = known
    return known


def _made(connection: Any, number: int, structure: int) -> Index:
    """Held for all connections, unless some do not see this revision: what a transaction sees
    may never be committed, and others have gone on from what a snapshot shows.
    """
    alias = connection.alias
    held = _held.get(alias)
    if connection.in_atomic_block or (held is not None and held.number > number):
        return _newer(held, number, structure, alias)
    with _lock:
        held = _held[alias] = _newer(_held.pop(alias, None), number, structure, alias)
        _forget_old_releases(alias)
    return held


def _forget_old_releases(used: str) -> None:
    releases = [
        alias for alias in _held if alias != used and alias not in settings.DATABASES
    ]
    for oldest in releases[: 1 - MOST_HELD]:
        del _held[oldest]


def _newer(held: Index | None, number: int, structure: int, alias: str) -> Index:
    if held is not None and held.number == number:
        return held
    # The copy that a release is read from tells nothing of what changed: another one under its
    # name is another database.
    if held is None or held.number > number or alias not in settings.DATABASES:
        return Index(number, structure, alias)
    changes = (
        Change.objects.using(alias)
        .filter(revision__gt=held.number)
        .values_list("mitigation_id", flat=True)
    )
    changed = list(changes[: MOST_MENDED + 1])
    if len(changed) > MOST_MENDED or Change.ALL in changed:
        return Index(number, structure, alias)
    mended = held.mended(number, structure, changed)
    return (
        mended
        if structure == held.structure or mended.is_whole()
        else Index(number, structure, alias)
    )
