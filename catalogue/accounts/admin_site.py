"""The admin, under the site's own name."""

from functools import cached_property, wraps

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import SuspiciousOperation
from django.db import DataError
from django.urls import reverse

from ..curation import unsaved


class LabelledAutocomplete(AutocompleteJsonView):
    """Offers a record under its full label, where it has one."""

    def serialize_result(self, obj, to_field_name):
        return {"id": str(getattr(obj, to_field_name)), "text": getattr(obj, "full_label", str(obj))}


class CatalogueAdminSite(AdminSite):
    site_header = f"{settings.SITE_NAME}: curation"
    site_title = settings.SITE_NAME
    index_title = "What would you like to work on?"
    site_url = "/"

    @property
    def login_form(self):
        from catalogue.accounts.sign_in import SignInForm  # once Django has its models

        return SignInForm

    def has_permission(self, request):
        """Staff, once they have given what their account asks for."""
        from catalogue.accounts import second_factor  # once Django has its models

        return super().has_permission(request) and second_factor.is_met(request.user)

    def admin_view(self, view, cacheable=False):
        from catalogue.fields import is_key  # once Django has its models

        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request, *args, **kwargs):
            if not request.user.is_authenticated and (fields := unsaved.fields_of(request)):
                return unsaved.offered(request, fields)
            if any(not is_key(one) for one in request.POST.getlist(ACTION_CHECKBOX_NAME)):
                raise SuspiciousOperation("What was ticked is no row.")
            has_password_only = super(CatalogueAdminSite, self).has_permission(request) and not self.has_permission(
                request
            )
            if not has_password_only:
                try:
                    return inner(request, *args, **kwargs)
                except (OverflowError, DataError) as error:
                    raise SuspiciousOperation("A number in the address is larger than any here.") from error
            if request.path == reverse("admin:logout", current_app=self.name):
                return self.logout(request)
            return self.second_factor.ask(request)

        return guarded

    @cached_property
    def second_factor(self):
        from catalogue.accounts.second_factor import SecondFactor

        return SecondFactor(self)

    def get_urls(self):
        from catalogue.admin import coding, quality, review

        pages = [page.url(self) for page in [*quality.PAGES, *coding.PAGES]]
        return [*self.second_factor.urls(), *pages, *review.urls(self), *super().get_urls()]

    def index(self, request, extra_context=None):
        from catalogue.admin import review

        waiting = review.sorted_for(request.user)
        return super().index(request, {**(extra_context or {}), "review": waiting})

    def autocomplete_view(self, request):
        return LabelledAutocomplete.as_view(admin_site=self)(request)
