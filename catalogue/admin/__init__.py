"""Curation. A file per noun; `record.py` has what all of them share."""

from typing import Any

from django.contrib import admin

from . import (  # noqa: F401 - registers them
    account,
    coding,
    document,
    feedback,
    frameworks,
    importing,
    instrument,
    mapping,
    mitigation,
    not_covered,
    quality,
    release,
    review,
    synonym,
    taxonomy,
    vocabulary,
)

site: Any = admin.site
site.register_pages(
    lambda admin_site: [
        page.url(admin_site) for page in [*quality.PAGES, *coding.PAGES]
    ],
)
site.register_pages(review.urls)
site.register_on_index("review", review.sorted_for)
