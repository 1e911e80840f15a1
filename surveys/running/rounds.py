"""Rounds of a study: what it lacks to be opened, opening, closing, and its results."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone

from catalogue import revision

from ..models import Round, Study
from . import freezing, secrecy
from .tabulation import tabulate


def _round_standing(round_: Round) -> str:
    if round_.status == Round.Status.OPEN:
        return "is open"
    return "is closed already"


@revision.writing()
def open_round(*, study: Study, number: int | None = None) -> Round:
    """Opens the next round. `number` is that of the round that is meant, where a page showed
    it: it may be an old one. Raises ValidationError with all that the study lacks.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    last = study.rounds.order_by("number").last()
    following = last.number + 1 if last else 1
    if number is not None and number != following:
        meant = study.rounds.filter(number=number).first()
        stands = (
            f"Round {number} {_round_standing(meant)}"
            if meant
            else f"The next round is number {following}"
        )
        raise ValidationError(f"{stands}. Nothing was opened.")
    if problems := obstacles_to_opening(study):
        raise ValidationError([obstacle.message for obstacle in problems])
    if study.status == Study.Status.DRAFT:
        study.status = Study.Status.OPEN
        study.save()
    if not study.rounds.exists():
        freezing.freeze_wording(study)
    return Round.objects.create(
        study=study,
        number=following,
        status=Round.Status.OPEN,
    )


class Obstacle(NamedTuple):
    """Something that keeps a round from being opened, and which part of setting up (or running)
    it is about.
    """

    about: str
    message: str


def obstacles_to_opening(study: Study) -> list[Obstacle]:
    """All that stands against opening a round."""
    criteria = list(
        study.criteria.filter(scale__isnull=False)
        .select_related("scale")
        .prefetch_related("scale__points"),
    )
    has_areas = study.risk_areas.exists()
    checks = [
        (
            "run",
            study.status in (Study.Status.DRAFT, Study.Status.OPEN),
            "A closed study opens no further round.",
        ),
        (
            "run",
            not study.ran_elsewhere,
            "This survey ran elsewhere: bring in its answers.",
        ),
        (
            "run",
            not study.rounds.filter(status=Round.Status.OPEN).exists(),
            "A round is open: close it first.",
        ),
        (
            "measures",
            study.items.exists(),
            "It asks about no measure: pick some from the catalogue.",
        ),
        (
            "questions",
            bool(criteria),
            "It asks nothing: add a question with a scale.",
        ),
        (
            "consent",
            bool(study.consent_text.strip()),
            "It has no consent text.",
        ),
    ]
    for one in criteria:
        has_place = has_areas or not one.by_risk_area
        message = f"“{one}” is asked by risk area, and no risk area is chosen."
        checks.append(("asked", has_place, message))
        checks.append(
            (
                "questions",
                bool(one.scale.points.all()),  # type: ignore[union-attr]
                f"The scale of “{one}” has no points.",
            ),
        )
    return [
        Obstacle(about, message)
        for about, is_right, message in checks
        if not is_right
    ]


@revision.writing()
def close_round(*, study: Study, number: int | None = None) -> Round:
    """Closes the open round. `number` is that of the round that is meant, where a page showed
    it: it may be an old one. Raises ValidationError where none is open, or another.
    """
    round_ = (
        study.rounds.select_for_update()
        .filter(status=Round.Status.OPEN)
        .first()
    )
    if round_ is None:
        raise ValidationError("No round is open.")
    if number is not None and number != round_.number:
        raise ValidationError(
            f"Round {number} is closed already; round {round_.number} is open. Nothing was closed.",
        )
    round_.status = Round.Status.CLOSED
    round_.save()
    return round_


@revision.writing()
def close_study(
    *,
    study: Study,
    last: int | None = None,
    results: int | None = None,
) -> None:
    """Closes an open round and the study, makes its results (see `conclude`), and destroys what
    ties answers to links: the secret of the study, every address, and every order of arrival.

    `last` is the number of its last round, and `results` of the one that results are made from,
    where a page showed them: it may be an old one. Raises ValidationError where either is
    another by now, or the study is not open.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.status != Study.Status.OPEN:
        raise ValidationError("Only an open study can be closed.")
    newest = study.rounds.order_by("number").last()
    if last is not None and newest and newest.number != last:
        raise ValidationError(
            f"{newest} was opened after you had loaded this page. Nothing was closed: look again.",
        )
    if study.rounds.filter(status=Round.Status.OPEN).exists():
        close_round(study=study)
    # After the round is closed: until then somebody may submit.
    chosen = study.results_round
    if results is not None and chosen and chosen.number != results:
        raise ValidationError(
            f"Results would by now be made from {str(chosen).lower()}, and the page that you sent said round {results}. "
            "Nothing was closed: look again.",
        )
    conclude(study)
    secrecy.destroy(study)


def _invited(study: Study) -> tuple[int | None, int]:
    """How many addresses were ever invited, whatever became of their links, and how many links
    replaced others. To be asked before addresses are erased: one that was erased earlier counts
    as an address of its own.
    """
    addresses = list(study.invitations.values_list("address", flat=True))
    known = [address for address in addresses if address]
    invited = len(set(known)) + len(addresses) - len(known)
    return invited or study.invited, len(known) - len(set(known))


def conclude(study: Study) -> None:
    """Closes a study whose rounds are over, and makes its results from the last of which
    something can be shown.
    """
    chosen = study.results_round
    study.status = Study.Status.CLOSED
    if not study.ran_elsewhere:
        study.year = study.year or timezone.localdate().year
        study.invited, study.replaced_links = _invited(study)
    elif study.document:
        study.year = study.year or study.document.year
    study.responded = chosen.responses.counted().count()
    study.save()
    tabulate(chosen)
