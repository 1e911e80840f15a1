"""What every page about one study in the admin shares: who may see it, its place among the
others, what went wrong.
"""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.generic import View

from surveys.models import Study
from surveys.running import team

SURE = "Tick the box first: this cannot be undone."


class StudyPage(View):
    """A page about one study that runs here, for its lead and those who help to run it."""

    study_admin: ModelAdmin | None = None
    #: The last part of its address’s name.
    name: ClassVar[str]
    label: ClassVar[str]
    #: Its own part of the address; its name, unless told.
    route: ClassVar[str] = ""
    #: The page that is marked as the current one, where it is another than this.
    under: ClassVar[str] = ""
    #: Who may see it.
    roles: ClassVar[tuple[str, ...]] = team.RUNNING
    study: Study

    @classmethod
    def url(cls, study_admin: ModelAdmin):
        view = study_admin.admin_site.admin_view(
            cls.as_view(study_admin=study_admin),
        )
        return path(
            f"<int:pk>/{cls.route or f'{cls.name}/'}",
            view,
            name=f"surveys_study_{cls.name}",
        )

    @classmethod
    def address(cls, *args) -> str:
        return reverse(f"admin:surveys_study_{cls.name}", args=args)

    def dispatch(self, request: HttpRequest, *args, **kwargs):
        self.study = get_object_or_404(
            team.visible_studies(request.user),
            pk=kwargs.pop("pk"),
        )
        if self.study.is_loaded:
            raise Http404("What the data files own is not run here.")
        self.check()
        return super().dispatch(request, *args, **kwargs)

    def check(self) -> None:
        """Raises PermissionDenied where the page is not for whoever asks."""
        if not team.works_on(self.request.user, self.study, self.roles):
            raise PermissionDenied

    def page(self, template: str, **context: Any) -> HttpResponse:
        assert self.study_admin is not None
        shared = {
            **self.study_admin.admin_site.each_context(self.request),
            "title": f"{self.label}: {self.study}",
            "study": self.study,
            "opts": self.study_admin.opts,
            "tabs": self._tabs(),
        }
        return render(
            self.request,
            f"admin/surveys/{template}.html",
            {**shared, **context},
        )

    def _tabs(self) -> list[tuple[str, str, bool]]:
        """(label, address, whether it is the current page), in the order of the work."""
        tabs = [
            ("Set up", "setup", "about"),
            ("Run", "run"),
            ("Comments", "coding"),
            ("Raw answers", "answers"),
            ("Publish", "publish"),
        ]
        if self.study.status != Study.Status.DRAFT:
            tabs = tabs[1:]
        if not team.works_on(self.request.user, self.study):
            tabs = [
                tab
                for tab in tabs
                if tab[1] == "coding"
                and team.works_on(
                    self.request.user,
                    self.study,
                    team.EVERYBODY,
                )
            ]
        if team.may_assign(self.request.user, self.study):
            tabs.append(("People", "team"))
        return [
            (
                label,
                reverse(
                    f"admin:surveys_study_{name}",
                    args=[self.study.pk, *rest],
                ),
                name == (self.under or self.name),
            )
            for label, name, *rest in tabs
        ]

    def back(self, *args) -> HttpResponse:
        """To this page, with what was said."""
        return redirect(self.address(self.study.pk, *args))

    def done(self, message: str) -> None:
        messages.success(self.request, message)

    def refuse(self, error: ValidationError) -> None:
        for problem in error.messages:
            messages.error(self.request, problem)

    def require_sure(self) -> None:
        """Raises ValidationError where the box before what cannot be undone is not ticked."""
        if self.request.POST.get("sure") != "yes":
            raise ValidationError(SURE)

    def shown_number(self, name: str) -> int:
        """The number of a round that the page showed when it was loaded: others may have opened
        or closed rounds since. Raises ValidationError where the form does not say it.
        """
        number = self.request.POST.get(name, "")
        if not (number.isascii() and number.isdecimal() and len(number) <= 4):
            raise ValidationError(
                "Nothing was done: the form does not say which round it means. Load the page anew.",
            )
        return int(number)
