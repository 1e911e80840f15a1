"""Bringing the files and the database together."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Field
from tqdm import tqdm

from catalogue import revision
from catalogue.models import LoadedRecord
from catalogue.models.importing import FROM_FILES, LEFT_FILES

from .contents import DataError, Record
from .files import DATA_FOLDER, read_folder
from .kinds import KINDS, Kind, Related


@dataclass
class Report:
    """What a load did. `kept` has a line for every place where a curator's word stands against
    the files'.
    """

    created: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    kept: list[str] = field(default_factory=list)


@dataclass
class _Loader:
    """One load of one kind: rows of the database and what was last loaded, both by key."""

    name: str
    kind: Kind
    overwrite: bool
    report: Report
    rows: dict[str, Any]
    loaded: dict[str, LoadedRecord]
    related: Related
    first_loaded: list[LoadedRecord] = field(default_factory=list)

    def load(self, record: Record) -> None:
        row = self.rows.get(record.key)
        before = self.loaded.get(record.key)
        if row is not None:
            self._merge(record, row, before.values if before else None)
        elif before is None or self.overwrite:
            self.kind.create(
                record.key,
                record.values,
                f"{FROM_FILES}: {record.source}",
                self.related,
            )
            self.report.created += 1
        else:
            self.report.kept.append(
                f"{self.name} {record.key}: was deleted here, and stays so",
            )
        self._remember(record, before)

    def _merge(
        self,
        record: Record,
        row: Any,
        before: dict[str, Any] | None,
    ) -> None:
        """Takes over what changed in the file; what a curator changed stays, and is reported."""
        current = self.kind.read(row, list(record.values))
        taken = {}
        for name, value in record.values.items():
            if current[name] == value:
                continue
            if self.overwrite or self._is_as_loaded(
                name,
                current[name],
                before,
            ):
                taken[name] = value
            else:
                self.report.kept.append(
                    f"{self.name} {record.key}: {name}: was changed here, and stays so",
                )
        if taken:
            self.kind.write(
                row,
                taken,
                f"{FROM_FILES}: {record.source}",
                self.related,
            )
            self.report.changed += 1
        else:
            self.report.unchanged += 1

    def _is_as_loaded(
        self,
        name: str,
        value: Any,
        before: dict[str, Any] | None,
    ) -> bool:
        """Whether nobody changed it since the files were loaded last. A field that they had not
        then is as the database made it.
        """
        if before is None:
            return False
        if name in before:
            return before[name] == value
        field = self.kind.model._meta.get_field(name)
        return isinstance(field, Field) and value == field.get_default()

    def _remember(self, record: Record, before: LoadedRecord | None) -> None:
        if before is None:
            self.first_loaded.append(
                LoadedRecord(
                    model=self.name,
                    key=record.key,
                    values=record.values,
                ),
            )
        elif before.values != record.values:
            before.values = record.values
            before.save()

    def remove_what_left_the_files(self, keys: set[str]) -> None:
        for key, before in self.loaded.items():
            row = self.rows.get(key)
            if key in keys:
                continue
            if row is None:
                before.delete()
            elif (
                self.kind.goes_with_its_file
                and self.kind.read(row, list(before.values)) == before.values
            ):
                row._change_reason = LEFT_FILES
                row.delete()
                before.delete()
                self.report.removed += 1
            else:
                self.report.kept.append(
                    f"{self.name} {key}: is no longer in the data files, and stays here",
                )


def _loader(
    name: str,
    kind: Kind,
    overwrite: bool,
    report: Report,
    related: Related,
) -> _Loader:
    rows = {kind.key(row): row for row in kind.rows()}
    loaded = {
        record.key: record
        for record in LoadedRecord.objects.filter(model=name)
    }
    return _Loader(name, kind, overwrite, report, rows, loaded, related)


def _load_one(loader: _Loader, record: Record) -> None:
    """An error takes back the whole load, and so no record has a savepoint."""
    try:
        loader.load(record)
    except ValidationError as error:
        problems = [
            f"{record.source}: {name}: {' '.join(texts)}"
            for name, texts in error.message_dict.items()
        ]
        raise DataError(problems) from error
    except IntegrityError as error:
        raise DataError(
            [f"{record.source}: the database refuses it: {error}"],
        ) from error


@revision.writing()
def load_catalogue(
    *,
    folder: Path = DATA_FOLDER,
    overwrite: bool = False,
    progress: bool = False,
) -> Report:
    """Loads a data folder, all of it or nothing.

    Running it twice changes nothing. Where a curator changed what the files also hold, the
    curator's version stays and the report says so, unless `overwrite`.
    Raises DataError with every fault found in the files, by file, record and field.
    """
    contents = read_folder(folder)
    report = Report()
    related = Related()
    with tqdm(
        total=len(contents.records),
        desc="Loading the catalogue",
        unit=" records",
        disable=not progress,
    ) as bar:
        for name, kind in KINDS.items():
            loader = _loader(name, kind, overwrite, report, related)
            records = contents.of_kind(name)
            loader.remove_what_left_the_files(set(records))
            # Primary classifications last, so that the old primary has stepped back when the
            # new one comes.
            for record in sorted(
                records.values(),
                key=lambda record: record.values.get("is_primary", False),
            ):
                _load_one(loader, record)
                bar.update()
            LoadedRecord.objects.bulk_create(loader.first_loaded)
            report.changed += kind.finish()
    return report
