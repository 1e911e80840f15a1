"""Setting a study up step by step: each step a small form that is saved as one goes, to be left
and come back to.
"""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.urls import path

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from surveys.design import setup as designing
from surveys.models import Criterion, Study
from surveys.running import rounds, team

from .page import StudyPage
from .running import RunPage
from .setup_forms import (
    AboutForm,
    AskedForm,
    ConsentForm,
    CriterionForm,
    WordingForm,
    scale_choices,
)

PER_PAGE = 50


CriterionFormSet = forms.inlineformset_factory(
    Study,
    Criterion,
    form=CriterionForm,
    extra=1,
    can_delete_extra=False,
)


class StepPage(StudyPage):
    """A step of setting up; one that is refused once the study is open."""

    under = "setup"
    step: str

    def dispatch(self, request, *args, **kwargs):
        self.step = kwargs.pop("step", getattr(self, "step", ""))
        return super().dispatch(request, *args, **kwargs)

    def page(self, template, **context):
        steps = designing.steps(self.study)
        names = [step.name for step in steps]
        after = names[min(names.index(self.step) + 1, len(names) - 1)]
        context = {
            "steps": steps,
            "step": next(s for s in steps if s.name == self.step),
            "after": after,
            **context,
        }
        context["is_draft"] = self.study.status == Study.Status.DRAFT
        return super().page(template, **context)

    def on(self, message=""):
        """To the next step, or back to this one."""
        if message:
            self.done(message)
        names = [step.name for step in designing.steps(self.study)]
        here = names.index(self.step)
        goes_on = self.request.POST.get("go") == "on"
        return redirect(
            SetUpPage.address(
                self.study.pk,
                names[here + 1] if goes_on else self.step,
            ),
        )


class NewStudyPage(StepPage):
    """The first step of a study that is not there yet."""

    name = "new"
    label = "Set up"
    route = "setup/"
    step = "about"

    @classmethod
    def url(cls, study_admin):
        view = study_admin.admin_site.admin_view(
            cls.as_view(study_admin=study_admin),
        )
        return path(cls.route, view, name=f"surveys_study_{cls.name}")

    def dispatch(self, request):
        if not request.user.has_perm("surveys.add_study"):
            raise PermissionDenied
        return super(StudyPage, self).dispatch(request)

    def get(self, request, form=None):
        context = {
            **self.study_admin.admin_site.each_context(request),
            "title": "Set up a study",
            "opts": self.study_admin.opts,
            "form": form or AboutForm(),
            "is_draft": True,
            "after": "measures",
        }
        return render(request, "admin/surveys/setup_form.html", context)

    def post(self, request):
        form = AboutForm(request.POST)
        if not form.is_valid():
            return self.get(request, form)
        self.study = form.save()
        team.add_founder(self.study, request.user)
        self.study_admin.log_addition(request, self.study, [{"added": {}}])
        return self.on("The study is there, as a draft.")


class SetUpPage(StepPage):
    """The steps that change fields of the study alone."""

    name = "setup"
    label = "Set up"
    route = "setup/<slug:step>/"
    FORMS = {"about": AboutForm, "asked": AskedForm, "consent": ConsentForm}

    def dispatch(self, request, *args, step, **kwargs):
        if step not in self.FORMS:
            raise Http404("There is no such step.")
        return super().dispatch(request, *args, step=step, **kwargs)

    def get(self, request, form=None):
        return self.page(
            "setup_form",
            form=form or self.FORMS[self.step](instance=self.study),
        )

    def post(self, request):
        form = None
        try:
            with designing.drafted(self.study) as study:
                form = self.FORMS[self.step](request.POST, instance=study)
                if form.is_valid():
                    form.save()
        except ValidationError as refused:
            self.refuse(refused)
            return self.get(request, form)
        if form.is_valid():
            return self.on("Saved.")
        return self.get(request, form)


class MeasuresPage(StepPage):
    """The catalogue, searched and filtered as its own list is, with a box before each measure."""

    name = "measures"
    label = "Set up"
    route = "setup/measures/"
    step = "measures"

    def get(self, request):
        filters = MitigationFilter(
            request.GET,
            Mitigation.objects.for_list(),
            extra=("page",),
        )
        found = filters.qs if filters.is_valid() else Mitigation.objects.none()
        context = {
            "filters": filters,
            "page_obj": Paginator(found, PER_PAGE).get_page(
                request.GET.get("page"),
            ),
            "held": set(
                self.study.items.values_list(
                    "mitigation__accession",
                    flat=True,
                ),
            ),
            "query": self._query(request.GET),
            "facets": [
                filters.facet(name) for name in ("category", "document")
            ]
            if filters.is_valid()
            else [],
        }
        return self.page("setup_measures", **context)

    def _query(self, data: QueryDict) -> str:
        kept = data.copy()
        kept.pop("page", None)
        return f"{kept.urlencode()}&" if kept else ""

    def post(self, request):
        try:
            came, went = designing.pick(
                study=self.study,
                shown=request.POST.getlist("shown"),
                ticked=request.POST.getlist("pick"),
            )
        except ValidationError as refused:
            self.refuse(refused)
            return self.back()
        said = [
            f"{came} picked" if came else "",
            f"{went} taken out" if went else "",
        ]
        self.done(
            f"{' and '.join(filter(None, said)) or 'Nothing changed'}: {self.study.items.count()} in the study.",
        )
        if request.POST.get("go") == "on":
            return self.on()
        return redirect(
            f"{self.address(self.study.pk)}?{request.GET.urlencode()}",
        )


class WordingPage(StepPage):
    """How experts see each measure, and in which order."""

    name = "wording"
    label = "Set up"
    route = "setup/wording/"
    step = "wording"

    def _forms(self, items, data=None):
        return [
            WordingForm(data, instance=item, prefix=f"item-{item.pk}")
            for item in items
        ]

    def get(self, request, sent=None):
        items = self.study.items.select_related("mitigation").order_by(
            "position",
            "pk",
        )
        page = Paginator(items, PER_PAGE).get_page(request.GET.get("page"))
        return self.page(
            "setup_wording",
            page_obj=page,
            item_forms=sent or self._forms(page),
            query="",
        )

    def post(self, request):
        keys = [
            key for key in request.POST.getlist("shown") if key.isdecimal()
        ][:PER_PAGE]
        try:
            with designing.drafted(self.study) as study:
                items = (
                    study.items.filter(pk__in=keys)
                    .select_related("mitigation")
                    .order_by("position", "pk")
                )
                sent = self._forms(items, request.POST)
                # Each is asked, so that every error is shown at once.
                if [form for form in sent if not form.is_valid()]:
                    return self.get(request, sent)
                for form in sent:
                    if form.has_changed():
                        form.save()
        except ValidationError as refused:
            self.refuse(refused)
            return self.back()
        return self.on("Saved.")


class QuestionsPage(StepPage):
    """What is asked of each measure, and on which scale."""

    name = "questions"
    label = "Set up"
    route = "setup/questions/"
    step = "questions"

    def _formset(self, data=None, study=None):
        kwargs = {
            "scales": scale_choices(),
            "count": self.study.criteria.count(),
        }
        return CriterionFormSet(
            data,
            instance=study or self.study,
            prefix="criteria",
            form_kwargs=kwargs,
        )

    def get(self, request, formset=None):
        can_add = request.user.has_perm("surveys.add_scale")
        return self.page(
            "setup_questions",
            formset=formset or self._formset(),
            can_add_scale=can_add,
        )

    def post(self, request):
        try:
            with designing.drafted(self.study) as study:
                formset = self._formset(request.POST, study)
                if not formset.is_valid():
                    return self.get(request, formset)
                self._store(study, formset)
        except ValidationError as refused:
            self.refuse(refused)
            return self.back()
        return self.on("Saved.")

    def _store(self, study: Study, formset) -> None:
        for criterion in formset.save(commit=False):
            form = next(
                one for one in formset.forms if one.instance is criterion
            )
            criterion.scale = form.chosen_scale()
            if not criterion.slug:
                criterion.slug = designing.free_slug(study, criterion.name)
            criterion.save()
        for gone in formset.deleted_objects:
            gone.delete()


class OpenPage(StepPage):
    """A last look, and the first round."""

    name = "open"
    label = "Set up"
    route = "setup/open/"
    step = "open"

    def get(self, request):
        return self.page(
            "setup_open",
            obstacles=rounds.obstacles_to_opening(self.study),
        )

    def post(self, request):
        try:
            self.require_sure()
            self.done(
                f"{rounds.open_round(study=self.study, number=1)} is open. Now invite experts.",
            )
        except ValidationError as refused:
            self.refuse(refused)
            return self.back()
        return redirect(RunPage.address(self.study.pk))
