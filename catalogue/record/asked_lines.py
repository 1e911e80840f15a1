"""What laws, codes and standards ask about mitigations, a line for each provision: for tables and
texts.
"""

from collections import defaultdict
from collections.abc import Collection

from pyroaring import BitMap

from ..listing.asked_for import Asking, Chosen, askers_by_key, wanted
from ..listing.index import Index
from ..models import Instrument, Mapping, Provision
from ..models.mitigation import among
from .asking import after_verb, applies, asks, cited, unverified_note


def asked_lines(
    index: Index,
    keys: Collection[int],
    chosen: Chosen,
) -> dict[int, list[str]]:
    """“EU AI Act, Article 9: requires nearly this measure; applies to high-risk AI systems, from
    2 December 2027” for each that asks for one of these mitigations and has all
    that is `chosen`, binding law first. One query.
    """
    askers = index.per_structure("askers", askers_by_key)
    provisions = index.per_structure(
        "provisions in order",
        _provisions_by_rank,
    )
    wants = wanted(index, chosen)
    lines: dict[tuple[int, str, str], str] = {}
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    asking = Mapping.objects.filter(
        provision__isnull=False,
        source__in=among(keys),
    )
    columns = ("source_id", "provision_id", "relation", "force")
    for source, key, relation, force in asking.order_by().values_list(
        *columns,
    ):
        own = BitMap([source])
        if not wants.keys_of(Asking(askers[key], force, relation, own)):
            continue
        place, provision = provisions[key]
        way = key, relation, force
        if way not in lines:
            lines[way] = _line(provision, relation, force)
        found[source].append((place, lines[way]))
    return {source: _in_their_order(some) for source, some in found.items()}


def _in_their_order(placed: list[tuple[int, str]]) -> list[str]:
    return [line for _, line in sorted(placed)]


def _provisions_by_rank() -> dict[int, tuple[int, Provision]]:
    """Binding law first, and of each instrument in its own order."""
    rows = list(
        Provision.objects.with_instruments().order_by(
            "instrument__position",
            "instrument__slug",
            "position",
            "pk",
        ),
    )
    rows.sort(key=lambda one: one.instrument.kind != Instrument.Kind.LAW)
    return {one.pk: (place, one) for place, one in enumerate(rows)}


def _line(provision: Provision, relation: str, force: str) -> str:
    mapping = Mapping(provision=provision, relation=relation, force=force)
    line = f"{cited([provision])}{unverified_note(provision)}: {asks(mapping)}"
    applied = applies(provision)
    return f"{line}; applies {after_verb(applied)}" if applied else line
