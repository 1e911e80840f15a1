from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from .models import Actor, Category, Document, LifecyclePhase, Mitigation, RiskManagementFunction, Taxonomy


class FixedPages(Sitemap):
    def items(self):
        return [
            "home",
            "mitigation-list",
            "taxonomy-list",
            "document-list",
            "data",
            "data-dictionary",
            "about",
            "api:documentation",
        ]

    def location(self, item):
        return reverse(item)


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
        return rows.select_related("taxonomy") if self.model is Category else rows


SITEMAPS = {
    "pages": FixedPages(),
    "mitigations": Mitigations(),
    **{
        model._meta.model_name: Records(model)
        for model in (Taxonomy, Category, LifecyclePhase, Actor, RiskManagementFunction, Document)
    },
}
