"""Releases: which there are, and cutting one after a look at what it would be."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from catalogue.fields import CleanedCharField
from catalogue.models import Release, ReleaseCutting
from catalogue.models.release import validate_number
from catalogue.pages.citing import site_url
from catalogue.releases import cutting, running

PERMISSION = "catalogue.cut_release"


def may_cut(user) -> bool:
    """A release is public for good, with the words about it: who cuts one may publish too."""
    return user.has_perms([PERMISSION, "catalogue.publish_mitigation"])


class CutForm(forms.Form):
    number = forms.CharField(
        max_length=20,
        validators=[validate_number],
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="A year and a month, such as 2026.11; a further one in that month is 2026.11.1.",
    )
    title = CleanedCharField(
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    notes = CleanedCharField(
        required=False,
        max_length=20_000,
        help_text="What readers should know of it. What changed is told by itself.",
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 6}),
    )
    even_so = forms.BooleanField(
        required=False,
        label="Cut it though nothing has changed",
    )


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin):
    """They are looked at here; nothing of them is ever changed."""

    list_display = ["number", "title", "cut_at", "cut_by", "mitigations"]
    fields = [
        "number",
        "title",
        "notes",
        "cut_at",
        "cut_by",
        "checksum",
        "revision",
        "software",
        "licence",
    ]
    change_list_template = "admin/catalogue/release_list.html"

    @admin.display(description="mitigations")
    def mitigations(self, release):
        return release.counts.get("mitigation", 0)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(
            request,
            obj,
        ) or request.user.has_perm(PERMISSION)

    def has_module_permission(self, request):
        return super().has_module_permission(request) or request.user.has_perm(
            PERMISSION,
        )

    def get_urls(self):
        cut = path(
            "cut/",
            self.admin_site.admin_view(self.cut_view),
            name="catalogue_release_cut",
        )
        wish = path(
            "cut/<int:pk>/",
            self.admin_site.admin_view(self.wish_view),
            name="catalogue_release_wish",
        )
        return [cut, wish, *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        context = {"may_cut": may_cut(request.user), **(extra_context or {})}
        return super().changelist_view(request, context)

    def cut_view(self, request):
        """Shows what a release would be, and cuts it."""
        if not may_cut(request.user):
            raise PermissionDenied
        form = CutForm(
            request.POST if request.method == "POST" else None,
            initial={"number": cutting.suggested_number()},
        )
        if not form.is_bound and (wish := running.under_way()):
            return redirect("admin:catalogue_release_wish", wish.pk)
        context = {}
        error = ""
        if form.is_bound and form.is_valid():
            try:
                if running.takes_long():
                    return self._start(request, form.cleaned_data)
                if "apply" in request.POST:
                    return self._cut(request, form.cleaned_data)
                plan = cutting.plan(
                    form.cleaned_data["number"],
                    site_url(request),
                )
                context = running.plan_context(plan)
            except cutting.NothingChanged as nothing:
                error = f"{nothing} {running.TICK}"
            except cutting.CannotCut as obstacle:
                error = str(obstacle)
        return self._page(request, form, error=error, **context)

    def _page(self, request, form, error="", **further):
        plan = further.get("plan")
        context = {
            **self.admin_site.each_context(request),
            "title": "Cut a release",
            "opts": self.opts,
            "form": form,
            "error": error,
            "may_be_cut": bool(further or error),
            "asks_even_so": bool(error or (plan and plan.changes_nothing)),
            **further,
        }
        return render(
            request,
            "admin/catalogue/cut_release.html",
            context,
            status=409 if error else 200,
        )

    def _start(self, request, data):
        wish = running.start_cutting(
            **data,
            is_preview="apply" not in request.POST,
            site=site_url(request),
            user=request.user,
        )
        return redirect("admin:catalogue_release_wish", wish.pk)

    def wish_view(self, request, pk):
        """How far a release is that a process looks at or cuts, and what came of it."""
        if not may_cut(request.user):
            raise PermissionDenied
        wish = get_object_or_404(ReleaseCutting, pk=pk)
        if wish.release is not None:
            return redirect(wish.release.get_absolute_url())
        done, total, is_broken_off = running.cutting_progress(wish)
        if wish.state == wish.State.WORKING and not is_broken_off:
            context = {
                **self.admin_site.each_context(request),
                "title": "Cut a release",
                "opts": self.opts,
                "wish": wish,
                "done": done,
                "total": total,
            }
            return render(
                request,
                "admin/catalogue/release_at_work.html",
                context,
            )
        error = wish.message
        if is_broken_off:
            error = (
                "It was interrupted, and nothing was stored. Start it again."
            )
        initial = {name: getattr(wish, name) for name in CutForm.base_fields}
        return self._page(
            request,
            CutForm(initial=initial),
            error=error,
            number=wish.number,
            rendered=wish.preview,
            may_be_cut=True,
            asks_even_so=wish.changes_nothing,
        )

    def _cut(self, request, data):
        release = cutting.cut(
            data["number"],
            title=data["title"],
            notes=data["notes"],
            user=request.user,
            base_url=site_url(request),
            even_so=data["even_so"],
        )
        running.log_cutting(release, request.user)
        return redirect(release.get_absolute_url())
