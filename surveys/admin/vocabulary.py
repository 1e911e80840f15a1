"""What studies are made of, and what the data files own."""

from django.contrib import admin
from django.db.models import Count

from catalogue.admin.deletion import GuardedDeletion
from surveys.models import (
    ExpertComment,
    ExpertiseArea,
    RiskArea,
    Scale,
    ScalePoint,
    Study,
)
from surveys.running import team


class ReadOnly:
    """A record that the data files own. Whoever may view it sees it; nobody changes it here."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(ExpertComment)
class ExpertCommentAdmin(ReadOnly, admin.ModelAdmin):
    list_display = [
        "body",
        "mitigation",
        "study",
        "stance",
        "how_many",
        "risk_area",
    ]
    list_filter = [
        ("item__study", admin.RelatedOnlyFieldListFilter),
        "stance",
        "how_many",
        "risk_area",
    ]
    list_select_related = ["item__study", "item__mitigation", "risk_area"]
    search_fields = [
        "body",
        "item__mitigation__name",
        "item__mitigation__accession",
    ]
    search_help_text = "Words of the comment, a mitigation’s name or accession"
    fields = ["body", "item", "stance", "how_many", "risk_area"]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .filter(item__study__in=team.visible_studies(request.user))
        )

    @admin.display(ordering="item__mitigation__name")
    def mitigation(self, comment):
        return comment.item.mitigation

    @admin.display(ordering="item__study__label")
    def study(self, comment):
        return comment.item.study


@admin.register(RiskArea)
class RiskAreaAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["name", "definition", "comment_count"]
    search_fields = ["name", "short_name", "slug", "definition", "clause"]
    fields = ["name", "short_name", "slug", "definition", "clause"]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .annotate(comment_count=Count("comments"))
        )

    @admin.display(description="comments", ordering="comment_count")
    def comment_count(self, area):
        return area.comment_count


class ScalePointInline(admin.TabularInline):
    model = ScalePoint
    extra = 0


@admin.register(Scale)
class ScaleAdmin(GuardedDeletion):
    """Answers to choose from. One that a published or open study uses can only be looked at."""

    list_display = ["name", "slug"]
    inlines = [ScalePointInline]
    prepopulated_fields = {"slug": ["name"]}

    def has_change_permission(self, request, obj=None):
        used = (
            obj is not None
            and obj.criteria.exclude(study__status=Study.Status.DRAFT).exists()
        )
        return super().has_change_permission(request, obj) and not used

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(
            request,
            obj,
        ) and self.has_change_permission(request, obj)

    def get_prepopulated_fields(self, request, obj=None):
        if obj is None:
            return super().get_prepopulated_fields(request, obj)
        return {}


@admin.register(ExpertiseArea)
class ExpertiseAreaAdmin(GuardedDeletion):
    list_display = ["name", "slug", "position"]
    prepopulated_fields = {"slug": ["name"]}
