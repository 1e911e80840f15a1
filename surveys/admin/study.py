"""Studies in the admin. Published ones are there to look at, since the files in surveys/data
own their facts; those that run on this site are set up here, and run from a page of their own.
"""

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from catalogue.admin.record import RecordAdmin
from catalogue.admin.reviewed import ReviewedAdmin
from catalogue.curation.permissions import is_or_was_public
from surveys.models import Criterion, Item, Study
from surveys.results.checks import figure_differences
from surveys.running import team

from .answers import AnswersPage, ExportPage
from .comment_coding import CodingPage, MeasurePage, PointsPage
from .preview import PreviewPage, PreviewReviewPage, PreviewWelcomePage
from .publishing import PublishPage, ResultsPage, RoundPage
from .running import RunPage
from .setup import (
    MeasuresPage,
    NewStudyPage,
    OpenPage,
    QuestionsPage,
    SetUpPage,
    WordingPage,
)
from .team import TeamPage, WorkPage

PAGES = [
    NewStudyPage,
    MeasuresPage,
    WordingPage,
    QuestionsPage,
    OpenPage,
    SetUpPage,
    PreviewWelcomePage,
    PreviewReviewPage,
    PreviewPage,
    RunPage,
    CodingPage,
    MeasurePage,
    PointsPage,
    AnswersPage,
    ExportPage,
    PublishPage,
    ResultsPage,
    RoundPage,
    TeamPage,
    WorkPage,
]


class WhileDraft:
    """A record that can be changed as long as its study is a draft: once open, every expert
    sees the same study.
    """

    def has_add_permission(self, request, *parent):
        """An inline is asked about its study; a study about nothing."""
        return super().has_add_permission(request, *parent) and _is_draft(
            *parent,
        )

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _is_draft(obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _is_draft(obj)


def _is_draft(study: Study | None = None) -> bool:
    return study is None or study.status == Study.Status.DRAFT


def _has_texts_to_edit(study: Study | None) -> bool:
    """Of a study that ran here and is public, the words about it can be put right; what experts
    saw and said cannot.
    """
    return (
        study is not None and not study.is_loaded and is_or_was_public(study)
    )


class CriterionInline(WhileDraft, admin.TabularInline):
    model = Criterion
    extra = 0
    prepopulated_fields = {"slug": ["name"]}
    fields = [
        "position",
        "name",
        "slug",
        "question",
        "clause",
        "scale",
        "is_support",
        "by_risk_area",
    ]

    def get_fields(self, request, obj=None):
        if obj and obj.is_loaded:
            return [*self.fields, "is_verbatim"]
        return self.fields


class ItemInline(WhileDraft, admin.TabularInline):
    model = Item
    extra = 0
    raw_id_fields = ["mitigation"]
    fields = ["position", "mitigation", "wording"]


@admin.register(Study)
class StudyAdmin(WhileDraft, ReviewedAdmin, RecordAdmin):
    key_field = "slug"
    change_list_template = "admin/surveys/study_list.html"
    list_display = [
        "label",
        "title",
        "year",
        "status",
        "work",
        "is_preliminary",
        "responded",
        "item_count",
        "comment_count",
    ]
    list_filter = ["status", "is_preliminary", "year"]
    search_fields = ["label", "title", "slug"]
    inlines = [CriterionInline, ItemInline]
    prepopulated_fields = {"slug": ["label"]}
    filter_horizontal = ["risk_areas", "expertise_areas"]
    own_fields = [
        "running",
        "label",
        "slug",
        "title",
        "year",
        "method",
        "limits",
        "consent_text",
        "items_per_expert",
        "risk_areas",
        "expertise_areas",
        "asks_combination",
        "combination_limit",
        "consensus_percent",
        "min_cell_size",
    ]
    loaded_fields = [
        "label",
        "title",
        "document",
        "status",
        "is_preliminary",
        "year",
        "invited",
        "responded",
        "method",
        "limits",
        "min_cell_size",
        "published_average_agreement",
        "differences_beyond_rounding",
    ]
    readonly_fields = ["running", "status", "differences_beyond_rounding"]
    #: What can be put right once it is public, by way of review.
    texts = ("label", "title", "method", "limits")

    def get_fields(self, request, obj=None):
        if obj and obj.is_loaded:
            return self.loaded_fields
        return self.own_fields

    def get_readonly_fields(self, request, obj=None):
        readonly = super().get_readonly_fields(request, obj)
        fixed = (
            [name for name in self.own_fields if name not in self.texts]
            if _has_texts_to_edit(obj)
            else []
        )
        return [*readonly, *(name for name in fixed if name not in readonly)]

    def get_queryset(self, request):
        """A lead sees the studies that they work on, and those that were published elsewhere."""
        return (
            super()
            .get_queryset(request)
            .filter(pk__in=team.visible_studies(request.user).values("pk"))
            .with_counts()
        )

    def has_module_permission(self, request):
        return super().has_module_permission(
            request,
        ) or team.works_on_something(request.user)

    def has_view_permission(self, request, obj=None):
        if obj is None:
            return super().has_view_permission(
                request,
            ) or team.works_on_something(request.user)
        return super().has_view_permission(
            request,
            obj,
        ) and team.may_view_study(request.user, obj)

    def get_list_display_links(self, request, list_display):
        """A coder goes on to the comments, and not to what came of a study."""
        may_open = super().has_view_permission(request)
        if may_open:
            return super().get_list_display_links(request, list_display)
        return None

    def has_change_permission(self, request, obj=None):
        if obj is not None and not team.may_change_study(request.user, obj):
            return False
        if _has_texts_to_edit(obj):
            return admin.ModelAdmin.has_change_permission(self, request, obj)
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        is_led = obj is None or team.works_on(
            request.user,
            obj,
            [team.Role.LEAD],
        )
        return is_led and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            team.add_founder(obj, request.user)

    def has_withdraw_permission(self, request, record):
        """Of one that was published elsewhere too: that the catalogue no longer shows it is
        this site's own decision.
        """
        return team.may_change_study(
            request.user,
            record,
        ) and admin.ModelAdmin.has_change_permission(self, request, record)

    def buttons(self, request, obj):
        """A study that runs here goes to review from its own page, once it is closed."""
        return [
            one
            for one in super().buttons(request, obj)
            if one[0] not in ("_submit", "_publish")
        ]

    def get_prepopulated_fields(self, request, obj=None):
        if obj is None:
            return super().get_prepopulated_fields(request, obj)
        return {}

    def get_urls(self):
        return [*(page.url(self) for page in PAGES), *super().get_urls()]

    @admin.display(description="guided pages")
    def running(self, study):
        if not study.pk:
            return format_html(
                '<a href="{}">Set it up step by step instead</a>',
                NewStudyPage.address(),
            )
        return self.work(study)

    @admin.display(description="work on it")
    def work(self, study):
        """A link to where its lead goes on; empty for a study that the data files own."""
        if study.is_loaded:
            return ""
        if study.status == Study.Status.DRAFT:
            return format_html(
                '<a href="{}">Set up and run</a>',
                WorkPage.address(study.pk),
            )
        return format_html(
            '<a href="{}">Run, code, publish</a>',
            WorkPage.address(study.pk),
        )

    @admin.display(description="items", ordering="item_count")
    def item_count(self, study):
        return study.item_count

    @admin.display(description="comments", ordering="comment_count")
    def comment_count(self, study):
        return study.comment_count

    @admin.display(
        description="published figures that their counts do not give",
    )
    def differences_beyond_rounding(self, study):
        return (
            format_html_join(
                "",
                "<div>{}</div>",
                ((found,) for found in figure_differences(study)),
            )
            or "None."
        )

    def view_on_site(self, obj):
        if obj.status == Study.Status.PUBLISHED:
            return obj.get_absolute_url()
        return None
