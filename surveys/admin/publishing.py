"""Publishing a study: what would be seen, what stands against it, and its checksum afterwards."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from catalogue.curation import permissions, preview, workflow
from catalogue.models import Document, Proposal
from serving.problems import bad_address
from surveys.comments import comment_coding
from surveys.models import Round, Study
from surveys.results import publishing
from surveys.results.checks import problems_of
from surveys.results.study_table import StudyTable
from surveys.running.tabulation import tabulate

from .page import StudyPage
from .running import RunPage


class SourceForm(forms.ModelForm):
    """Where a survey that ran elsewhere was published."""

    document = forms.ModelChoiceField(
        Document.objects.all(),
        label="Published in",
    )

    class Meta:
        model = Study
        fields = ["document", "year"]
        help_texts = {"year": "Empty: that of the document."}

    def save(self, commit=True):
        self.instance.year = self.instance.year or self.instance.document.year
        return super().save(commit)


class PublishPage(StudyPage):
    name = "publish"
    label = "Publish"

    def get(self, request, source=None):
        is_published = permissions.is_or_was_public(self.study)
        problems = (
            problems_of(self.study)
            if is_published
            else publishing.publishing_problems(self.study)
        )
        context = {
            "is_published": is_published,
            "problems": problems,
            # What stands against publishing stands against a link too: it is not looked for twice.
            "preview_url": "" if problems else preview.url(self.study),
            "preview_days": preview.DAYS,
            "source": self._source(source),
            "alone": permissions.decides_alone(self.request.user, Study),
            "proposal": Proposal.objects.about(self.study)
            .open()
            .for_display()
            .first(),
            "has_results": self.study.status
            in (Study.Status.CLOSED, Study.Status.PUBLISHED),
        }
        return self.page("publish", **context)

    def _source(self, form=None):
        """The form for it, where it is still to be said."""
        is_open = (
            self.study.ran_elsewhere
            and self.study.status == Study.Status.CLOSED
        )
        if is_open:
            return form or SourceForm(instance=self.study)
        return None

    def post(self, request):
        step = request.POST.get("step")
        form = (
            SourceForm(request.POST, instance=self.study)
            if self._source() and "document" in request.POST
            else None
        )
        if form is not None and (step == "source" or form.has_changed()):
            return self._save_source(form, step)
        try:
            self.require_sure()
            alone = permissions.decides_alone(request.user, Study)
            # The page may be from before whoever sends it got the right to decide alone, or
            # lost it.
            if step != ("publish" if alone else "submit"):
                raise ValidationError(
                    "Nothing was done: look at the page as it is now, and send it again.",
                )
            if alone:
                workflow.publish_record(record=self.study, user=request.user)
                self.done(
                    "The study is published, and frozen under its checksum.",
                )
            else:
                workflow.submit_for_review(
                    record=self.study,
                    author=request.user,
                )
                self.done(
                    "The study waits for a reviewer. Readers see it once it is approved.",
                )
        except ValidationError as refused:
            self.refuse(refused)
        return self.back()

    def _save_source(self, form: SourceForm, step: str | None) -> HttpResponse:
        """Where it was published, on its own: whoever changes it and publishes at once is asked
        to look at it first.
        """
        if not form.is_valid():
            return self.get(self.request, form)
        form.save()
        if step != "source":
            self.refuse(
                ValidationError(
                    "Where it was published is saved. Look at it again, and then publish it.",
                ),
            )
        return self.back()


def shown_as_published(
    request: HttpRequest,
    template: str,
    study: Study,
    **context: Any,
) -> HttpResponse:
    """Results of a study as its page shows them, or what is wrong with the address."""
    table = StudyTable(study, request.GET)
    if table.filter.problems:
        return bad_address(request, table.filter.problems)
    return render(
        request,
        template,
        {"study": study, "table": table, **context},
    )


class ResultsPage(StudyPage):
    """The page of a study as readers would see it, for its lead alone."""

    name = "publish_preview"
    label = "Preview"
    route = "publish/preview/"

    def get(self, request):
        # Counts and words of comments are worked out as publishing does it, and nothing of it
        # is kept.
        with transaction.atomic():
            is_unsettled = bool(comment_coding.settle_comments(self.study))
            answer = shown_as_published(
                request,
                "admin/surveys/preview_results.html",
                self.study,
                is_unsettled=is_unsettled,
                back=PublishPage.address(self.study.pk),
            )
            transaction.set_rollback(True)
        return answer


class RoundPage(StudyPage):
    """What a round that is over came to, before the study is: whether another is needed, its
    lead has to judge by that.
    """

    name = "round"
    label = "Round"
    route = "rounds/<int:number>/"

    def get(self, request, number):
        over = self.study.rounds.filter(status=Round.Status.CLOSED)
        round_ = get_object_or_404(over.select_related("study"), number=number)
        if self.study.status != Study.Status.OPEN:
            raise Http404("Its results stand by now.")
        # Worked out as closing the study does it, and nothing of it is kept.
        with transaction.atomic():
            tabulate(round_)
            self.study.responded = round_.responses.counted().count()
            answer = shown_as_published(
                request,
                "admin/surveys/round.html",
                self.study,
                round=round_,
                back=RunPage.address(self.study.pk),
            )
            transaction.set_rollback(True)
        return answer
