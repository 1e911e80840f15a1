"""Mitigations without a primary place in a taxonomy."""

from collections import defaultdict
from collections.abc import Iterator

from catalogue.models import Classification, Mitigation, Taxonomy

from ..base import CHECKS, Check, Issue, change_url, record_label, rows_by_key


def unplaced() -> Iterator[Issue]:
    """For each taxonomy in turn, what has no primary place in it. Of risks too: there it says
    which risk is addressed.
    """
    primary: dict[int, set[int]] = defaultdict(set)
    further: dict[int, set[int]] = defaultdict(set)
    places = Classification.objects.order_by().values_list(
        "taxonomy",
        "mitigation",
        "is_primary",
    )
    for taxonomy_key, mitigation, is_primary in places:
        kind = primary if is_primary else further
        kind[taxonomy_key].add(mitigation)
    mitigations = Mitigation.objects.not_retired().order_by("accession")
    keys = list(mitigations.values_list("pk", flat=True))
    gaps = []
    for taxonomy in Taxonomy.objects.all():
        # One in which nothing stands yet is not in use: an issue for each mitigation would only
        # hide the others.
        if primary[taxonomy.pk] or further[taxonomy.pk]:
            gaps += [
                (key, taxonomy)
                for key in keys
                if key not in primary[taxonomy.pk]
            ]
    rows = Mitigation.objects.select_related("document")
    by_key = rows_by_key(rows, {key for key, _ in gaps})
    for key, taxonomy in gaps:
        yield _gap(by_key[key], taxonomy, key in further[taxonomy.pk])


def _gap(row: Mitigation, taxonomy: Taxonomy, has_further: bool) -> Issue:
    if has_further:
        problem = "has further places, but none of them is primary,"
    elif taxonomy.is_of_risks:
        problem = "names no risk that it addresses"
    else:
        problem = "stands nowhere"
    return Issue(
        subject=f"{row.accession} {taxonomy.slug}",
        record=record_label(row),
        message=f"It {problem} in “{taxonomy.title}”.",
        url=f"{change_url(Mitigation, row.pk)}#classifications-group",
        decides=(has_further,),
        document=row.document.slug,
        group=taxonomy.short_title,
    )


CHECKS.register(
    Check(
        "classification-gap",
        "Gap in a taxonomy",
        "Mitigations without a primary place in a taxonomy in which others stand. Place them in the form, or have them coded by "
        "two under Coding.",
        unplaced,
        position=50,
    ),
)
