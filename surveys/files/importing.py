"""Raw answers of a survey that ran elsewhere: read, checked cell by cell, and stored as if they
had been given here.

A file is long (see `surveys.files.longform`), or wide with a mapping. Both become cells, which
are checked in one place.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, get_args, get_origin

import yaml
from django.core.exceptions import ValidationError

from catalogue import revision
from catalogue.files.importing.errors import FileError
from serving.parameters import nearest

from ..models import Answer, Remark, Response, Round, Study
from ..running import fielding, secrecy
from ..running.tabulation import Question
from .longform import COLUMNS, COMBINATION, COMMENT, Given, given_in
from .tables import Table

YES, NO = {"yes", "1", "true", "x"}, {"", "no", "0", "false"}


# Wide files


@dataclass(frozen=True)
class WideMapping:
    """What the columns of a wide file are. Names of columns are given as the file has them."""

    respondent: str
    #: column -> {item, criterion, risk_area}
    questions: dict[str, dict[str, str]]
    #: Columns; everybody is in round 1, or has no area, where they are missing.
    round: str = ""
    expertise_area: str = ""
    #: column -> accession
    comments: dict[str, str] = field(default_factory=dict)
    combination: dict[str, str] = field(default_factory=dict)
    #: what the file says -> slug of a scale point
    answers: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=lambda: [""])
    not_asked: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        own = [
            name for name in (self.respondent, self.round, self.expertise_area) if name
        ]
        return [*own, *self.questions, *self.comments, *self.combination, *self.ignore]


def read_mapping(text: str) -> WideMapping:
    """Reads a mapping from YAML. Raises ValidationError with all that is wrong with its shape."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValidationError(f"The mapping is no YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ValidationError(
            "The mapping has to name columns: “respondent: …”, “questions: …”."
        )
    known = {entry.name: entry.type for entry in fields(WideMapping)}
    problems = [
        f"mapping: “{key}” is unknown; possible are {', '.join(known)}."
        for key in raw
        if key not in known
    ]
    problems += [
        f"mapping: “{key}” is missing."
        for key in ("respondent", "questions")
        if not raw.get(key)
    ]
    shaped: dict[str, Any] = {}
    for key in known.keys() & raw.keys():
        try:
            shaped[key] = _shaped(raw[key], known[key])
        except ValueError as wrong:
            problems.append(f"mapping, “{key}”: {wrong}")
    if problems:
        raise ValidationError(problems)
    mapping = WideMapping(**shaped)
    problems = [
        f"mapping: the column “{c}” has two roles." for c in _repeated(mapping.columns)
    ]
    problems += [
        f"mapping: “{v}” cannot be both skipped and not asked."
        for v in set(mapping.skipped) & set(mapping.not_asked)
    ]
    problems += [
        f"mapping: the question “{column}” has {', '.join(place) or 'nothing'}; it needs item and criterion, and may have risk_area."
        for column, place in mapping.questions.items()
        if not {"item", "criterion"}
        <= place.keys()
        <= {"item", "criterion", "risk_area"}
    ]
    if problems:
        raise ValidationError(problems)
    return mapping


def _shaped(value: Any, kind: Any) -> Any:
    """A value of YAML as `kind`: str, or a list or dictionary of it. Raises ValueError for
    another shape.
    """
    if isinstance(value, bool):
        raise ValueError(
            "YAML takes yes, no, true and false for something else than text: put them in quotes."
        )
    if kind is str:
        if isinstance(value, str | int | float):
            return str(value)
        raise ValueError("has to be text.")
    if get_origin(kind) is list:
        if isinstance(value, list):
            return [_shaped("" if entry is None else entry, str) for entry in value]
        raise ValueError("has to be a list.")
    if not isinstance(value, dict):
        raise ValueError("has to have an entry for each column.")
    inner = get_args(kind)[1]
    return {_shaped(key, str): _shaped(entry, inner) for key, entry in value.items()}


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


# Cells


class Cell(NamedTuple):
    """One answer of a file. `columns` says where a field stands, if not under its own name."""

    row: int
    values: Mapping[str, str]
    columns: Mapping[str, str] = {}

    def fault(self, name: str, message: str) -> FileError:
        return FileError(message, row=self.row, column=self.columns.get(name, name))


def _long_cells(table: Table) -> Iterator[Cell]:
    missing = [name for name in COLUMNS if name not in table.columns]
    unknown = [name for name in table.columns if name not in COLUMNS]
    if missing or unknown:
        raise ValidationError(
            [f"The column “{name}” is missing." for name in missing]
            + [
                f"The column “{name}” is unknown; possible are {', '.join(COLUMNS)}."
                for name in unknown
            ]
        )
    return (Cell(row, values) for row, values in table.rows)


def _wide_cells(table: Table, mapping: WideMapping) -> Iterator[Cell]:
    missing = [name for name in mapping.columns if name not in table.columns]
    unknown = [name for name in table.columns if name not in mapping.columns]
    if missing or unknown:
        raise ValidationError(
            [
                f"The mapping names the column “{name}”, which the file lacks{_hint(name, table.columns)}"
                for name in missing
            ]
            + [
                f"The mapping does not say what the column “{name}” is; put it under “ignore” if it is nothing."
                for name in unknown
            ]
        )
    return (
        cell for row, values in table.rows for cell in _wide_row(row, values, mapping)
    )


def _wide_row(row: int, values: dict[str, str], mapping: WideMapping) -> Iterator[Cell]:
    who = {
        "respondent": values[mapping.respondent],
        "round": values[mapping.round] if mapping.round else "1",
        "expertise_area": values[mapping.expertise_area]
        if mapping.expertise_area
        else "",
    }
    where = {
        "respondent": mapping.respondent,
        "round": mapping.round,
        "expertise_area": mapping.expertise_area,
    }

    def cell(column: str, answer: str, **place: str) -> Cell:
        at = dict.fromkeys(("item", "criterion", "risk_area", "answer"), column)
        return Cell(
            row, {**who, "risk_area": "", **place, "answer": answer}, {**where, **at}
        )

    for column, question in mapping.questions.items():
        value = values[column]
        if value not in mapping.not_asked:
            yield cell(
                column,
                "" if value in mapping.skipped else mapping.answers.get(value, value),
                **question,
            )
    for column, accession in mapping.comments.items():
        if values[column] not in mapping.skipped + mapping.not_asked:
            yield cell(column, values[column], item=accession, criterion=COMMENT)
    for column, accession in mapping.combination.items():
        # An unmarked measure says nothing, and may not have been offered.
        if values[column].lower() not in NO:
            yield cell(column, values[column], item=accession, criterion=COMBINATION)


# Reading


def read_answers(
    study: Study, table: Table, mapping: WideMapping | None = None
) -> dict[tuple[str, int], Given]:
    """What each respondent of a file gave in each round. Raises ValidationError with every cell
    that is wrong.
    """
    reader = _Reader(study)
    for cell in _wide_cells(table, mapping) if mapping else _long_cells(table):
        reader.take(cell)
    reader.check_whole()
    if reader.problems:
        raise ValidationError(list(reader.problems.values()))
    if not reader.given:
        raise ValidationError("The file has no answers.")
    return reader.given


class _Reader:
    """Puts cells together by respondent and round, and collects what is wrong with them, each
    fault once.
    """

    def __init__(self, study: Study):
        asked = fielding.questions(study)
        self.study = study
        self.items = {
            item.mitigation.accession: item.pk
            for item in study.items.select_related("mitigation")
        }
        self.groups = _by_name(study.expertise_areas.all())
        self.questions = {
            (c.slug, a.slug if a else ""): (c.pk, a.pk if a else None) for c, a in asked
        }
        self.points = {c.slug: _by_name(c.scale.points.all()) for c, _ in asked}  # type: ignore[union-attr]
        self.given: dict[tuple[str, int], Given] = {}
        self.problems: dict[str, FileError] = {}
        self.rows: dict[tuple, int] = {}
        self.groups_of: dict[str, int | None] = {}
        # Respondents with a bad cell: that the rest is whole can be said once it is mended.
        self.faulty: set[str] = set()

    def take(self, cell: Cell) -> None:
        value = cell.values
        respondent = self._checked(cell, "respondent", self._respondent)
        number = self._checked(cell, "round", self._round)
        group = self._checked(cell, "expertise_area", self._group)
        item = self._checked(
            cell, "item", lambda given: _one_of(given, self.items, "measure")
        )
        kind = self._checked(cell, "criterion", self._criterion)
        if None in (respondent, number, item, kind):
            return
        question = self._checked(
            cell, "risk_area", lambda given: self._question(kind, given)
        )
        answer = self._checked(cell, "answer", lambda given: self._answer(kind, given))
        if question is None or answer is None:
            return
        key = (respondent, number, item, kind, value["risk_area"])
        if (before := self.rows.setdefault(key, cell.row)) != cell.row:
            self._fault(
                cell,
                "respondent",
                f"this question has an answer in row {before} already.",
            )
            return
        if self.groups_of.setdefault(respondent, group) != group:
            self._fault(
                cell,
                "expertise_area",
                f"“{respondent}” has another area of expertise above.",
            )
        self._keep(
            self.given.setdefault((respondent, number), Given(expertise=group)),
            item,
            kind,
            question,
            answer,
        )

    def _keep(
        self, given: Given, item: int, kind: str, question: tuple, answer
    ) -> None:
        if kind == COMMENT:
            if answer:
                given.remarks[item] = answer
        elif kind == COMBINATION:
            if answer is True:
                given.combination.add(item)
        else:
            given.asked.add(item)
            if answer:
                given.answers[Question(item, *question)] = answer

    def _checked(self, cell: Cell, name: str, check):
        try:
            return check(cell.values[name])
        except (ValueError, fielding.Refused) as wrong:
            self._fault(cell, name, str(wrong))
            return None

    def _fault(self, cell: Cell, name: str, message: str) -> None:
        self._add(cell.fault(name, message))
        self.faulty.add(cell.values["respondent"])

    def _add(self, fault: FileError) -> None:
        self.problems.setdefault(fault.messages[0], fault)

    # One check for each column. Each raises ValueError.

    def _respondent(self, value: str) -> str:
        if not value:
            raise ValueError("a respondent is missing.")
        return value

    def _round(self, value: str) -> int:
        if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= 99):
            raise ValueError(f"“{value}” is no round: it has to be 1, 2 and so on.")
        return int(value)

    def _group(self, value: str) -> int | None:
        return _one_of(value, self.groups, "area of expertise") if value else None

    def _criterion(self, value: str) -> str:
        return _one_of(
            value,
            {slug: slug for slug in (*self.points, COMBINATION, COMMENT)},
            "criterion",
        )

    def _question(self, kind: str, area: str) -> tuple:
        if kind in (COMBINATION, COMMENT):
            if area:
                raise ValueError(f"“{kind}” has no risk area.")
            return ()
        areas = {
            slug: question
            for (criterion, slug), question in self.questions.items()
            if criterion == kind
        }
        if "" in areas and area:
            raise ValueError(f"“{kind}” is not asked by risk area.")
        return _one_of(area, areas, f"risk area that “{kind}” is asked about,")

    def _answer(self, kind: str, value: str):
        if kind == COMMENT:
            return fielding.sound_remark(value)
        if kind == COMBINATION:
            return self._choice(value)
        return _one_of(value, self.points[kind], f"answer to “{kind}”") if value else 0

    def _choice(self, value: str) -> bool:
        if not self.study.asks_combination:
            raise ValueError("this study asks for no combination.")
        if value.lower() not in YES | NO:
            raise ValueError(f"“{value}” is neither yes nor no.")
        return value.lower() in YES

    # What can be said only of a whole file

    def check_whole(self) -> None:
        accessions = {item: accession for accession, item in self.items.items()}
        questions = {(kind, area) for kind, area in self.questions}
        for (respondent, number), given in self.given.items():
            if respondent in self.faulty:
                continue
            who = f"respondent “{respondent}”, round {number}"
            for item in sorted(given.asked):
                lacking = [
                    q
                    for q in sorted(questions)
                    if (respondent, number, item, *q) not in self.rows
                ]
                if lacking:
                    names = ", ".join(
                        "/".join(filter(None, question)) for question in lacking
                    )
                    self._add(
                        FileError(
                            f"{who}: {accessions[item]} lacks {names}. Give a question that was skipped an empty answer; "
                            "who is asked about a measure is asked every question about it."
                        )
                    )
            for item in sorted((given.combination | set(given.remarks)) - given.asked):
                self._add(
                    FileError(
                        f"{who}: {accessions[item]} has a comment or a choice, but was not asked about."
                    )
                )
            limit = self.study.combination_limit
            if limit and len(given.combination) > limit:
                self._add(
                    FileError(
                        f"{who}: {len(given.combination)} measures are combined; {limit} are possible."
                    )
                )
        numbers = {number for _, number in self.given}
        if numbers and numbers != set(range(1, max(numbers) + 1)):
            listed = ", ".join(map(str, sorted(numbers)))
            self._add(
                FileError(
                    f"The file has the rounds {listed}: number them from 1, without a gap."
                )
            )


def _by_name(records: Iterable) -> dict[str, int]:
    """Keys of records by slug, and by the name that people read."""
    known: dict[str, int] = {}
    for record in records:
        known[record.slug] = record.pk
        known.setdefault(str(record), record.pk)
    return known


def _one_of(value: str, known: Mapping[str, Any], noun: str) -> Any:
    if value in known:
        return known[value]
    raise ValueError(f"“{value}” is no {noun} of this study{_hint(value, known)}")


def _hint(value: str, known: Collection[str]) -> str:
    if found := nearest(value, list(known)):
        return f": did you mean “{found}”?"
    return f"; possible are {', '.join(list(known)[:12])}." if known else "."


# Storing


@dataclass(frozen=True)
class Report:
    """Respondents by what became of them, counted once for each round. `kept` came with an
    earlier file only.
    """

    added: int
    changed: int
    unchanged: int
    kept: int

    def __str__(self):
        return f"{self.added} added, {self.changed} changed, {self.unchanged} unchanged, {self.kept} of an earlier file kept"


def importable(study: Study) -> str:
    """Why answers cannot be imported into a study; empty where they can."""
    is_waiting = study.status in (Study.Status.DRAFT, Study.Status.CLOSED)
    if is_waiting and not study.is_loaded and not study.invitations.exists():
        return ""
    return "Answers are imported into a study that invited nobody here and is not published."


@revision.writing()
def store_answers(
    *, study: Study, given: Mapping[tuple[str, int], Given], dry_run: bool = False
) -> Report:
    """Stores what a file gives, and makes the study's results anew. The same file again changes
    nothing. Raises ValidationError for a study that experts answer here, and for a published
    one.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if why_not := importable(study):
        raise ValidationError(why_not)
    stored = given_in(study)
    wanted = {
        (secrecy.pseudonym_of_import(study, respondent), number): one
        for (respondent, number), one in given.items()
    }
    added = {key: one for key, one in wanted.items() if key not in stored}
    changed = {
        key: one for key, one in wanted.items() if key in stored and stored[key] != one
    }
    if not dry_run and (added or changed):
        study.ran_elsewhere = True
        _store(study, added, changed)
        fielding.conclude(study)
    return Report(
        added=len(added),
        changed=len(changed),
        unchanged=len(wanted) - len(added) - len(changed),
        kept=len(stored.keys() - wanted.keys()),
    )


def _store(study: Study, added: dict, changed: dict) -> None:
    highest = max(number for _, number in [*added, *changed])
    rounds = {
        number: Round.objects.get_or_create(
            study=study, number=number, defaults={"status": Round.Status.CLOSED}
        )[0]
        for number in range(1, highest + 1)
    }
    made = {
        (name, number): Response(
            round=rounds[number],
            pseudonym=name,
            expertise_area_id=one.expertise,
            is_submitted=True,
        )
        for (name, number), one in added.items()
    }
    Response.objects.bulk_create(made.values())
    made |= _emptied(study, changed)
    everything = {**added, **changed}
    _store_asked(made, everything)
    Answer.objects.bulk_create(
        Answer(
            response=made[key],
            item_id=q.item,
            criterion_id=q.criterion,
            risk_area_id=q.risk_area,
            point_id=point,
        )
        for key, one in everything.items()
        for q, point in one.answers.items()
    )
    Remark.objects.bulk_create(
        (
            Remark(response=made[key], item_id=item, body=body)
            for key, one in everything.items()
            for item, body in one.remarks.items()
        ),
        ignore_conflicts=True,  # Those that stayed, with their codings.
    )


def _emptied(
    study: Study, changed: Mapping[tuple[str, int], Given]
) -> dict[tuple[str, int], Response]:
    """Responses that are about to be filled anew. Remarks that stay as they were keep their
    codings.
    """
    found = {
        (response.pseudonym, response.round.number): response
        for response in Response.objects.filter(round__study=study).select_related(
            "round"
        )
    }
    responses = {key: found[key] for key in changed}
    for key, response in responses.items():
        response.expertise_area_id = changed[key].expertise
    Response.objects.bulk_update(responses.values(), ["expertise_area"])
    emptied = list(responses.values())
    Answer.objects.filter(response__in=emptied).delete()
    for through in (Response.asked.through, Response.combination.through):
        through.objects.filter(response__in=emptied).delete()
    keys = {response.pk: key for key, response in responses.items()}
    gone = [
        remark.pk
        for remark in Remark.objects.filter(response__in=emptied)
        if changed[keys[remark.response_id]].remarks.get(remark.item_id) != remark.body
    ]
    Remark.objects.filter(pk__in=gone).delete()
    return responses


def _store_asked(
    made: Mapping[tuple[str, int], Response], given: Mapping[tuple[str, int], Given]
) -> None:
    asked, combination = Response.asked.through, Response.combination.through
    asked.objects.bulk_create(
        asked(response_id=made[key].pk, item_id=item)
        for key, one in given.items()
        for item in one.asked
    )
    combination.objects.bulk_create(
        combination(response_id=made[key].pk, item_id=item)
        for key, one in given.items()
        for item in one.combination
    )
