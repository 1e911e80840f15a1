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
    models_left = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table in tables:
            models_left.append(model)
    models_left.sort(key=lambda model: model._meta.db_table)
    in_order: list[type[models.Model]] = []
    while models_left:
        ready = []
        for model in models_left:
            referred_to = {
                field.related_model for field in _foreign_keys(model)
            }
            if referred_to.difference({model}).isdisjoint(models_left):
                ready.append(model)
        in_order += ready or models_left
        models_left = [model for model in models_left if model not in in_order]
    return in_order


def _foreign_keys(model: type[models.Model]) -> list[models.ForeignKey]:
    fields = model._meta.concrete_fields
    return [field for field in fields if isinstance(field, models.ForeignKey)]


def published_rows(model: type[models.Model]) -> models.QuerySet:
    if rows := ROWS.get(model._meta.db_table):
        return rows()
    every: Any = getattr(model, "objects", model._base_manager).all()
    if hasattr(every, "published"):
        return every.published()
    return every


def frozen_lines() -> Iterator[str]:
    """For each table a line with its name and columns, and then a line for each row. To be read
    in one transaction.
    """
    frozen_keys: Keys = defaultdict(set)
    for model in frozen_models():
        columns = sorted(
            field.attname for field in model._meta.concrete_fields
        )
        table = model._meta.db_table
        yield _json_line({"table": table, "columns": columns})
        key = model._meta.pk.attname
        for row in _frozen_rows(model, columns, frozen_keys):
            frozen_keys[table].add(row[key])
            yield _json_line([row[name] for name in columns])


def _frozen_rows(
    model: type[models.Model],
    columns: list[str],
    frozen_keys: Keys,
) -> Iterable[Row]:
    """The published rows that refer to nothing that is not published."""
    tables = set(public.frozen())
    to_itself = []
    to_private = []
    to_public = []
    for field in _foreign_keys(model):
        table = field.related_model._meta.db_table
        if field.related_model is model:
            to_itself.append(field.attname)
        elif table in tables:
            to_public.append((field.attname, frozen_keys[table]))
        elif field.null:
            to_private.append(field.attname)
        else:
            # Each row belongs to one that no reader sees, and says nothing without it.
            return []
    rows = published_rows(model).order_by("pk").values(*columns)
    frozen = _with_published_references(
        rows.iterator(chunk_size=2000),
        to_public,
        to_private,
    )
    if to_itself:
        return _emptied_within(list(frozen), model._meta.pk.attname, to_itself)
    return frozen


def _with_published_references(
    rows: Iterable[Row],
    to_public: list[tuple[str, set[Any]]],
    to_private: list[str],
) -> Iterator[Row]:
    for row in rows:
        for name, keys in to_public:
            if row[name] is not None and row[name] not in keys:
                break
        else:
            for name in to_private:
                row[name] = None
            yield row


def _emptied_within(
    rows: list[Row],
    key: str,
    columns: list[str],
) -> list[Row]:
    """References to rows of the same table that are not published are emptied: what replaces a
    row may be a draft.
    """
    known = {row[key] for row in rows}
    for row in rows:
        for column in columns:
            if row[column] not in known:
                row[column] = None
    return rows


def _json_value(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(
        f"{type(value).__name__} has no form in a frozen copy: declare one in freezing.py.",
    )


_encode = json.JSONEncoder(
    separators=(",", ":"),
    ensure_ascii=False,
    default=_json_value,
).encode


def _json_line(value: Any) -> str:
    return _encode(value) + "\n"


# And back

#: Fields whose values are in the database what they are in JSON. To have Django prepare each of
#: 700,000 takes seconds.
SAME_AS_JSON = {
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


def thaw(
    lines: Iterable[str],
    models_then: Callable[[str], Any],
    alias: str,
) -> None:
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
                model = models_then(value["table"])
                writer = _Writer(cursor, connection, model, value["columns"])
            elif writer:
                writer.add(value)
        if writer:
            writer.flush()
    connection.check_constraints()


class _Writer:
    """Past the models' own saving, which would fill in times and numbers anew."""

    SIZE = 2000

    def __init__(
        self,
        cursor: Any,
        connection: Any,
        model: Any,
        columns: list[str],
    ):
        self.cursor = cursor
        self.connection = connection
        self.rows: list[list[Any]] = []
        #: Of each column that there still is, its place in a row and what prepares its values.
        self.places: list[tuple[int, Callable[[Any], Any] | None]] = []
        self.sql = ""
        if model is None:
            return
        quote = connection.ops.quote_name
        fields = {
            field.attname: field for field in model._meta.concrete_fields
        }
        names = []
        for place, name in enumerate(columns):
            if name in fields:
                names.append(quote(fields[name].column))
                self.places.append((place, self._prepare(fields[name])))
        table = quote(model._meta.db_table)
        marks = ", ".join(["%s"] * len(names))
        self.sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"

    def add(self, row: list[Any]) -> None:
        if not self.sql:
            return
        values = []
        for place, prepare in self.places:
            value = row[place]
            values.append(prepare(value) if prepare else value)
        self.rows.append(values)
        if len(self.rows) >= self.SIZE:
            self.flush()

    def _prepare(self, field: Any) -> Callable[[Any], Any] | None:
        """What makes the database's value from that of JSON; None: they are the same."""
        target = field
        while isinstance(target, models.ForeignKey):
            target = target.target_field
        if target.get_internal_type() in SAME_AS_JSON:
            return None
        if isinstance(field, models.JSONField):
            return lambda value: field.get_db_prep_save(value, self.connection)

        def prepare(value: Any) -> Any:
            if value is None:
                return None
            return field.get_db_prep_save(
                field.to_python(value),
                self.connection,
            )

        return prepare

    def flush(self) -> None:
        if self.rows:
            self.cursor.executemany(self.sql, self.rows)
        self.rows = []
