from django.contrib.sitemaps import Sitemap
from django.db.models import Model
from django.urls import reverse

from serving.registry import Registry

from .. import reading
from ..models import (
    VOCABULARIES,
    Category,
    Document,
    Instrument,
    Mitigation,
    Release,
    Taxonomy,
)


class FixedPages(Sitemap):
    def items(self):
        return [
            "home",
            "mitigation-list",
            "taxonomy-list",
            *(f"{terms.parameter}-list" for terms in VOCABULARIES),
            "document-list",
            "instrument-list",
            "data",
            "data-dictionary",
            "changes",
            "about",
            "api:documentation",
        ]

    def location(self, item):
        if item == "changes":  # of today, whatever is read
            with reading.plain_addresses():
                return reverse(item)
        return reverse(item)


class Releases(Sitemap):
    """What is told of each; its own pages are not to be searched, since today's say the same."""

    def items(self):
        read = reading.current_release()
        return [read] if read else Release.objects.newest_first()

    def lastmod(self, item):
        return item.cut_at

    def location(self, item):
        with reading.plain_addresses():
            return item.get_absolute_url()


class Mitigations(Sitemap):
    def items(self):
        return Mitigation.objects.published().order_by("pk")

    def lastmod(self, item):
        return item.updated_at


class Records(Sitemap):
    """Every record of a model that has a page."""

    def __init__(self, model):
        self.model = model

    def items(self):
        rows = self.model.objects.order_by("pk")
        if self.model is Category:
            return rows.select_related("taxonomy")
        return rows


WITH_PAGES: tuple[type[Model], ...] = (
    Taxonomy,
    Category,
    *VOCABULARIES,
    Document,
    Instrument,
)
SITEMAPS: Registry[str, Sitemap] = Registry(
    "sitemap",
    {
        "pages": FixedPages(),
        "mitigations": Mitigations(),
        "releases": Releases(),
        **{
            str(model._meta.model_name): Records(model) for model in WITH_PAGES
        },
    },
)
