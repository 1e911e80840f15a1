"""Documents, with their authors in order."""

from django.contrib import admin
from django.db.models import Count

from catalogue.models import Author, Document

from .record import RecordAdmin


class AuthorInline(admin.TabularInline):
    model = Author
    extra = 0
    fields = ["position", "family", "given", "organisation"]


@admin.register(Document)
class DocumentAdmin(RecordAdmin):
    list_display = ["label", "title", "year", "kind", "mitigation_count"]
    list_display_links = ["label", "title"]
    list_filter = ["kind", "year"]
    search_fields = [
        "label",
        "title",
        "doi",
        "arxiv_id",
        "authors__family",
        "authors__organisation",
    ]
    search_help_text = "Title, author, DOI or arXiv id"
    prepopulated_fields = {"slug": ["label"]}
    fixed_fields = ("slug",)
    inlines = [AuthorInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "label",
                    "slug",
                    "title",
                    "kind",
                    ("year", "version"),
                    "publisher",
                    "abstract",
                ],
            },
        ),
        (
            "Where to find it",
            {"fields": [("doi", "arxiv_id"), "url", "licence"]},
        ),
        ("Notice", {"fields": ["preliminary_notice"]}),
    ]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(mitigation_count=Count("mitigations"))
        )

    @admin.display(description="mitigations", ordering="mitigation_count")
    def mitigation_count(self, document):
        return document.mitigation_count

    def has_delete_permission(self, request, obj=None):
        """Not while mitigations are taken from it."""
        return not (
            obj is not None and obj.mitigations.exists()
        ) and super().has_delete_permission(request, obj)
