"""Two versions of a record that come from the same third, field by field: what each changed,
and where they clash.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property

from .snapshots import (
    EMPTY,
    IDENTIFYING_FIELDS,
    Snapshot,
    editable_fields,
    part_models,
)

THEIRS = "saved"
MINE = "mine"
#: Where a whole part was added or removed, in the place of a field's name.
WHOLE_PART = ""
#: Below this share of words in common, two texts are told apart as wholes.
MOSTLY_NEW = 0.6


class FieldPath(NamedTuple):
    """Of a snapshot: a record's own field under an empty id, or a part's."""

    kind: str
    id: str
    name: str

    @property
    def key(self) -> str:
        return ".".join(self)


class Versions(NamedTuple):
    """A field's value in each of the three; None: there is no such part."""

    base: Any
    saved: Any
    mine: Any

    @property
    def is_same(self) -> bool:
        return self.base == self.saved == self.mine

    @property
    def changed_by(self) -> str:
        if self.saved == self.mine:
            return "both"
        if self.saved == self.base:
            return MINE
        if self.mine == self.base:
            return THEIRS
        return "clash"


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
        before = (self.base or "").split(" ")
        after = (self.mine or "").split(" ")
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        if matcher.ratio() < MOSTLY_NEW:
            return [("old", self.base or ""), ("new", self.mine or "")]
        runs: list[tuple[str, str]] = []
        for operation, i, j, k, m in matcher.get_opcodes():
            if operation == "equal":
                runs.append(("same", " ".join(before[i:j])))
                continue
            if i < j:
                runs.append(("old", " ".join(before[i:j])))
            if k < m:
                runs.append(("new", " ".join(after[k:m])))
        return runs


@dataclass
class Comparison:
    """`mine` and `saved` beside the `base` that both come from, of one model of record."""

    model: type[models.Model]
    base: Snapshot
    saved: Snapshot
    mine: Snapshot
    choices: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mine = _with_saved_ids(
            self.model,
            self.base or EMPTY,
            self.saved,
            self.mine,
        )

    @cached_property
    def differences(self) -> list[Difference]:
        texts = Texts(self.model, [self.base, self.saved, self.mine])
        return [
            self._difference(path, versions, texts)
            for path, versions in self._versions_by_path()
            if not versions.is_same
        ]

    @property
    def clashes(self) -> list[Difference]:
        return [one for one in self.differences if one.is_clash]

    def merged(self) -> Snapshot:
        """What each changed, and of what both changed that which was chosen. Raises
        ValidationError where a choice is missing.
        """
        undecided = [
            clash.label
            for clash in self.clashes
            if self.choices.get(clash.key) not in (THEIRS, MINE)
        ]
        if undecided:
            raise ValidationError(
                f"Choose which version stays: {', '.join(undecided)}.",
            )
        fields = {}
        parts: dict[str, dict[str, Any]] = defaultdict(dict)
        for path, versions in self._versions_by_path():
            value = self._chosen(path, versions)
            if not path.kind:
                fields[path.name] = value
            elif path.name != WHOLE_PART:
                parts[path.kind].setdefault(path.id, {})[path.name] = value
            elif value is not None:
                parts[path.kind][path.id] = value
        return {"fields": fields, "parts": dict(parts)}

    def _chosen(self, path: FieldPath, versions: Versions) -> Any:
        default = THEIRS if versions.mine == versions.base else MINE
        choice = self.choices.get(path.key, default)
        return versions.mine if choice == MINE else versions.saved

    def _versions_by_path(self) -> Iterator[tuple[FieldPath, Versions]]:
        """A part that one of the three lacks has one path, to the whole of it."""
        snapshots = (self.base, self.saved, self.mine)
        for one in editable_fields(self.model):
            values = [each["fields"].get(one.name) for each in snapshots]
            yield FieldPath("", "", one.name), Versions(*values)
        for kind, (model, foreign_key) in part_models(self.model).items():
            rows = [each["parts"].get(kind, {}) for each in snapshots]
            for key in rows[0] | rows[1] | rows[2]:
                parts = [each.get(key) for each in rows]
                if None in parts:
                    yield FieldPath(kind, key, WHOLE_PART), Versions(*parts)
                    continue
                for one in editable_fields(model, foreign_key):
                    values = [part[one.name] for part in parts]
                    yield FieldPath(kind, key, one.name), Versions(*values)

    def _difference(
        self,
        path: FieldPath,
        versions: Versions,
        texts: "Texts",
    ) -> Difference:
        return Difference(
            key=path.key,
            label=texts.label(path),
            base=texts.of(path, versions.base),
            saved=texts.of(path, versions.saved),
            mine=texts.of(path, versions.mine),
            is_clash=versions.changed_by == "clash",
            by=versions.changed_by,
        )


def _with_saved_ids(
    model: type[models.Model],
    base: Snapshot,
    saved: Snapshot,
    mine: Snapshot,
) -> Snapshot:
    """`mine`, in which a new part that others have saved meanwhile too has the id of theirs."""
    parts: dict[str, dict[str, Any]] = {}
    for kind, (part, _) in part_models(model).items():
        names = IDENTIFYING_FIELDS.get(part, ())
        saved_ids = {}
        for key, values in saved["parts"].get(kind, {}).items():
            if key not in base["parts"].get(kind, {}):
                saved_ids[tuple(map(values.get, names))] = key
        parts[kind] = {}
        for key, values in mine["parts"].get(kind, {}).items():
            if names and int(key) < 0:
                key = saved_ids.get(tuple(map(values.get, names)), key)
            parts[kind][key] = values
    return {**mine, "parts": parts}


class Texts:
    """Values of snapshots as they are read, with what they refer to looked up at once."""

    def __init__(self, model: type[models.Model], snapshots: list[Snapshot]):
        self.parts = part_models(model)
        self.models = {kind: part for kind, (part, _) in self.parts.items()}
        self.models[""] = model
        self.snapshots = snapshots
        self.referenced = self._look_up()

    def _look_up(self) -> dict[Any, dict[Any, models.Model]]:
        """What the snapshots refer to: rows by key, by model; a query for each model."""
        keys: dict[Any, set[Any]] = defaultdict(set)
        for snapshot in self.snapshots:
            self._add_references(keys, "", snapshot["fields"])
            for kind, parts in snapshot["parts"].items():
                for values in parts.values():
                    self._add_references(keys, kind, values)
        return {
            model: _with_taxonomy(model).in_bulk(of_model - {None})
            for model, of_model in keys.items()
        }

    def _add_references(
        self,
        keys: dict[Any, set[Any]],
        kind: str,
        values: dict[str, Any],
    ) -> None:
        for name, value in values.items():
            one = self.models[kind]._meta.get_field(name)
            if one.many_to_many:
                keys[one.related_model].update(value)
            elif one.is_relation:
                keys[one.related_model].add(value)

    def of(self, path: FieldPath, value: Any) -> str | None:
        if path.name != WHOLE_PART:
            one = self.models[path.kind]._meta.get_field(path.name)
            return self.field(one, value)
        if value is None:
            return None
        return self.part(path.kind, value)

    def field(self, one: Any, value: Any) -> str:
        if one.many_to_many:
            return ", ".join(self.reference(one, key) for key in value or [])
        if value is None:
            return ""
        if one.is_relation:
            return self.reference(one, value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(dict(one.flatchoices).get(value, value))

    def reference(self, one: Any, key: Any) -> str:
        row = self.referenced.get(one.related_model, {}).get(key)
        if row is None:
            return "(it is gone)"
        return str(getattr(row, "full_label", row))

    def part(self, kind: str, values: dict[str, Any]) -> str:
        lines = []
        for one in editable_fields(*self.parts[kind]):
            if text := self.field(one, values[one.name]):
                lines.append(f"{str(one.verbose_name).capitalize()}: {text}")
        return "\n".join(lines)

    def label(self, path: FieldPath) -> str:
        if path.name == WHOLE_PART:
            return self.heading(path.kind, path.id)
        one = self.models[path.kind]._meta.get_field(path.name)
        if not path.kind:
            return str(one.verbose_name).capitalize()
        return f"{self.heading(path.kind, path.id)}, {one.verbose_name}"

    def heading(self, kind: str, key: str) -> str:
        """Such as “Classification 2.3.1 Deployment management (second version)”."""
        model = self.models[kind]
        words = [str(model._meta.verbose_name).capitalize()]
        # As the first snapshot has it that has this part at all.
        rows = [snapshot["parts"].get(kind, {}) for snapshot in self.snapshots]
        values = next(each[key] for each in rows if key in each)
        for name in IDENTIFYING_FIELDS.get(model) or values:
            words.append(self.field(model._meta.get_field(name), values[name]))
        return " ".join(filter(None, words))


def _with_taxonomy(model: Any) -> Any:
    """Rows with what their own names need."""
    names = [one.name for one in model._meta.concrete_fields]
    rows = model._base_manager.all()
    if "taxonomy" in names:
        return rows.select_related("taxonomy")
    return rows
