"""Who works on a study."""

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect

from surveys.models import Member, Study
from surveys.running import team

from .comment_coding import CodingPage
from .page import StudyPage
from .running import RunPage
from .setup import SetUpPage


def _require_to_assign(request, study):
    if not team.may_assign(request.user, study):
        raise PermissionDenied


class MemberForm(forms.Form):
    user = forms.ModelChoiceField(team.possible_members(), label="Account")
    role = forms.ChoiceField(choices=Member.Role, label="What for")


class WorkPage(StudyPage):
    """On to the page where somebody goes on, each by what they may do."""

    name = "work"
    label = "Work on it"

    def check(self):
        if not team.works_on(self.request.user, self.study, team.EVERYBODY):
            _require_to_assign(self.request, self.study)

    def get(self, request):
        study = self.study
        if team.works_on(request.user, study):
            is_draft = study.status == Study.Status.DRAFT
            return redirect(
                SetUpPage.address(study.pk, "about")
                if is_draft
                else RunPage.address(study.pk),
            )
        page = (
            CodingPage
            if team.works_on(request.user, study, team.EVERYBODY)
            else TeamPage
        )
        return redirect(page.address(study.pk))


class TeamPage(StudyPage):
    """For its lead, and for whoever may say who leads studies, who need not work on it."""

    name = "team"
    label = "People"

    def check(self):
        _require_to_assign(self.request, self.study)

    def get(self, request, form=None):
        members = self.study.members.select_related("user").order_by(
            "role",
            "user__username",
        )
        return self.page(
            "team",
            members=members,
            form=form or MemberForm(),
            roles=Member.Role.choices,
        )

    def post(self, request):
        if request.POST.get("step") == "remove":
            return self._remove()
        return self._add()

    def _add(self):
        form = MemberForm(self.request.POST)
        if not form.is_valid():
            return self.get(self.request, form)
        try:
            member = team.add_member(study=self.study, **form.cleaned_data)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
            return self.get(self.request, form)
        self._log(f"{member}.")
        return self.back()

    def _remove(self):
        pk = self.request.POST.get("member", "")
        member = (
            self.study.members.filter(pk=pk).first()
            if pk.isdecimal() and len(pk) < 19
            else None
        )
        try:
            if member is None:
                raise ValidationError("They are taken out already.")
            team.remove_member(member=member)
        except ValidationError as refused:
            self.refuse(refused)
        else:
            self._log(f"{member.user} is taken out.")
        return self.back()

    def _log(self, message: str) -> None:
        assert self.study_admin is not None
        self.study_admin.log_change(self.request, self.study, message)
        self.done(message)
