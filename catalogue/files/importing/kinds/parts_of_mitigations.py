"""What hangs on mitigations, written and deleted in bulk: classifications, identifiers, mappings."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from django.db import models

from catalogue.curation.history import PART_MODELS
from catalogue.files.importing import history
from catalogue.models import (
    Mitigation,
)
from catalogue.models.mitigation import among

from .base import Author, State

PARTS_OF_MITIGATIONS: list[tuple[Any, str]] = PART_MODELS[Mitigation]


BATCH = 500


def delete_in_bulk(model: Any, rows: models.QuerySet) -> None:
    """Deletes rows that nothing refers to any more, without looking at each."""
    rows.order_by()._raw_delete(rows.db)  # type: ignore[attr-defined]


def keys_referred_to(
    keys: Sequence[int],
    within: Collection[int] = (),
) -> set[int]:
    """Those that anything but their own parts refers to, such as a study or a mapping of
    another mitigation that is none of them, and none of those `within`.
    """
    found: set[int] = set()
    own = {part for part, _ in PARTS_OF_MITIGATIONS}
    for relation in Mitigation._meta.related_objects:
        if relation.related_model in own and relation.field.name != "target":
            continue
        model: Any = relation.related_model
        rows = model._base_manager.filter(
            **{f"{relation.field.name}__in": among(keys)},
        )
        if relation.field.name == "target":
            rows = rows.exclude(source__in=among([*keys, *within]))
        found |= set(rows.values_list(f"{relation.field.name}_id", flat=True))
    return found


class PartsOfMitigations:
    """Differences of one kind of part over a batch of mitigations, to be written together."""

    def __init__(self, model: Any, column: str, author: Author):
        self.model = model
        self.column = column
        self.author = author
        self.new: list[Any] = []
        self.gone: dict[int, set[str]] = defaultdict(set)
        self.changed: dict[int, dict[str, State]] = defaultdict(dict)

    def compare(
        self,
        key: Any,
        before: State,
        after: State,
        values: Any,
    ) -> None:
        for name, value in after.items():
            if name not in before:
                self.new.append(
                    self.model(
                        **{f"{self.column}_id": key},
                        **values(name, value),
                    ),
                )
            elif before[name] != value:
                self.changed[key][name] = values(name, value)
        for name in before.keys() - after.keys():
            self.gone[key].add(name)

    def write(self, named: Any) -> None:
        """`named` tells of a row whose it is, and its name in the state."""
        touched = {*self.gone, *self.changed}
        standing = (
            list(
                self.model.objects.filter(
                    **{f"{self.column}__in": among(list(touched))},
                ),
            )
            if touched
            else []
        )
        gone = []
        changed = []
        for row in standing:
            key, name = named(row)
            if name in self.gone.get(key, ()):
                gone.append(row.pk)
            elif values := self.changed.get(key, {}).get(name):
                for attribute, value in values.items():
                    setattr(row, attribute, value)
                changed.append(row)
        history.record_history(self.model, gone, "-", self.author)
        delete_in_bulk(
            self.model,
            self.model.objects.filter(pk__in=among(gone)),
        )
        # What stops being primary is saved before what becomes it: the database allows one at
        # any moment.
        for row in sorted(
            changed,
            key=lambda row: getattr(row, "is_primary", False),
        ):
            row.save_without_historical_record()
        history.record_history(
            self.model,
            [row.pk for row in changed],
            "~",
            self.author,
        )
        made = self.model.objects.bulk_create(self.new, batch_size=BATCH * 2)
        history.record_history(
            self.model,
            [row.pk for row in made],
            "+",
            self.author,
        )
