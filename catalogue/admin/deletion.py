"""Deleting in the admin: what stands in its way is named, and a reason is asked where readers see
at once that a record is gone.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import NestedObjects, unquote
from django.core.exceptions import PermissionDenied
from django.db import models, router
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from catalogue import revision
from catalogue.curation import permissions
from catalogue.models import Mapping, Mitigation
from catalogue.models.importing import LONGEST_REASON

#: So many of what stands in the way are named; of more it says how many.
MOST_NAMED = 20
SAY_WHY = "Say why it is deleted: the reason stands in the history, for every reader to see."


class GuardedDeletion(admin.ModelAdmin):
    """Who may delete a record is told what keeps it, and not that they may not."""

    delete_confirmation_template = "admin/catalogue/delete.html"
    delete_selected_confirmation_template = (
        "admin/catalogue/delete_selected.html"
    )
    #: Relations that keep a record, beside those of which the database says so.
    kept_by: tuple[str, ...] = ()

    def in_the_way(self, records: Sequence[Any]) -> list[models.Model]:
        """What has to be led elsewhere, or deleted, before these can be."""
        using = router.db_for_write(self.model)
        collector = NestedObjects(using=using, origin=records)
        collector.collect(records)
        found = set(collector.protected)
        for name in self.kept_by:
            for record in records:
                found.update(getattr(record, name).all())
        return sorted(found, key=lambda one: (one._meta.label, one.pk))

    def get_deleted_objects(self, objs, request):
        deleted, counts, lacking, _ = super().get_deleted_objects(
            objs,
            request,
        )
        in_the_way = self.in_the_way(objs)
        if not in_the_way:
            return deleted, counts, lacking, []
        named = [self._in_words(one) for one in in_the_way[:MOST_NAMED]]
        if more := len(in_the_way) - len(named):
            named.append(f"and {more} more")
        # Nothing is deleted, so that no permission to do so is lacking.
        return deleted, counts, set(), named

    def _in_words(self, record: Any) -> SafeString:
        """What stands in the way, with the form in which it is led elsewhere."""
        name = capfirst(f"{record._meta.verbose_name} {record}")
        form = record
        if isinstance(record, Mapping):
            name = f"{record.source} is mapped to {record.other_end}"
            form = record.source
        opts = form._meta
        try:
            address = reverse(
                f"{self.admin_site.name}:{opts.app_label}_{opts.model_name}_change",
                args=[form.pk],
            )
        except NoReverseMatch:
            return format_html("{}", name)
        if isinstance(form, Mitigation) and form is not record:
            address = f"{address}#mappings_from-group"
        return format_html('<a href="{}">{}</a>', address, name)


class ReasonedDeletion(GuardedDeletion):
    """Asks why a record is deleted that readers see."""

    def asks_why_deleted(self, record: Any) -> bool:
        """Of records with drafts only where it was public."""
        return not hasattr(record, "status") or permissions.is_or_was_public(
            record,
        )

    def delete_view(self, request, object_id, extra_context=None):
        record = self.get_object(request, unquote(object_id))
        asks_why = record is not None and self.asks_why_deleted(record)
        is_allowed = self.has_delete_permission(request, record)
        lacks_why = request.method == "POST" and not given_reason(request)
        if asks_why and is_allowed and lacks_why:
            messages.error(request, SAY_WHY)
            return redirect(request.get_full_path())
        context = {**(extra_context or {}), "asks_why": asks_why}
        return super().delete_view(request, object_id, context)

    def delete_model(self, request, obj):
        """Judged once more with the record locked: it may have been published, or mapped, while
        somebody looked at what would go.
        """
        with revision.writing():
            locked = type(obj)._base_manager.select_for_update().get(pk=obj.pk)
            may_go = self.has_delete_permission(request, locked)
            if not may_go or self.in_the_way([locked]):
                raise PermissionDenied(
                    "It has changed since you opened this page, and stays.",
                )
            obj._change_reason = given_reason(request) or None
            super().delete_model(request, obj)

    def delete_queryset(self, request, queryset):
        """Each as if by itself, so that the history of each has the reason."""
        with revision.writing():
            for record in queryset:
                self.delete_model(request, record)

    def get_actions(self, request):
        actions = super().get_actions(request)
        if "delete_selected" in actions:
            _, name, label = actions["delete_selected"]
            actions["delete_selected"] = (delete_with_reason, name, label)
        return actions


def delete_with_reason(model_admin: Any, request: Any, queryset: Any) -> Any:
    """Django's action, which goes on only with a reason where one is asked."""
    asks_why = any(map(model_admin.asks_why_deleted, queryset))
    if asks_why and "post" in request.POST and not given_reason(request):
        messages.error(request, SAY_WHY)
        request.POST = request.POST.copy()
        del request.POST["post"]  # it asks once more
    answer = delete_selected(model_admin, request, queryset)
    if answer is not None:
        context = answer.context_data or {}
        answer.context_data = {**context, "asks_why": asks_why}
    return answer


def given_reason(request: Any) -> str:
    """Why, as the form has it, as much of it as a history holds."""
    return request.POST.get("reason", "").strip()[:LONGEST_REASON]
