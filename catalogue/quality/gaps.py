"""Mitigations without a primary place in a taxonomy."""

from collections import defaultdict
from collections.abc import Iterator

from catalogue.models import Classification, Mitigation, Taxonomy

from .base import Check, Finding, change_url, register
from .descriptions import named


def unplaced() -> Iterator[Finding]:
    """For each taxonomy in turn, what has no primary place in it. Of risks too: there it says which risk is addressed."""
    primary: dict[int, set[int]] = defaultdict(set)
    further: dict[int, set[int]] = defaultdict(set)
    places = Classification.objects.order_by().values_list("taxonomy", "mitigation", "is_primary")
    for place, mitigation, is_primary in places:
        (primary if is_primary else further)[place].add(mitigation)
    rows = list(Mitigation.objects.not_retired().select_related("document").order_by("accession"))
    for taxonomy in Taxonomy.objects.all():
        # One in which nothing stands yet is not in use: a finding for each mitigation would only hide the others.
        if not primary[taxonomy.pk] and not further[taxonomy.pk]:
            continue
        for row in rows:
            if row.pk not in primary[taxonomy.pk]:
                has_further = row.pk in further[taxonomy.pk]
                yield _gap(row, taxonomy, has_further)


def _gap(row: Mitigation, taxonomy: Taxonomy, has_further: bool) -> Finding:
    what = "names no risk that it addresses" if taxonomy.is_of_risks else "stands nowhere"
    if has_further:
        what = "has further places, but none of them is primary,"
    return Finding(
        subject=f"{row.accession} {taxonomy.slug}", record=named(row), message=f"It {what} in “{taxonomy.title}”.",
        url=f"{change_url(Mitigation, row.pk)}#classifications-group", decides=(has_further,),
        document=row.document.slug, group=taxonomy.short_title,
    )  # fmt: skip


GAPS = register(Check(
    "classification-gap", "Gap in a taxonomy",
    "Mitigations without a primary place in a taxonomy in which others stand. Place them in the form, or have them coded by "
    "two under Coding.",
    unplaced,
))  # fmt: skip
