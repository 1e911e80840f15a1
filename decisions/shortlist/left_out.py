"""What a reader left out of a shortlist, and why: `x=M0020`, or `x=M0020:too costly for us`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import QueryDict

from catalogue.fields import CleanedCharField
from catalogue.models import Mitigation
from catalogue.models.mitigation import MitigationQuerySet
from serving.parameters import Problem

from ..selected import Selected, select

PARAMETER = "x"
#: Between the name of a mitigation and the reason, and that of a filter and its value.
COLON = ":"
LONGEST_REASON = 200
TOO_LONG = f"A reason has at most {LONGEST_REASON} characters: it stands in the address."
#: Each link of the page repeats all reasons.
LONGEST_TOGETHER = 2_000
TOO_LONG_TOGETHER = f"All reasons together have at most {LONGEST_TOGETHER:,} characters: they stand in the address. Shorten some, or leave out the reasons of others."
SPACE = re.compile(r"\s+")


def reason_in_one_line(text: str) -> str:
    return SPACE.sub(" ", text).strip()


class ReasonField(CleanedCharField):
    def __init__(self):
        super().__init__(
            clean_text=reason_in_one_line,
            required=False,
            max_length=LONGEST_REASON,
            error_messages={"max_length": TOO_LONG},
        )


def without_reason(value: str) -> str:
    return value.partition(COLON)[0]


@dataclass(frozen=True)
class LeftOut:
    """A mitigation that the reader looked at and did not take; the reason may be empty."""

    mitigation: Mitigation
    reason: str

    @property
    def accession(self) -> str:
        return self.mitigation.accession

    @property
    def is_gone(self) -> bool:
        """Whether it was withdrawn."""
        return self.mitigation.status != Mitigation.Status.PUBLISHED

    @property
    def value(self) -> str:
        """As it stands in the address."""
        if not self.reason:
            return self.accession
        return f"{self.accession}{COLON}{self.reason}"


@dataclass(frozen=True)
class Omissions:
    """All that is left out, each once, in the order of the address. `selected` says what became
    of the names.
    """

    rows: list[LeftOut]
    selected: Selected

    @property
    def values(self) -> list[str]:
        return [one.value for one in self.rows]

    def without(self, accession: str) -> list[str]:
        """Their values in the address without one of them."""
        return [one.value for one in self.rows if one.accession != accession]


def has_words(data: QueryDict) -> bool:
    """Whether an address has words of its reader's own, a reason or a title: what it answers is
    then kept by nobody, to be given to others who ask the same.
    """
    reasons = [value.partition(COLON)[2] for value in data.getlist(PARAMETER)]
    words = [*reasons, data.get("why", ""), data.get("title", "")]
    return any(one.strip() for one in words)


def reason_problems(values: Iterable[str]) -> list[Problem]:
    """Reasons that cannot be used."""
    field = ReasonField()
    problems = []
    values = list(values)
    length = sum(len(value.partition(COLON)[2]) for value in values)
    if length > LONGEST_TOGETHER:
        problems.append(Problem(PARAMETER, "", TOO_LONG_TOGETHER, []))
    for value in values:
        reason = value.partition(COLON)[2]
        try:
            field.clean(reason)
        except ValidationError as error:
            text = " ".join(error.messages)
            problems.append(Problem(PARAMETER, value, text, []))
    return problems


def left_out_of(
    values: Iterable[str],
    kept: Iterable[str],
    rows: MitigationQuerySet,
) -> Omissions:
    """Those that are named in `values` and not among the accessions `kept`: what is taken is not
    left out.
    """
    reasons: dict[str, str] = {}
    for value in values:
        name, _, reason = value.partition(COLON)
        # The last reason counts: it was given after the others.
        if reason or name.strip() not in reasons:
            reasons[name.strip()] = reason_in_one_line(reason)
    selected = select(reasons, rows)
    by_accession = {}
    for name, reason in reasons.items():
        if name in selected.names:
            by_accession[selected.names[name]] = reason
    taken = set(kept)
    found = [
        LeftOut(one, by_accession[one.accession])
        for one in selected.mitigations
        if one.accession not in taken
    ]
    return Omissions(found, selected)
