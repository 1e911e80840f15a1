"""What the columns of a wide file of answers are, as a mapping in YAML says."""

from dataclasses import dataclass, field, fields
from typing import Any, get_args, get_origin

import yaml
from django.core.exceptions import ValidationError


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
            name
            for name in (self.respondent, self.round, self.expertise_area)
            if name
        ]
        return [
            *own,
            *self.questions,
            *self.comments,
            *self.combination,
            *self.ignore,
        ]


#: Of a question.
REQUIRED = {"item", "criterion"}
POSSIBLE = {*REQUIRED, "risk_area"}


def read_mapping(text: str) -> WideMapping:
    """Reads a mapping from YAML. Raises ValidationError with all that is wrong with its shape."""
    raw = _parsed_mapping(text)
    known = {entry.name: entry.type for entry in fields(WideMapping)}
    problems = []
    for key in raw:
        if key not in known:
            possible = ", ".join(known)
            problems.append(
                f"mapping: “{key}” is unknown; possible are {possible}.",
            )
    for key in ("respondent", "questions"):
        if not raw.get(key):
            problems.append(f"mapping: “{key}” is missing.")
    shaped: dict[str, Any] = {}
    for key in known.keys() & raw.keys():
        try:
            shaped[key] = _shaped(raw[key], known[key])
        except ValueError as wrong:
            problems.append(f"mapping, “{key}”: {wrong}")
    if problems:
        raise ValidationError(problems)
    mapping = WideMapping(**shaped)
    problems = _contradictions(mapping)
    if problems:
        raise ValidationError(problems)
    return mapping


def _parsed_mapping(text: str) -> dict[Any, Any]:
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValidationError(f"The mapping is no YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ValidationError(
            "The mapping has to name columns: “respondent: …”, “questions: …”.",
        )
    return raw


def _contradictions(mapping: WideMapping) -> list[str]:
    problems = []
    for column in _repeated(mapping.columns):
        problems.append(f"mapping: the column “{column}” has two roles.")
    for value in set(mapping.skipped) & set(mapping.not_asked):
        problems.append(
            f"mapping: “{value}” cannot be both skipped and not asked.",
        )
    for column, place in mapping.questions.items():
        if not REQUIRED <= place.keys() <= POSSIBLE:
            names = ", ".join(place) or "nothing"
            problems.append(
                f"mapping: the question “{column}” has {names}; it needs item and criterion, and may have risk_area.",
            )
    return problems


def _shaped(value: Any, kind: Any) -> Any:
    """A value of YAML as `kind`: str, or a list or dictionary of it. Raises ValueError for
    another shape.
    """
    if isinstance(value, bool):
        raise ValueError(
            "YAML takes yes, no, true and false for something else than text: put them in quotes.",
        )
    if kind is str:
        if isinstance(value, str | int | float):
            return str(value)
        raise ValueError("has to be text.")
    if get_origin(kind) is list:
        if isinstance(value, list):
            return [
                _shaped("" if entry is None else entry, str) for entry in value
            ]
        raise ValueError("has to be a list.")
    if not isinstance(value, dict):
        raise ValueError("has to have an entry for each column.")
    inner = get_args(kind)[1]
    return {
        _shaped(key, str): _shaped(entry, inner)
        for key, entry in value.items()
    }


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
