"""The rows of histories of which the public history is told: what mitigations and their parts were, and when."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ..models import Category, Classification, Document, Mitigation
from ..record.field_types import (
    Choice,
    Day,
    Flag,
    Lines,
    Number,
    Status,
    Terms,
    Text,
)
from ..record.fields import of_type
from . import changes_of_provisions as provisions

#: What is read of a mitigation's history: columns of its own, and terms.
STORED = [
    *(
        one.stored_as
        for one in of_type(Text, Lines, Flag, Choice, Number, Day, Status)
    ),
    "document_id",
]


TERMS = of_type(Terms)


class Row(NamedTuple):
    """One row of a history: of a mitigation, or of one of its classifications or mappings."""

    at: datetime
    history_id: int
    is_gone: bool
    reason: str
    of: str
    key: int
    values: dict[str, Any]


@dataclass
class State:
    """A mitigation at some moment. Places are by the key of the classification, what is asked
    by that of the mapping.
    """

    own: dict[str, Any] | None = None
    places: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: provisions.Asked = field(default_factory=dict)

    @property
    def is_published(self) -> bool:
        return (
            self.own is not None
            and self.own["status"] == Mitigation.Status.PUBLISHED
        )

    def copy(self) -> "State":
        return State(self.own, dict(self.places), dict(self.asked))


@dataclass
class Names:
    """What keys stand for."""

    places: dict[int, tuple[str, str, bool, bool]]
    documents: dict[int, str]


def own_rows(
    keys: Collection[int],
    until: dict[str, Any],
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    columns = (
        "id",
        "history_id",
        "history_date",
        "history_type",
        "history_change_reason",
        *STORED,
    )
    rows = (
        Mitigation.history.filter(id__in=keys, **until)
        .order_by()
        .values(*columns)
    )
    terms = _terms([row["history_id"] for row in rows])
    for row in rows:
        values = {name: row[name] for name in STORED}
        for name, by_history in terms.items():
            values[name] = by_history.get(row["history_id"], set())
        found[row["id"]].append(
            history_row(row, "mitigation", row["id"], values),
        )
    return found


def _terms(history_ids: list[int]) -> dict[str, dict[int, set[str]]]:
    found: dict[str, dict[int, set[str]]] = {}
    for one in TERMS:
        links: Any = getattr(Mitigation.history.model, one.name).model
        label = f"{one.terms._meta.model_name}__name"
        rows = links.objects.filter(history__in=history_ids)
        found[one.name] = defaultdict(set)
        for history_id, name in rows.values_list("history_id", label):
            found[one.name][history_id].add(name)
    return found


def place_rows(
    keys: Collection[int],
    until: dict[str, Any],
) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    columns = ("category_id", "is_primary", "rationale")
    rows = Classification.history.filter(
        mitigation_id__in=keys,
        **until,
    ).order_by()
    for row in rows.values(
        "id",
        "mitigation_id",
        "history_id",
        "history_date",
        "history_type",
        "history_change_reason",
        *columns,
    ):
        found[row["mitigation_id"]].append(
            history_row(
                row,
                "place",
                row["id"],
                {name: row[name] for name in columns},
            ),
        )
    return found


def history_row(
    row: dict[str, Any],
    of: str,
    key: int,
    values: dict[str, Any],
) -> Row:
    is_gone = row["history_type"] == "-"
    return Row(
        row["history_date"],
        row["history_id"],
        is_gone,
        row["history_change_reason"] or "",
        of,
        key,
        values,
    )


def names_in(rows: dict[int, list[Row]]) -> Names:
    every = [row for some in rows.values() for row in some]
    placed = {row.values["category_id"] for row in every if row.of == "place"}
    documents = {
        row.values["document_id"] for row in every if row.of == "mitigation"
    }
    columns = (
        "pk",
        "code",
        "taxonomy__short_title",
        "taxonomy__is_default",
        "taxonomy__kind",
    )
    places = {
        pk: (code, title, is_default, kind == "risks")
        for pk, code, title, is_default, kind in Category.objects.filter(
            pk__in=placed,
        ).values_list(*columns)
    }
    return Names(
        places,
        dict(
            Document.objects.filter(pk__in=documents).values_list(
                "pk",
                "label",
            ),
        ),
    )
