"""Importers of records that Django saves one by one, from the fields of their models."""

from collections.abc import Collection, Iterator
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from catalogue.curation.history import PART_MODELS
from catalogue.fields import plain_value

from .base import Author, Importer, State


class ModelImporter(Importer):
    """Records that are rows of one model, of which a file has some thousands at most: each is
    saved as the admin saves it.
    """

    #: Members of the state that are plain fields of the model.
    plain: ClassVar[tuple[str, ...]]

    def rows(self) -> models.QuerySet:
        return self.model._default_manager.all()

    def state(self, row: Any) -> State:
        return {name: plain_value(getattr(row, name)) for name in self.plain}

    def read(self, keys):
        return {
            row.pk: self.state(row)
            for row in self.rows().filter(pk__in=list(keys))
        }

    def blank(self):
        return self.state(self.model())

    def apply(self, row: Any, after: State) -> None:
        """Puts a state into a row of the model, unsaved."""
        for name in self.plain:
            setattr(row, name, after[name])

    def save_parts(
        self,
        row: Any,
        after: State,
        before: State | None,
        author: Author,
    ) -> None:
        """What belongs to a row and stands in other tables."""

    def check(self, after, before):
        row = self.model()
        try:
            self.apply(row, after)
            row.clean_fields(
                exclude=[
                    f.name
                    for f in self.model._meta.fields
                    if f.is_relation or f.name == "path"
                ],
            )
            row.validate_constraints(exclude=self._unchanged(after, before))
        except ValidationError as error:
            yield from _by_field(error)

    def _unchanged(self, after: State, before: State | None) -> set[str]:
        """What was unique before is still, and the row that is looked at has no key by which to
        know itself.
        """
        return {
            name
            for name, value in (before or {}).items()
            if after.get(name) == value
        }

    def write(self, wanted, author):
        keys = [one.key for one in wanted if one.key]
        standing = {row.pk: row for row in self.rows().filter(pk__in=keys)}
        for one in wanted:
            row = (
                standing[one.key]
                if one.before is not None and one.key
                else self.model()
            )
            self.apply(row, one.after)
            save(row, author)
            self.save_parts(row, one.after, one.before, author)
            one.key = row.pk

    def remove(self, keys, author):
        kept = set()
        for row in self.rows().filter(pk__in=list(keys)).order_by("-pk"):
            if _is_referred_to(row):
                kept.add(row.pk)
            else:
                mark(row, author)
                row.delete()
        return kept

    def referred_to(self, keys, within):
        return {
            row.pk
            for row in self.rows().filter(pk__in=list(keys))
            if _is_referred_to(row, within)
        }

    def touched_since(self, keys, author):
        history: Any = self.model.history  # type: ignore[attr-defined]
        later = history.filter(id__in=list(keys), history_date__gte=author.now)
        return set(
            later.exclude(history_change_reason=author.reason).values_list(
                "id",
                flat=True,
            ),
        )


def _by_field(error: ValidationError) -> Iterator[tuple[str, str]]:
    for name, messages in error.message_dict.items():
        yield "" if name == NON_FIELD_ERRORS else name, " ".join(messages)


def _is_referred_to(row: Any, within: Collection[int] = ()) -> bool:
    """By what would keep it from being deleted, or be deleted with it and belongs to somebody
    else; rows of the same model that are `within` are left out.
    """
    own = {part for part, _ in PART_MODELS.get(type(row), [])}
    relations = [
        r
        for r in type(row)._meta.related_objects
        if r.related_model not in own
    ]
    for relation in relations:
        rows = relation.related_model._base_manager.filter(
            **{relation.field.name: row.pk},
        )
        if relation.related_model is type(row):
            rows = rows.exclude(pk__in=within)
        if rows.exists():
            return True
    return False


def mark(row: Any, author: Author) -> None:
    """Says in whose name, and why, the row is saved or deleted next."""
    row._change_reason = author.reason
    if author.user_id:
        row._history_user = get_user_model()(pk=author.user_id)


def save(row: Any, author: Author) -> None:
    mark(row, author)
    row.save()
