"""Mitigations without a lifecycle phase, an actor or a function. Special terms, such as “Unable
to classify”, are none.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from catalogue.models import Mitigation

from .base import CHECKS, Check, Finding, change_url
from .descriptions import named


def without_term(relation: str, noun: str) -> Iterator[Finding]:
    """Mitigations that carry no ordinary term of `relation`; what special ones they carry is
    said.
    """
    term = Mitigation._meta.get_field(relation).related_model
    links = getattr(Mitigation, relation).through.objects.order_by()
    column = term._meta.model_name  # type: ignore[union-attr]
    special: dict[int, list[str]] = defaultdict(list)
    for key, name in links.filter(**{f"{column}__is_special": True}).values_list(
        "mitigation", f"{column}__name"
    ):
        special[key].append(name)
    rows = (
        Mitigation.objects.not_retired()
        .lacking(relation[:-1])
        .select_related("document")
        .order_by("accession")
    )
    for row in rows:
        names = sorted(special[row.pk])
        message = (
            f"It has only “{'”, “'.join(names)}”, which names no {noun}."
            if names
            else f"It has no {noun}."
        )
        yield Finding(
            subject=row.accession,
            record=named(row),
            message=message,
            url=change_url(Mitigation, row.pk, f"{relation}_0"),
            decides=tuple(names),
            document=row.document.slug,
            group="only a special term" if names else "no term",
        )


for name, relation, noun, asks in (
    ("no-phase", "phases", "lifecycle phase", "When in a system’s life is it taken?"),
    ("no-actor", "actors", "actor", "Who carries it out?"),
    (
        "no-function",
        "functions",
        "risk-management function",
        "Does it govern, map, measure or manage?",
    ),
):
    CHECKS.register(
        Check(
            name,
            f"No {noun}",
            f"{asks} Readers who filter by {noun} do not find it. Where the source does not say, dismiss it with that reason.",
            partial(without_term, relation, noun),
        )
    )
