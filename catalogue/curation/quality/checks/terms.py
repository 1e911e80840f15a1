"""Mitigations without a lifecycle phase, an actor or a function. Special terms, such as “Unable
to classify”, are none.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

from catalogue.models import Mitigation

from ..base import CHECKS, Check, Issue, change_url, record_label


def without_term(relation: str, noun: str) -> Iterator[Issue]:
    """Mitigations that carry no ordinary term of `relation`; what special ones they carry is
    said.
    """
    term: Any = Mitigation._meta.get_field(relation).related_model
    column = term._meta.model_name
    links = getattr(Mitigation, relation).through.objects.order_by()
    links = links.filter(**{f"{column}__is_special": True})
    special: dict[int, list[str]] = defaultdict(list)
    for key, name in links.values_list("mitigation", f"{column}__name"):
        special[key].append(name)
    rows = Mitigation.objects.not_retired().lacking(relation[:-1])
    for row in rows.select_related("document").order_by("accession"):
        names = sorted(special[row.pk])
        message = f"It has no {noun}."
        if names:
            message = (
                f"It has only “{'”, “'.join(names)}”, which names no {noun}."
            )
        yield Issue(
            subject=row.accession,
            record=record_label(row),
            message=message,
            url=change_url(Mitigation, row.pk, f"{relation}_0"),
            decides=tuple(names),
            document=row.document.slug,
            group="only a special term" if names else "no term",
        )


def _register(name: str, relation: str, noun: str, question: str) -> None:
    CHECKS.register(
        Check(
            name,
            f"No {noun}",
            f"{question} Readers who filter by {noun} do not find it. Where the source does not say, dismiss it with that reason.",
            partial(without_term, relation, noun),
            position=60,
        ),
    )


_register(
    "no-phase",
    "phases",
    "lifecycle phase",
    "When in a system’s life is it taken?",
)
_register("no-actor", "actors", "actor", "Who carries it out?")
_register(
    "no-function",
    "functions",
    "risk-management function",
    "Does it govern, map, measure or manage?",
)
