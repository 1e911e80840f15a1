"""Which laws, codes and standards ask for compared mitigations: a row for each."""

from django.utils.text import get_text_list

from catalogue.models import Mapping, Mitigation, Provision
from catalogue.record.asking import (
    NO_ADVICE,
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
    parts = []
    for mapping in mappings:
        if mapping.source_id == mitigation.pk and mapping.provision:
            parts.append(_part_of(mapping, mapping.provision))
    if parts:
        text = " ".join(str(part) for part in parts)
        return Value(text, parts=tuple(parts))
    if mitigation.instruments_checked_on:
        return Value(NOTHING_FOUND, is_missing=True)
    return Value("not yet looked at", is_missing=True)


def _part_of(mapping: Mapping, provision: Provision) -> Part:
    """“Article 55(1) requires nearly this measure. Applies to providers of such models, from
    2 August 2025.” What it says of days has brackets of its own.
    """
    rest = f"{asks(mapping)}."
    if to_whom := applies(provision):
        rest += f" Applies {after_verb(to_whom)}."
    return Part(provision.code, provision.get_absolute_url(), rest)
