"""What files are called, so that they can be told apart in a folder."""

import hashlib
from collections.abc import Iterable, Mapping

from django.utils.text import slugify

from catalogue import reading, revision

#: Parameters that choose no records.
NOT_CHOOSING = (
    "cursor",
    "fields",
    "format",
    "include",
    "ordering",
    "page",
    "release",
    "view",
)
#: So long may be what a name says of the view, and of what was chosen in it.
LONGEST_VIEW = 40
LONGEST_CHOICE = 40


def file_name(name: str, parameters: Mapping[str, Iterable[str]]) -> str:
    """The name, without a suffix, of a file of a view: what it is, what was chosen, of which
    release or revision, and the day of that.

    For example `mitigations_phase-deploy_rev1796000000000000_2026-11-29`, and of a matrix with
    the name `matrix_category-x-risk`. Letters, digits, points, `-` and `_` alone, and at most a
    hundred and twenty with a suffix. Where what was chosen is too long to be said, or is in
    letters that file names had better not have, eight signs stand for it, so that two choices
    have two names.

    The day is not today's: a file of one state is the same for everybody, whenever it is made.
    """
    parts = [_view(name), _choice_in_name(parameters), *_state_in_name()]
    return "_".join(filter(None, parts))


def _view(name: str) -> str:
    words = [_safe(word) for word in name.split("_")]
    return "_".join(filter(None, words))[:LONGEST_VIEW]


def _choice_in_name(parameters: Mapping[str, Iterable[str]]) -> str:
    chosen = []
    for parameter, values in sorted(parameters.items()):
        given = [value for value in values if value]
        if given and parameter not in NOT_CHOOSING:
            chosen.append((parameter, given))
    words = []
    is_told = True
    for parameter, given in chosen:
        safe = [_safe(value) for value in given]
        is_told = is_told and all(safe)
        words.append("-".join(filter(None, [_safe(parameter), *safe])))
    text = "_".join(words)
    if is_told and len(text) <= LONGEST_CHOICE:
        return text
    digest = hashlib.sha256(repr(chosen).encode()).hexdigest()[:8]
    told = text[: LONGEST_CHOICE - len("-") - len(digest)].rstrip("-._")
    return f"{told}-{digest}" if told else digest


def _safe(value: str) -> str:
    """Points stay where they part numbers: a code is read as it stands, and 4.2 is no 42."""
    parts = [slugify(part) for part in value.split(".")]
    return ".".join(filter(None, parts)).replace("_", "-")


def _state_in_name() -> list[str]:
    release = reading.current_release()
    if release:
        return [f"release-{release.number}", f"{release.cut_at:%Y-%m-%d}"]
    number = revision.shown()
    moment = revision.moment_of(number)
    day = f"{moment:%Y-%m-%d}" if moment else ""
    return [f"rev{number}", day]
