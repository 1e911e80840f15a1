"""A walk through a study as an expert will see it: the very pages, with a banner, and nothing kept."""

import re

from django.template.loader import render_to_string
from django.urls import reverse

from surveys import answering
from surveys.designing import consent_in_rehearsal, rehearsed

from .page import StudyPage

MAIN = re.compile(r"<main[^>]*>")


class PreviewWelcomePage(StudyPage):
    """The first page. Those below follow on from it."""

    name, label = "preview", "Preview"
    has_consented = False

    def answer(self, request, token, **kwargs):
        return answering.welcome(request, token)

    def get(self, request, **kwargs):
        with rehearsed(self.study) as token:
            if self.has_consented:
                consent_in_rehearsal(self.study, token)
            answer = self.answer(request, token, **kwargs)
        return self._as_preview(answer, token)

    post = get

    def _as_preview(self, answer, token):
        """Its links lead on within the preview, and a banner stands at its head."""
        real, here = reverse("answer", args=[token]), PreviewWelcomePage.address(self.study.pk)
        if location := answer.headers.get("Location"):
            answer.headers["Location"] = location.replace(real, here)
            return answer
        banner = render_to_string("admin/surveys/_preview_banner.html", {"study": self.study})
        text = answer.content.decode().replace(real, here)
        answer.content = MAIN.sub(lambda found: found[0] + banner, text, count=1).encode()
        return answer


class PreviewPage(PreviewWelcomePage):
    """One measure with its questions."""

    name, route, has_consented = "preview_measure", "preview/<int:number>/", True

    def answer(self, request, token, number):
        return answering.item(request, token, number=number)


class PreviewReviewPage(PreviewWelcomePage):
    """The overview, and the end."""

    name, route, has_consented = "preview_review", "preview/review/", True

    def answer(self, request, token):
        return answering.review(request, token)
