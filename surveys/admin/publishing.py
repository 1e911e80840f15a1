"""Publishing a study: what would be seen, what stands against it, and its checksum afterwards."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import render

from surveys import coding, publishing
from surveys.checks import problems_of
from surveys.models import Study
from surveys.results import StudyTable

from .page import StudyPage


class PublishPage(StudyPage):
    name, label = "publish", "Publish"

    def get(self, request):
        is_published = self.study.status == Study.Status.PUBLISHED
        context = {
            "is_published": is_published,
            "problems": problems_of(self.study) if is_published else publishing.problems(self.study),
            "has_results": self.study.status in (Study.Status.CLOSED, Study.Status.PUBLISHED),
        }
        return self.page("publish", **context)

    def post(self, request):
        try:
            self.require_sure()
            publishing.publish(self.study)
        except ValidationError as refused:
            self.refuse(refused)
        else:
            self.done("The study is published, and frozen under its checksum.")
        return self.back()


class ResultsPage(StudyPage):
    """The page of a study as readers would see it, for its lead alone."""

    name, label, route = "publish_preview", "Preview", "publish/preview/"

    def get(self, request):
        # Counts and words of comments are worked out as publishing does it, and nothing of it is kept.
        with transaction.atomic():
            is_unsettled = bool(coding.settle(self.study))
            context = {
                "study": self.study, "is_unsettled": is_unsettled, "table": StudyTable(self.study, request.GET), "back": PublishPage.address(self.study.pk),
            }  # fmt: skip
            answer = render(request, "admin/surveys/preview_results.html", context)
            transaction.set_rollback(True)
        return answer
