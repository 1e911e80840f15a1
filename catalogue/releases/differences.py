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
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeVar

from catalogue.listing.index import current_index
from catalogue.listing.ordering import BATCH
from catalogue.listing.words import ALIKE, likeness
from catalogue.models import Release, ReleaseContent, ReleaseRecord

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

#: So many changes of one sort are told on a page; all of them are in the files.
MOST_SHOWN = 200
#: Members that hold wording: text in which a slip may be put right. All others are coded.
WORDING = {
    "name",
    "title",
    "short_title",
    "label",
    "description",
    "definition",
    "alternative_names",
    "rationale",
    "abstract",
    "note",
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
Made = TypeVar("Made")


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
    found: Flat = {}

    def visit(value: Any, path: Path) -> None:
        if isinstance(value, dict) and value:
            for name, member in value.items():
                visit(member, (*path, name))
        elif path:
            found[path] = value

    visit(record, ())
    return found


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
        return likeness(_text(self.old), _text(self.new)) >= ALIKE

    @property
    def label(self) -> str:
        return " › ".join(part.replace("_", " ") for part in self.path)


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


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
        was, now = flat(_parsed(self.old)), flat(_parsed(self.new))
        paths = sorted({*was, *now})
        return [
            FieldChange(path, was.get(path), now.get(path))
            for path in paths
            if was.get(path) != now.get(path)
        ]

    @cached_property
    def what(self) -> What:
        if self.old is None:
            return What.ADDED
        if self.new is None:
            return What.SUPERSEDED if self.replaced_by else What.WITHDRAWN
        fields = self.fields
        if self.key.kind == "mitigation" and any(is_place(one.path) for one in fields):
            return What.RECLASSIFIED
        return What.SLIGHTLY if all(one.is_slight for one in fields) else What.CHANGED

    @property
    def name(self) -> str:
        record = _parsed(self.old if self.new is None else self.new)
        named = record.get("name") or record.get("label") or record.get("title")
        return named or self.key.name.strip(":").replace("::", ":")

    @property
    def moves(self) -> list[tuple[str, list[str], list[str]]]:
        """Of a reclassified mitigation: each taxonomy in which its places differ, with those
        before and after.
        """
        found: dict[str, tuple[list[str], list[str]]] = {}
        for one in self.fields:
            if is_place(one.path):
                before, after = found.setdefault(one.path[1], ([], []))
                if one.old is not None:
                    before.append(_place(one.path[2], one.old))
                if one.new is not None:
                    after.append(_place(one.path[2], one.new))
        return [(taxonomy, *places) for taxonomy, places in found.items()]

    @property
    def shown(self) -> list[FieldChange]:
        """What is to be read of a change: of what is new or gone, nothing but that it is."""
        return (
            []
            if self.what in (What.ADDED, What.WITHDRAWN, What.SUPERSEDED)
            else self.fields
        )


def is_place(path: Path) -> bool:
    return len(path) == 4 and path[0] == "classifications" and path[3] == "is_primary"


def _place(code: str, is_primary: bool) -> str:
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
        self.release, self.label = release, release.number

    @cached_property
    def _digests(self) -> dict[Key, str]:
        rows = ReleaseRecord.objects.filter(release=self.release).values_list(
            "kind", "key", "content_id"
        )
        return {
            Key(kind, key): sha256
            for kind, key, sha256 in rows.iterator(chunk_size=5000)
        }

    def digests(self) -> dict[Key, str]:
        return self._digests

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]:
        wanted = {key: self._digests[key] for key in keys if key in self._digests}
        found: dict[str, str] = {}
        left = iter(dict.fromkeys(wanted.values()))
        while some := list(islice(left, 500)):
            found |= dict(
                ReleaseContent.objects.filter(pk__in=some).values_list("pk", "body")
            )
        return {key: found[sha256] for key, sha256 in wanted.items()}


class Today:
    """What is published now, in the database that is being read: all of it, as it is when first
    asked for.
    """

    label = "today"

    @cached_property
    def texts(self) -> dict[Key, str]:
        return {
            key: canonical(record)
            for more in (published_records, withdrawals)
            for key, record in more()
        }

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
        digests = current_index().for_all(
            "digest", lambda keys: _each(keys, lambda key, text: (key, digest(text)))
        )
        return {key: (pk, sha256) for pk, (key, sha256) in digests.items()}

    @cached_property
    def _others(self) -> dict[Key, str]:
        return {
            key: canonical(record)
            for more in (further_records, withdrawals)
            for key, record in more()
        }

    def digests(self) -> dict[Key, str]:
        others = {key: digest(text) for key, text in self._others.items()}
        return {key: sha256 for key, (_, sha256) in self._mitigations.items()} | others

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]:
        wanted = list(keys)
        read = [self._mitigations[key][0] for key in wanted if key in self._mitigations]
        others = {key: self._others[key] for key in wanted if key in self._others}
        return others | dict(_each(read, lambda key, text: (key, text)).values())


def _each(keys: list[int], make: Callable[[Key, str], Made]) -> dict[int, Made]:
    """What `make` makes of the text of each of these mitigations, read in lots."""
    lots = (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
    return {
        pk: make(key, canonical(record))
        for lot in lots
        for pk, (key, record) in mitigations(lot).items()
    }


# The difference


@dataclass
class Difference:
    old: State
    new: State
    changes: list[Change]
    same: list[Key]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many records of each kind were added, changed and so on."""
        found: dict[str, Counter[str]] = {}
        for change in self.changes:
            found.setdefault(change.key.kind, Counter())[change.what.value] += 1
        for key in self.same:
            found.setdefault(key.kind, Counter())[What.SAME.value] += 1
        order = [what.value for what in What]
        return {
            kind: {w: found[kind][w] for w in order if found[kind][w]}
            for kind in KINDS
            if kind in found
        }

    def of_kinds(self) -> Iterator[tuple[str, str, list[tuple[What, list[Change]]]]]:
        """(kind, its name, (what happened, to which records)), for reading; only where
        something did.
        """
        for kind, name in KINDS.items():
            of_kind = [change for change in self.changes if change.key.kind == kind]
            groups = [(what, [c for c in of_kind if c.what is what]) for what in What]
            if of_kind:
                yield (
                    kind,
                    name,
                    [(what, changes) for what, changes in groups if changes],
                )


def difference(old: State, new: State) -> Difference:
    before, after = old.digests(), new.digests()
    differing = []
    same = []
    for key in {*before, *after}:
        if key.kind == WITHDRAWAL:
            continue
        is_same = before.get(key) == after.get(key)
        (same if is_same else differing).append(key)
    texts, fresh = old.bodies(differing), new.bodies(differing)
    keys = []
    for key in sorted(differing):
        # A release of before RFC 8785 writes some numbers otherwise: 1.0, and not 1.
        is_same = key in texts and key in fresh
        is_same = is_same and _parsed(texts[key]) == _parsed(fresh[key])
        (same if is_same else keys).append(key)
    same.sort()
    gone = [
        Key(WITHDRAWAL, key.name)
        for key in keys
        if key.kind == "mitigation" and key not in after
    ]
    reasons = new.bodies(gone)
    told = {
        Key("mitigation", key.name): _parsed(reason) for key, reason in reasons.items()
    }
    changes = [
        _change(key, texts.get(key), fresh.get(key), told.get(key, {})) for key in keys
    ]
    return Difference(old, new, changes, same)


def _change(key: Key, old: str | None, new: str | None, told: dict[str, Any]) -> Change:
    """`told` is what is said of its withdrawal, if anything."""
    return Change(key, old, new, told.get("replaced_by", ""), told.get("note", ""))


def _parsed(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}


def table_of(found: Difference) -> dict[str, Any]:
    """Counts by kind: `columns`, and `rows` of a name and a count in each column."""
    counts = found.counts()
    order = [
        what.value for what in What if any(what.value in row for row in counts.values())
    ]
    return {
        "columns": order,
        "rows": [
            (KINDS[kind], [row.get(what, 0) for what in order])
            for kind, row in counts.items()
        ],
    }
