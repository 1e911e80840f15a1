"""Mappings, each by itself."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models

from catalogue.curation import permissions
from catalogue.models import Mapping

from .record import RecordAdmin
from .versions import RecordForm


class RelationFilter(admin.SimpleListFilter):
    title = parameter_name = "relation"

    def lookups(self, request, model_admin):
        return Mapping.Relation.choices

    def queryset(self, request, queryset):
        if self.value():
            return queryset.filter(relation=self.value())
        return queryset


class MappingForm(RecordForm):
    user: Any = None

    def clean_source(self):
        source = self.cleaned_data["source"]
        if not permissions.may_write(self.user, source):
            raise ValidationError(
                f"{source} is public: add the mapping on its own page, from where it goes to a reviewer.",
            )
        return source


@admin.register(Mapping)
class MappingAdmin(RecordAdmin):
    form = MappingForm
    list_display = [
        "source",
        "relation",
        "other_end",
        "force",
        "confidence",
        "asserted_by",
    ]
    list_filter = [
        RelationFilter,
        "force",
        "confidence",
        "asserted_by",
        "provision__instrument",
        "framework",
    ]
    search_fields = [
        "source__name",
        "source__accession",
        "target__name",
        "target__accession",
        "provision__code",
        "provision__name",
        "provision__instrument__short_title",
        "framework",
        "entry",
    ]
    search_help_text = "Name or accession of either end, a law, code or standard or an id in it, or an outside framework"
    autocomplete_fields = ["source", "target", "provision"]
    list_select_related = [
        "source__document",
        "target__document",
        "provision__instrument",
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "source",
                    "relation",
                    "target",
                    ("asserted_by", "confidence"),
                    "note",
                ],
            },
        ),
        (
            "Or what a law, code or standard asks for",
            {"fields": ["provision", "force"]},
        ),
        (
            "Or an entry of an outside framework that is not listed here",
            {
                "fields": [
                    ("framework", "framework_version"),
                    ("entry", "entry_name"),
                ],
            },
        ),
    ]

    def may_edit(self, user, mapping):
        """A mapping is part of the mitigation that states it: where that is public, it changes
        by way of its page.
        """
        return mapping is None or permissions.may_write(user, mapping.source)

    def has_change_permission(self, request, obj=None):
        return self.may_edit(
            request.user,
            obj,
        ) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.may_edit(
            request.user,
            obj,
        ) and super().has_delete_permission(request, obj)

    def asks_why_deleted(self, record):
        return super().asks_why_deleted(record.source)

    def get_actions(self, request):
        actions = super().get_actions(request)
        if not permissions.decides_alone(request.user):
            actions.pop("delete_selected", None)
        return actions

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    @admin.display(description="target", ordering=models.F("target__name"))
    def other_end(self, mapping):
        return mapping.other_end
