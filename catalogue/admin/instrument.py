"""Laws, codes, frameworks and standards, and their provisions."""

from http import HTTPStatus

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count
from django.urls import reverse
from django.utils.html import format_html

from catalogue.curation.quality import CHECKS, desk
from catalogue.curation.quality.checks import former_days
from catalogue.models import Instrument, Provision

from .record import RecordAdmin
from .versions import RecordForm


class DatedForm(RecordForm):
    """Asks why a day from or until which something is asked is changed."""

    def clean(self):
        cleaned = super().clean()
        is_changed = self.instance.pk and {*self.instance.DAYS} & {
            *self.changed_data,
        }
        if is_changed and not self.cleaned_data.get("reason"):
            self.add_error(
                "reason",
                "Say why the day is changed: the reason stands in the history.",
            )
        return cleaned


class DatedAdmin(RecordAdmin):
    """Tells who has saved which notes still name a day that was moved."""

    form = DatedForm

    def changeform_view(
        self,
        request,
        object_id=None,
        form_url="",
        extra_context=None,
    ):
        response = super().changeform_view(
            request,
            object_id,
            form_url,
            extra_context,
        )
        is_saved = response.status_code == HTTPStatus.FOUND
        if object_id and is_saved and request.method == "POST":
            self._tell_of_former_days(request, unquote(object_id))
        return response

    def _tell_of_former_days(self, request, key):
        record = self.get_object(request, key)
        for issue in desk.open_issues(CHECKS[former_days.NAME]):
            if record and former_days.is_about(issue, record):
                link = format_html(
                    '<a href="{}">{}</a>',
                    issue.url,
                    issue.record,
                )
                messages.warning(
                    request,
                    format_html("{}: {}", link, issue.message),
                )


@admin.register(Instrument)
class InstrumentAdmin(DatedAdmin):
    list_display = [
        "short_title",
        "kind",
        "in_force_on",
        "ended_on",
        "replaced_by",
        "checked_on",
        "provision_count",
    ]
    list_filter = ["kind"]
    list_select_related = ["replaced_by"]
    search_fields = ["short_title", "title", "issuer", "slug"]
    search_help_text = "Title or issuer"
    prepopulated_fields = {"slug": ["short_title"]}
    fixed_fields = ("slug",)
    readonly_fields = ["provision_count"]
    autocomplete_fields = ["replaced_by"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "title",
                    "short_title",
                    "slug",
                    "issuer",
                    ("kind", "version"),
                    "status_note",
                    "applies_to_note",
                ],
            },
        ),
        (
            "When",
            {
                "fields": [
                    ("published", "published_as"),
                    ("in_force_on", "ended_on"),
                    "replaced_by",
                ],
            },
        ),
        (
            "Where to find it",
            {
                "fields": [
                    ("url", "url_label"),
                    "sections_of",
                    "further_links",
                    "licence",
                ],
            },
        ),
        (
            "What is listed here",
            {
                "fields": [
                    "provision_count",
                    ("is_whole", "checked_on", "position"),
                    "unverified",
                ],
            },
        ),
    ]

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        return rows.annotate(number_of_provisions=Count("provisions"))

    @admin.display(description="provisions", ordering="number_of_provisions")
    def provision_count(self, instrument):
        """How many, with the way to them."""
        if instrument.pk is None:
            return "none yet"
        address = reverse("admin:catalogue_provision_changelist")
        return format_html(
            '<a href="{}?instrument__id__exact={}">{}</a>',
            address,
            instrument.pk,
            instrument.number_of_provisions,
        )


@admin.register(Provision)
class ProvisionAdmin(DatedAdmin):
    list_display = [
        "code",
        "name",
        "instrument",
        "applies_to",
        "applies_from",
        "is_verified",
        "mapping_count",
    ]
    list_display_links = ["code", "name"]
    list_filter = [
        "instrument",
        "addressee",
        "is_verified",
        "is_official_name",
    ]
    list_select_related = ["instrument"]
    ordering = ["instrument__position", "instrument__slug", "position", "pk"]
    search_fields = [
        "code",
        "name",
        "instrument__short_title",
        "instrument__slug",
    ]
    search_help_text = "Id or name of a provision, or its instrument"
    autocomplete_fields = ["instrument", "parent", "replaces"]
    fixed_fields = ("instrument",)
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "instrument",
                    "code",
                    "name",
                    ("is_official_name", "is_verified"),
                    "parent",
                    ("sort", "position"),
                    "serves",
                    "replaces",
                    "note",
                ],
            },
        ),
        (
            "Whom it binds, and from when",
            {
                "fields": [
                    ("applies_to", "addressee"),
                    ("applies_from", "applies_from_note"),
                    "longer_for",
                ],
            },
        ),
    ]

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("instrument")
        return rows.annotate(number_of_mappings=Count("mappings"))

    @admin.display(description="mapped", ordering="number_of_mappings")
    def mapping_count(self, provision):
        return provision.number_of_mappings
