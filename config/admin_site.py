"""The admin, under the site's own name."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig


class CatalogueAdminSite(AdminSite):
    site_header = f"{settings.SITE_NAME}: curation"
    site_title = settings.SITE_NAME
    index_title = "What would you like to work on?"


class CatalogueAdminConfig(AdminConfig):
    default_site = "config.admin_site.CatalogueAdminSite"
