"""The admin, under the site's own name."""

from functools import cached_property, wraps

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import SuspiciousOperation
from django.db import DataError
from django.urls import reverse

from catalogue.fields import is_key

from ..curation import unsaved
from . import second_factor
from .sign_in import SignInForm


class LabelledAutocomplete(AutocompleteJsonView):
    """Offers a record under its full label, where it has one."""

    def serialize_result(self, obj, to_field_name):
        return {
            "id": str(getattr(obj, to_field_name)),
            "text": getattr(obj, "full_label", str(obj)),
        }


class CatalogueAdminSite(AdminSite):
    site_header = f"{settings.SITE_NAME}: curation"
    site_title = settings.SITE_NAME
    index_title = "What would you like to work on?"
    site_url = "/"
    login_form = SignInForm

    def __init__(self, name="admin"):
        super().__init__(name)
        self._pages = []
        self._on_index = {}

    def register_pages(self, urls):
        """Adds pages that belong to no model: `urls` gives their addresses for this site."""
        self._pages.append(urls)

    def register_on_index(self, name, of_user):
        """Puts what `of_user` gives for who is signed in on the first page, under this name."""
        self._on_index[name] = of_user

    def has_permission(self, request):
        """Staff, once they have given what their account asks for."""
        return super().has_permission(request) and second_factor.is_met(
            request.user,
        )

    def admin_view(self, view, cacheable=False):
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request, *args, **kwargs):
            is_signed_out = not request.user.is_authenticated
            if is_signed_out and (
                fields := unsaved.resendable_fields(request)
            ):
                return unsaved.offer_again(request, fields)
            if not all(
                map(is_key, request.POST.getlist(ACTION_CHECKBOX_NAME)),
            ):
                raise SuspiciousOperation("What was ticked is no row.")
            is_staff = super(CatalogueAdminSite, self).has_permission(request)
            if not is_staff or self.has_permission(request):
                try:
                    return inner(request, *args, **kwargs)
                except (OverflowError, DataError) as error:
                    raise SuspiciousOperation(
                        "A number in the address is larger than any here.",
                    ) from error
            if request.path == reverse("admin:logout", current_app=self.name):
                return self.logout(request)
            return self.second_factor.ask(request)

        return guarded

    @cached_property
    def second_factor(self):
        return second_factor.SecondFactor(self)

    def get_urls(self):
        urls = self.second_factor.urls()
        for urls_of_pages in self._pages:
            urls += urls_of_pages(self)
        return urls + super().get_urls()

    def index(self, request, extra_context=None):
        context = {**(extra_context or {})}
        for name, of_user in self._on_index.items():
            context[name] = of_user(request.user)
        return super().index(request, context)

    def autocomplete_view(self, request):
        return LabelledAutocomplete.as_view(admin_site=self)(request)
