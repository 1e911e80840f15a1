"""What laws, codes and standards ask about mitigations, as records have it on request."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from ..models import Mapping
from ..models.mitigation import among


def asked_of(keys: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Of each of these mitigations, binding law first. One query for any number of them."""
    rows = Mapping.objects.of_provisions().filter(source__in=among(keys))
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row.source_id].append(as_member(row))
    return {key: found[key] for key in keys}


def as_member(mapping: Any) -> dict[str, Any]:
    """An entry of `provisions` in the record of a mitigation."""
    provision = mapping.provision
    instrument = provision.instrument
    begins_on = provision.begins_on
    return {
        "instrument": instrument.slug,
        "instrument_title": instrument.short_title,
        "kind": instrument.kind,
        "code": provision.code,
        "name": provision.name,
        "relation": mapping.relation,
        "force": mapping.force or None,
        "applies_to": provision.applies_to or None,
        "begins_on": begins_on.isoformat() if begins_on else None,
        "applies_from_note": provision.applies_from_note or None,
        "longer_for": provision.longer_for or None,
        "is_verified": provision.is_verified,
        "asserted_by": mapping.asserted_by,
        "confidence": mapping.confidence or None,
        "note": mapping.note or None,
    }
