"""Running a study: links, consent, answers, submission, rounds.

Every rule of answering stands here, so that pages, admin and commands keep the same ones.
"""

import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from catalogue import revision
from catalogue.fields import cleaned, what_is_unusable

from ..models import (
    Answer,
    Criterion,
    Invitation,
    Item,
    Remark,
    Response,
    RiskArea,
    Round,
    ScalePoint,
    Study,
)
from . import freezing, secrecy
from .merging import Known, Merged, merge, merge_set
from .tabulation import Question, tabulate

#: The field of a form that is no question.
REMARK = "remark"
#: A question: a criterion, and the risk area that it is asked about, if any.
Asked = tuple[Criterion, RiskArea | None]
REMARK_LENGTH: int = Remark._meta.get_field("body").max_length  # type: ignore[assignment]


class Refused(Exception):
    """What was asked cannot be done; `reason` says why, in words for whoever asked."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Correctable(Refused):
    """The page that was sent can say what is wrong, and be sent again. `is_saved`: what was
    chosen on it stands.
    """

    is_saved = True


class UnsuitableCombination(Correctable):
    """It is not one that the study allows."""

    is_saved = False


class Unfinished(Correctable):
    """Questions are not answered, and whoever submits was not told how many."""

    def __init__(self, unanswered: int, asked: int):
        are = "is" if unanswered == 1 else "are"
        super().__init__(f"{unanswered} of {asked} questions {are} not answered.")
        self.unanswered, self.asked = unanswered, asked


# Links


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
    if study.ran_elsewhere:
        raise ValidationError("This survey ran elsewhere: it invites nobody here.")
    wanted = list(
        dict.fromkeys(
            address.strip().lower() for address in addresses if address.strip()
        )
    )
    held = set(
        study.invitations.filter(is_revoked=False).values_list("address", flat=True)
    )
    problems = []
    for address in wanted:
        try:
            validate_email(address)
        except ValidationError:
            problems.append(f"“{address}” is no e-mail address.")
        if address in held:
            problems.append(
                f"{address} has a link already: revoke it before sending another."
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
            "There are no links: nobody is invited, or the study is closed."
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
    if not Invitation.objects.filter(pk=invitation.pk, is_revoked=False).update(
        is_revoked=True
    ):
        raise ValidationError("This link was revoked already.")


def revoke_unsent(*, tokens: Iterable[str]) -> None:
    """Takes back links that could not be sent, so that their addresses can be invited again.
    They are kept as revoked: a mail server may have passed on what it reported as failed, and
    its reader should learn what the link was.
    """
    Invitation.objects.filter(
        token_hash__in=[secrecy.token_hash(token) for token in tokens]
    ).update(is_revoked=True)


def invitation_of(token: str) -> Invitation | None:
    """The invitation that a link belongs to, revoked ones too; None for a link that was never
    sent.
    """
    return (
        Invitation.objects.select_related("study")
        .filter(token_hash=secrecy.token_hash(token))
        .first()
    )


# Answering


def response_of(round_: Round, token: str) -> Response | None:
    return Response.objects.filter(
        round=round_, pseudonym=secrecy.pseudonym(token)
    ).first()


@transaction.atomic
def consent(*, round_: Round, token: str, expertise: str = "") -> Response:
    """Begins a response, or gives the one that has begun. `expertise` is the slug of an area of
    the study, or empty. A later round asks the same items as the one before it, keeps the area,
    and begins with what was answered before: it stands unless it is changed.
    """
    _locked_open(round_)
    study, name = round_.study, secrecy.pseudonym(token)
    area = study.expertise_areas.filter(slug=expertise).first()
    if expertise and area is None:
        raise Refused(f"“{expertise}” is no area of expertise in this study.")
    earlier = _latest_of(study, name, before=round_.number)
    area = earlier.expertise_area if earlier else area
    response, is_new = Response.objects.get_or_create(
        round=round_, pseudonym=name, defaults={"expertise_area": area}
    )
    if is_new and earlier:
        _take_over(earlier, response)
    elif is_new:
        response.asked.set(_allocated(round_))
    return response


def earlier_response(response: Response) -> Response | None:
    """What the same expert answered in the latest round before."""
    return _latest_of(
        response.round.study, response.pseudonym, before=response.round.number
    )


def _latest_of(study: Study, name: str, before: int) -> Response | None:
    rows = Response.objects.filter(
        round__study=study, round__number__lt=before, pseudonym=name
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
    items, size = list(round_.study.items.all()), round_.study.items_per_expert
    if size is None or size >= len(items):
        return items
    counted = (
        round_.responses.values_list("asked").annotate(count=Count("pk")).order_by()
    )
    asked = {item: count for item, count in counted if item}
    random.SystemRandom().shuffle(items)
    return sorted(items, key=lambda item: asked.get(item.pk, 0))[:size]


def _locked_open(round_: Round) -> None:
    """Holds the round open until the transaction ends, or raises Refused."""
    if Round.objects.select_for_update().get(pk=round_.pk).status != Round.Status.OPEN:
        raise Refused("This round is closed. Nothing was changed.")


def _writable(response: Response) -> Response:
    """The response, locked until the transaction ends. Raises Refused where it is submitted or
    its round closed.
    """
    _locked_open(response.round)
    locked = Response.objects.select_for_update().get(pk=response.pk)
    if locked.is_submitted:
        raise Refused("You have submitted your answers; they can no longer be changed.")
    return locked


def questions(study: Study) -> list[Asked]:
    """What is asked of each item, in order, with the points of each scale. See
    `Study.questions`.
    """
    return (
        Study.objects.prefetch_related("criteria__scale__points", "risk_areas")
        .get(pk=study.pk)
        .questions
    )


def question_name(criterion: Criterion, area: RiskArea | None) -> str:
    return f"{criterion.slug}--{area.slug}" if area else criterion.slug


def fields_of(
    response: Response, item: Item, asked: list[Asked] | None = None
) -> dict[str, str]:
    """What stands on one item, as its form has it: a scale point's slug for each question, and
    the comment. Empty: nothing. `asked` are the study's questions, where they are at hand.
    """
    rows = response.answers.filter(item=item).values_list(
        "criterion", "risk_area", "point__slug"
    )
    chosen = {
        Question(item.pk, criterion, area): slug for criterion, area, slug in rows
    }
    fields = {
        question_name(criterion, area): chosen.get(
            Question(item.pk, criterion.pk, area.pk if area else None), ""
        )
        for criterion, area in asked or questions(item.study)
    }
    remark = response.remarks.filter(item=item).first()
    return {**fields, REMARK: remark.body if remark else ""}


@transaction.atomic
def save_item(
    *,
    response: Response,
    item: Item,
    given: Mapping[str, str],
    remark: str | None = None,
    known: Known | None = None,
) -> Merged:
    """Saves answers on one item, and the comment. `given` has a scale point's slug by the name
    of the question; an empty one is a question skipped, and one that is missing stays as it is.
    `known` is what the form knew of its fields (see `merging`); without it all is written. A
    comment that cannot be kept whole is refused, and the answers beside it are saved. Raises
    Refused, and changes nothing, where an answer is out of scale.
    """
    response = _writable(response)
    if not response.asked.filter(pk=item.pk).exists():
        raise Refused("You are not asked about this measure.")
    asked = questions(item.study)
    points = _judged(asked, given)
    sent, refused = dict(given), {}
    if remark is not None:
        try:
            sent[REMARK] = sound_remark(remark)
        except Refused as unsound:
            refused[REMARK] = unsound.reason
    merged = merge(fields_of(response, item, asked), sent, known)
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
    response.answers.filter(item=item, criterion=criterion, risk_area=area).delete()
    if point is not None:
        response.answers.create(
            item=item, criterion=criterion, risk_area=area, point=point
        )


def _write_remark(response: Response, item: Item, body: str) -> None:
    response.remarks.filter(item=item).delete()
    if body:
        response.remarks.create(item=item, body=body)


def sound_remark(remark: str) -> str:
    """What is kept of a comment: a line break is one character, as browsers count it. Raises
    Refused where it cannot be kept whole.
    """
    remark = cleaned(remark).strip()
    if len(remark) > REMARK_LENGTH:
        raise Refused(
            f"The comment has {len(remark):,} characters; {REMARK_LENGTH:,} are possible."
        )
    if fault := what_is_unusable(remark):
        raise Refused(f"About the comment: {fault}")
    return remark


def _judged(
    of_study: list[Asked], given: Mapping[str, str]
) -> dict[str, tuple[Criterion, RiskArea | None, ScalePoint | None]]:
    """What is chosen, by the name of the question; None: skipped. Raises Refused for what the
    study does not ask.
    """
    asked = {question_name(*question): question for question in of_study}
    if unknown := set(given) - set(asked):
        raise Refused(f"This study does not ask {', '.join(sorted(unknown))}.")
    chosen = {}
    for name, slug in given.items():
        criterion, area = asked[name]
        points = {point.slug: point for point in criterion.scale.points.all()}  # type: ignore[union-attr]
        if slug and slug not in points:
            raise Refused(f"“{slug}” is no answer to “{criterion.question}”")
        chosen[name] = (criterion, area, points.get(slug))
    return chosen


def combination_of(response: Response) -> list[str]:
    """Accessions of the measures that an expert would combine."""
    return sorted(response.combination.values_list("mitigation__accession", flat=True))


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
    `shown`, `chosen` is all. Raises Refused where the combination is not one that the study
    allows.
    """
    response, wanted = _writable(response), set(chosen)
    if shown is not None:
        wanted = merge_set(combination_of(response), wanted, shown, tried)
    study = response.round.study
    if wanted and not study.asks_combination:
        raise UnsuitableCombination("This study does not ask for a combination.")
    if study.combination_limit and len(wanted) > study.combination_limit:
        are = "is" if study.combination_limit == 1 else "are"
        raise UnsuitableCombination(
            f"You chose {len(wanted)} measures; {study.combination_limit} {are} possible. Take one out: until then the "
            "choice before it stands."
        )
    items = response.asked.filter(mitigation__accession__in=wanted)
    if len(items) < len(wanted):
        raise UnsuitableCombination(
            "A combination is made of the measures that you were asked about."
        )
    response.combination.set(items)
    return sorted(wanted)


def unanswered(response: Response) -> tuple[int, int]:
    """How many questions have no answer, and how many are asked."""
    asked = response.asked.count() * len(questions(response.round.study))
    return asked - response.answers.count(), asked


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

    Raises Unfinished where more are without one; Refused where nothing at all is answered, the
    response is locked, or the combination is not one that the study allows.
    """
    response = _writable(response)
    if combination is not None:
        save_combination(response=response, chosen=combination)
    if not Response.objects.with_content().filter(pk=response.pk).exists():
        raise Correctable(
            "Nothing is answered yet. Whoever takes no part has nothing to do: close this page."
        )
    open_questions, asked = unanswered(response)
    if may_lack is not None and open_questions > may_lack:
        raise Unfinished(open_questions, asked)
    Response.objects.filter(pk=response.pk).update(is_submitted=True)


# Rounds


def _standing(round_: Round) -> str:
    return "is open" if round_.status == Round.Status.OPEN else "is closed already"


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
            f"Round {number} {_standing(meant)}"
            if meant
            else f"The next round is number {following}"
        )
        raise ValidationError(f"{stands}. Nothing was opened.")
    if problems := lacks(study):
        raise ValidationError([lack.message for lack in problems])
    if study.status == Study.Status.DRAFT:
        study.status = Study.Status.OPEN
        study.save()
    if not study.rounds.exists():
        freezing.freeze_wording(study)
    return Round.objects.create(study=study, number=following, status=Round.Status.OPEN)


class Lack(NamedTuple):
    """Something that keeps a round from being opened, and which part of setting up (or running)
    it is about.
    """

    about: str
    message: str


def lacks(study: Study) -> list[Lack]:
    """All that stands against opening a round."""
    criteria = list(
        study.criteria.filter(scale__isnull=False)
        .select_related("scale")
        .prefetch_related("scale__points")
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
        ("questions", bool(criteria), "It asks nothing: add a question with a scale."),
        ("consent", bool(study.consent_text.strip()), "It has no consent text."),
    ]
    for one in criteria:
        has_place = has_areas or not one.by_risk_area
        checks.append(
            (
                "asked",
                has_place,
                f"“{one}” is asked by risk area, and no risk area is chosen.",
            )
        )
        checks.append(
            (
                "questions",
                bool(one.scale.points.all()),  # type: ignore[union-attr]
                f"The scale of “{one}” has no points.",
            )
        )
    return [Lack(about, message) for about, is_right, message in checks if not is_right]


@revision.writing()
def close_round(*, study: Study, number: int | None = None) -> Round:
    """Closes the open round. `number` is that of the round that is meant, where a page showed
    it: it may be an old one. Raises ValidationError where none is open, or another.
    """
    round_ = study.rounds.select_for_update().filter(status=Round.Status.OPEN).first()
    if round_ is None:
        raise ValidationError("No round is open.")
    if number is not None and number != round_.number:
        raise ValidationError(
            f"Round {number} is closed already; round {round_.number} is open. Nothing was closed."
        )
    round_.status = Round.Status.CLOSED
    round_.save()
    return round_


@revision.writing()
def close_study(
    *, study: Study, last: int | None = None, results: int | None = None
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
            f"{newest} was opened after you had loaded this page. Nothing was closed: look again."
        )
    if study.rounds.filter(status=Round.Status.OPEN).exists():
        close_round(study=study)
    # After the round is closed: until then somebody may submit.
    chosen = study.results_round
    if results is not None and chosen and chosen.number != results:
        raise ValidationError(
            f"Results would by now be made from {str(chosen).lower()}, and the page that you sent said round {results}. "
            "Nothing was closed: look again."
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
