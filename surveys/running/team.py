"""Who may do what with a study that runs here: its lead and helpers all of it, its coders the
comments, nobody else anything.

A superuser may do all, since nothing on the site could keep them from it. Who publishes others'
studies sees what is set up and published, and no raw answers, addresses or comments. Studies
that data files own are everybody’s.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from catalogue.curation.permissions import is_or_was_public

from ..models import Member, Study

CHANGE = "surveys.change_study"
PUBLISH = "surveys.publish_study"
ASSIGN = "surveys.assign_study"
Role = Member.Role
RUNNING = (Role.LEAD, Role.HELPER)
EVERYBODY = (*RUNNING, Role.CODER)


def works_on(user: Any, study: Study, roles: Iterable[str] = RUNNING) -> bool:
    """Whether somebody works on a study in one of these roles."""
    if user.is_superuser:
        return user.is_active
    roles = set(roles) if user.has_perm(CHANGE) else set(roles) & {Role.CODER}
    return (
        user.is_active
        and study.members.filter(user=user, role__in=roles).exists()
    )


def may_assign(user: Any, study: Study) -> bool:
    """Whether somebody may say who works on a study."""
    return user.has_perm(ASSIGN) or works_on(user, study, [Role.LEAD])


def may_view_study(user: Any, study: Study) -> bool:
    """Whether somebody may look at how a study is set up, and, once it is closed, at what came
    of it.
    """
    return (
        study.is_loaded
        or user.has_perm(PUBLISH)
        or user.has_perm(ASSIGN)
        or works_on(user, study)
    )


def may_change_study(user: Any, study: Study) -> bool:
    """Whether a study is among those whose fields somebody may change, where they may change
    studies at all: who publishes the studies of others puts the words right that are public.
    """
    if study.is_loaded:
        return True
    return works_on(user, study) or (
        is_or_was_public(study) and user.has_perm(PUBLISH)
    )


def visible_studies(user: Any) -> QuerySet[Study]:
    """Studies that somebody may know of: those that `may_view_study` allows, and those whose comments
    they code.
    """
    if user.has_perm(PUBLISH) or user.has_perm(ASSIGN):
        return Study.objects.all()
    own = Member.objects.filter(user=user)
    if not user.has_perm(CHANGE):
        own = own.filter(role=Role.CODER)
    return Study.objects.filter(
        Q(document__isnull=False, ran_elsewhere=False)
        | Q(pk__in=own.values("study")),
    )


def works_on_something(user: Any) -> bool:
    return user.is_active and Member.objects.filter(user=user).exists()


def add_founder(study: Study, user: Any) -> None:
    """Whoever sets a study up leads it."""
    Member.objects.get_or_create(
        study=study,
        user=user,
        defaults={"role": Role.LEAD},
    )


@transaction.atomic
def add_member(*, study: Study, user: Any, role: str) -> Member:
    """Raises ValidationError where they may not work on studies, or work on this one already."""
    if not (user.is_active and user.is_staff):
        raise ValidationError(f"{user} cannot enter the admin.")
    if role != Role.CODER and not user.has_perm(CHANGE):
        raise ValidationError(
            f"{user} may not run studies: an administrator adds them to the group “Study lead” first.",
        )
    member = Member(study=study, user=user, role=role)
    member.full_clean()
    member.save()
    return member


@transaction.atomic
def remove_member(*, member: Member) -> None:
    """Raises ValidationError where nobody would lead the study."""
    Study.objects.select_for_update().get(pk=member.study_id)
    others = Member.objects.filter(
        study=member.study_id,
        role=Role.LEAD,
    ).exclude(pk=member.pk)
    if member.role == Role.LEAD and not others.exists():
        raise ValidationError(
            "Somebody has to lead the study: add another lead first.",
        )
    member.delete()


def possible_members() -> QuerySet[Any]:
    """Accounts that could work on a study."""
    return (
        get_user_model()
        .objects.filter(is_active=True, is_staff=True)
        .order_by("username")
    )
