"""Mappings that name an entry of a framework in free text, once that framework is listed with its
provisions.
"""

from typing import Any

from catalogue.models import Instrument, Mapping, Provision
from catalogue.models.importing import FROM_FILES

REASON = f"{FROM_FILES}: the entry is listed as a provision"


def adopt_entries() -> int:
    """Has them lead to the provision that they name, and gives how many did. What they say
    stays; one whose framework and version, or whose entry, is not listed stays as it is.
    """
    # What says neither what the entry does nor why stays in free text: of a provision both are said.
    entries = (
        Mapping.objects.filter(target=None, provision=None)
        .exclude(force="")
        .exclude(note="")
    )
    if not entries.exists():
        return 0
    provisions = _provisions_by_name()
    mapped = set(
        Mapping.objects.exclude(provision=None).values_list(
            "source",
            "provision",
        ),
    )
    count = 0
    for mapping in entries.order_by("pk"):
        key = _framework_named(mapping), mapping.entry.casefold()
        provision = provisions.get(key)
        if provision and (mapping.source_id, provision.pk) not in mapped:
            mapped.add((mapping.source_id, provision.pk))
            _lead(mapping, provision)
            count += 1
    return count


def _framework_named(mapping: Mapping) -> str:
    name = f"{mapping.framework} {mapping.framework_version}"
    return name.strip().casefold()


def _provisions_by_name() -> dict[tuple[str, str], Provision]:
    """By every name of an instrument, with and without its version, and the id there. A name
    that several instruments have leads nowhere.
    """
    instruments: dict[str, set[int]] = {}
    for instrument in Instrument.objects.all():
        for name in _names_of(instrument):
            instruments.setdefault(name, set()).add(instrument.pk)
    found = {}
    rows = Provision.objects.select_related("instrument")
    for provision in rows:
        for name in _names_of(provision.instrument):
            if len(instruments[name]) == 1:
                found[name, provision.code.casefold()] = provision
    return found


def _names_of(instrument: Instrument) -> set[str]:
    names = {instrument.slug, instrument.title, instrument.short_title}
    with_version = {f"{name} {instrument.version}" for name in names}
    return {name.strip().casefold() for name in names | with_version}


def _lead(mapping: Any, provision: Provision) -> None:
    mapping.provision = provision
    mapping.framework = ""
    mapping.framework_version = ""
    mapping.entry = ""
    mapping.entry_name = ""
    mapping._change_reason = REASON
    mapping.save()
