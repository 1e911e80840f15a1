"""The history of a record as its curators read it: every change to it and to its parts, and how
to go back.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from simple_history.template_utils import HistoricalRecordContextHelper

from .. import revision
from ..models import (
    Author,
    Classification,
    Document,
    ExternalIdentifier,
    Mapping,
    Mitigation,
    Proposal,
)

#: What belongs to a record and is edited with it: the model, and its key to the record.
PART_MODELS: dict[type[models.Model], list[tuple[type[models.Model], str]]] = {
    Mitigation: [
        (Classification, "mitigation"),
        (ExternalIdentifier, "mitigation"),
        (Mapping, "source"),
    ],
    Document: [(Author, "document")],
}
#: By relation and historical record.
Terms = dict[str, dict[Any, list[models.Model]]]

#: More signs than any text has: the library would leave out the middle of a longer one, which
#: may be what was changed.
LONGEST_TEXT = 10**6

VERBS = {"+": "added", "~": "changed", "-": "removed"}
#: What follows from other fields.
DERIVED_FIELDS = ["updated_at", "path", "sort_name", "taxonomy"]


def tracked_models(model: Any) -> list[tuple[Any, str]]:
    """A model and those of its parts, each with the column of its history that holds the key of
    the record.
    """
    parts = PART_MODELS.get(model, [])
    return [(model, "id"), *((part, f"{key}_id") for part, key in parts)]


def historical_rows(record: models.Model) -> list[tuple[Any, Any]]:
    """A record's model and those of its parts, each with a query for its rows of the history."""
    return [
        (model, model.history.filter(**{column: record.pk}))
        for model, column in tracked_models(type(record))
    ]


@dataclass
class HistoryEntry:
    """One change. `changes` has a field's label, old and new value each; `is_now` where nothing
    came after it.
    """

    record: Any
    what: str
    verb: str
    changes: list[dict[str, str]]
    is_now: bool = False
    #: The proposal that was approved with it, if it came by one.
    proposal: Any = None

    @property
    def kind(self) -> str:
        return self.record.instance_type._meta.model_name


def timeline(obj: models.Model) -> list[HistoryEntry]:
    """Every change to `obj` and its parts, the newest first. Takes a fixed number of queries
    for each kind of part.
    """
    entries = []
    for model, rows in historical_rows(obj):
        entries += _model_entries(model, rows)
    approved = _approved_proposals(obj)
    for entry in entries:
        entry.proposal = approved.get((entry.kind, entry.record.history_id))
    return sorted(
        entries,
        key=lambda entry: (entry.record.history_date, entry.record.history_id),
        reverse=True,
    )


def _approved_proposals(obj: models.Model) -> dict[tuple[str, int], Proposal]:
    """By the model and the historical row that each wrote."""
    proposals = Proposal.objects.about(obj).filter(
        state=Proposal.State.APPROVED,
    )
    by_entry = {}
    for proposal in proposals.select_related("author", "reviewer"):
        for kind, history_id in proposal.entries:
            by_entry[kind, history_id] = proposal
    return by_entry


def _model_entries(model: Any, rows: Any) -> list[HistoryEntry]:
    foreign_keys = [
        field.name
        for field in rows.model.tracked_fields
        if isinstance(field, models.ForeignKey)
    ]
    rows = rows.select_related("history_user", *foreign_keys)
    rows = rows.order_by("history_date", "history_id")
    terms = _terms_at(model, rows)
    previous: dict[Any, Any] = {}
    newest = {}
    entries = []
    for row in rows:
        changes = _changes(model, previous.get(row.id), row, terms)
        previous[row.id] = row
        newest.pop(row.id, None)
        # A save in which nothing changed says nothing, unless it gives a reason.
        if (
            row.history_type == "~"
            and not changes
            and not row.history_change_reason
        ):
            continue
        entry = HistoryEntry(
            row,
            _described(model, row),
            VERBS[row.history_type],
            changes,
        )
        newest[row.id] = entry
        entries.append(entry)
    for entry in newest.values():
        entry.is_now = True
    return entries


def _described(model: Any, row: Any) -> str:
    """Such as “classification 2.3.1 Deployment Management”; names no key, even where what it
    names is gone.
    """
    try:
        text = str(row.instance)
    except models.ObjectDoesNotExist:
        text = "(what it refers to is gone)"
    return f"{model._meta.verbose_name} {text}"


def _changes(
    model: Any,
    before: Any,
    after: Any,
    terms: Terms,
) -> list[dict[str, str]]:
    if before is None or after.history_type == "-":
        return []
    relations = _many_to_many(model)
    # The library would ask the database again for each record's relations.
    excluded = [*DERIVED_FIELDS, *(relation.name for relation in relations)]
    delta = after.diff_against(
        before,
        foreign_keys_are_objs=True,
        excluded_fields=excluded,
    )
    changes = HistoricalRecordContextHelper(
        model,
        after,
        max_displayed_delta_change_chars=LONGEST_TEXT,
    ).context_for_delta_changes(delta)
    for relation in relations:
        by_record = terms[relation.name]
        old = ", ".join(map(str, by_record.get(before.pk, [])))
        new = ", ".join(map(str, by_record.get(after.pk, [])))
        if old != new:
            label = relation.verbose_name.capitalize()
            changes.append({"field": label, "old": old, "new": new})
    return changes


def _many_to_many(model: Any) -> Sequence[Any]:
    return getattr(model.history.model, "_history_m2m_fields", ())


def _terms_at(model: Any, records: Any) -> Terms:
    """The terms that each of the historical `records` had, of those that still exist; a query
    for each relation.
    """
    terms: Terms = {}
    keys = records.values("history_id").order_by()
    for relation in _many_to_many(model):
        name = relation.related_model._meta.model_name
        links = getattr(records.model, relation.name).model.objects
        links = links.filter(history__in=keys).select_related(name)
        by_record = terms[relation.name] = defaultdict(list)
        for link in links.order_by(f"{name}__is_special", f"{name}__position"):
            if term := getattr(link, name, None):
                by_record[link.history_id].append(term)
    return terms


def version(obj: models.Model) -> str:
    """Changes with every change to `obj` or its parts: for telling that somebody else has saved
    meanwhile.
    """
    return ".".join(str(last) for last in latest_history_ids(obj).values())


def latest_history_ids(record: models.Model) -> dict[Any, int]:
    """The id of the last historical row of a record and of its parts, by model; 0: none."""
    latest = {}
    for model, rows in historical_rows(record):
        ids = rows.aggregate(last=models.Max("history_id"))
        latest[model] = ids["last"] or 0
    return latest


@revision.writing()
def restore_version(record: Any, *, reason: str) -> models.Model:
    """Makes the row what it was at `record`, its many-to-many relations too, as a new change.
    Brings back what is gone.

    Raises ValidationError where that no longer fits, such as a category that has a new primary
    classification.
    """
    row = record.instance
    row._state.adding = not type(row)._base_manager.filter(pk=row.pk).exists()
    row._change_reason = reason
    row.full_clean(exclude=["path"])
    row.save()
    terms_then = _terms_at(
        type(row),
        type(record).objects.filter(pk=record.pk),
    )
    for name, terms in terms_then.items():
        getattr(row, name).set(terms.get(record.pk, []))
    return row
