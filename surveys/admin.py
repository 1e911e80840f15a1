"""Studies in the admin. Published ones are there to look at, since the files in surveys/data own their facts; those that
run on this site are set up here, and run from a page of their own."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join

from . import fielding
from .checks import differences
from .mailing import addresses_in, send_links
from .models import Criterion, ExpertComment, ExpertiseArea, Item, RiskArea, Scale, ScalePoint, Study


class ReadOnly:
    """A record that the data files own. Whoever may view it sees it; nobody changes it here."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class WhileDraft:
    """A record that can be changed as long as its study is a draft: once open, every expert sees the same study."""

    def has_add_permission(self, request, *parent):
        """An inline is asked about its study; a study about nothing."""
        return super().has_add_permission(request, *parent) and _is_draft(*parent)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _is_draft(obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _is_draft(obj)


def _is_draft(study: Study | None = None) -> bool:
    return study is None or study.status == Study.Status.DRAFT


class CriterionInline(WhileDraft, admin.TabularInline):
    model = Criterion
    extra = 0
    prepopulated_fields = {"slug": ["name"]}
    fields = ["position", "name", "slug", "question", "scale", "is_support", "by_risk_area"]


class ItemInline(WhileDraft, admin.TabularInline):
    model = Item
    extra = 0
    raw_id_fields = ["mitigation"]
    fields = ["position", "mitigation", "wording"]


class InvitationForm(forms.Form):
    addresses = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text="One on each line.")
    file = forms.FileField(
        required=False, label="or a CSV file", help_text="With a column “address” or “email”, or addresses alone."
    )

    def all_addresses(self) -> list[str]:
        """Raises ValidationError for a file that cannot be read, and where no address is given."""
        self.full_clean()
        given = self.cleaned_data.get("addresses", "").splitlines()
        if file := self.cleaned_data.get("file"):
            given += addresses_in(file)
        if not given:
            raise ValidationError("Give at least one address.")
        return given


def _invite(request, study, form):
    pairs = fielding.invite(study=study, addresses=form.all_addresses())
    send_links(study, pairs, request.build_absolute_uri)
    return f"{len(pairs)} invited."


def _reissue(request, study, form):
    invitation = study.invitations.filter(pk=request.POST.get("invitation") or 0, is_revoked=False).first()
    if invitation is None:
        raise ValidationError("This link was revoked already.")
    pair = fielding.reissue(invitation=invitation)
    send_links(study, [pair], request.build_absolute_uri)
    return f"A new link went to {pair[0]}. It starts anew: what was submitted by the old link counts, and is not found by the new."


def _open(request, study, form):
    return f"{fielding.open_round(study=study)} is open."


def _close_round(request, study, form):
    return f"{fielding.close_round(study=study)} is closed."


def _close_study(request, study, form):
    fielding.close_study(study=study)
    return "The study is closed, its results are made, and every address is erased."


RUNNING = {
    "invite": _invite, "reissue": _reissue, "open": _open, "close-round": _close_round, "close-study": _close_study,
}  # fmt: skip


@admin.register(Study)
class StudyAdmin(WhileDraft, admin.ModelAdmin):
    list_display = ["label", "title", "year", "status", "is_preliminary", "responded", "item_count", "comment_count"]
    list_filter = ["status", "is_preliminary", "year"]
    search_fields = ["label", "title", "slug"]
    inlines = [CriterionInline, ItemInline]
    prepopulated_fields = {"slug": ["label"]}
    filter_horizontal = ["risk_areas", "expertise_areas"]
    own_fields = [
        "label", "slug", "title", "year", "method", "limits", "consent_text", "items_per_expert", "risk_areas",
        "expertise_areas", "asks_combination", "combination_limit", "min_cell_size", "running",
    ]  # fmt: skip
    loaded_fields = [
        "label", "title", "document", "status", "is_preliminary", "year", "invited", "responded", "method", "limits",
        "min_cell_size", "published_average_agreement", "differences_beyond_rounding",
    ]  # fmt: skip
    readonly_fields = ["running", "differences_beyond_rounding"]

    def get_fields(self, request, obj=None):
        return self.loaded_fields if obj and obj.document_id else self.own_fields

    def get_prepopulated_fields(self, request, obj=None):
        return super().get_prepopulated_fields(request, obj) if obj is None else {}

    def get_urls(self):
        address = path("<int:pk>/run/", self.admin_site.admin_view(self.run_view), name="surveys_study_run")
        return [address, *super().get_urls()]

    @admin.display(description="running it")
    def running(self, study):
        if not study.pk:
            return "Save it first."
        return format_html('<a href="{}">Invite experts, open and close rounds</a>', self._run_address(study))

    def _run_address(self, study):
        return reverse("admin:surveys_study_run", args=[study.pk])

    def run_view(self, request, pk):
        """Where a study stands, and what its lead can do next."""
        study = self.get_object(request, pk)
        if study is None or study.document_id:
            raise Http404("This study does not run here.")
        if not request.user.has_perm("surveys.change_study"):
            raise PermissionDenied
        form = InvitationForm(request.POST or None, request.FILES or None)
        step = RUNNING.get(request.POST.get("step", ""))
        if step:
            try:
                messages.success(request, step(request, study, form))
            except ValidationError as refused:
                for problem in refused.messages:
                    messages.error(request, problem)
            return redirect(self._run_address(study))
        rounds = study.rounds.annotate(
            begun=Count("responses"), submitted=Count("responses", filter=Q(responses__is_submitted=True))
        )
        context = {
            **self.admin_site.each_context(request), "title": f"Run {study}", "study": study, "opts": self.opts,
            "rounds": rounds, "form": InvitationForm(), "invitations": study.invitations.filter(is_revoked=False),
        }  # fmt: skip
        return render(request, "admin/surveys/run.html", context)

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


class ScalePointInline(admin.TabularInline):
    model = ScalePoint
    extra = 0


@admin.register(Scale)
class ScaleAdmin(admin.ModelAdmin):
    """Answers to choose from. One that a published or open study uses can only be looked at."""

    list_display = ["name", "slug"]
    inlines = [ScalePointInline]
    prepopulated_fields = {"slug": ["name"]}

    def has_change_permission(self, request, obj=None):
        used = obj is not None and obj.criteria.exclude(study__status=Study.Status.DRAFT).exists()
        return super().has_change_permission(request, obj) and not used

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self.has_change_permission(request, obj)

    def get_prepopulated_fields(self, request, obj=None):
        return super().get_prepopulated_fields(request, obj) if obj is None else {}


@admin.register(ExpertiseArea)
class ExpertiseAreaAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "position"]
    prepopulated_fields = {"slug": ["name"]}
