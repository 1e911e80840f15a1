"""Taxonomies and their categories."""

from django.contrib import admin
from django.db.models import Count

from catalogue.models import Category, Taxonomy

from .record import RecordAdmin


@admin.register(Taxonomy)
class TaxonomyAdmin(RecordAdmin):
    list_display = [
        "title",
        "short_title",
        "version",
        "publisher",
        "is_default",
        "category_count",
    ]
    search_fields = ["title", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    fixed_fields = ("slug",)

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(category_count=Count("categories"))
        )

    @admin.display(description="categories", ordering="category_count")
    def category_count(self, taxonomy):
        return taxonomy.category_count


@admin.register(Category)
class CategoryAdmin(RecordAdmin):
    list_display = [
        "code",
        "indented_name",
        "taxonomy",
        "mitigation_count",
        "is_working_name",
    ]
    list_display_links = ["code", "indented_name"]
    list_filter = ["taxonomy", "is_working_name"]
    list_select_related = ["taxonomy"]
    ordering = ["taxonomy__position", "path"]
    search_fields = ["^code", "name", "definition", "taxonomy__short_title"]
    search_help_text = "The beginning of a code, or a word"
    autocomplete_fields = ["taxonomy"]
    fixed_fields = ("taxonomy",)
    fields = [
        "taxonomy",
        "code",
        "name",
        "is_working_name",
        "definition",
        "published_count",
    ]

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("taxonomy")
        return rows.annotate(
            mitigation_count=Count(
                "classifications__mitigation",
                distinct=True,
            ),
        )

    @admin.display(description="name")
    def indented_name(self, category):
        return "\N{EM SPACE}" * (category.depth - 1) + category.name

    @admin.display(description="mitigations here")
    def mitigation_count(self, category):
        return category.mitigation_count
