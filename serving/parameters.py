"""What is wrong with an address, said so that it can be put right: for pages and API alike."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from rapidfuzz import process

#: So many are told at once, so that an address full of mistakes gets a short answer.
MOST_TOLD = 10
#: So many allowed values are listed with each.
MOST_ALLOWED = 200
#: So much of what was asked for is said again.
LONGEST_ECHO = 80
#: So many values one parameter takes.
MOST_VALUES = 200


#: What parameters of other sites are called here.
OTHER_NAMES = {
    "limit": "page_size",
    "per_page": "page_size",
    "page": "cursor",
    "offset": "cursor",
    "sort": "ordering",
    "order": "ordering",
    "order_by": "ordering",
    "search": "q",
    "query": "q",
}
#: What is to be known of a parameter before it is of use.
HOW_TO_USE = {
    "cursor": "Go from page to page by the address in “next”, which has the “cursor” of the next page.",
}


@dataclass
class Problem:
    """A parameter or value that cannot be used, and what would be right."""

    parameter: str
    value: str
    message: str
    allowed: list[str]
    suggestion: str | None = None


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known value that was most likely meant; for a code that does not exist, the longest
    beginning that does.
    """
    if len(word) > LONGEST_ECHO:
        return None
    above = word
    while "." in above and word.replace(".", "").isdigit():
        above = above.rpartition(".")[0]
        if above in known:
            return above
    found = process.extractOne(
        word,
        known,
        score_cutoff=60,
        processor=str.lower,
    )
    return found[0] if found else None


def described(problem: Problem) -> dict[str, Any]:
    """As an entry of `errors` in application/problem+json."""
    allowed = (
        f" Allowed: {', '.join(problem.allowed)}." if problem.allowed else ""
    )
    hint = (
        f" Did you mean “{problem.suggestion}”?" if problem.suggestion else ""
    )
    return {
        "parameter": clipped(problem.parameter),
        "value": clipped(problem.value),
        "detail": problem.message + hint + allowed,
        "allowed": problem.allowed,
        "suggestion": problem.suggestion,
    }


def clipped(value: object, longest: int = LONGEST_ECHO) -> str:
    """As much of a value as a message repeats."""
    text = str(value)
    if len(text) <= longest:
        return text
    return f"{text[:longest]}…"


def unknown_parameter(name: str, value: str, known: list[str]) -> Problem:
    meant = OTHER_NAMES.get(name.lower())
    if meant is None:
        meant = nearest(name, known)
    elif meant not in known:
        # What it is called elsewhere has nothing to do with what looks like it here.
        meant = None
    how = HOW_TO_USE.get(meant or "", "")
    return Problem(
        name,
        value,
        f"There is no parameter “{clipped(name)}”. {how}".strip(),
        known,
        meant,
    )


def unknown_value(
    name: str,
    value: str,
    allowed: list[str],
    reason: str = "",
) -> Problem:
    allowed = list(dict.fromkeys(allowed))
    message = f"“{clipped(value)}” is no value of “{name}”{reason}."
    if len(allowed) > MOST_ALLOWED:
        message += f" The first {MOST_ALLOWED} of {len(allowed)} are listed."
    return Problem(
        name,
        value,
        message,
        allowed[:MOST_ALLOWED],
        None if reason else nearest(value, allowed),
    )


def unknown_release(number: str, numbers: list[str]) -> Problem:
    """There is no release of this number: `numbers` are those that there are."""
    return unknown_value(
        "release",
        number,
        numbers,
        "" if numbers else ": none has been cut yet",
    )


def too_many(name: str, values: Collection[str]) -> list[Problem]:
    """The problem of a parameter that is given more values than it takes, if it is."""
    if len(values) <= MOST_VALUES:
        return []
    return [
        Problem(
            name,
            "",
            f"“{name}” takes at most {MOST_VALUES} values, and has {len(values)}.",
            [],
        ),
    ]


def told(problems: Iterable[Problem]) -> list[Problem]:
    """As many of them as one answer tells. The others are not even looked for."""
    return list(islice(iter(problems), MOST_TOLD))


def given_twice(name: str, values: list[str]) -> Iterator[Problem]:
    if len(values) > 1:
        yield Problem(
            name,
            values[1],
            f"“{name}” is given more than once: give it once.",
            [],
        )


def left_empty(name: str, values: list[str]) -> Iterator[Problem]:
    """A program that sends an empty value had something in mind, and would else be given
    everything.
    """
    if not all(value.strip() for value in values):
        yield Problem(
            name,
            "",
            f"“{clipped(name)}” is given without a value: give one, or leave it out.",
            [],
        )
