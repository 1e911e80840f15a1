"""What the API refuses of a request, and the values that it takes from one."""

from collections.abc import Callable, Iterable

from catalogue import reading
from catalogue.files.exports.formats import FORMATS, Format
from serving.parameters import (
    Problem,
    described,
    left_empty,
    told,
    too_many,
    unknown_release,
    unknown_value,
)
from serving.problems import BadParameters

PAGE_PARAMETERS: tuple[str, ...] = ("page_size", "cursor", "format", "release")
#: What only makes sense in a page, and what a table cannot hold.
PARAMETERS_OF_PAGES = ("page_size", "cursor", "facets", "group_by")
OF_RECORDS = ("include",)
#: What references have none of.
OF_MEMBERS = ("fields", "include")


def refuse(problems: Iterable[Problem]) -> None:
    if found := told(problems):
        raise BadParameters([described(problem) for problem in found])


def values_listed(
    request,
    parameter: str,
    allowed: list[str],
    judge: Callable[[str, str, list[str]], Problem] = unknown_value,
) -> list[str]:
    """The values of a parameter that takes several, with commas or repeated. Raises
    BadParameters with what `judge` says of a value that is not allowed, given the parameter,
    the value, and what is.
    """
    values = [
        v.strip()
        for text in request.query_params.getlist(parameter)
        for v in text.split(",")
    ]
    refuse(left_empty(parameter, values))
    refuse(too_many(parameter, values))
    refuse(
        judge(parameter, value, allowed)
        for value in dict.fromkeys(values)
        if value not in allowed
    )
    return values


def without_meaning(form: Format) -> dict[str, str]:
    """The parameters that have no meaning in a format, each with the reason."""
    reasons = {
        name: f"“{form.name}” holds the whole list: leave “{name}” out."
        for name in PARAMETERS_OF_PAGES
    }
    if not form.is_table and not form.is_of_references:
        return reasons
    of_records = [
        name
        for name, one in FORMATS.items()
        if not one.is_table and not one.is_of_references
    ]
    takes = f"take one of {', '.join(of_records)}."
    if form.is_table:
        reason = f"A table has no records within records: {takes}"
        reasons |= dict.fromkeys(OF_RECORDS, reason)
    else:
        reason = (
            f"References have no members to choose: leave it out, or {takes}"
        )
        reasons |= dict.fromkeys(OF_MEMBERS, reason)
    return reasons


def problems_of_release(number: str) -> Iterable[Problem]:
    """The problem of a release that is asked for and not read, because there is none of this
    number.
    """
    release = reading.current_release()
    if number and (release is None or release.number != number):
        yield unknown_release(
            number,
            [release.number] if release else reading.numbers(),
        )
