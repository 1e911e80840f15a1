from django.contrib.sitemaps import Sitemap
from django.urls import reverse


class Tools(Sitemap):
    """The pages of this app as they are without any choice."""

    def items(self):
        return ["compare", "matrix"]

    def location(self, item):
        return reverse(item)
