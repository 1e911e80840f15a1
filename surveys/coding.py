"""From what experts wrote to points with counts: remarks are withheld, or coded into points by one coder or two.

Coders do not see each other's choice until both have coded a measure. A remark makes a point where every coder of the
remark says so, and a point counts the experts who made it, in whichever round.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from . import estimates
from .models import Coding, CommentSummary, ExpertComment, Item, Remark, Study

HowMany = ExpertComment.HowMany
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
CODERS = 2


def how_many(count: int) -> HowMany:
    """The word for a number of experts: one, a couple (2), several (3 to 5), multiple (6 and more)."""
    if count < 1:
        raise ValueError("A point that nobody made has no word.")
    return {1: HowMany.ONE, 2: HowMany.COUPLE}.get(count, HowMany.SEVERAL if count <= 5 else HowMany.MULTIPLE)


def remarks_of(study: Study) -> QuerySet[Remark]:
    """What was submitted with words, over all rounds."""
    return Remark.objects.filter(item__study=study, response__is_submitted=True)


def open_remarks(study: Study) -> QuerySet[Remark]:
    """Remarks that nobody has coded and nobody withholds."""
    codings = Coding.objects.filter(remark=OuterRef("pk"))
    return remarks_of(study).filter(~Exists(codings), is_withheld=False)


@transaction.atomic
def code(*, remark: Remark, coder, points: Iterable[ExpertComment], is_withheld: bool = False) -> None:
    """Puts a coder's choice in place of their last one. Raises ValidationError for points on another measure, for a
    third coder, and once the study is published."""
    remark = Remark.objects.select_for_update(of=("self",)).select_related("item__study").get(pk=remark.pk)
    chosen = list(points)
    _unpublished(remark.item.study)
    if any(point.item_id != remark.item_id for point in chosen):
        raise ValidationError("A point belongs to another measure.")
    others = remark.codings.exclude(coder=coder).count()
    if others >= CODERS:
        raise ValidationError(f"This comment has been coded by {CODERS} coders already.")
    coding, _ = Coding.objects.get_or_create(remark=remark, coder=coder)
    coding.points.set(chosen)
    Remark.objects.filter(pk=remark.pk).update(is_withheld=is_withheld)


def _unpublished(study: Study) -> None:
    if study.status != Study.Status.CLOSED:
        raise ValidationError("Comments are coded after a study is closed and before it is published.")


@transaction.atomic
def summarise(*, item: Item, body: str) -> None:
    """Keeps a summary, whose labels in braces stand for how many made a point. Raises ValidationError for a label that
    is none."""
    _unpublished(item.study)
    labels = set(item.comments.exclude(label="").values_list("label", flat=True))
    if unknown := [name for name in PLACEHOLDER.findall(body) if name not in labels]:
        known = ", ".join(sorted(labels)) or "none yet"
        raise ValidationError(f"No point has the label {', '.join(unknown)}. Labels of this measure: {known}.")
    if body.strip():
        CommentSummary.objects.update_or_create(item=item, defaults={"body": body.strip()})
    else:
        CommentSummary.objects.filter(item=item).delete()


# Agreement


def agreement(study: Study) -> tuple[float | None, int]:
    """Krippendorff's alpha over every pair of a remark that two coded and a point of its measure (made, or not), and
    how many remarks two coded. None where it says nothing."""
    points = defaultdict(list)
    for item, point in ExpertComment.objects.filter(item__study=study).values_list("item", "pk"):
        points[item].append(point)
    units, twice = [], 0
    for remark in remarks_of(study).prefetch_related("codings__points"):
        chosen = [{point.pk for point in coding.points.all()} for coding in remark.codings.all()]
        if len(chosen) == CODERS:
            twice += 1
            units += [[point in made for made in chosen] for point in points[remark.item_id]]
    try:
        return estimates.alpha(units), twice
    except ValueError:
        return None, twice


# Counting


def made_by(item: Item) -> dict[int, int]:
    """How many experts made each point on a measure, by the point's key."""
    experts: dict[int, set[str]] = {point.pk: set() for point in item.comments.all()}
    remarks = remarks_of(item.study).filter(item=item, is_withheld=False)
    for remark in remarks.select_related("response").prefetch_related("codings__points"):
        choices = [{point.pk for point in coding.points.all()} for coding in remark.codings.all()]
        for point in set.intersection(*choices) if choices else ():
            experts[point].add(remark.response.pseudonym)
    return {point: len(who) for point, who in experts.items()}


def in_words(item: Item, body: str) -> str:
    """A summary with each label replaced by the word for its count: “several experts”."""
    words = {point.label: HowMany(point.how_many).label for point in item.comments.all()}
    text = PLACEHOLDER.sub(lambda found: words[found[1]], body)
    # A sentence may begin with a label.
    return re.sub(r"(^|[.!?]\s+)([a-z])", lambda found: found[1] + found[2].upper(), text)


@transaction.atomic
def settle(study: Study) -> list[str]:
    """Gives every point its count and word, and every summary its words. Returns what does not allow it."""
    problems = []
    if left := open_remarks(study).count():
        problems.append(f"{left} comments are neither coded nor withheld.")
    for item in study.items.select_related("mitigation", "study").prefetch_related("comments"):
        counts = made_by(item)
        for point in item.comments.all():
            point.count = counts[point.pk]
            if not point.count:
                problems.append(f"{item.mitigation.accession}: nobody made the point “{point.label or point.body}”.")
                continue
            point.how_many = how_many(point.count)
            point.save()
    if problems:
        return problems
    for summary in CommentSummary.objects.filter(item__study=study).select_related("item"):
        summary.body = in_words(summary.item, summary.body)
        summary.save()
    return []
