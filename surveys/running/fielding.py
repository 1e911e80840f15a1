"""Answering a study: consent, answers, combinations, submission.

Every rule of answering stands here, so that pages, admin and commands keep the same ones.
"""

import random
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Count, Prefetch

from catalogue.fields import cleaned, what_is_unusable

from ..models import (
    Answer,
    Criterion,
    Item,
    Remark,
    Response,
    RiskArea,
    Round,
    ScalePoint,
    Study,
)
from . import secrecy
from .merging import Merged, SeenValues, merge, merge_set
from .tabulation import Question

#: The field of a form that is no question.
REMARK = "remark"
#: A criterion, and the risk area that it is asked about, if any.
StudyQuestion = tuple[Criterion, RiskArea | None]
REMARK_LENGTH: int = Remark._meta.get_field("body").max_length  # type: ignore[assignment]


class AnswerRefused(Exception):
    """What was asked cannot be done; `reason` says why, in words for whoever asked."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Correctable(AnswerRefused):
    """The page that was sent can say what is wrong, and be sent again. `is_saved`: what was
    chosen on it stands.
    """

    is_saved = True


class UnsuitableCombination(Correctable):
    """It is not one that the study allows."""

    is_saved = False


class Unfinished(Correctable):
    """Questions are not answered, and whoever submits was not told how many."""

    def __init__(self, unanswered: int, total: int):
        are = "is" if unanswered == 1 else "are"
        super().__init__(
            f"{unanswered} of {total} questions {are} not answered.",
        )
        self.unanswered = unanswered
        self.total = total


def response_of(round_: Round, token: str) -> Response | None:
    # Of the round that is at hand, which is not asked for again.
    own = round_.responses.filter(pseudonym=secrecy.pseudonym(token))
    return own.order_by("pk").first()


@transaction.atomic
def consent(*, round_: Round, token: str, expertise: str = "") -> Response:
    """Begins a response, or gives the one that has begun. `expertise` is the slug of an area of
    the study, or empty. A later round asks the same items as the one before it, keeps the area,
    and begins with what was answered before: it stands unless it is changed.
    """
    _locked_open(round_)
    study = round_.study
    name = secrecy.pseudonym(token)
    area = study.expertise_areas.filter(slug=expertise).first()
    if expertise and area is None:
        raise AnswerRefused(
            f"“{expertise}” is no area of expertise in this study.",
        )
    earlier = _latest_of(study, name, before=round_.number)
    area = earlier.expertise_area if earlier else area
    response, is_new = Response.objects.get_or_create(
        round=round_,
        pseudonym=name,
        defaults={"expertise_area": area},
    )
    if is_new and earlier:
        _take_over(earlier, response)
    elif is_new:
        response.asked.set(_allocated(round_))
    return response


def earlier_response(response: Response) -> Response | None:
    """What the same expert answered in the latest round before."""
    return _latest_of(
        response.round.study,
        response.pseudonym,
        before=response.round.number,
    )


def _latest_of(study: Study, name: str, before: int) -> Response | None:
    rows = Response.objects.filter(
        round__study=study,
        round__number__lt=before,
        pseudonym=name,
    )
    return rows.order_by("-round__number").first()


def _take_over(earlier: Response, response: Response) -> None:
    response.asked.set(earlier.asked.all())
    response.combination.set(earlier.combination.all())
    Answer.objects.bulk_create(
        Answer(
            response=response,
            item_id=one.item_id,
            criterion_id=one.criterion_id,
            risk_area_id=one.risk_area_id,
            point_id=one.point_id,
        )
        for one in earlier.answers.all()
    )
    Remark.objects.bulk_create(
        Remark(response=response, item_id=one.item_id, body=one.body)
        for one in earlier.remarks.all()
    )


def _allocated(round_: Round) -> list[Item]:
    """All items of the study; or a subset by chance, of those that fewest were asked about so
    far.
    """
    items = list(round_.study.items.all())
    size = round_.study.items_per_expert
    if size is None or size >= len(items):
        return items
    counted = (
        round_.responses.values_list("asked")
        .annotate(count=Count("pk"))
        .order_by()
    )
    times_asked = {item: count for item, count in counted if item}
    random.SystemRandom().shuffle(items)
    return sorted(items, key=lambda item: times_asked.get(item.pk, 0))[:size]


def _locked_open(round_: Round) -> None:
    """Holds the round open until the transaction ends, or raises AnswerRefused."""
    if (
        Round.objects.select_for_update().get(pk=round_.pk).status
        != Round.Status.OPEN
    ):
        raise AnswerRefused("This round is closed. Nothing was changed.")


def _writable(response: Response) -> Response:
    """The response, locked until the transaction ends. Raises AnswerRefused where it is submitted or
    its round closed.
    """
    _locked_open(response.round)
    locked = Response.objects.select_for_update().get(pk=response.pk)
    if locked.is_submitted:
        raise AnswerRefused(
            "You have submitted your answers; they can no longer be changed.",
        )
    locked.round = response.round
    return locked


def questions(study: Study) -> list[StudyQuestion]:
    """What is asked of each item, in order, with the points of each scale. See
    `Study.questions`.
    """
    criteria = Criterion.objects.select_related("scale").order_by(
        "position",
        "pk",
    )
    return (
        Study.objects.prefetch_related(
            Prefetch("criteria", criteria),
            "criteria__scale__points",
            "risk_areas",
        )
        .get(pk=study.pk)
        .questions
    )


def question_name(criterion: Criterion, area: RiskArea | None) -> str:
    if area:
        return f"{criterion.slug}--{area.slug}"
    return criterion.slug


def answers_of_item(
    response: Response,
    item: Item,
    of_study: list[StudyQuestion] | None = None,
) -> dict[str, str]:
    """What stands on one item, as its form has it: a scale point's slug for each question, and
    the comment. Empty: nothing. `of_study` are the study's questions, where they are at hand.
    """
    answers = response.answers.filter(item=item).order_by()
    rows = answers.values_list("criterion", "risk_area", "point__slug")
    chosen = {
        Question(item.pk, criterion, area): slug
        for criterion, area, slug in rows
    }
    fields = {
        question_name(criterion, area): chosen.get(
            Question(item.pk, criterion.pk, area.pk if area else None),
            "",
        )
        for criterion, area in of_study or questions(item.study)
    }
    remark = response.remarks.filter(item=item).order_by("pk").first()
    return {**fields, REMARK: remark.body if remark else ""}


@transaction.atomic
def save_item(
    *,
    response: Response,
    item: Item,
    given: Mapping[str, str],
    remark: str | None = None,
    known: SeenValues | None = None,
    of_study: list[StudyQuestion] | None = None,
) -> Merged:
    """Saves answers on one item, and the comment. `given` has a scale point's slug by the name
    of the question; an empty one is a question skipped, and one that is missing stays as it is.
    `known` is what the form knew of its fields (see `merging`); without it all is written.
    `of_study` are the study's questions, where they are at hand: they do not change once a round is
    open. A comment that cannot be kept whole is refused, and the answers beside it are saved.
    Raises AnswerRefused, and changes nothing, where an answer is out of scale.
    """
    response = _writable(response)
    if not response.asked.filter(pk=item.pk).exists():
        raise AnswerRefused("You are not asked about this measure.")
    of_study = of_study or questions(item.study)
    points = _chosen_points(of_study, given)
    sent = dict(given)
    refused = {}
    if remark is not None:
        try:
            sent[REMARK] = cleaned_remark(remark)
        except AnswerRefused as unsound:
            refused[REMARK] = unsound.reason
    merged = merge(answers_of_item(response, item, of_study), sent, known)
    merged.refused = refused
    for name, value in merged.written.items():
        if name == REMARK:
            _write_remark(response, item, value)
        else:
            _write_answer(response, item, *points[name])
    return merged


def _write_answer(
    response: Response,
    item: Item,
    criterion: Criterion,
    area: RiskArea | None,
    point: ScalePoint | None,
) -> None:
    response.answers.filter(
        item=item,
        criterion=criterion,
        risk_area=area,
    ).delete()
    if point is not None:
        response.answers.create(
            item=item,
            criterion=criterion,
            risk_area=area,
            point=point,
        )


def _write_remark(response: Response, item: Item, body: str) -> None:
    response.remarks.filter(item=item).delete()
    if body:
        response.remarks.create(item=item, body=body)


def cleaned_remark(remark: str) -> str:
    """What is kept of a comment: a line break is one character, as browsers count it. Raises
    AnswerRefused where it cannot be kept whole.
    """
    remark = cleaned(remark).strip()
    if len(remark) > REMARK_LENGTH:
        raise AnswerRefused(
            f"The comment has {len(remark):,} characters; {REMARK_LENGTH:,} are possible.",
        )
    if fault := what_is_unusable(remark):
        raise AnswerRefused(f"About the comment: {fault}")
    return remark


def _chosen_points(
    of_study: list[StudyQuestion],
    given: Mapping[str, str],
) -> dict[str, tuple[Criterion, RiskArea | None, ScalePoint | None]]:
    """What is chosen, by the name of the question; None: skipped. Raises AnswerRefused for what the
    study does not ask.
    """
    by_name = {question_name(*question): question for question in of_study}
    if unknown := set(given) - set(by_name):
        raise AnswerRefused(
            f"This study does not ask {', '.join(sorted(unknown))}.",
        )
    chosen = {}
    for name, slug in given.items():
        criterion, area = by_name[name]
        points = {point.slug: point for point in criterion.scale.points.all()}  # type: ignore[union-attr]
        if slug and slug not in points:
            raise AnswerRefused(
                f"“{slug}” is no answer to “{criterion.question}”",
            )
        chosen[name] = (criterion, area, points.get(slug))
    return chosen


def combination_of(response: Response) -> list[str]:
    """Accessions of the measures that an expert would combine."""
    return sorted(
        response.combination.values_list("mitigation__accession", flat=True),
    )


@transaction.atomic
def save_combination(
    *,
    response: Response,
    chosen: Iterable[str],
    shown: Iterable[str] | None = None,
    tried: Iterable[str] = (),
) -> list[str]:
    """Saves which measures an expert would combine, by accession, and returns those that stand.
    What the form showed as ticked, and tried since, is as `merging.merge_set` has it; without
    `shown`, `chosen` is all. Raises AnswerRefused where the combination is not one that the study
    allows.
    """
    response = _writable(response)
    wanted = set(chosen)
    if shown is not None:
        wanted = merge_set(combination_of(response), wanted, shown, tried)
    study = response.round.study
    if wanted and not study.asks_combination:
        raise UnsuitableCombination(
            "This study does not ask for a combination.",
        )
    if study.combination_limit and len(wanted) > study.combination_limit:
        are = "is" if study.combination_limit == 1 else "are"
        raise UnsuitableCombination(
            f"You chose {len(wanted)} measures; {study.combination_limit} {are} possible. Take one out: until then the "
            "choice before it stands.",
        )
    items = response.asked.filter(mitigation__accession__in=wanted)
    if len(items) < len(wanted):
        raise UnsuitableCombination(
            "A combination is made of the measures that you were asked about.",
        )
    response.combination.set(items)
    return sorted(wanted)


def unanswered(response: Response) -> tuple[int, int]:
    """How many questions have no answer, and how many are asked."""
    total = response.asked.count() * len(questions(response.round.study))
    return total - response.answers.count(), total


@transaction.atomic
def submit(
    *,
    response: Response,
    combination: Iterable[str] | None = None,
    may_lack: int | None = None,
) -> None:
    """Locks a response, with `combination` (accessions) in place of the one that stands, if
    given. `may_lack` is the number of questions without an answer that the expert agreed to;
    without it nobody is asked.

    Raises Unfinished where more are without one; AnswerRefused where nothing at all is answered, the
    response is locked, or the combination is not one that the study allows.
    """
    response = _writable(response)
    if combination is not None:
        save_combination(response=response, chosen=combination)
    if not Response.objects.with_content().filter(pk=response.pk).exists():
        raise Correctable(
            "Nothing is answered yet. Whoever takes no part has nothing to do: close this page.",
        )
    open_questions, total = unanswered(response)
    if may_lack is not None and open_questions > may_lack:
        raise Unfinished(open_questions, total)
    Response.objects.filter(pk=response.pk).update(is_submitted=True)
