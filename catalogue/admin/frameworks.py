"""Versions of outside frameworks: which is current is a curator's word."""

from django.contrib import admin

from catalogue.models import FrameworkVersion

from .record import RecordAdmin


@admin.register(FrameworkVersion)
class FrameworkVersionAdmin(RecordAdmin):
    list_display = ["framework", "version", "is_current", "note"]
    list_display_links = ["framework", "version"]
    list_filter = ["is_current"]
    search_fields = ["framework", "version"]
