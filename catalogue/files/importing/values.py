"""From a cell to a value: text, numbers, choices, and entries of vocabularies by slug, name or
code.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from rapidfuzz import fuzz, process

from catalogue.fields import CODE_PATTERN, as_identifier, cleaned, plain_value
from catalogue.files.exports.cells import BETWEEN, parted
from serving.parameters import clipped

from .errors import CellError

YES = {"true", "yes", "y", "1", "x", "✓"}
NO = {"false", "no", "n", "0"}
CODE = re.compile(CODE_PATTERN)
CODE_AND_NAME = re.compile(
    r"([0-9]+(?:\.[0-9]+)*)\.?(?:[\s:–—-]+(.*))?$",
    re.DOTALL,
)
#: How alike, of 100, a name is to the one that a code has, where both are given.
ALIKE = 80
LONGEST_ECHO = 60
#: From here on a spreadsheet does not know the last digits of a number.
LARGEST_WHOLE = 1e15
#: What stands between entries of vocabularies, in which it never stands itself.
LOOSE = r"[;\n|]"
#: Members by which JSON may name an entry.
NAMING = ("slug", "code", "accession", "name")
#: So many names a message lists.
MOST_LISTED = 12


def _quoted(text: str) -> str:
    return f"“{clipped(text, LONGEST_ECHO)}”"


def is_empty(cell: Any) -> bool:
    return cell is None or cell == "" or cell == [] or cell == {}


def plain(text: str) -> str:
    """For comparing what people write: without differences of case and blanks, and with “and”
    for “&”.
    """
    return " ".join(text.casefold().replace("&", " and ").split())


# One value


#: What a spreadsheet has for dates and times.
MOMENTS = (date, datetime, time, timedelta)
MADE_A_DATE = "a spreadsheet has made a date or time of it ({value})"


def text_from(cell: Any) -> str:
    """The text of a cell, cleaned. Raises CellError for a list and an object."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, MOMENTS):
        return moment(cell)
    if isinstance(cell, dict | list):
        raise CellError("this takes text, and neither a list nor an object.")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cleaned(str(cell))


def moment(cell: Any) -> str:
    """A date as 2026-03-02, with its time where it has one."""
    if isinstance(cell, timedelta):
        return f"{cell.total_seconds():g} s"
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell.isoformat())


def no_text(cell: Any) -> str:
    """Why a cell may not say what was typed, since its program has made something else of it;
    empty where it is text.
    """
    if isinstance(cell, bool):
        return (
            f"it is a truth value ({'TRUE' if cell else 'FALSE'}), and no text"
        )
    if isinstance(cell, MOMENTS):
        return MADE_A_DATE.format(value=moment(cell))
    if isinstance(cell, float) and abs(cell) >= LARGEST_WHOLE:
        return f"it is the number {cell:g}, whose last digits a spreadsheet does not keep"
    if isinstance(cell, float) and not cell.is_integer():
        return f"it is a number, from which zeros at the end are dropped: {cell} may have been {cell}0"
    return ""


def model_value(field: Any) -> Callable[[Any], Any]:
    """Reads what a field of a model takes, by the rules that the model has."""

    def read(cell: Any) -> Any:
        text = text_from(cell)
        if isinstance(field, models.BooleanField):
            return truth(text)
        is_whole = text.removeprefix("-").isdecimal()
        if isinstance(field, models.IntegerField) and not is_whole:
            raise CellError(
                f"{_quoted(text)} is no whole number: write digits.",
            )
        if field.choices:
            return choice(text, dict(field.flatchoices))
        if field.max_length and len(text) > field.max_length:
            raise CellError(
                f"it has {len(text):,} signs, and at most {field.max_length:,} are possible: shorten it.",
            )
        try:
            return plain_value(field.clean(text, None))
        except ValidationError as error:
            raise CellError(" ".join(error.messages)) from error

    return read


def truth(text: Any) -> bool:
    word = plain(text_from(text))
    if word in YES or word in NO:
        return word in YES
    raise CellError(
        f"{_quoted(text)} is neither yes nor no: write true or false.",
    )


def choice(text: str, choices: Mapping[Any, str]) -> Any:
    """One of a model's choices, by its value or by how it is shown."""
    known = {plain(str(label)): value for value, label in choices.items()}
    known |= {plain(str(value)): value for value in choices}
    if plain(text) in known:
        return known[plain(text)]
    possible = ", ".join(str(value) for value in choices)
    raise CellError(
        f"{_quoted(text)} is none of {possible}{did_you_mean(text, known) or '.'}",
    )


#: How alike, of 100, two words are of which one was likely meant.
NEAR = 80
#: So many letters at the beginning have to be the same, and this share of what was written.
FEWEST_LETTERS = 5
SHARE_OF_LETTERS = 0.6
LETTER = re.compile(r"[^\W\d_]")
#: What people write into a cell that has nothing.
NOTHING = {
    "n/a",
    "na",
    "n.a.",
    "n. a.",
    "none",
    "null",
    "nil",
    "-",
    "–",
    "—",
    "not applicable",
}


def is_nothing(cell: Any) -> bool:
    """Whether a cell says in words that it is empty."""
    return isinstance(cell, str) and plain(cell) in NOTHING


def did_you_mean(
    text: str,
    known: Mapping[str, Any],
    written: Mapping[str, str] | None = None,
) -> str:
    """The one of what is known, by its names, that was likely meant, as it is `written`; empty
    where nothing is near.
    """
    with_letters = {
        name: key for name, key in known.items() if LETTER.search(name)
    }
    name = _likely_meant(plain(text), with_letters)
    if not name:
        return ""
    if written:
        name = written.get(name, name)
    return f": did you mean “{name}”?"


def _likely_meant(text: str, known: Mapping[str, Any]) -> str:
    """The name that is nearest to what was written, or the only one of which it is a part."""
    if not LETTER.search(text) or text in NOTHING:
        return ""  # codes and dates are no misspelt words
    nearest = process.extractOne(
        text,
        list(known),
        scorer=fuzz.ratio,
        score_cutoff=NEAR,
    )
    if nearest:
        return str(nearest[0])
    names = [name for name in known if _is_part(text, name)]
    if len({known[name] for name in names}) != 1:
        return ""
    return max(
        names,
        key=lambda name: name.count(" "),
    )  # rather a name than a slug


def _is_part(text: str, name: str) -> bool:
    """Whether it is some words of a name, or begins like one."""
    words = text.split()
    is_long = len(words) > 1 or len(text) >= FEWEST_LETTERS
    if is_long and set(words) <= set(name.split()):
        return True
    same = len(os.path.commonprefix([text, name]))
    return same >= FEWEST_LETTERS and same >= SHARE_OF_LETTERS * len(text)


def each_or_all_errors(
    read: Callable[[Any], Any],
    values: Iterable[Any],
) -> list[Any]:
    """Each value read. Raises CellError with all that is wrong with them, and not only the first."""
    results: list[Any] = []
    errors: dict[str, None] = {}
    for value in values:
        try:
            results.append(read(value))
        except CellError as error:
            errors[str(error)] = None
    if errors:
        raise CellError(" Also: ".join(errors))
    return results


def _some(names: Sequence[str]) -> str:
    """Names, or as many as a message lists."""
    listed = ", ".join(names[:MOST_LISTED])
    if len(names) > MOST_LISTED:
        return f"{listed} …"
    return listed


# Several values


def several(cell: Any, signs: str = r"[\n|]") -> list[Any]:
    """The values of a cell: a list of JSON, or text with “ | ” or other signs between them."""
    if isinstance(cell, list):
        return [value for value in cell if not is_empty(value)]
    if isinstance(cell, (dict, int, float, *MOMENTS)):
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
            raise CellError(
                f"this takes JSON, a list of objects, and is none ({error}).",
            ) from error
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list) and all(
        isinstance(entry, dict) for entry in value
    ):
        return value
    raise CellError("this takes a list of objects.")


# Vocabularies


class Entries:
    """Records that a cell can name: each has a key, and texts by which it is known."""

    def __init__(
        self,
        noun: str,
        entries: Iterable[tuple[str, Iterable[str]]],
    ):
        self.noun = noun
        self.keys: dict[str, None] = {}
        #: By what it is called; None for a name that several have.
        self.known: dict[str, str | None] = {}
        #: What each is called, as it is written.
        self.written: dict[str, str] = {}
        for key, texts in entries:
            self.keys[key] = None
            for text in filter(None, texts):
                name = plain(text)
                is_new = self.known.get(name, key) == key
                self.known[name] = key if is_new else None
                self.written[name] = text
        self.known |= {plain(key): key for key in self.keys}
        self.cached: dict[str, str] = {}

    def __call__(self, cell: Any) -> str:
        """The key of what a cell names. Raises CellError with what was most likely meant."""
        if isinstance(cell, dict):
            names = [cell[name] for name in NAMING if cell.get(name)]
            cell = names[0] if names else ""
        if isinstance(cell, MOMENTS):
            raise CellError(
                f"{MADE_A_DATE.format(value=moment(cell))}: format the column as text, and type it again.",
            )
        text = as_identifier(text_from(cell))
        if text not in self.cached:
            self.cached[text] = self._find(text)
        return self.cached[text]

    def _find(self, text: str) -> str:
        key = self.known.get(plain(text), "")
        if key is None:
            raise CellError(
                f"{_quoted(text)} names more than one {self.noun}: give the slug or the code.",
            )
        if key:
            return key
        message = f"there is no {self.noun} {_quoted(text)}"
        if hint := did_you_mean(text, self.known, self.written):
            raise CellError(message + hint)
        if self.keys:
            message += f"; possible are {_some(list(self.keys))}"
        raise CellError(f"{message}.")

    def each(self, cell: Any) -> list[str]:
        """All that a cell names, each once, in the vocabulary's order."""
        if isinstance(cell, str) and self.known.get(plain(cell)):
            return [self(cell)]
        parts: list[Any] = []
        for value in several(cell, LOOSE):
            is_text = isinstance(value, str) and "," in value
            if is_text and not self.known.get(plain(value)):
                parts += [
                    part.strip() for part in value.split(",") if part.strip()
                ]
            else:
                parts.append(value)
        keys = set(each_or_all_errors(self, parts))
        return [key for key in self.keys if key in keys]


class Categories(Entries):
    """Those of one taxonomy: “2.3.1 Deployment Management”, “2.3.1” or “Deployment Management”."""

    def __init__(
        self,
        slug: str,
        title: str,
        categories: list[tuple[str, str]],
    ):
        entries = [(code, [name]) for code, name in categories]
        super().__init__(f"category in “{title}”", entries)
        self.slug = slug
        self.names = dict(categories)

    def __call__(self, cell: Any) -> str:
        is_fraction = isinstance(cell, float) and not cell.is_integer()
        if is_fraction and f"{cell}0" in self.keys:
            raise CellError(
                f"{cell} may be {cell} or {cell}0, since a spreadsheet drops the last zero: format the column as text.",
            )
        return super().__call__(cell)

    def each(self, cell: Any) -> list[str]:
        """In the order of the cell: the first is the primary one."""
        if isinstance(cell, str):
            is_name = self.known.get(plain(cell))
            if is_name or (CODE_AND_NAME.match(cell) and "|" not in cell):
                with suppress(CellError):
                    return [self(cell)]
        return list(
            dict.fromkeys(each_or_all_errors(self, several(cell, LOOSE))),
        )

    def _find(self, text: str) -> str:
        text = text.removeprefix(f"{self.slug}:")
        match = CODE_AND_NAME.match(text)
        if not match or match[1] not in self.names:
            self._look_for_code(text)
            return super()._find(text)
        code = match[1]
        name = (match[2] or "").strip()
        if name and fuzz.WRatio(plain(name), plain(self.names[code])) < ALIKE:
            raise CellError(
                f"{code} is called “{self.names[code]}” here, and not {_quoted(name)}: say which of the two is meant.",
            )
        return code

    def _look_for_code(self, text: str) -> None:
        """Raises CellError for what is written like a code that there is not, with the one that was
        meant or those that there are.
        """
        numbers = re.findall(r"\d+", text)
        if LETTER.search(text) or not numbers:
            return
        code = ".".join(str(int(number)) for number in numbers)
        if code in self.names:
            raise CellError(
                f"there is no {self.noun} {_quoted(text)}: did you mean “{code}”?",
            )
        above = code.rpartition(".")[0]
        while above and above not in self.names:
            above = above.rpartition(".")[0]
        below = [one for one in self.names if one.rpartition(".")[0] == above]
        message = f"there is no {self.noun} {_quoted(text)}"
        if below:
            where = f"below {above}" if above else "on the first level"
            message += f"; {where} are {_some(below)}"
        raise CellError(f"{message}.")
