"""Documents without the DOI that one would expect."""

from collections.abc import Iterator

from catalogue.models import Document

from ..base import CHECKS, Check, Issue, change_url

#: Knowledge bases have none, and reports often not: they have one only where their publisher
#: registers DOIs.
EXPECTED = (Document.Kind.PREPRINT, Document.Kind.ARTICLE)


def without_doi() -> Iterator[Issue]:
    rows = Document.objects.filter(kind__in=EXPECTED, doi="")
    for row in rows.order_by("label", "pk"):
        if row.arxiv_id:
            # arXiv registers one for each of its preprints since 2022, and for all before.
            number = row.arxiv_id.split("v")[0]
            advice = f"arXiv gives each preprint a DOI; this one’s is 10.48550/arXiv.{number}."
        else:
            advice = f"{row.get_kind_display().capitalize()}s mostly have a DOI: look for “{row.title}” at Crossref."
        yield Issue(
            subject=row.slug,
            record=row.label,
            message=f"It has no DOI. {advice}",
            url=change_url(Document, row.pk, "doi"),
            decides=(row.kind, row.arxiv_id),
            document=row.slug,
        )


CHECKS.register(
    Check(
        "no-doi",
        "Document without a DOI",
        "Articles and preprints have a DOI nearly always, and without it a citation may lead nowhere in ten years.",
        without_doi,
        position=80,
    ),
)
