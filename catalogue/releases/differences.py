"""What two states of the catalogue do not have in common: two releases, or a release and today.

Of each record that differs, what happened to it, and each value before and after:

- **added**, **withdrawn**; **superseded**: withdrawn, with another in its place,
- **reclassified**: a mitigation whose places in taxonomies differ, whatever else does,
- **slightly changed**: nothing but wording differs, and that by little: with quotation marks,
  dashes and blanks made alike, each text is at least `ALIKE` per cent the same (rapidfuzz's
  ratio: the share of characters that need no edit). No code, term, figure, name of a person or
  address differs,
- **changed**: anything else,
- **left as it was**.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, partial
from typing import Any, NamedTuple, Protocol, TypeVar

from catalogue.listing.index import current_index
from catalogue.listing.words import ALIKE, likeness
from catalogue.models import Release, ReleaseContent, ReleaseRecord

from .batches import batched
from .canonical import (
    KINDS,
    WITHDRAWAL,
    Key,
    canonical,
    digest,
    further_records,
    mitigations,
    published_records,
    withdrawals,
)

#: Records that are read at a time.
BATCH = 500
#: So many changes of one sort are told on a page; all of them are in the files.
MOST_SHOWN = 200
#: Members that hold wording: text in which a slip may be put right. All others are coded.
WORDING = {
    "name",
    "title",
    "short_title",
    "label",
    "description",
    "requirements",
    "status_note",
    "applies_to_note",
    "definition",
    "alternative_names",
    "rationale",
    "abstract",
    "note",
    "reason",
    "entry_name",
    "preliminary_notice",
    "body",
    "method",
    "limits",
    "question",
    "wording",
}

Path = tuple[str, ...]
Flat = dict[Path, Any]
Value = TypeVar("Value")


class What(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    SLIGHTLY = "slightly changed"
    RECLASSIFIED = "reclassified"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    SAME = "left as it was"


def flat(record: dict[str, Any]) -> Flat:
    """Each value of a canonical record by the path to it; lists are values."""
    values: Flat = {}

    def visit(value: Any, path: Path) -> None:
        if isinstance(value, dict) and value:
            for name, member in value.items():
                visit(member, (*path, name))
        elif path:
            values[path] = value

    visit(record, ())
    return values


class FieldChange(NamedTuple):
    """`old` is None where there was no value, `new` where there is none: canonical records hold
    nothing empty.
    """

    path: Path
    old: Any
    new: Any

    @property
    def is_wording(self) -> bool:
        return self.path[-1] in WORDING

    @property
    def is_slight(self) -> bool:
        if not self.is_wording or self.old is None or self.new is None:
            return False
        return likeness(_as_text(self.old), _as_text(self.new)) >= ALIKE

    @property
    def label(self) -> str:
        return " › ".join(part.replace("_", " ") for part in self.path)


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return str(value)


@dataclass(frozen=True)
class Change:
    """What happened to one record, whose texts were `old` and `new`: None where it was not
    there. `replaced_by` is a mitigation's accession.
    """

    key: Key
    old: str | None
    new: str | None
    replaced_by: str = ""
    note: str = ""

    # Made when asked for: of the 10,000 that a first release adds, its page names 200, and
    # their fields would take more memory than all that is stored.

    @cached_property
    def fields(self) -> list[FieldChange]:
        """Each value that differs, before and after."""
        before = flat(_parsed(self.old))
        after = flat(_parsed(self.new))
        changes = []
        for path in sorted({*before, *after}):
            old = before.get(path)
            new = after.get(path)
            if old != new:
                changes.append(FieldChange(path, old, new))
        return changes

    @cached_property
    def what(self) -> What:
        if self.old is None:
            return What.ADDED
        if self.new is None:
            if self.replaced_by:
                return What.SUPERSEDED
            return What.WITHDRAWN
        is_mitigation = self.key.kind == "mitigation"
        if is_mitigation and any(is_place(one.path) for one in self.fields):
            return What.RECLASSIFIED
        if all(one.is_slight for one in self.fields):
            return What.SLIGHTLY
        return What.CHANGED

    @property
    def record(self) -> dict[str, Any]:
        """As it is now; of what is gone, as it was."""
        return _parsed(self.old if self.new is None else self.new)

    @property
    def name(self) -> str:
        record = self.record
        for member in ("name", "label", "title"):
            if name := record.get(member):
                return name
        return self.key.name.strip(":").replace("::", ":")

    @property
    def moves(self) -> list[tuple[str, list[str], list[str]]]:
        """Of a reclassified mitigation: each taxonomy in which its places differ, with those
        before and after.
        """
        by_taxonomy: dict[str, tuple[list[str], list[str]]] = {}
        for one in self.fields:
            if not is_place(one.path):
                continue
            _, taxonomy, code, _ = one.path
            before, after = by_taxonomy.setdefault(taxonomy, ([], []))
            if one.old is not None:
                before.append(_place_label(code, one.old))
            if one.new is not None:
                after.append(_place_label(code, one.new))
        return [
            (taxonomy, *places) for taxonomy, places in by_taxonomy.items()
        ]

    @property
    def shown(self) -> list[FieldChange]:
        """What is to be read of a change: of what is new or gone, nothing but that it is."""
        if self.what in (What.ADDED, What.WITHDRAWN, What.SUPERSEDED):
            return []
        return self.fields

    @property
    def in_full(self) -> list[FieldChange]:
        """The same on pages and in files, but of a mapping all: it is nothing beside its values,
        such as what a law does about a measure, and why that is said.
        """
        return self.fields if self.key.kind == "mapping" else self.shown


def is_place(path: Path) -> bool:
    return (
        len(path) == 4
        and path[0] == "classifications"
        and path[3] == "is_primary"
    )


def _place_label(code: str, is_primary: bool) -> str:
    return code if is_primary else f"{code} (further)"


# States


class State(Protocol):
    """The records of one moment: what each is a digest of, and their texts."""

    label: str

    def digests(self) -> dict[Key, str]: ...

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]: ...


class Nothing:
    """Before the first release."""

    label = "nothing"

    def digests(self) -> dict[Key, str]:
        return {}

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]:
        return {}


class Released:
    def __init__(self, release: Release):
        self.release = release
        self.label = release.number

    @cached_property
    def _digests(self) -> dict[Key, str]:
        records = ReleaseRecord.objects.filter(release=self.release)
        rows = records.values_list("kind", "key", "content_id")
        return {
            Key(kind, key): sha256 for kind, key, sha256 in rows.iterator(5000)
        }

    def digests(self) -> dict[Key, str]:
        return self._digests

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]:
        digests = {
            key: self._digests[key] for key in keys if key in self._digests
        }
        bodies: dict[str, str] = {}
        for batch in batched(dict.fromkeys(digests.values()), BATCH):
            contents = ReleaseContent.objects.filter(pk__in=batch)
            bodies.update(contents.values_list("pk", "body"))
        return {key: bodies[sha256] for key, sha256 in digests.items()}


def _canonical_texts(records: Iterable[tuple[Key, Any]]) -> dict[Key, str]:
    return {key: canonical(record) for key, record in records}


class Today:
    """What is published now, in the database that is being read: all of it, as it is when first
    asked for.
    """

    label = "today"

    @cached_property
    def texts(self) -> dict[Key, str]:
        return _canonical_texts(published_records()) | _canonical_texts(
            withdrawals(),
        )

    def digests(self) -> dict[Key, str]:
        return {key: digest(text) for key, text in self.texts.items()}

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]:
        return {key: self.texts[key] for key in keys if key in self.texts}


class Lately:
    """The same for the pages, which are asked for after each change: of mitigations, a process
    reads those that changed since it last did. Of 10,000 it took most of the time to read all.
    """

    label = "today"

    @cached_property
    def _mitigations(self) -> dict[Key, tuple[int, str]]:
        """The primary key of each, and the digest of its text."""
        digests = current_index().for_all(
            "digest",
            partial(_map_texts, lambda key, text: (key, digest(text))),
        )
        return {key: (pk, sha256) for pk, (key, sha256) in digests.items()}

    @cached_property
    def _others(self) -> dict[Key, str]:
        return _canonical_texts(further_records()) | _canonical_texts(
            withdrawals(),
        )

    def digests(self) -> dict[Key, str]:
        digests = {
            key: sha256 for key, (_, sha256) in self._mitigations.items()
        }
        for key, text in self._others.items():
            digests[key] = digest(text)
        return digests

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]:
        bodies = {}
        mitigation_keys = []
        for key in keys:
            if key in self._mitigations:
                mitigation_keys.append(self._mitigations[key][0])
            elif key in self._others:
                bodies[key] = self._others[key]
        read = _map_texts(lambda key, text: (key, text), mitigation_keys)
        bodies.update(read.values())
        return bodies


def _map_texts(
    function: Callable[[Key, str], Value],
    keys: list[int],
) -> dict[int, Value]:
    """What `function` makes of the key and text of each of these mitigations, by primary key;
    they are read in batches.
    """
    values = {}
    for batch in batched(keys, BATCH):
        for pk, (key, record) in mitigations(batch).items():
            values[pk] = function(key, canonical(record))
    return values


# The difference


@dataclass
class Difference:
    old: State
    new: State
    changes: list[Change]
    same: list[Key]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many records of each kind were added, changed and so on."""
        counters: dict[str, Counter[str]] = defaultdict(Counter)
        for change in self.changes:
            counters[change.key.kind][change.what.value] += 1
        for key in self.same:
            counters[key.kind][What.SAME.value] += 1
        counts = {}
        for kind in KINDS:
            if kind in counters:
                of_kind = counters[kind]
                counts[kind] = {
                    w.value: of_kind[w] for w in What if of_kind[w]
                }
        return counts

    def of_kinds(
        self,
    ) -> Iterator[tuple[str, str, list[tuple[What, list[Change]]]]]:
        """(kind, its name, (what happened, to which records)), for reading; only where
        something did.
        """
        groups: dict[str, dict[What, list[Change]]] = defaultdict(dict)
        for change in self.changes:
            groups[change.key.kind].setdefault(change.what, []).append(change)
        for kind, name in KINDS.items():
            if kind in groups:
                of_kind = groups[kind]
                yield (
                    kind,
                    name,
                    [(w, of_kind[w]) for w in What if w in of_kind],
                )


def difference(old: State, new: State) -> Difference:
    before = old.digests()
    after = new.digests()
    same = []
    candidates = []
    for key in sorted({*before, *after}):
        if key.kind == WITHDRAWAL:
            continue
        if before.get(key) == after.get(key):
            same.append(key)
        else:
            candidates.append(key)
    old_bodies = old.bodies(candidates)
    new_bodies = new.bodies(candidates)
    differing = []
    for key in candidates:
        # A release of before RFC 8785 writes some numbers otherwise: 1.0, and not 1.
        is_in_both = key in old_bodies and key in new_bodies
        if is_in_both and _parsed(old_bodies[key]) == _parsed(new_bodies[key]):
            same.append(key)
        else:
            differing.append(key)
    deleted = [key for key in differing if key not in after]
    reasons = _withdrawal_reasons(new, deleted)
    changes = []
    for key in differing:
        reason = reasons.get(key, {})
        changes.append(
            Change(
                key,
                old_bodies.get(key),
                new_bodies.get(key),
                reason.get("replaced_by", ""),
                reason.get("note", ""),
            ),
        )
    same.sort()
    return Difference(old, new, changes, same)


def _withdrawal_reasons(
    state: State,
    deleted: list[Key],
) -> dict[Key, dict[str, Any]]:
    """What is said of the withdrawal of mitigations among these, by the mitigation's key."""
    names = [key.name for key in deleted if key.kind == "mitigation"]
    bodies = state.bodies(Key(WITHDRAWAL, name) for name in names)
    return {
        Key("mitigation", key.name): _parsed(text)
        for key, text in bodies.items()
    }


def _parsed(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}


def table_of(difference: Difference) -> dict[str, Any]:
    """Counts by kind: `columns`, and `rows` of a name and a count in each column."""
    counts = difference.counts()
    occurring: set[str] = set().union(*counts.values())
    columns = [what.value for what in What if what.value in occurring]
    rows = []
    for kind, by_what in counts.items():
        rows.append(
            (KINDS[kind], [by_what.get(column, 0) for column in columns]),
        )
    return {"columns": columns, "rows": rows}
