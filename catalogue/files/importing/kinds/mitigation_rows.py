"""Mitigations and their parts written many at once, each with its history."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from django.db import connection

from catalogue.curation.history import tracked_models
from catalogue.database import next_accession, next_keys
from catalogue.fields import sort_key
from catalogue.files.importing import history
from catalogue.models import (
    Category,
    Classification,
    Document,
    ExternalIdentifier,
    Mapping,
    Mitigation,
    Provision,
    Term,
)
from catalogue.models.mitigation import among
from catalogue.record.field_types import (
    Choice,
    Day,
    Flag,
    Lines,
    Number,
    Status,
    Terms,
    Text,
)
from catalogue.record.fields import in_order

from .base import Author, RecordChange, State
from .mappings import is_of_framework, target_of
from .parts_of_mitigations import (
    BATCH,
    PARTS_OF_MITIGATIONS,
    PartsOfMitigations,
    delete_in_bulk,
    keys_referred_to,
)

#: In which order files are read and changes shown.
IMPORTED = in_order(
    "accession",
    "name",
    "alternative_names",
    "description",
    "requirements",
    "document",
    "position",
    "section",
    "page",
    "preliminary",
    "status",
    "classifications",
    "phases",
    "actors",
    "functions",
    "external_identifiers",
    "mappings",
    "instruments_checked_on",
)
RELATIONS: dict[str, type[Term]] = {
    field.name: field.terms for field in IMPORTED if isinstance(field, Terms)
}
#: Members of a mitigation's state that are plain columns, and the attribute of the model that
#: each is. There is no other list: what is read, compared and written of a mitigation is just
#: this.
PLAIN = {
    field.name: field.stored_as
    for field in IMPORTED
    if isinstance(field, Text | Lines | Number | Flag | Choice | Day | Status)
}
#: Likewise of a classification, beside its category.
PLACE = {
    "primary": "is_primary",
    "rationale": "rationale",
    "coder": "coder",
    "confidence": "confidence",
    "origin": "origin",
}
#: And of a mapping, beside its target.
MAPPED = (
    "entry_name",
    "relation",
    "force",
    "asserted_by",
    "confidence",
    "note",
)


class Writer:
    """Remembers what the states name, and mappings until all rows are written."""

    def __init__(self) -> None:
        self.mappings: list[tuple[int, State, State]] = []
        self.number = 0

    @cached_property
    def documents(self) -> dict[str, int]:
        return dict(Document.objects.order_by().values_list("slug", "pk"))

    @cached_property
    def categories(self) -> dict[str, Category]:
        rows = Category.objects.select_related("taxonomy").order_by()
        return {f"{row.taxonomy.slug}:{row.code}": row for row in rows}

    @cached_property
    def terms(self) -> dict[str, dict[str, int]]:
        return {
            name: dict(
                model._default_manager.order_by().values_list("slug", "pk"),
            )
            for name, model in RELATIONS.items()
        }

    def write(self, wanted: list[RecordChange], author: Author) -> None:
        self._add([one for one in wanted if one.before is None], author)
        self._change([one for one in wanted if one.before is not None], author)
        for one in wanted:
            before = (one.before or {}).get("mappings", {})
            if one.after["mappings"] != before:
                assert one.key
                self.mappings.append((one.key, before, one.after["mappings"]))

    def finish(self, author: Author) -> None:
        """Mappings may lead to mitigations that came later in the file."""
        accessions = [
            t
            for _, before, after in self.mappings
            for t in (*before, *after)
            if ":" not in t
        ]
        keys: dict[str, int] = {}
        for start in range(0, len(accessions), BATCH):
            rows = Mitigation.objects.filter(
                accession__in=accessions[start : start + BATCH],
            ).order_by()
            keys.update(rows.values_list("accession", "pk"))
        changes = PartsOfMitigations(Mapping, "source", author)
        for key, before, after in self.mappings:
            changes.compare(
                key,
                before,
                after,
                lambda target, value: self._mapping(target, value, keys),
            )
        changes.write(
            lambda row: (row.source_id, self._target_name(row, keys)),
        )
        self.mappings = []

    @cached_property
    def provisions(self) -> dict[str, int]:
        return Provision.objects.by_key()

    @cached_property
    def provision_names(self) -> dict[int, str]:
        return {key: name for name, key in self.provisions.items()}

    def _mapping(
        self,
        target: str,
        value: State,
        keys: dict[str, int],
    ) -> State:
        if ":" not in target:
            return {**value, "target_id": keys[target]}
        if is_of_framework(target):
            return {**value, **target_of(target), "target_id": None}
        return {**value, "provision_id": self.provisions[target]}

    def _target_name(self, row: Mapping, keys: dict[str, int]) -> str:
        if row.provision_id is not None:
            return self.provision_names.get(row.provision_id, "")
        if row.target_id is None:
            return f"{row.framework}@{row.framework_version}:{row.entry}"
        return next(
            (name for name, key in keys.items() if key == row.target_id),
            "",
        )

    # Additions

    def _add(self, wanted: list[RecordChange], author: Author) -> None:
        for one in wanted:
            one.after["accession"] = one.after["accession"] or self._next()
        keys = next_keys(connection, len(wanted)) if wanted else []
        for one, key in zip(wanted, keys, strict=True):
            one.key = key
        # Parts first, which the database allows until the end: the trigger that a part moves
        # would find, and write anew, its mitigation each time. That was more than half of the
        # whole.
        for name in RELATIONS:
            self._add_terms(
                name,
                [
                    (one.key, slug)
                    for one in wanted
                    for slug in one.after[name]
                ],
            )
        self._add_parts(wanted)
        rows = [
            self._put(
                Mitigation(pk=one.key, accession=one.after["accession"]),
                one.after,
            )
            for one in wanted
        ]
        Mitigation.objects.bulk_create(rows, batch_size=BATCH)
        history.record_history(Mitigation, keys, "+", author)
        for part in (Classification, ExternalIdentifier):
            history.record_history(part, keys, "+", author, by="mitigation_id")

    def _add_parts(self, wanted: list[RecordChange]) -> None:
        """All parts of additions are new, and so their histories are found by the mitigation."""
        places = [
            (one.key, *self._columns(n, place))
            for one in wanted
            for n, place in one.after["classifications"].items()
        ]
        history.insert_rows(
            Classification,
            ("mitigation_id", "category_id", "taxonomy_id", *PLACE.values()),
            places,
        )
        identifiers = [
            (one.key, *_identifier(name, url).values())
            for one in wanted
            for name, url in one.after["external_identifiers"].items()
        ]
        history.insert_rows(
            ExternalIdentifier,
            ("mitigation_id", "scheme", "value", "url"),
            identifiers,
        )

    def _columns(self, name: str, place: State) -> tuple[Any, ...]:
        category = self.categories[name]
        return (
            category.pk,
            category.taxonomy_id,
            *(place[name] for name in PLACE),
        )

    def _next(self) -> str:
        """The next accession. The first is asked for, which keeps others from taking one before
        the end.
        """
        highest = (
            int(next_accession(connection)[1:])
            if not self.number
            else self.number + 1
        )
        self.number = highest
        return f"M{highest:04}"

    def _put(self, row: Mitigation, state: State) -> Mitigation:
        for name, attribute in PLAIN.items():
            setattr(row, attribute, state[name])
        row.document_id = self.documents[state["document"]]
        return row

    def _add_terms(
        self,
        name: str,
        pairs: Collection[tuple[Any, str]],
    ) -> None:
        relation: Any = Mitigation._meta.get_field(name)
        through = relation.remote_field.through
        terms = self.terms[name]
        columns = relation.m2m_column_name(), relation.m2m_reverse_name()
        history.insert_rows(
            through,
            columns,
            [(key, terms[slug]) for key, slug in pairs],
        )

    # Changes

    def _change(self, wanted: list[RecordChange], author: Author) -> None:
        by_key = {one.key: one for one in wanted}
        rows = list(
            Mitigation.objects.filter(
                pk__in=among([key for key in by_key if key]),
            ).order_by(),
        )
        told = {*PLAIN, "document", *RELATIONS}
        changed = [
            row
            for row in rows
            if any(_differs(by_key[row.pk], name) for name in told)
        ]
        for row in changed:
            self._put(row, by_key[row.pk].after)
            row.updated_at = author.now
            row.sort_name = sort_key(row.name)
        written = [*PLAIN.values(), "sort_name", "document", "updated_at"]
        Mitigation.objects.bulk_update(changed, written, batch_size=BATCH // 5)
        for name in RELATIONS:
            self._change_terms(
                name,
                [
                    by_key[row.pk]
                    for row in changed
                    if _differs(by_key[row.pk], name)
                ],
            )
        history.record_history(
            Mitigation,
            [row.pk for row in changed],
            "~",
            author,
        )
        self._write_parts(wanted, author)

    def _change_terms(self, name: str, wanted: list[RecordChange]) -> None:
        if not wanted:
            return
        through = Mitigation._meta.get_field(name).remote_field.through  # type: ignore[union-attr]
        delete_in_bulk(
            through,
            through.objects.filter(
                mitigation__in=among([one.key for one in wanted if one.key]),
            ),
        )
        self._add_terms(
            name,
            [(one.key, slug) for one in wanted for slug in one.after[name]],
        )

    # Parts

    def _write_parts(self, wanted: list[RecordChange], author: Author) -> None:
        places = PartsOfMitigations(Classification, "mitigation", author)
        identifiers = PartsOfMitigations(
            ExternalIdentifier,
            "mitigation",
            author,
        )
        for one in wanted:
            before = one.before or {}
            places.compare(
                one.key,
                before.get("classifications", {}),
                one.after["classifications"],
                self._place,
            )
            identifiers.compare(
                one.key,
                before.get("external_identifiers", {}),
                one.after["external_identifiers"],
                _identifier,
            )
        names = {row.pk: name for name, row in self.categories.items()}
        places.write(lambda row: (row.mitigation_id, names[row.category_id]))
        identifiers.write(
            lambda row: (row.mitigation_id, f"{row.scheme}:{row.value}"),
        )

    def _place(self, name: str, place: State) -> State:
        category = self.categories[name]
        own = {attribute: place[name] for name, attribute in PLACE.items()}
        return {
            "category": category,
            "taxonomy_id": category.taxonomy_id,
            **own,
        }

    # Taking back

    def remove(self, keys: Sequence[int], author: Author) -> set[int]:
        """Deletes mitigations that nothing else refers to. One that is or was published keeps
        its page, and so stays.
        """
        standing = dict(
            Mitigation.objects.filter(pk__in=among(keys))
            .order_by()
            .values_list("pk", "status"),
        )
        shown = (Mitigation.Status.PUBLISHED, Mitigation.Status.WITHDRAWN)
        kept = {key for key, status in standing.items() if status in shown}
        kept |= keys_referred_to(list(standing))
        going = [key for key in standing if key not in kept]
        for part, column in PARTS_OF_MITIGATIONS:
            rows = part.objects.filter(**{f"{column}__in": among(going)})
            history.record_history(
                part,
                list(rows.order_by().values_list("pk", flat=True)),
                "-",
                author,
            )
            delete_in_bulk(part, rows)
        history.record_history(Mitigation, going, "-", author)
        for name in RELATIONS:
            through = Mitigation._meta.get_field(name).remote_field.through  # type: ignore[union-attr]
            delete_in_bulk(
                through,
                through.objects.filter(mitigation__in=among(going)),
            )
        delete_in_bulk(
            Mitigation,
            Mitigation.objects.filter(pk__in=among(going)),
        )
        return kept

    def referred_to(self, keys: Sequence[int], within: set[int]) -> set[int]:
        return keys_referred_to(keys, within)

    def withdraw(self, keys: Sequence[int], author: Author, note: str) -> None:
        """Their addresses answer then that they are withdrawn, when and why."""
        gone = {
            "status": Mitigation.Status.WITHDRAWN,
            "withdrawal_note": note,
            "withdrawn_at": author.now,
        }
        Mitigation.objects.filter(pk__in=among(keys)).update(
            **gone,
            updated_at=author.now,
        )
        history.record_history(Mitigation, keys, "~", author)

    def touched_since(self, keys: Sequence[int], author: Author) -> set[int]:
        found: set[int] = set()
        for model, column in tracked_models(Mitigation):
            past: Any = model.history.filter(  # type: ignore[attr-defined]
                history_date__gte=author.now,
                **{f"{column}__in": among(keys)},
            )
            found |= set(
                past.exclude(history_change_reason=author.reason).values_list(
                    column,
                    flat=True,
                ),
            )
        return found


def _differs(one: RecordChange, name: str) -> bool:
    return one.before is not None and one.before[name] != one.after[name]


def _identifier(name: str, url: str) -> State:
    scheme, _, value = name.partition(":")
    return {"scheme": scheme, "value": value, "url": url}
