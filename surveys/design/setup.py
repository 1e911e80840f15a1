"""Setting a study up, as long as it is a draft: once it is open, every expert sees the same
study.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from catalogue import revision
from catalogue.fields import slug_from
from catalogue.models import Mitigation

from ..models import (
    Answer,
    ExpertiseArea,
    Invitation,
    Item,
    Response,
    Round,
    Scale,
    ScalePoint,
    Study,
)
from ..models.question import OPENED, RESERVED
from ..running import fielding, rounds, secrecy


class StartingScale(NamedTuple):
    """A scale that leads can take as it is. Points from least to most: slug, label, value, side."""

    name: str
    points: tuple[tuple[str, str, int, int], ...]


STARTING_SCALES: Mapping[str, StartingScale] = {
    "agree-5": StartingScale(
        "Agreement, five points and don’t know",
        (
            ("strongly-disagree", "Strongly disagree", -2, -1),
            ("disagree", "Disagree", -1, -1),
            ("neither", "Neither agree nor disagree", 0, 0),
            ("agree", "Agree", 1, 1),
            ("strongly-agree", "Strongly agree", 2, 1),
        ),
    ),
    "effective-5": StartingScale(
        "Effectiveness, five points and don’t know",
        (
            ("not-effective", "Not effective", 1, -1),
            ("slightly-effective", "Slightly effective", 2, -1),
            ("moderately-effective", "Moderately effective", 3, 0),
            ("very-effective", "Very effective", 4, 1),
            ("extremely-effective", "Extremely effective", 5, 1),
        ),
    ),
    "feasible-4": StartingScale(
        "Feasibility, four points and don’t know",
        (
            ("not-feasible", "Not feasible", 1, -1),
            ("hardly-feasible", "Hardly feasible", 2, -1),
            ("fairly-feasible", "Fairly feasible", 3, 1),
            ("fully-feasible", "Fully feasible", 4, 1),
        ),
    ),
    "yes-no": StartingScale(
        "Yes, no and don’t know",
        (("no", "No", 0, -1), ("yes", "Yes", 1, 1)),
    ),
}


@contextmanager
def drafted(study: Study) -> Iterator[Study]:
    """Holds a study as a draft for the block. Raises ValidationError where it is none any more."""
    with revision.writing():
        held = Study.objects.select_for_update().get(pk=study.pk)
        if held.status != Study.Status.DRAFT:
            raise ValidationError(OPENED)
        yield held


def pick(
    *,
    study: Study,
    shown: Iterable[str],
    ticked: Iterable[str],
) -> tuple[int, int]:
    """Takes the measures that were ticked into a study, and those of `shown` that were not out
    of it. All by accession. Returns how many came and went. Only published measures are taken.
    """
    shown = set(shown)
    ticked = set(ticked)
    with drafted(study):
        held = dict(study.items.values_list("mitigation__accession", "pk"))
        gone = [
            pk for accession, pk in held.items() if accession in shown - ticked
        ]
        study.items.filter(pk__in=gone).delete()
        found = (
            Mitigation.objects.published()
            .filter(accession__in=ticked - held.keys())
            .order_by("accession")
        )
        last = (
            study.items.order_by("-position")
            .values_list("position", flat=True)
            .first()
            or 0
        )
        items = [
            Item(study=study, mitigation=one, position=last + step)
            for step, one in enumerate(found, 1)
        ]
        Item.objects.bulk_create(items)
    return len(items), len(gone)


def add_expertise(names: Iterable[str]) -> list[ExpertiseArea]:
    """The areas of these names; those that are not there yet are made. Raises ValidationError
    for a name that none can have.
    """
    areas = []
    for name in dict.fromkeys(
        " ".join(name.split()) for name in names if name.strip()
    ):
        area = ExpertiseArea.objects.filter(name__iexact=name).first()
        if area is None:
            number = ExpertiseArea.objects.count() + 1
            has_letters = any(sign.isalnum() for sign in name)
            slug = slug_from(name) or (f"area-{number}" if has_letters else "")
            area = ExpertiseArea(name=name, slug=slug, position=number)
            area.full_clean()
            area.save()
        areas.append(area)
    return areas


@transaction.atomic
def starting_scale(slug: str) -> Scale:
    """One of STARTING_SCALES as a record, made where it is not there yet."""
    start = STARTING_SCALES[slug]
    scale, is_new = Scale.objects.get_or_create(
        slug=slug,
        defaults={"name": start.name},
    )
    if is_new:
        points = [
            ScalePoint(
                scale=scale,
                slug=key,
                label=label,
                position=position,
                value=value,
                side=side,
            )
            for position, (key, label, value, side) in enumerate(
                start.points,
                1,
            )
        ]
        dont_know = ScalePoint(
            scale=scale,
            slug="dont-know",
            label="Don’t know",
            position=len(points) + 1,
            is_dont_know=True,
        )
        ScalePoint.objects.bulk_create([*points, dont_know])
    return scale


def free_slug(study: Study, name: str) -> str:
    """A key for a criterion of this name, which no other in the study has. Raises
    ValidationError where the name has nothing that a key could be made of.
    """
    if not any(sign.isalnum() for sign in name):
        raise ValidationError("Give it a name with letters or digits.")
    slug = slug_from(name, 45) or "criterion"
    taken = {
        *study.criteria.values_list("slug", flat=True),
        *RESERVED,
    }
    return unused_slug(slug, taken)


def unused_slug(slug: str, taken: Collection[str]) -> str:
    """The slug itself, or with the first number that makes it another than those taken."""
    free = slug
    number = 1
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free


class Step(NamedTuple):
    """A step of setting up, and how far it is done."""

    name: str
    label: str
    #: What is there, in a few words; empty: nothing yet.
    done: str
    missing: list[str]


def steps(study: Study) -> list[Step]:
    """The steps of setting a study up, in order. A fixed number of queries."""
    obstacles = rounds.obstacles_to_opening(study)
    items = study.items.count()
    asked = len(fielding.questions(study))
    worded = study.items.exclude(wording="").count()
    groups = study.expertise_areas.count()
    allocation = (
        f"{study.items_per_expert} measures for each expert"
        if study.items_per_expert
        else "all measures for all"
    )
    return [
        Step("about", "About the study", study.label, []),
        Step(
            "measures",
            "Measures",
            f"{items} picked" if items else "",
            _about(obstacles, "measures"),
        ),
        Step(
            "wording",
            "Wording and order",
            f"{worded} of {items} worded" if items else "",
            [],
        ),
        Step(
            "questions",
            "Questions",
            f"{asked} for each measure" if asked else "",
            _about(obstacles, "questions"),
        ),
        Step(
            "asked",
            "Who is asked what",
            f"{allocation}, {groups} areas of expertise",
            _about(obstacles, "asked"),
        ),
        Step(
            "consent",
            "Consent",
            "written" if study.consent_text.strip() else "",
            _about(obstacles, "consent"),
        ),
        Step("open", "Look at it and open it", "", []),
    ]


def _about(obstacles: list[rounds.Obstacle], part: str) -> list[str]:
    return [
        obstacle.message for obstacle in obstacles if obstacle.about == part
    ]


@contextmanager
def rehearsed_study(study: Study) -> Iterator[str]:
    """A token that works inside the block alone, as if a round were open. Whatever is written
    in it is undone.
    """
    with transaction.atomic():
        # Of one that ran elsewhere too: it is looked at as if it ran here.
        Study.objects.filter(pk=study.pk).update(
            status=Study.Status.OPEN,
            ran_elsewhere=False,
        )
        Round.objects.create(
            study=study,
            number=study.rounds.count() + 1,
            status=Round.Status.OPEN,
        )
        token = secrets.token_urlsafe(32)
        Invitation.objects.create(
            study=study,
            token_hash=secrecy.token_hash(token),
        )
        yield token
        transaction.set_rollback(True)


def consent_in_rehearsal(study: Study, token: str) -> Response:
    """An expert who takes part, and is asked about every measure, so that none is missed."""
    round_ = study.rounds.get(status=Round.Status.OPEN)
    response = fielding.consent(round_=round_, token=token)
    response.asked.set(study.items.all())
    return response


def answer_in_rehearsal(response: Response) -> None:
    """The first answer to every question."""
    study = response.round.study
    Answer.objects.bulk_create(
        Answer(
            response=response,
            item=item,
            criterion=criterion,
            risk_area=area,
            point=point,
        )
        for item in study.items.all()
        for criterion, area in fielding.questions(study)
        for point in criterion.scale.points.all()[:1]  # type: ignore[union-attr]
    )
