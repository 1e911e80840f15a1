"""Answers that were read of a file, stored as if they had been given here."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from catalogue import revision

from ..models import Answer, Remark, Response, Round, Study
from ..running import rounds, secrecy
from .longform import Given, submitted_answers

AskedItem = Response.asked.through
CombinedItem = Response.combination.through


@dataclass(frozen=True)
class Report:
    """Respondents by what became of them, counted once for each round. `kept` came with an
    earlier file only.
    """

    added: int
    changed: int
    unchanged: int
    kept: int

    def __str__(self):
        return f"{self.added} added, {self.changed} changed, {self.unchanged} unchanged, {self.kept} of an earlier file kept"


def importable(study: Study) -> str:
    """Why answers cannot be imported into a study; empty where they can."""
    is_waiting = study.status in (Study.Status.DRAFT, Study.Status.CLOSED)
    if is_waiting and not study.is_loaded and not study.invites_people:
        return ""
    return "Answers are imported into a study that invited nobody here and is not published."


@revision.writing()
def store_answers(
    *,
    study: Study,
    given: Mapping[tuple[str, int], Given],
    dry_run: bool = False,
) -> Report:
    """Stores what a file gives, and makes the study's results anew. The same file again changes
    nothing. Raises ValidationError for a study that experts answer here, and for a published
    one.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    if why_not := importable(study):
        raise ValidationError(why_not)
    stored = submitted_answers(study)
    added = {}
    changed = {}
    unchanged = set()
    for (respondent, number), one in given.items():
        key = (secrecy.pseudonym_of_import(study, respondent), number)
        if key not in stored:
            added[key] = one
        elif stored[key] != one:
            changed[key] = one
        else:
            unchanged.add(key)
    if not dry_run and (added or changed):
        study.ran_elsewhere = True
        _store_responses(study, added, changed)
        rounds.conclude(study)
    return Report(
        added=len(added),
        changed=len(changed),
        unchanged=len(unchanged),
        kept=len(stored) - len(changed) - len(unchanged),
    )


def _store_responses(study: Study, added: dict, changed: dict) -> None:
    highest = max(number for _, number in [*added, *changed])
    by_number = {}
    for number in range(1, highest + 1):
        by_number[number], _ = Round.objects.get_or_create(
            study=study,
            number=number,
            defaults={"status": Round.Status.CLOSED},
        )
    responses = {}
    for (name, number), given in added.items():
        responses[name, number] = Response(
            round=by_number[number],
            pseudonym=name,
            expertise_area_id=given.expertise,
            is_submitted=True,
        )
    Response.objects.bulk_create(responses.values())
    responses |= _emptied(study, changed)
    _fill_responses(responses, {**added, **changed})


def _fill_responses(
    responses: Mapping[tuple[str, int], Response],
    given: Mapping[tuple[str, int], Given],
) -> None:
    """Stores what each respondent gave in responses that are empty but for remarks."""
    asked = []
    combination = []
    answers = []
    remarks = []
    for key, one in given.items():
        response = responses[key]
        for item in one.asked:
            asked.append(AskedItem(response_id=response.pk, item_id=item))
        for item in one.combination:
            combination.append(
                CombinedItem(response_id=response.pk, item_id=item),
            )
        for question, point in one.answers.items():
            answer = Answer(
                response_id=response.pk,
                item_id=question.item,
                criterion_id=question.criterion,
                risk_area_id=question.risk_area,
                point_id=point,
            )
            answers.append(answer)
        for item, body in one.remarks.items():
            remark = Remark(
                response_id=response.pk,
                item_id=item,
                body=body,
            )
            remarks.append(remark)
    AskedItem.objects.bulk_create(asked)
    CombinedItem.objects.bulk_create(combination)
    Answer.objects.bulk_create(answers)
    # In conflict are those that stayed, with their codings.
    Remark.objects.bulk_create(remarks, ignore_conflicts=True)


def _emptied(
    study: Study,
    changed: Mapping[tuple[str, int], Given],
) -> dict[tuple[str, int], Response]:
    """Responses that are about to be filled anew. Remarks that stay as they were keep their
    codings.
    """
    responses = {}
    given = {}
    rows = Response.objects.filter(round__study=study).select_related("round")
    for response in rows:
        key = (response.pseudonym, response.round.number)
        if key in changed:
            responses[key] = response
            given[response.pk] = changed[key]
            response.expertise_area_id = changed[key].expertise
    Response.objects.bulk_update(responses.values(), ["expertise_area"])
    for model in (Answer, AskedItem, CombinedItem):
        model.objects.filter(response__in=given).delete()
    outdated = []
    for remark in Remark.objects.filter(response__in=given):
        if (
            given[remark.response_id].remarks.get(remark.item_id)
            != remark.body
        ):
            outdated.append(remark.pk)
    Remark.objects.filter(pk__in=outdated).delete()
    return responses
