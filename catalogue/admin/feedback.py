"""Feedback: read, sorted, turned into changes, and answered."""

from hashlib import sha256
from urllib.parse import urlencode

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from catalogue.curation import feedback as settling
from catalogue.curation import mail
from catalogue.models import Feedback, Mitigation, Proposal


class FeedbackForm(forms.ModelForm):
    """Carries what it was when the form was opened, so that nobody's answer is written over by
    somebody who has not seen it.
    """

    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["opened"] = _seal(self.instance)

    class Meta:
        model = Feedback
        fields = ["state", "answer"]
        widgets = {
            "answer": forms.Textarea(
                attrs={"rows": 8, "cols": 80, "class": "vLargeTextField"},
            ),
        }

    def clean(self):
        cleaned = super().clean()
        now = Feedback.objects.select_for_update().get(pk=self.instance.pk)
        if cleaned.get("opened", "") not in ("", _seal(now)):
            self.data = self.data.copy()
            self.data["opened"] = _seal(now)
            self.add_error(
                None,
                f"{now.handled_by or 'Somebody'} settled it after you had opened this page: it is {now.get_state_display()}, and the "
                f"answer is: “{now.answer or 'none yet'}” Save again to put yours in its place.",
            )
        return cleaned


def _seal(feedback: Feedback) -> str:
    return sha256(f"{feedback.state}\n{feedback.answer}".encode()).hexdigest()


@admin.register(Feedback)
class FeedbackAdmin(admin.ModelAdmin):
    form = FeedbackForm
    list_display = [
        "reference",
        "state",
        "kind",
        "excerpt",
        "subject",
        "created_at",
    ]
    list_filter = ["state", "kind", "created_at"]
    search_fields = ["text", "page", "accession", "answer"]
    search_help_text = (
        "Words of the text or of the answer, a page, or an accession"
    )
    date_hierarchy = "created_at"
    list_per_page = 50
    actions = ["accept", "hold", "let_in"]
    readonly_fields = [
        "reference",
        "written",
        "kind",
        "subject",
        "version",
        "who",
        "held_because",
        "ways_on",
        "made",
        "created_at",
        "settled_at",
        "handled_by",
        "at_reader",
    ]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "reference",
                    "written",
                    ("kind", "created_at"),
                    "subject",
                    "version",
                    "who",
                    "held_because",
                ],
            },
        ),
        ("What to do about it", {"fields": ["ways_on", "made"]}),
        (
            "Answer",
            {
                "fields": [
                    "state",
                    "answer",
                    "opened",
                    "at_reader",
                    ("settled_at", "handled_by"),
                ],
            },
        ),
    ]

    def has_add_permission(self, request):
        return False

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj.held_because:
            return fieldsets
        (name, options), *others = fieldsets
        fields = [
            field for field in options["fields"] if field != "held_because"
        ]
        return [(name, {**options, "fields": fields}), *others]

    def save_model(self, request, obj, form, change):
        mailed = settling.settle_feedback(
            feedback=obj,
            state=obj.state,
            answer=obj.answer,
            by=request.user,
            absolute=request.build_absolute_uri,
        )
        if mailed:
            messages.success(
                request,
                "The answer is on its way to the reader by e-mail too.",
            )
        elif obj.answer and obj.email and (problem := mail.obstacle()):
            messages.warning(
                request,
                f"The answer stands on the reader’s page, and was not mailed. {problem}",
            )

    # What is shown

    @admin.display(description="text")
    def excerpt(self, feedback):
        return Truncator(feedback.text).chars(90)

    @admin.display(description="what they wrote")
    def written(self, feedback):
        return format_html('<div class="reader-text">{}</div>', feedback.text)

    @admin.display(description="about", ordering="accession")
    def subject(self, feedback):
        if not feedback.page:
            return "the site as a whole"
        return format_html(
            '<a href="{}">{}</a>',
            feedback.page,
            feedback.accession or Truncator(feedback.page).chars(60),
        )

    @admin.display(description="as of")
    def version(self, feedback):
        release = f"release {feedback.release}, " if feedback.release else ""
        return f"{release}revision {feedback.revision} of the data"

    @admin.display(description="from")
    def who(self, feedback):
        known = filter(None, [feedback.name, feedback.email])
        return ", ".join(known) or "not said, or erased"

    @admin.display(description="change something")
    def ways_on(self, feedback):
        links = []
        mitigations = Mitigation.objects.filter(
            accession=feedback.accession or None,
        )
        for mitigation in mitigations:
            address = self._form_url("change", feedback, mitigation.pk)
            links.append((address, f"Edit {mitigation.accession}"))
        address = self._form_url("add", feedback, description=feedback.text)
        links.append((address, "Turn it into a draft mitigation"))
        return format_html_join(" · ", '<a href="{}">{}</a>', links)

    def _form_url(self, page, feedback, *args, **initial):
        query = urlencode({settling.PARAMETER: feedback.pk, **initial})
        return f"{reverse(f'admin:catalogue_mitigation_{page}', args=args)}?{query}"

    @admin.display(description="changed for it")
    def made(self, feedback):
        links = []
        for change in feedback.changes.all():
            opts = apps.get_model(change.model)._meta
            address = "#"
            if self.admin_site.is_registered(opts.model):
                page = f"admin:{opts.app_label}_{opts.model_name}_history"
                address = reverse(page, args=[change.object_id])
            links.append((address, change.what))
        for proposal in feedback.proposals.exclude(
            state=Proposal.State.APPROVED,
        ):
            address = reverse("admin:review_detail", args=[proposal.pk])
            state = proposal.get_state_display()
            links.append(
                (address, f"{proposal.record}: proposed, and {state}"),
            )
        return (
            format_html_join(" · ", '<a href="{}">{}</a>', links)
            or "nothing yet"
        )

    @admin.display(description="reader's address")
    def at_reader(self, feedback):
        return format_html(
            '<a href="{0}">{0}</a>',
            feedback.get_absolute_url(),
        )

    # Many at once

    def _set(self, request, queryset, state):
        for feedback in queryset:
            feedback.settle(state, by=request.user)
            feedback.save()
        messages.success(
            request,
            f"{len(queryset)} {Feedback.State(state).label}.",
        )

    @admin.action(description="Accept", permissions=["change"])
    def accept(self, request, queryset):
        self._set(request, queryset, Feedback.State.ACCEPTED)

    @admin.action(description="Hold as spam", permissions=["change"])
    def hold(self, request, queryset):
        self._set(request, queryset, Feedback.State.HELD)

    @admin.action(description="Not spam: treat as new", permissions=["change"])
    def let_in(self, request, queryset):
        self._set(request, queryset, Feedback.State.NEW)
