"""What two states of the catalogue do not have in common: two releases, or a release and today.

Of each record that differs, what happened to it, and each value before and after:

- **added**, **withdrawn**; **superseded**: withdrawn, with another in its place,
- **reclassified**: a mitigation whose places in taxonomies differ, whatever else does,
- **slightly changed**: nothing but wording differs, and that by little: with quotation marks, dashes and blanks made alike, each
  text is at least `ALIKE` per cent the same (rapidfuzz's ratio: the share of characters that need no edit). No code, term, figure,
  name of a person or address differs,
- **changed**: anything else,
- **left as it was**.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from rapidfuzz import fuzz

from catalogue.models import Release, ReleaseContent, ReleaseRecord

from .canonical import KINDS, WITHDRAWAL, Key, canonical, digest, published_records, withdrawals

#: In per cent.
ALIKE = 95
#: Members that hold wording: text in which a slip may be put right. All others are coded.
WORDING = {
    "name", "title", "short_title", "label", "description", "definition", "alternative_names", "rationale", "abstract", "note",
    "entry_name", "preliminary_notice", "body", "method", "limits", "question", "wording",
}  # fmt: skip
TYPOGRAPHY = str.maketrans(dict.fromkeys("‘’‚‛′`", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—−", "-"))

Path = tuple[str, ...]
Flat = dict[Path, Any]


class What(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    SLIGHTLY = "slightly changed"
    RECLASSIFIED = "reclassified"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    SAME = "left as it was"


def flat(record: dict[str, Any]) -> Flat:
    """Each value of a canonical record by the path to it; lists are values. `built` puts it together again."""
    found: Flat = {}

    def visit(value: Any, path: Path) -> None:
        if isinstance(value, dict) and value:
            for name, member in value.items():
                visit(member, (*path, name))
        elif path:
            found[path] = value

    visit(record, ())
    return found


def built(values: Flat) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for (*above, last), value in values.items():
        place = record
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
    return record


@dataclass(frozen=True)
class FieldChange:
    """`old` is None where there was no value, `new` where there is none: canonical records hold nothing empty."""

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


def likeness(old: str, new: str) -> float:
    """How much of two texts is the same, in per cent; marks and blanks that mean the same are."""
    return fuzz.ratio(*(re.sub(r"\s+", " ", text.translate(TYPOGRAPHY)).strip() for text in (old, new)))


@dataclass(frozen=True)
class Change:
    """What happened to one record. `replaced_by` is a mitigation's accession."""

    key: Key
    what: What
    name: str
    fields: list[FieldChange] = field(default_factory=list)
    replaced_by: str = ""
    note: str = ""

    @property
    def moves(self) -> list[tuple[str, list[str], list[str]]]:
        """Of a reclassified mitigation: each taxonomy in which its places differ, with those before and after."""
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
        return [] if self.what in (What.ADDED, What.WITHDRAWN, What.SUPERSEDED) else self.fields


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
        rows = ReleaseRecord.objects.filter(release=self.release).values_list("kind", "key", "content_id")
        return {Key(kind, key): sha256 for kind, key, sha256 in rows.iterator(chunk_size=5000)}

    def digests(self) -> dict[Key, str]:
        return self._digests

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]:
        wanted = {key: self._digests[key] for key in keys if key in self._digests}
        found: dict[str, str] = {}
        left = iter(dict.fromkeys(wanted.values()))
        while some := list(islice(left, 500)):
            found |= dict(ReleaseContent.objects.filter(pk__in=some).values_list("pk", "body"))
        return {key: found[sha256] for key, sha256 in wanted.items()}


class Today:
    """What is published now, in the database that is being read."""

    label = "today"

    @cached_property
    def texts(self) -> dict[Key, str]:
        return {key: canonical(record) for more in (published_records, withdrawals) for key, record in more()}

    def digests(self) -> dict[Key, str]:
        return {key: digest(text) for key, text in self.texts.items()}

    def bodies(self, keys: Iterable[Key]) -> dict[Key, str]:
        return {key: self.texts[key] for key in keys if key in self.texts}


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
        return {kind: {w: found[kind][w] for w in order if found[kind][w]} for kind in KINDS if kind in found}

    def of_kinds(self) -> Iterator[tuple[str, str, list[tuple[What, list[Change]]]]]:
        """(kind, its name, (what happened, to which records)), for reading; only where something did."""
        for kind, name in KINDS.items():
            of_kind = [change for change in self.changes if change.key.kind == kind]
            groups = [(what, [c for c in of_kind if c.what is what]) for what in What]
            if of_kind:
                yield kind, name, [(what, changes) for what, changes in groups if changes]


def difference(old: State, new: State) -> Difference:
    before, after = old.digests(), new.digests()
    keys = sorted(key for key in {*before, *after} if before.get(key) != after.get(key) and key.kind != WITHDRAWAL)
    same = sorted(key for key in after if before.get(key) == after[key] and key.kind != WITHDRAWAL)
    gone = [Key(WITHDRAWAL, key.name) for key in keys if key.kind == "mitigation" and key not in after]
    texts, fresh, reasons = old.bodies(keys), new.bodies(keys), new.bodies(gone)
    changes = [
        _change(
            key,
            texts.get(key),
            fresh.get(key),
            reasons.get(Key(WITHDRAWAL, key.name)) if key.kind == "mitigation" else None,
        )
        for key in keys
    ]
    return Difference(old, new, changes, same)


def _change(key: Key, old: str | None, new: str | None, reason: str | None) -> Change:
    before, after = json.loads(old) if old else {}, json.loads(new) if new else {}
    was, now = flat(before), flat(after)
    fields = [
        FieldChange(path, was.get(path), now.get(path))
        for path in sorted({*was, *now})
        if was.get(path) != now.get(path)
    ]
    told = json.loads(reason) if reason else {}
    replaced_by, note = told.get("replaced_by", ""), told.get("note", "")
    what = _what(key, old, new, fields, replaced_by)
    return Change(key, what, _name(after or before, key), fields, replaced_by, note)


def _what(key: Key, old: str | None, new: str | None, fields: list[FieldChange], replaced_by: str) -> What:
    if old is None:
        return What.ADDED
    if new is None:
        return What.SUPERSEDED if replaced_by else What.WITHDRAWN
    if key.kind == "mitigation" and any(is_place(one.path) for one in fields):
        return What.RECLASSIFIED
    return What.SLIGHTLY if all(one.is_slight for one in fields) else What.CHANGED


def _name(record: dict[str, Any], key: Key) -> str:
    named = record.get("name") or record.get("label") or record.get("title")
    return named or key.name.strip(":").replace("::", ":")


def applied(texts: dict[Key, str], changes: Iterable[Change]) -> dict[Key, str]:
    """The records that `changes` lead to from those in `texts`, all in canonical form: nothing is lost in a difference."""
    found = dict(texts)
    for change in changes:
        values = flat(json.loads(found.pop(change.key, "{}")))
        for one in change.fields:
            values.pop(one.path, None)
            if one.new is not None:
                values[one.path] = one.new
        if change.what not in (What.WITHDRAWN, What.SUPERSEDED):
            found[change.key] = canonical(built(values))
    return found
