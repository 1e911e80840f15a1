"""Links of a study: who is invited, and what becomes of a link."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from catalogue.database.public import Rule

from ..models import Invitation, Study
from . import secrecy

ELSEWHERE = "ran_elsewhere_invites_nobody"
#: The rule of `Invitation.clean` and `Study.clean`, whoever writes.
RULES = [
    Rule(
        ELSEWHERE,
        "surveys_invitation",
        "INSERT",
        "EXISTS (SELECT 1 FROM surveys_study s WHERE s.id = NEW.study_id AND s.ran_elsewhere)",
        ("surveys_study",),
    ),
    Rule(
        ELSEWHERE,
        "surveys_study",
        "UPDATE",
        "NEW.ran_elsewhere AND EXISTS (SELECT 1 FROM surveys_invitation i WHERE i.study_id = NEW.id)",
        ("surveys_invitation",),
    ),
]


@transaction.atomic
def invite(*, study: Study, addresses: Iterable[str]) -> list[tuple[str, str]]:
    """Makes a link for each address: (address, token) pairs. The token is kept nowhere;
    `tokens_of` makes it again.

    Raises ValidationError with every address that is wrong or has a link already; then nobody
    is invited.
    """
    # Two leads at once: the second waits, and sees whom the first invited.
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.status not in (Study.Status.DRAFT, Study.Status.OPEN):
        raise ValidationError("A closed study invites nobody.")
    Invitation(study=study).clean()
    wanted = list(
        dict.fromkeys(
            address.strip().lower() for address in addresses if address.strip()
        ),
    )
    held = set(
        study.invitations.filter(is_revoked=False).values_list(
            "address",
            flat=True,
        ),
    )
    problems = []
    for address in wanted:
        try:
            validate_email(address)
        except ValidationError:
            problems.append(f"“{address}” is no e-mail address.")
        if address in held:
            problems.append(
                f"{address} has a link already: revoke it before sending another.",
            )
    if problems:
        raise ValidationError(problems)
    secret = secrecy.make_secret(study)
    made = [
        Invitation(study=study, address=address, seed=secrecy.new_seed())
        for address in wanted
    ]
    pairs = [(one.address, secrecy.token(secret, one.seed)) for one in made]
    for invitation, (_, token) in zip(made, pairs, strict=True):
        invitation.token_hash = secrecy.token_hash(token)
    Invitation.objects.bulk_create(made)
    return pairs


def tokens_of(study: Study) -> dict[str, str]:
    """The token of each address that has a valid link; empty where its link was made before
    links could be sent again. Raises ValidationError where there are none.
    """
    secret = secrecy.secret_of(study)
    valid = (
        study.invitations.filter(is_revoked=False)
        .exclude(address="")
        .order_by("address")
    )
    tokens = {
        one.address: secrecy.token(secret, one.seed) if one.seed else ""
        for one in valid
    }
    if not tokens:
        raise ValidationError(
            "There are no links: nobody is invited, or the study is closed.",
        )
    return tokens


@transaction.atomic
def reissue(*, invitation: Invitation) -> tuple[str, str]:
    """A new link in place of an old one: (address, token). Its holder starts anew; what stands
    under the old link cannot be found, and counts if it was submitted. Raises ValidationError
    where the address is erased, or the link was revoked before.
    """
    # The study before its links, as who closes it takes them.
    Study.objects.select_for_update().get(pk=invitation.study_id)
    if not invitation.address:
        raise ValidationError("The address is erased.")
    revoke(invitation=invitation)
    return invite(study=invitation.study, addresses=[invitation.address])[0]


def revoke(*, invitation: Invitation) -> None:
    """Takes a link back. What was submitted by it counts; whoever opens it is told that it is
    no longer valid.
    """
    if not Invitation.objects.filter(
        pk=invitation.pk,
        is_revoked=False,
    ).update(is_revoked=True):
        raise ValidationError("This link was revoked already.")


def revoke_unsent(*, tokens: Iterable[str]) -> None:
    """Takes back links that could not be sent, so that their addresses can be invited again.
    They are kept as revoked: a mail server may have passed on what it reported as failed, and
    its reader should learn what the link was.
    """
    Invitation.objects.filter(
        token_hash__in=[secrecy.token_hash(token) for token in tokens],
    ).update(is_revoked=True)


def invitation_of(token: str) -> Invitation | None:
    """The invitation that a link belongs to, revoked ones too; None for a link that was never
    sent.
    """
    return (
        Invitation.objects.select_related("study")
        .filter(token_hash=secrecy.token_hash(token))
        .order_by("pk")
        .first()
    )
