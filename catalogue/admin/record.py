"""What every record of the catalogue has in the admin: its history, restoring, and no change
lost to another.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.utils.text import Truncator

from catalogue import revision
from catalogue.curation import feedback, history

from .days import TypedDayField
from .deletion import ReasonedDeletion, given_reason
from .versions import VersionedAdmin


class RecordAdmin(ReasonedDeletion, VersionedAdmin):
    save_on_top = True
    formfield_overrides = {
        models.URLField: {"assume_scheme": "https"},
        models.DateField: {"form_class": TypedDayField},
    }
    list_per_page = 50
    #: Fields that can be given once and not changed afterwards: they stand in public addresses.
    fixed_fields: tuple[str, ...] = ()

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return [*fields, *self.fixed_fields] if obj else fields

    def get_prepopulated_fields(self, request, obj=None):
        if obj:
            return {}
        return super().get_prepopulated_fields(request, obj)

    def changeform_view(
        self,
        request,
        object_id=None,
        form_url="",
        extra_context=None,
    ):
        if request.method == "GET" and (about := feedback.worked_on(request)):
            text = Truncator(about.text).chars(200)
            messages.info(
                request,
                f"What you save here names feedback {about.reference} in its history: “{text}”",
            )
        return super().changeform_view(
            request,
            object_id,
            form_url,
            extra_context,
        )

    def view_on_site(self, obj):
        if hasattr(obj, "get_absolute_url"):
            return obj.get_absolute_url()
        return None

    # History

    def get_urls(self):
        name = f"{self.url_prefix}_restore"
        address = (
            "<path:object_id>/history/<slug:kind>/<int:history_id>/restore/"
        )
        return [
            path(
                address,
                self.admin_site.admin_view(self.restore_view),
                name=name,
            ),
            *super().get_urls(),
        ]

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(
                request,
                self.opts,
                object_id,
            )
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        context = {
            "title": f"History of {obj}",
            "entries": history.timeline(obj),
            "object": obj,
            "opts": self.opts,
            "can_restore": self.has_change_permission(request, obj),
        }
        return self._render(request, "history", context)

    def restore_view(self, request, object_id, kind, history_id):
        """Asks for a reason, and makes a row what it was."""
        obj = self.get_object(request, object_id)
        entries = history.timeline(obj) if obj else []
        by_id = {(e.kind, e.record.history_id): e for e in entries}
        entry = by_id.get((kind, history_id))
        if obj is None or entry is None:
            raise Http404(
                "There is no such entry in the history of this record.",
            )
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        error = ""
        if request.method == "POST":
            error = self._restore_error(request, obj, entry)
            if not error:
                return redirect(self.page_url("history", obj))
        context = {
            "title": f"Restore {entry.what}",
            "entry": entry,
            "object": obj,
            "opts": self.opts,
            "error": error,
        }
        return self._render(request, "restore", context)

    def _restore_error(self, request, obj, entry):
        """Restores, and says why it cannot be; empty: it is done."""
        reason = given_reason(request)
        if not reason:
            return "Say why: the reason stands in the history."
        try:
            # What somebody saves at this moment is neither lost nor taken for what was restored.
            with revision.writing():
                self.restore(request, obj, entry.record, reason)
        except ValidationError as error:
            return " ".join(error.messages)
        except IntegrityError:
            return "What stands there now does not allow it."
        return ""

    def restore(self, request, obj, entry, reason):
        history.restore_version(entry, reason=reason)
        self.log_change(request, obj, f"Restored: {reason}")
        messages.success(request, "Restored.")


class CountedAdmin(RecordAdmin):
    """Of records that mitigations have: a list says how many do, and none is deleted meanwhile."""

    kept_by = ("mitigations",)

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.annotate(mitigation_count=models.Count("mitigations"))

    @admin.display(description="mitigations", ordering="mitigation_count")
    def mitigation_count(self, record):
        return record.mitigation_count
