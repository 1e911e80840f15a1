"""Two versions of a record that come from the same third, field by field: what each changed,
and where they clash.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property

from .snapshots import EMPTY, SAME, Snapshot, fields_of, parts_of

THEIRS, MINE = "saved", "mine"
#: Where a whole part was added or removed, in the place of a field's name.
WHOLE = ""
#: Below this share of words in common, two texts are told apart as wholes.
MOSTLY_NEW = 0.6
#: Of a snapshot: a record's own field under an empty id, or a part's.
Place = tuple[str, str, str]


@dataclass
class Difference:
    """One place where the versions differ. `base`, `saved` and `mine` are texts to be read;
    None: there is no such part.
    """

    key: str
    label: str
    base: str | None
    saved: str | None
    mine: str | None
    is_clash: bool
    by: str

    @property
    def words(self) -> list[tuple[str, str]]:
        """From `base` to `mine`, as (kind, text): kind is "same", "old" or "new"."""
        before, after = (self.base or "").split(" "), (self.mine or "").split(" ")
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        if matcher.ratio() < MOSTLY_NEW:
            return [("old", self.base or ""), ("new", self.mine or "")]
        found: list[tuple[str, str]] = []
        for kind, i, j, k, m in matcher.get_opcodes():
            if kind == "equal":
                found.append(("same", " ".join(before[i:j])))
                continue
            found += [
                (name, " ".join(part))
                for name, part in (("old", before[i:j]), ("new", after[k:m]))
                if part
            ]
        return found


@dataclass
class Comparison:
    """`mine` and `saved` beside the `base` that both come from, of one model of record."""

    model: type[models.Model]
    base: Snapshot
    saved: Snapshot
    mine: Snapshot
    choices: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mine = _aligned(self.model, self.base or EMPTY, self.saved, self.mine)

    @cached_property
    def differences(self) -> list[Difference]:
        texts = Texts(self.model, [self.base, self.saved, self.mine])
        return [
            self._difference(place, values, texts)
            for place, values in self._places()
            if not _is_one(values)
        ]

    @property
    def clashes(self) -> list[Difference]:
        return [one for one in self.differences if one.is_clash]

    def merged(self) -> Snapshot:
        """What each changed, and of what both changed that which was chosen. Raises
        ValidationError where a choice is missing.
        """
        open_ = [
            one.label
            for one in self.clashes
            if self.choices.get(one.key) not in (THEIRS, MINE)
        ]
        if open_:
            raise ValidationError(f"Choose which version stays: {', '.join(open_)}.")
        whole: Snapshot = {"fields": {}, "parts": defaultdict(dict)}
        for (kind, id_, name), values in self._places():
            value = self._chosen(_key((kind, id_, name)), *values)
            if not kind:
                whole["fields"][name] = value
            elif name == WHOLE:
                whole["parts"][kind].update({id_: value} if value is not None else {})
            else:
                whole["parts"][kind].setdefault(id_, {})[name] = value
        return {
            **whole,
            "parts": {kind: dict(rows) for kind, rows in whole["parts"].items()},
        }

    def _chosen(self, key: str, base: Any, saved: Any, mine: Any) -> Any:
        by_itself = THEIRS if mine == base else MINE
        return mine if self.choices.get(key, by_itself) == MINE else saved

    def _places(self) -> Iterator[tuple[Place, tuple[Any, Any, Any]]]:
        """Each place, with its value in base, saved and mine. A part that one of them lacks is
        one place.
        """
        three = (self.base, self.saved, self.mine)
        for one in fields_of(self.model):
            yield (
                ("", "", one.name),
                tuple(each["fields"].get(one.name) for each in three),
            )  # type: ignore[misc]
        for kind, (model, key) in parts_of(self.model).items():
            rows = [each["parts"].get(kind, {}) for each in three]
            for id_ in dict.fromkeys(id_ for each in rows for id_ in each):
                values = tuple(each.get(id_) for each in rows)
                if None in values:
                    yield (kind, id_, WHOLE), values  # type: ignore[misc]
                    continue
                for one in fields_of(model, key):
                    yield (kind, id_, one.name), tuple(v[one.name] for v in values)  # type: ignore[index, misc]

    def _difference(
        self, place: Place, values: tuple[Any, Any, Any], texts: "Texts"
    ) -> Difference:
        base, saved, mine = values
        by = (
            "both"
            if saved == mine
            else MINE
            if saved == base
            else THEIRS
            if mine == base
            else "clash"
        )
        was, theirs, own = (texts.of(place, value) for value in values)
        return Difference(
            _key(place), texts.label(place), was, theirs, own, by == "clash", by
        )


def _key(place: Place) -> str:
    return ".".join(place)


def _is_one(values: tuple[Any, Any, Any]) -> bool:
    return values[0] == values[1] == values[2]


def _aligned(
    model: type[models.Model], base: Snapshot, saved: Snapshot, mine: Snapshot
) -> Snapshot:
    """`mine`, in which a new part that others have saved meanwhile too has the id of theirs."""
    parts = {}
    for kind, (part, _) in parts_of(model).items():
        rows, names = mine["parts"].get(kind, {}), SAME.get(part, ())
        theirs = {
            tuple(values[n] for n in names): id_
            for id_, values in saved["parts"].get(kind, {}).items()
            if names and id_ not in base["parts"].get(kind, {})
        }
        parts[kind] = {
            (
                theirs.get(tuple(values[n] for n in names), id_)
                if int(id_) < 0
                else id_
            ): values
            for id_, values in rows.items()
        }
    return {**mine, "parts": parts}


class Texts:
    """Values of snapshots as they are read, with what they refer to looked up at once."""

    def __init__(self, model: type[models.Model], snapshots: list[Snapshot]):
        self.parts = parts_of(model)
        self.models: dict[str, Any] = {
            "": model,
            **{kind: part for kind, (part, _) in self.parts.items()},
        }
        self.snapshots = snapshots
        wanted: dict[Any, set[Any]] = defaultdict(set)
        for snapshot in snapshots:
            for kind, values in _rows(snapshot):
                for name, value in values.items():
                    one = self.models[kind]._meta.get_field(name)
                    if one.is_relation:
                        wanted[one.related_model].update(
                            value if isinstance(value, list) else [value]
                        )
        self.named = {
            m: {row.pk: row for row in _with_words(m).filter(pk__in=keys - {None})}
            for m, keys in wanted.items()
        }

    def of(self, place: Place, value: Any) -> str | None:
        kind, _, name = place
        if name != WHOLE:
            return self.field(self.models[kind]._meta.get_field(name), value)
        return None if value is None else self.whole(kind, value)

    def field(self, one: Any, value: Any) -> str:
        if one.many_to_many:
            return ", ".join(self.reference(one, key) for key in value or [])
        if one.is_relation:
            return "" if value is None else self.reference(one, value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(dict(one.flatchoices).get(value, value) if value is not None else "")

    def reference(self, one: Any, key: Any) -> str:
        found = self.named.get(one.related_model, {}).get(key)
        return (
            "(it is gone)"
            if found is None
            else str(getattr(found, "full_label", found))
        )

    def whole(self, kind: str, values: dict[str, Any]) -> str:
        model, key = self.parts[kind]
        told = [
            (one.verbose_name, self.field(one, values[one.name]))
            for one in fields_of(model, key)
        ]
        return "\n".join(
            f"{str(name).capitalize()}: {text}" for name, text in told if text
        )

    def label(self, place: Place) -> str:
        kind, id_, name = place
        own = str(self.models[kind]._meta.get_field(name).verbose_name) if name else ""
        return (
            own.capitalize()
            if not kind
            else ", ".join(filter(None, [self.heading(kind, id_), own]))
        )

    def heading(self, kind: str, id_: str) -> str:
        """Such as “Classification 2.3.1 Deployment management (second version)”."""
        model = self.models[kind]
        values = next(
            s["parts"][kind][id_]
            for s in self.snapshots
            if id_ in s["parts"].get(kind, {})
        )
        names = SAME.get(model) or tuple(values)
        told = (self.field(model._meta.get_field(name), values[name]) for name in names)
        return " ".join(
            [str(model._meta.verbose_name).capitalize(), *filter(None, told)]
        )


def _rows(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", snapshot["fields"]
    for kind, rows in snapshot["parts"].items():
        for values in rows.values():
            yield kind, values


def _with_words(model: Any) -> Any:
    """Rows with what their own names need."""
    needed = [one.name for one in model._meta.concrete_fields if one.name == "taxonomy"]
    return model._base_manager.select_related(*needed)
