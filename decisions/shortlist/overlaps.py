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
    """Each two of them that overlap, those that are the same first. One query."""
    by_key = {one.pk: one for one in mitigations}
    mappings = (
        Mapping.objects.published()
        .filter(
            source__in=list(by_key),
            target__in=list(by_key),
            relation__in=[NEARLY_SAME, *PARTS_OF_ANOTHER],
        )
        .for_display()
    )
    found = same_measure_pairs(mitigations)
    for mapping in mappings:
        assert mapping.target_id is not None
        pair = by_key[mapping.source_id], by_key[mapping.target_id]
        found.append(Overlap(_overlap_sentence(mapping), pair))
    return found


def overlaps_of(mitigations: list[Mitigation]) -> list[str]:
    """A sentence for each two of them that overlap, those that are the same first."""
    return [one.text for one in overlapping(mitigations)]


def _overlap_sentence(mapping: Mapping) -> str:
    source, target = mapping.source, mapping.target
    assert target is not None
    if mapping.relation == NEARLY_SAME:
        return f"{_measure_named(source)} and {_measure_named(target)} are nearly the same measure."
    # In SKOS, what is matched is the broader or the narrower one.
    if mapping.relation == Relation.NARROW:
        source, target = target, source
    return f"{_measure_named(source)} is a narrower measure than {_measure_named(target)}, which takes it in."


def _measure_named(one: Mitigation) -> str:
    return f"“{one.name}” ({one.document.label})"
