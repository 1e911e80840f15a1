"""How to cite a study: the document that it was published in, or, where it ran here, the study
itself.
"""

from django.conf import settings

from catalogue.record.citations import Citation, cite, gone, marked, plain

from ..models import Study


def citation_of(study: Study, base_url: str = "") -> Citation:
    """`base_url` is scheme and host of the site; without it, a study that ran here is cited
    with no address.
    """
    if study.document:
        return cite(study.document)
    return Citation(_study_item(study, base_url))


def _study_item(study: Study, base_url: str) -> dict:
    """As a data set that this site publishes. The checksum stands for the version."""
    site = plain(settings.SITE_NAME)
    item = {
        "id": study.slug,
        "type": "dataset",
        "title": marked(study.title, study),
        "author": [{"literal": site}],
        "publisher": site,
        "genre": "Expert survey",
        "issued": {"date-parts": [[study.year]]} if study.year else {},
        "URL": base_url.rstrip("/") + study.get_absolute_url()
        if base_url
        else "",
        "note": " ".join(
            filter(
                None,
                [
                    gone(study, base_url),
                    _fingerprint(study),
                    plain(study.preliminary_notice),
                ],
            ),
        ),
    }
    return {name: value for name, value in item.items() if value}


def _fingerprint(study: Study) -> str:
    if study.checksum:
        return f"SHA-256 of its counts and comments: {study.checksum}."
    return ""
