"""Terms of vocabularies."""

from django.contrib import admin

from catalogue.models import VOCABULARIES

from .record import CountedAdmin


@admin.register(*VOCABULARIES)
class TermAdmin(CountedAdmin):
    list_display = ["name", "definition", "is_special", "mitigation_count"]
    search_fields = ["name", "slug", "definition"]
    prepopulated_fields = {"slug": ["name"]}
    fixed_fields = ("slug",)
