"""The published rows of every public table, as lines of JSON, and back into a database.

Which rows of a table are published, its own `published()` says, or what `ROWS` declares. Beyond
that foreign keys decide: a row that refers to one that is not published is none itself. So what
a draft, a study that is not published, or an account leads to is left out without anybody
having to think of it; a reference to an account is emptied, and a row that cannot be without
what it refers to, such as what came of coding by two, is left out.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.apps import apps
from django.db import connections, models
from django.utils.functional import Promise

from catalogue.database import public
from serving.registry import Registry

Row = dict[str, Any]
Keys = dict[str, set[Any]]

#: Of tables whose model says nothing of what is published: the rows that are, where not all of
#: them may be. By table.
ROWS: Registry[str, Callable[[], models.QuerySet]] = Registry("table")


def frozen_models() -> list[type[models.Model]]:
    """In an order in which each comes after those that it refers to."""
    tables = set(public.frozen())
    left = [
        m
        for m in apps.get_models(include_auto_created=True)
        if m._meta.db_table in tables
    ]
    left.sort(key=lambda model: model._meta.db_table)
    done: list[type[models.Model]] = []
    while left:
        ready = [
            model for model in left if not (_referred_to(model) - {model}) & set(left)
        ]
        done += ready or left
        left = [model for model in left if model not in done]
    return done


def _foreign_keys(model: type[models.Model]) -> list[models.ForeignKey]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
    ]


def _referred_to(model: type[models.Model]) -> set[Any]:
    return {field.related_model for field in _foreign_keys(model)}


def published_rows(model: type[models.Model]) -> models.QuerySet:
    if rows := ROWS.get(model._meta.db_table):
        return rows()
    every: Any = (
        model._base_manager.all()
        if not hasattr(model, "objects")
        else model.objects.all()
    )  # type: ignore[attr-defined]
    return every.published() if hasattr(every, "published") else every


def frozen_lines() -> Iterator[str]:
    """For each table a line with its name and columns, and then a line for each row. To be read
    in one transaction.
    """
    kept: Keys = defaultdict(set)
    for model in frozen_models():
        columns = sorted(field.attname for field in model._meta.concrete_fields)
        yield _line({"table": model._meta.db_table, "columns": columns})
        key = model._meta.pk.attname
        for row in _standing(model, columns, kept):
            kept[model._meta.db_table].add(row[key])
            yield _line([row[name] for name in columns])


def _standing(
    model: type[models.Model], columns: list[str], kept: Keys
) -> Iterable[Row]:
    """The published rows that refer to nothing that is not published."""
    rows = (
        published_rows(model).order_by("pk").values(*columns).iterator(chunk_size=2000)
    )
    tables = set(public.frozen())
    within = [f for f in _foreign_keys(model) if f.related_model is model]
    outside = [f for f in _foreign_keys(model) if f.related_model is not model]
    private = [f for f in outside if f.related_model._meta.db_table not in tables]
    if any(not field.null for field in private):
        return []  # each row belongs to one that no reader sees, and says nothing without it
    public_keys = [
        (f.attname, kept[f.related_model._meta.db_table])
        for f in outside
        if f not in private
    ]
    found = (
        row
        for row in rows
        if all(row[name] is None or row[name] in keys for name, keys in public_keys)
    )
    emptied = (
        ({**row, **{field.attname: None for field in private}} for row in found)
        if private
        else found
    )
    return _mended(list(emptied), model._meta.pk.attname, within) if within else emptied


def _mended(rows: list[Row], key: str, within: list[models.ForeignKey]) -> list[Row]:
    """References to rows of the same table that are not published are emptied: what replaces a
    row may be a draft.
    """
    known = {row[key] for row in rows}
    for row in rows:
        for field in within:
            if row[field.attname] not in known:
                row[field.attname] = None
    return rows


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(
        f"{type(value).__name__} has no form in a frozen copy: declare one in freezing.py."
    )


_written = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, default=_plain
).encode


def _line(value: Any) -> str:
    return _written(value) + "\n"


# And back

#: Fields whose values stand in the database as they do in JSON. To have Django prepare each of
#: 700,000 takes seconds.
AS_THEY_ARE = {
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BooleanField",
    "CharField",
    "FloatField",
    "IntegerField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "SlugField",
    "SmallIntegerField",
    "TextField",
}


def thaw(lines: Iterable[str], models_then: Callable[[str], Any], alias: str) -> None:
    """Writes frozen rows into empty tables. `models_then` gives the model of a table as it was
    when they were frozen, or None where there is no such table any more. Raises IntegrityError
    where a row refers to none.
    """
    connection = connections[alias]
    writer: _Writer | None = None
    with connection.cursor() as cursor:
        for text in lines:
            value = json.loads(text)
            if isinstance(value, dict):
                if writer:
                    writer.flush()
                writer = _Writer(
                    cursor, connection, models_then(value["table"]), value["columns"]
                )
            elif writer:
                writer.add(value)
        if writer:
            writer.flush()
    connection.check_constraints()


class _Writer:
    """Past the models' own saving, which would fill in times and numbers anew."""

    SIZE = 2000

    def __init__(self, cursor: Any, connection: Any, model: Any, columns: list[str]):
        self.cursor, self.connection, self.rows = cursor, connection, []
        fields = (
            {field.attname: field for field in model._meta.concrete_fields}
            if model
            else {}
        )
        # A column that is gone since is left out.
        standing = [
            (place, fields[name])
            for place, name in enumerate(columns)
            if name in fields
        ]
        self.places = [(place, self._prepared(field)) for place, field in standing]
        quote = connection.ops.quote_name
        names = ", ".join(quote(field.column) for _, field in standing)
        marks = ", ".join("%s" for _ in self.places)
        self.sql = (
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"
            if model
            else ""
        )

    def add(self, row: list[Any]) -> None:
        if not self.sql:
            return
        self.rows.append(
            [
                prepared(row[place]) if prepared else row[place]
                for place, prepared in self.places
            ]
        )
        if len(self.rows) >= self.SIZE:
            self.flush()

    def _prepared(self, field: Any) -> Callable[[Any], Any] | None:
        """What makes the database's value from that of JSON; None: they are the same."""
        target = field
        while isinstance(target, models.ForeignKey):
            target = target.target_field
        if target.get_internal_type() in AS_THEY_ARE:
            return None
        if isinstance(field, models.JSONField):
            return lambda value: field.get_db_prep_save(value, self.connection)
        return lambda value: (
            None
            if value is None
            else field.get_db_prep_save(field.to_python(value), self.connection)
        )

    def flush(self) -> None:
        if self.rows:
            self.cursor.executemany(self.sql, self.rows)
        self.rows = []
