"""Synonyms that lead to a category or a risk that is no longer there."""

from collections.abc import Iterator

from catalogue.models import Synonym
from catalogue.models.synonym import missing_places, places

from ..base import CHECKS, Check, Issue, change_url, record_label


def leading_nowhere() -> Iterator[Issue]:
    known = places()
    for synonym in Synonym.objects.all():
        missing = missing_places(synonym.means, known)
        if missing:
            yield Issue(
                subject=f"synonym {synonym.pk}",
                record=record_label(synonym),
                message=f"It leads to {', '.join(missing)}, which is not there.",
                url=change_url(synonym, synonym.pk, "means"),
                decides=tuple(missing),
            )


CHECKS.register(
    Check(
        "synonym-leads-nowhere",
        "Synonym that leads nowhere",
        "What readers type leads to a category or a risk that has been deleted or has another code now. Give the code that it "
        "has, or take the line out: meanwhile a search passes it over.",
        leading_nowhere,
        position=95,
    ),
)
