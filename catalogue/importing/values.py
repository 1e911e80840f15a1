"""From a cell to a value: text, numbers, choices, and entries of vocabularies by slug, name or code."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from rapidfuzz import fuzz, process

from catalogue.exports.cells import BETWEEN, parted
from catalogue.fields import CODE_PATTERN

from .faults import Wrong

YES = {"true", "yes", "y", "1", "x", "✓"}
NO = {"false", "no", "n", "0"}
CODE = re.compile(CODE_PATTERN)
CODE_AND_NAME = re.compile(r"([0-9]+(?:\.[0-9]+)*)\.?(?:[\s:–—-]+(.*))?$", re.DOTALL)
#: How alike, of 100, a name is to the one that a code has, where both are given.
ALIKE = 80
LONGEST_ECHO = 60
#: What stands between entries of vocabularies, in which it never stands itself.
LOOSE = r"[;\n|]"


def is_empty(cell: Any) -> bool:
    return cell is None or cell == "" or cell == [] or cell == {}


def plain(text: str) -> str:
    """For comparing what people write: without differences of case and blanks."""
    return " ".join(text.casefold().split())


def clipped(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_ECHO else f"{text[:LONGEST_ECHO]}…"


# One value


def text_from(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dict | list):
        raise Wrong("this takes text, and neither a list nor an object.")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def lines_from(cell: Any) -> str:
    """Text of several lines, with the ends of lines that the database has."""
    return text_from(cell).replace("\r\n", "\n").replace("\r", "\n")


def model_value(field: Any) -> Callable[[Any], Any]:
    """Reads what a field of a model takes, by the rules that the model has."""

    def read(cell: Any) -> Any:
        text = lines_from(cell)
        if isinstance(field, models.BooleanField):
            return truth(text)
        if isinstance(field, models.IntegerField) and not text.removeprefix("-").isdecimal():
            raise Wrong(f"“{clipped(text)}” is no whole number: write digits.")
        if field.choices:
            return choice(text, dict(field.flatchoices))
        try:
            return field.clean(text, None)
        except ValidationError as error:
            raise Wrong(" ".join(error.messages)) from error

    return read


def truth(text: Any) -> bool:
    word = plain(text_from(text))
    if word in YES or word in NO:
        return word in YES
    raise Wrong(f"“{clipped(text)}” is neither yes nor no: write true or false.")


def choice(text: str, choices: Mapping[Any, str]) -> Any:
    """One of a model's choices, by its value or by how it is shown."""
    known = {plain(str(label)): value for value, label in choices.items()}
    known |= {plain(str(value)): value for value in choices}
    if plain(text) in known:
        return known[plain(text)]
    possible = ", ".join(str(value) for value in choices)
    raise Wrong(f"“{clipped(text)}” is none of {possible}{did_you_mean(text, known) or '.'}")


def did_you_mean(text: str, known: Iterable[str], written: Mapping[str, str] | None = None) -> str:
    """The nearest of what is known, as it is `written`; empty where nothing is near."""
    found = process.extractOne(plain(text), list(known), score_cutoff=60)
    return f": did you mean “{(written or {}).get(found[0], found[0])}”?" if found else ""


# Several values


def several(cell: Any, signs: str = r"[\n|]") -> list[Any]:
    """The values of a cell: a list of JSON, or text with “ | ” or other signs between them."""
    if isinstance(cell, list):
        return [value for value in cell if not is_empty(value)]
    if isinstance(cell, dict | int | float):
        return [cell]
    text = str(cell)
    if BETWEEN in text or "\\" in text:
        return [value for value in parted(text) if value.strip()]
    return [value.strip() for value in re.split(signs, text) if value.strip()]


def objects(cell: Any) -> list[dict[str, Any]]:
    """A list of objects, or JSON of one."""
    value = cell
    if isinstance(cell, str):
        try:
            value = orjson.loads(cell)
        except orjson.JSONDecodeError as error:
            raise Wrong(f"this takes JSON, a list of objects, and is none ({error}).") from error
    value = [value] if isinstance(value, dict) else value
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise Wrong("this takes a list of objects.")
    return value


# Vocabularies


class Entries:
    """Records that a cell can name: each has a key, and texts by which it is known."""

    def __init__(self, noun: str, entries: Iterable[tuple[str, Iterable[str]]]):
        self.noun = noun
        listed = [(key, list(filter(None, texts))) for key, texts in entries]
        self.keys = dict.fromkeys(key for key, _ in listed)
        #: By what it is called; None for a name that several have.
        self.known: dict[str, str | None] = {}
        for key, texts in listed:
            for text in map(plain, texts):
                self.known[text] = key if self.known.get(text, key) == key else None
        #: What each is called, as it is written.
        self.written = {plain(text): text for _, texts in listed for text in texts}
        self.known |= {plain(key): key for key in self.keys}
        self.found: dict[str, str] = {}

    def __call__(self, cell: Any) -> str:
        """The key of what a cell names. Raises Wrong with what was most likely meant."""
        if isinstance(cell, dict):
            cell = next((cell[name] for name in ("slug", "code", "accession", "name") if cell.get(name)), "")
        text = text_from(cell)
        if text not in self.found:
            self.found[text] = self._find(text)
        return self.found[text]

    def _find(self, text: str) -> str:
        key = self.known.get(plain(text), "")
        if key is None:
            raise Wrong(f"“{clipped(text)}” names several {self.noun}s: give the slug or the code.")
        if key:
            return key
        hint = did_you_mean(text, self.known, self.written)
        if not hint:
            names = list(self.keys)
            hint = f"; possible are {', '.join(names[:12])}{' …' if len(names) > 12 else ''}" if names else ""
        raise Wrong(f"there is no {self.noun} “{clipped(text)}”{hint}{'' if hint.endswith('?') else '.'}")

    def each(self, cell: Any) -> list[str]:
        """All that a cell names, each once, in the vocabulary's order."""
        if isinstance(cell, str) and self.known.get(plain(cell)):
            return [self(cell)]
        found: set[str] = set()
        for value in several(cell, LOOSE):
            is_one = not isinstance(value, str) or self.known.get(plain(value)) or "," not in value
            for part in [value] if is_one else [part.strip() for part in value.split(",") if part.strip()]:
                found.add(self(part))
        return [key for key in self.keys if key in found]


class Categories(Entries):
    """Those of one taxonomy: “2.3.1 Deployment Management”, “2.3.1” or “Deployment Management”."""

    def __init__(self, slug: str, title: str, categories: list[tuple[str, str]]):
        super().__init__(f"category in “{title}”", ((code, [name]) for code, name in categories))
        self.noun, self.slug, self.names = f"category in “{title}”", slug, dict(categories)

    def __call__(self, cell: Any) -> str:
        if isinstance(cell, float) and not cell.is_integer() and f"{cell}0" in self.keys:
            raise Wrong(
                f"{cell} may be {cell} or {cell}0, since a spreadsheet drops the last zero: format the column as text."
            )
        return super().__call__(cell)

    def each(self, cell: Any) -> list[str]:
        """In the order of the cell: the first is the primary one."""
        if isinstance(cell, str) and (self.known.get(plain(cell)) or CODE_AND_NAME.match(cell) and "|" not in cell):
            try:
                return [self(cell)]
            except Wrong:
                pass
        return list(dict.fromkeys(self(value) for value in several(cell, LOOSE)))

    def _find(self, text: str) -> str:
        text = text.removeprefix(f"{self.slug}:")
        found = CODE_AND_NAME.match(text)
        if not found or found[1] not in self.names:
            return super()._find(text)
        code, name = found[1], (found[2] or "").strip()
        if name and fuzz.WRatio(plain(name), plain(self.names[code])) < ALIKE:
            raise Wrong(
                f"{code} is called “{self.names[code]}” here, and not “{clipped(name)}”: say which of the two is meant."
            )
        return code
