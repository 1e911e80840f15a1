"""Which measures of a selection overlap: the same measure, nearly the same, or one that is part of
another, as mappings say.
"""

from catalogue.models import Mapping, Mitigation

from ..selected import same_measures

Relation = Mapping.Relation
#: What the source of a mapping is, seen from its target; others do not overlap.
NEARLY_SAME = Relation.CLOSE
PARTS_OF_ANOTHER = (Relation.BROAD, Relation.NARROW)


def overlaps_of(mitigations: list[Mitigation]) -> list[str]:
    """A sentence for each two of them that overlap, those that are the same first. One query."""
    keys = [one.pk for one in mitigations]
    mappings = (
        Mapping.objects.published()
        .filter(
            source__in=keys,
            target__in=keys,
            relation__in=[NEARLY_SAME, *PARTS_OF_ANOTHER],
        )
        .for_display()
    )
    return [*same_measures(mitigations), *map(_overlap_sentence, mappings)]


def _overlap_sentence(mapping: Mapping) -> str:
    source, target = mapping.source, mapping.target
    assert target is not None
    if mapping.relation == NEARLY_SAME:
        return f"{_named(source)} and {_named(target)} are nearly the same measure."
    # In SKOS, what is matched is the broader or the narrower one.
    if mapping.relation == Relation.NARROW:
        source, target = target, source
    return f"{_named(source)} is a narrower measure than {_named(target)}, which takes it in."


def _named(one: Mitigation) -> str:
    return f"“{one.name}” ({one.document.label})"
