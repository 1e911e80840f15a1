"""What of laws, codes and standards is not covered."""

from django.contrib import admin

from catalogue.models import NotCovered

from .record import RecordAdmin


@admin.register(NotCovered)
class NotCoveredAdmin(RecordAdmin):
    list_display = ["name", "reason"]
    search_fields = ["name", "reason"]
