"""Published studies in the admin: to look at, not to change. Their facts are owned by the files in surveys/data."""

from django.contrib import admin
from django.db.models import Count
from django.utils.html import format_html_join

from .checks import differences
from .models import Criterion, ExpertComment, Item, RiskArea, Study


class ReadOnly:
    """A record that the data files own. Whoever may view it sees it; nobody changes it here."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class CriterionInline(ReadOnly, admin.TabularInline):
    model = Criterion
    fields = ["name", "question", "scale", "is_support"]


class ItemInline(ReadOnly, admin.TabularInline):
    model = Item
    fields = ["position", "mitigation", "wording"]
    show_change_link = False


@admin.register(Study)
class StudyAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["label", "title", "year", "status", "is_preliminary", "responded", "item_count", "comment_count"]
    list_filter = ["status", "is_preliminary", "year"]
    search_fields = ["label", "title", "slug"]
    fields = [
        "label", "title", "document", "status", "is_preliminary", "year", "invited", "responded", "method", "limits",
        "min_cell_size", "published_average_agreement", "differences_beyond_rounding",
    ]  # fmt: skip
    inlines = [CriterionInline, ItemInline]

    def get_queryset(self, request):
        return super().get_queryset(request).with_counts()

    @admin.display(description="items", ordering="item_count")
    def item_count(self, study):
        return study.item_count

    @admin.display(description="comments", ordering="comment_count")
    def comment_count(self, study):
        return study.comment_count

    @admin.display(description="published figures that their counts do not give")
    def differences_beyond_rounding(self, study):
        return format_html_join("", "<div>{}</div>", ((found,) for found in differences(study))) or "None."

    def view_on_site(self, obj):
        return obj.get_absolute_url() if obj.status == Study.Status.PUBLISHED else None


@admin.register(ExpertComment)
class ExpertCommentAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["body", "mitigation", "study", "stance", "how_many", "risk_area"]
    list_filter = ["item__study", "stance", "how_many", "risk_area"]
    list_select_related = ["item__study", "item__mitigation", "risk_area"]
    search_fields = ["body", "item__mitigation__name", "item__mitigation__accession"]
    search_help_text = "Words of the comment, a mitigation’s name or accession"
    fields = ["body", "item", "stance", "how_many", "risk_area"]

    @admin.display(ordering="item__mitigation__name")
    def mitigation(self, comment):
        return comment.item.mitigation

    @admin.display(ordering="item__study__label")
    def study(self, comment):
        return comment.item.study


@admin.register(RiskArea)
class RiskAreaAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["name", "definition", "comment_count"]
    search_fields = ["name", "slug", "definition"]
    fields = ["name", "slug", "definition"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(comment_count=Count("comments"))

    @admin.display(description="comments", ordering="comment_count")
    def comment_count(self, area):
        return area.comment_count
