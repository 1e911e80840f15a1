"""Documents, with their authors in order."""

from django.contrib import admin

from catalogue.models import Author, Document

from .record import CountedAdmin


class AuthorInline(admin.TabularInline):
    model = Author
    extra = 0
    fields = ["position", "family", "given", "organisation"]


@admin.register(Document)
class DocumentAdmin(CountedAdmin):
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
