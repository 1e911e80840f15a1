"""What pages of the admin share that are about no single record: who may see them, and how they
are shown.
"""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.generic import View


class AdminPage(View):
    """A page of the admin, for whoever has one of `permissions`."""

    #: Given by `as_view`.
    admin_site: AdminSite = None  # type: ignore[assignment]
    #: Its part of the address below /admin/, and its name.
    route: ClassVar[str]
    name: ClassVar[str]
    permissions: ClassVar[tuple[str, ...]]

    @classmethod
    def url(cls, site: AdminSite) -> URLPattern:
        return path(
            cls.route,
            site.admin_view(cls.as_view(admin_site=site)),
            name=cls.name,
        )

    def dispatch(self, request: HttpRequest, *args, **kwargs):
        if not any(
            request.user.has_perm(permission)
            for permission in self.permissions
        ):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def page(
        self,
        template: str,
        *,
        title: str,
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        shared = {**self.admin_site.each_context(self.request), "title": title}
        return render(
            self.request,
            f"admin/catalogue/{template}.html",
            {**shared, **context},
            status=status,
        )

    def done(self, message: str) -> None:
        messages.success(self.request, message)

    def refuse(self, error: ValidationError) -> None:
        for problem in error.messages:
            messages.error(self.request, problem)
