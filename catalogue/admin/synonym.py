"""Synonyms: what readers type, and what the catalogue calls it."""

from django.contrib import admin

from catalogue.models import Synonym
from catalogue.models.synonym import lines

from .record import RecordAdmin


@admin.register(Synonym)
class SynonymAdmin(RecordAdmin):
    list_display = ["term", "others", "meanings"]
    search_fields = ["term", "also_typed", "means"]

    @admin.display(description="also typed")
    def others(self, synonym):
        return ", ".join(lines(synonym.also_typed))

    @admin.display(description="means")
    def meanings(self, synonym):
        return ", ".join(lines(synonym.means))
