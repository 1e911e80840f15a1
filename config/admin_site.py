"""The admin, under the site's own name."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.views.autocomplete import AutocompleteJsonView


class LabelledAutocomplete(AutocompleteJsonView):
    """Offers a record under its full label, where it has one."""

    def serialize_result(self, obj, to_field_name):
        return {"id": str(getattr(obj, to_field_name)), "text": getattr(obj, "full_label", str(obj))}


class CatalogueAdminSite(AdminSite):
    site_header = f"{settings.SITE_NAME}: curation"
    site_title = settings.SITE_NAME
    index_title = "What would you like to work on?"
    site_url = "/"

    def get_urls(self):
        from catalogue.admin import review

        return [*review.urls(self), *super().get_urls()]

    def index(self, request, extra_context=None):
        from catalogue.admin import review

        waiting = review.sorted_for(request.user)
        return super().index(request, {**(extra_context or {}), "review": waiting})

    def autocomplete_view(self, request):
        return LabelledAutocomplete.as_view(admin_site=self)(request)


class CatalogueAdminConfig(AdminConfig):
    default_site = "config.admin_site.CatalogueAdminSite"
