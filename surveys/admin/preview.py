"""A walk through a study as an expert will see it: the very pages, with a banner, and nothing
kept.
"""

import re

from django.template.loader import render_to_string
from django.urls import reverse

from surveys.design.setup import (
    answer_in_rehearsal,
    consent_in_rehearsal,
    rehearsed_study,
)
from surveys.running import answering

from .page import StudyPage

MAIN = re.compile(r"<main[^>]*>")


class PreviewWelcomePage(StudyPage):
    """The first page. Those below follow on from it."""

    name = "preview"
    label = "Preview"
    has_consented = False

    def answer(self, request, token, **kwargs):
        return answering.welcome(request, token)

    def get(self, request, **kwargs):
        with rehearsed_study(self.study) as token:
            if self.has_consented:
                self.response = consent_in_rehearsal(self.study, token)
            answer = self.answer(request, token, **kwargs)
            return self._as_preview(answer, token)

    post = get

    def _as_preview(self, answer, token):
        """Its links lead on within the preview, and a banner stands at its head."""
        real = reverse("answer", args=[token])
        here = PreviewWelcomePage.address(self.study.pk)
        # Where there is JavaScript, the script is told where to go on.
        for name in ("Location", "HX-Redirect"):
            if location := answer.headers.get(name):
                answer.headers[name] = location.replace(real, here)
                return answer
        banner = render_to_string(
            "admin/surveys/_preview_banner.html",
            {"study": self.study},
        )
        text = answer.content.decode().replace(real, here)
        answer.content = MAIN.sub(
            lambda found: found[0] + banner,
            text,
            count=1,
        ).encode()
        return answer


class PreviewPage(PreviewWelcomePage):
    """One measure with its questions."""

    name = "preview_measure"
    route = "preview/<int:number>/"
    has_consented = True

    def answer(self, request, token, number):
        answering.suppose_saved(self.response, number, request.POST)
        return answering.item(request, token, number=number)


class PreviewReviewPage(PreviewWelcomePage):
    """The overview, and the end."""

    name = "preview_review"
    route = "preview/review/"
    has_consented = True

    def answer(self, request, token):
        # As if everything had been answered and kept, so that the end can be reached.
        answer_in_rehearsal(self.response)
        answer = answering.review(request, token)
        is_over = answer.headers.get("Location") == reverse(
            "answer",
            args=[token],
        )
        if not is_over:
            return answer
        # The thanks, before all is undone.
        request.method = "GET"
        return answering.welcome(request, token)
