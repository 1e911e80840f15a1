from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from ..models import Study


class Studies(Sitemap):
    def items(self):
        return [
            reverse("study-list"),
            *Study.objects.published().order_by("pk"),
        ]

    def location(self, item):
        if isinstance(item, str):
            return item
        return item.get_absolute_url()
