"""Mitigations without a primary place in a taxonomy."""

from collections import defaultdict
from collections.abc import Iterator

from catalogue.models import Classification, Mitigation, Taxonomy

from .base import CHECKS, Check, Finding, change_url, whole
from .descriptions import named


def unplaced() -> Iterator[Finding]:
    """For each taxonomy in turn, what has no primary place in it. Of risks too: there it says
    which risk is addressed.
    """
    primary: dict[int, set[int]] = defaultdict(set)
    further: dict[int, set[int]] = defaultdict(set)
    places = Classification.objects.order_by().values_list(
        "taxonomy", "mitigation", "is_primary"
    )
    for place, mitigation, is_primary in places:
        (primary if is_primary else further)[place].add(mitigation)
    keys = list(
        Mitigation.objects.not_retired()
        .order_by("accession")
        .values_list("pk", flat=True)
    )
    # One in which nothing stands yet is not in use: a finding for each mitigation would only
    # hide the others.
    used = [one for one in Taxonomy.objects.all() if primary[one.pk] or further[one.pk]]
    gaps = [
        (key, taxonomy)
        for taxonomy in used
        for key in keys
        if key not in primary[taxonomy.pk]
    ]
    rows = whole(
        Mitigation.objects.select_related("document"), {key for key, _ in gaps}
    )
    for key, taxonomy in gaps:
        yield _gap(rows[key], taxonomy, key in further[taxonomy.pk])


def _gap(row: Mitigation, taxonomy: Taxonomy, has_further: bool) -> Finding:
    what = (
        "names no risk that it addresses" if taxonomy.is_of_risks else "stands nowhere"
    )
    if has_further:
        what = "has further places, but none of them is primary,"
    return Finding(
        subject=f"{row.accession} {taxonomy.slug}",
        record=named(row),
        message=f"It {what} in “{taxonomy.title}”.",
        url=f"{change_url(Mitigation, row.pk)}#classifications-group",
        decides=(has_further,),
        document=row.document.slug,
        group=taxonomy.short_title,
    )


GAPS = CHECKS.register(
    Check(
        "classification-gap",
        "Gap in a taxonomy",
        "Mitigations without a primary place in a taxonomy in which others stand. Place them in the form, or have them coded by "
        "two under Coding.",
        unplaced,
    )
)
