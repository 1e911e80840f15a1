"""What every record of the catalogue has in the admin: its history, restoring, and no change lost to another."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.text import Truncator
from django.utils.timesince import timesince

from catalogue import feedback, history, revision


class RecordForm(forms.ModelForm):
    """Refuses to write over what somebody else saved after the form was opened."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["version"] = history.version(self.instance)

    def clean(self):
        cleaned = super().clean()
        opened = (cleaned or {}).get("version")
        if self.instance.pk and opened and opened != history.version(self.instance):
            last = history.timeline(self.instance)[0].record
            raise ValidationError(
                f"{last.history_user or 'A load of the data files'} saved this record {timesince(last.history_date)} ago,"
                " after you had opened it. Open it in a second window, and repeat there what you want to change."
            )
        return cleaned


class RecordAdmin(admin.ModelAdmin):
    form = RecordForm
    save_on_top = True
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_per_page = 50
    #: Fields that can be given once and not changed afterwards: they stand in public addresses.
    fixed_fields: tuple[str, ...] = ()

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(self.fixed_fields if obj else ())]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_fieldsets(self, request, obj=None):
        """Adds the hidden version to the first group of fields."""
        fieldsets = [(name, {**options}) for name, options in super().get_fieldsets(request, obj)]
        fields = [field for field in fieldsets[0][1]["fields"] if field != "version"]
        fieldsets[0][1]["fields"] = [*fields, "version"]
        return fieldsets

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "GET" and (found := feedback.worked_on(request)):
            text = Truncator(found.text).chars(200)
            messages.info(request, f"What you save here names feedback {found.reference} in its history: “{text}”")
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            # Two curators who save at once come one after the other, and the second is told of the first.
            with revision.writing():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # A load was faster by a moment: judged again, the form says in words what the database refused.
            return super().changeform_view(request, object_id, form_url, extra_context)

    def view_on_site(self, obj):
        return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None

    # History

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_restore"
        address = "<path:object_id>/history/<slug:kind>/<int:history_id>/restore/"
        return [path(address, self.admin_site.admin_view(self.restore_view), name=name), *super().get_urls()]

    def history_view(self, request, object_id, extra_context=None):
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        context = {
            "title": f"History of {obj}", "entries": history.timeline(obj), "object": obj, "opts": self.opts,
            "can_restore": self.has_change_permission(request, obj),
        }  # fmt: skip
        return self._render(request, "history", context)

    def restore_view(self, request, object_id, kind, history_id):
        """Asks for a reason, and makes a row what it was."""
        obj = self.get_object(request, object_id)
        entries = history.timeline(obj) if obj else []
        entry = next((e for e in entries if e.kind == kind and e.record.history_id == history_id), None)
        if obj is None or entry is None:
            raise Http404("There is no such entry in the history of this record.")
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        reason, error = request.POST.get("reason", "").strip()[:100], ""
        if request.method == "POST" and reason:
            try:
                history.restore(entry.record, reason=reason)
            except (ValidationError, IntegrityError) as refused:
                error = " ".join(getattr(refused, "messages", ["What stands there now does not allow it."]))
            else:
                self.log_change(request, obj, f"Restored {entry.what}: {reason}")
                messages.success(request, f"Restored {entry.what}.")
                return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_history", args=[obj.pk]))
        elif request.method == "POST":
            error = "Say why: the reason stands in the history."
        context = {"title": f"Restore {entry.what}", "entry": entry, "object": obj, "opts": self.opts, "error": error}
        return self._render(request, "restore", context)

    def _render(self, request, template, context):
        return render(request, f"admin/catalogue/{template}.html", {**self.admin_site.each_context(request), **context})
