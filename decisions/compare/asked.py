"""Which laws, codes and standards ask for compared mitigations: a row for each."""

from collections.abc import Iterator
from itertools import groupby

from django.contrib.humanize.templatetags.humanize import apnumber
from django.utils.text import get_text_list

from catalogue.models import Mapping, Mitigation, Provision
from catalogue.record.asking import (
    NO_ADVICE,
    Applied,
    after_verb,
    applies,
    asks,
    by_instrument,
    kind_with_code,
)

from .rows import Compared, Group, Part, Row, Value
from .state import GROUPS

NOTHING_FOUND = "nothing found"
NOTHING_FOUND_MEANS = "“Nothing found”: it was looked through, and nothing in it was found that asks for the measure."


def who_asks(compared: Compared) -> list[Group]:
    """Binding law first. What law asks is said with its force, its addressee and its date."""
    keys = [one.pk for one in compared.mitigations]
    mappings = list(
        Mapping.objects.published().of_provisions().filter(source__in=keys),
    )
    rows = []
    for instrument, some in by_instrument(mappings).items():
        provisions = [one.provision for one in some if one.provision]
        label = f"{instrument.short_title} ({kind_with_code(provisions)})"
        values = [_asked_of(one, some) for one in compared.mitigations]
        rows.append(Row(label, values))
    judges = sorted({one.asserted_by for one in mappings})
    note = f"Judged by {get_text_list(judges, 'and')}. {NO_ADVICE}"
    if any(
        value.text == NOTHING_FOUND for row in rows for value in row.values
    ):
        note = f"{NOTHING_FOUND_MEANS} {note}"
    return [Group(GROUPS["asked"], rows, note=note)]


def _asked_of(mitigation: Mitigation, mappings: list[Mapping]) -> Value:
    """What the provisions of one instrument ask of it, or why nothing is said."""
    own = [one for one in mappings if one.source_id == mitigation.pk]
    if own:
        parts = tuple(_parts_of(own))
        return Value(" ".join(map(str, parts)), parts=parts)
    # Of a table's row there is always something that asks for one of them.
    [instrument] = by_instrument(mappings)
    if mitigation.instruments_checked_on and instrument.checked_on:
        return Value(NOTHING_FOUND, is_missing=True)
    return Value("not yet looked at", is_missing=True)


def _parts_of(mappings: list[Mapping]) -> Iterator[Part]:
    """“Article 55(1) requires nearly this measure. Applies to providers of such models, from
    2 August 2025.” What is the same of several, one after the other, stands behind the last.
    """
    for applied, group in groupby(mappings, _applied):
        some = list(group)
        for mapping in some:
            provision = _its_provision(mapping)
            rest = f"{asks(mapping)}."
            if applied and mapping is some[-1]:
                rest += f" {_how_many_apply(len(some))} {after_verb(applied)}."
            yield Part(provision.code, provision.get_absolute_url(), rest)


def _its_provision(mapping: Mapping) -> Provision:
    assert mapping.provision is not None
    return mapping.provision


def _applied(mapping: Mapping) -> Applied:
    return applies(_its_provision(mapping))


def _how_many_apply(count: int) -> str:
    if count == 1:
        return "Applies"
    return "Both apply" if count == 2 else f"These {apnumber(count)} apply"
