"""Which site the admin is."""

from django.contrib.admin.apps import AdminConfig


class CatalogueAdminConfig(AdminConfig):
    default_site = "catalogue.accounts.admin_site.CatalogueAdminSite"
