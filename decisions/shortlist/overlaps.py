"""Which measures of a selection overlap: the same measure, nearly the same, or one that is part of
another, as mappings say.
"""

from catalogue.models import Mapping, Mitigation

from ..selected import Overlap, same_measure_pairs

Relation = Mapping.Relation
#: What the source of a mapping is, seen from its target; others do not overlap.
NEARLY_SAME = Relation.CLOSE
PARTS_OF_ANOTHER = (Relation.BROAD, Relation.NARROW)


def overlapping(mitigations: list[Mitigation]) -> list[Overlap]:
    """Each two of them that overlap, those that are the same first, all of them published. One
    query.
    """
    by_key = {one.pk: one for one in mitigations}
    mappings = (
        Mapping.objects.filter(
            source__in=list(by_key),
            target__in=list(by_key),
            relation__in=[NEARLY_SAME, *PARTS_OF_ANOTHER],
        )
        .order_by("relation", "pk")
        .values_list("source", "target", "relation")
    )
    found = same_measure_pairs(mitigations)
    for source, target, relation in mappings:
        pair = by_key[source], by_key[target]
        found.append(Overlap(_overlap_sentence(*pair, relation), pair))
    return found


def overlaps_of(mitigations: list[Mitigation]) -> list[str]:
    """A sentence for each two of them that overlap, those that are the same first."""
    return [one.text for one in overlapping(mitigations)]


def _overlap_sentence(
    source: Mitigation,
    target: Mitigation,
    relation: str,
) -> str:
    if relation == NEARLY_SAME:
        return f"{_measure_named(source)} and {_measure_named(target)} are nearly the same measure."
    # In SKOS, what is matched is the broader or the narrower one.
    if relation == Relation.NARROW:
        source, target = target, source
    return f"{_measure_named(source)} is a narrower measure than {_measure_named(target)}, which takes it in."


def _measure_named(one: Mitigation) -> str:
    return f"“{one.name}” ({one.document.label})"
