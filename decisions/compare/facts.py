"""What the catalogue itself says of compared mitigations, in rows."""

from collections.abc import Callable, Iterable

from catalogue.models import Mapping, Mitigation
from catalogue.record.field_types import Terms
from catalogue.record.fields import of_type

from .rows import Compared, Group, Row, Value
from .state import GROUPS

YES, NO = "yes", "no"


def _row_of_each(
    label: str,
    mitigations: Iterable[Mitigation],
    value: Callable[[Mitigation], Value],
) -> Row:
    return Row(label, [value(one) for one in mitigations])


# In short


def in_short(compared: Compared) -> list[Group]:
    each = compared.mitigations
    rows = [
        _row_of_each("What it is", each, lambda one: Value(one.description)),
        _row_of_each("Source", each, _source_of),
    ]
    if any(one.requirements for one in each):
        rows.append(_row_of_each("What it takes", each, _requirements))
    return [Group(GROUPS["summary"], rows)]


def _source_of(one: Mitigation) -> Value:
    text = one.document.label
    if one.is_preliminary:
        text += ", preliminary"
    return Value(text, url=one.document.get_absolute_url())


def _requirements(one: Mitigation) -> Value:
    if one.requirements:
        return Value(one.requirements)
    return Value("not reported by the source", is_missing=True)


# Who, when, which risks


def who_and_when(compared: Compared) -> list[Group]:
    rows = []
    for vocabulary in of_type(Terms):
        carried = [
            list(getattr(one, vocabulary.stored_as).all())
            for one in compared.mitigations
        ]
        terms = {term.pk: term for some in carried for term in some}
        for term in sorted(terms.values(), key=lambda one: one.position):
            label = f"{vocabulary.terms.parameter.capitalize()}: {term}"
            values = [Value(YES if term in some else NO) for some in carried]
            rows.append(Row(label, values))
    return [Group(GROUPS["who"], rows)]


def which_risks(compared: Compared) -> list[Group]:
    placed = []
    for one in compared.mitigations:
        of_risks = [
            row
            for row in one.classifications.all()
            if row.taxonomy.is_of_risks
        ]
        placed.append({row.category_id: row for row in of_risks})
    categories = {}
    for rows_of_one in placed:
        for row in rows_of_one.values():
            categories[row.category.path] = row.category
    rows = []
    for _, category in sorted(categories.items()):
        values = [
            _risk_value(rows_of_one.get(category.pk)) for rows_of_one in placed
        ]
        rows.append(Row(f"{category.code} {category.name}", values))
    return [Group(GROUPS["risks"], rows)]


def _risk_value(classification) -> Value:
    if classification is None:
        return Value("not recorded", is_missing=True)
    return Value("foremost" if classification.is_primary else "also")


# Where it is filed, here and elsewhere


def classification(compared: Compared) -> list[Group]:
    taxonomies = {}
    for one in compared.mitigations:
        for row in one.classifications.all():
            if not row.taxonomy.is_of_risks and row.is_primary:
                taxonomies[row.taxonomy_id] = row.taxonomy
    rows = []
    for taxonomy in sorted(taxonomies.values(), key=lambda one: one.position):
        values = [_place_in(one, taxonomy.pk) for one in compared.mitigations]
        rows.append(Row(taxonomy.short_title, values))
    return [Group(GROUPS["classification"], rows)]


def _place_in(one: Mitigation, taxonomy: int) -> Value:
    for row in one.classifications.all():
        if row.taxonomy_id == taxonomy and row.is_primary:
            category = row.category
            return Value(
                f"{category.code} {category.name}",
                url=category.get_absolute_url(),
                note=row.provenance,
            )
    return Value("not classified", is_missing=True)


def elsewhere(compared: Compared) -> list[Group]:
    """Which other measures here each is related to, and in a row for each outside framework,
    which of its entries.
    """
    each = compared.mitigations
    rows = [
        Row("In this catalogue", [_related(one, compared) for one in each]),
    ]
    frameworks = {
        _framework_of(mapping)
        for some in compared.mappings.values()
        for mapping in some
        if mapping.framework
    }
    for framework in sorted(frameworks):
        values = [_framework_entries(one, framework, compared) for one in each]
        rows.append(Row(framework, values))
    return [Group(GROUPS["elsewhere"], rows)]


def _framework_of(mapping: Mapping) -> str:
    return f"{mapping.framework} {mapping.framework_version}".strip()


def _related(one: Mitigation, compared: Compared) -> Value:
    """The same measure by its name, others by how many they are."""
    seen = [mapping.seen_from(one) for mapping in compared.mappings[one.pk]]
    others = [(other, relation) for other, relation in seen if other]
    if not others:
        return Value("none related", is_missing=True)
    same = []
    for other, relation in others:
        if relation == Mapping.Relation.EXACT:
            name = f"“{other.name}” ({other.document.label})"
            same.append(f"the same measure as {name}")
    rest = len(others) - len(same)
    if rest:
        noun = "measure" if rest == 1 else "measures"
        same.append(f"{rest} related {noun}")
    return Value("; ".join(same), url=f"{one.get_absolute_url()}#elsewhere")


def _framework_entries(
    one: Mitigation,
    framework: str,
    compared: Compared,
) -> Value:
    entries = []
    for mapping in compared.mappings[one.pk]:
        if mapping.framework and _framework_of(mapping) == framework:
            relation = Mapping.Relation(mapping.relation).label
            name = f"{mapping.entry} {mapping.entry_name}".strip()
            entries.append(f"{name} ({relation})")
    if entries:
        return Value("; ".join(entries))
    return Value("none recorded", is_missing=True)
