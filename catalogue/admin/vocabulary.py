"""Terms of vocabularies."""

from django.contrib import admin
from django.db.models import Count

from catalogue.models import VOCABULARIES

from .record import RecordAdmin


@admin.register(*VOCABULARIES)
class TermAdmin(RecordAdmin):
    list_display = ["name", "definition", "is_special", "mitigation_count"]
    search_fields = ["name", "slug", "definition"]
    prepopulated_fields = {"slug": ["name"]}
    fixed_fields = ("slug",)

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(mitigation_count=Count("mitigations"))
        )

    @admin.display(description="mitigations", ordering="mitigation_count")
    def mitigation_count(self, term):
        return term.mitigation_count

    def has_delete_permission(self, request, obj=None):
        """Not while a mitigation carries it."""
        return not (
            obj is not None and obj.mitigations.exists()
        ) and super().has_delete_permission(request, obj)
