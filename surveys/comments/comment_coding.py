"""From what experts wrote to points with counts: remarks are withheld, or coded into points by
one coder or two.

Coders do not see each other's choice until both have coded a measure. A remark makes a point
where every coder of the remark says so, and a point counts the experts who made it, in
whichever round.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet

from catalogue import revision
from catalogue.statistics import coder_agreement

from ..models import Coding, CommentSummary, ExpertComment, Item, Remark, Study

HowMany = ExpertComment.HowMany
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
CODERS = 2


def how_many(count: int) -> HowMany:
    """The word for a number of experts: one, a couple (2), several (3 to 5), multiple (6 and
    more).
    """
    if count < 1:
        raise ValueError("A point that nobody made has no word.")
    if count == 1:
        return HowMany.ONE
    if count == 2:
        return HowMany.COUPLE
    return HowMany.SEVERAL if count <= 5 else HowMany.MULTIPLE


def remarks_of(study: Study) -> QuerySet[Remark]:
    """What was submitted with words, over all rounds. A comment that its expert let stand in a
    later round is one.
    """
    submitted = Remark.objects.filter(
        item__study=study,
        response__is_submitted=True,
    )
    said_before = submitted.filter(
        item=OuterRef("item"),
        body=OuterRef("body"),
        response__pseudonym=OuterRef("response__pseudonym"),
        response__round__number__lt=OuterRef("response__round__number"),
    )
    return submitted.exclude(Exists(said_before))


def open_remarks(study: Study) -> QuerySet[Remark]:
    """Remarks that nobody has coded and nobody withholds."""
    codings = Coding.objects.filter(remark=OuterRef("pk"))
    return remarks_of(study).filter(~Exists(codings), is_withheld=False)


# Coding


@revision.writing()
def code_remark(
    *,
    remark: Remark,
    coder,
    points: Iterable[ExpertComment],
    is_withheld: bool | None = None,
) -> None:
    """Puts a coder's choice in place of their last one. Whether the remark is withheld is for
    all coders; None leaves it. Raises ValidationError for points on another measure, for a
    third coder, and once the study is published.
    """
    remark = _locked_remark(remark)
    chosen = list(points)
    if any(point.item_id != remark.item_id for point in chosen):
        raise ValidationError("A point belongs to another measure.")
    others = remark.codings.exclude(coder=coder).count()
    if others >= CODERS:
        raise ValidationError(
            f"This comment has been coded by {CODERS} coders already.",
        )
    coding, _ = Coding.objects.get_or_create(remark=remark, coder=coder)
    coding.points.set(chosen)
    if is_withheld is not None:
        withhold(remark=remark, is_withheld=is_withheld)


@revision.writing()
def uncode_remark(*, remark: Remark, coder) -> None:
    """Takes a coder's choice back, so that the remark is open again. Raises ValidationError as
    `code_remark` does.
    """
    _locked_remark(remark).codings.filter(coder=coder).delete()


@revision.writing()
def withhold(*, remark: Remark, is_withheld: bool) -> None:
    """Keeps a remark from counting, for all coders and in all rounds in which it stands, or
    lets it count again. Raises ValidationError as `code_remark` does.
    """
    locked = _locked_remark(remark)
    name = locked.response.pseudonym
    same = Remark.objects.filter(
        item_id=locked.item_id,
        response__pseudonym=name,
        body=locked.body,
    )
    same.update(is_withheld=is_withheld)


def _locked_remark(remark: Remark) -> Remark:
    # The study first: two coders who save many remarks at once wait for each other, and never
    # in a ring.
    _require_unpublished(remark.item.study)
    return Remark.objects.select_for_update(of=("self",)).get(pk=remark.pk)


def _require_unpublished(study: Study) -> None:
    """Holds the study until the transaction ends: nobody publishes it under a coder's hands."""
    if (
        Study.objects.select_for_update().get(pk=study.pk).status
        != Study.Status.CLOSED
    ):
        raise ValidationError(
            "Comments are coded after a study is closed and before it is published.",
        )


# Points


@revision.writing()
def revise(
    *,
    point: ExpertComment,
    shown: Mapping[str, Any],
    wanted: Mapping[str, Any],
) -> None:
    """Changes fields of a point from what a coder saw to what they want; no other field is
    touched. Raises ValidationError where somebody has changed one of them since, and for what a
    point cannot be.
    """
    _require_unpublished(point.item.study)
    point = ExpertComment.objects.select_for_update(of=("self",)).get(
        pk=point.pk,
    )
    for name, value in wanted.items():
        now = getattr(point, name)
        if now not in (shown[name], value):
            field = ExpertComment._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            raise ValidationError(
                {
                    name: f"Somebody has changed the {field} to “{now}” since you opened this page.",
                },
            )
        setattr(point, name, value)
    point.full_clean()
    point.save()


@revision.writing()
def add_point(*, item: Item, **fields: Any) -> ExpertComment:
    """A further point that coders can find. Raises ValidationError for what a point cannot be."""
    _require_unpublished(item.study)
    point = ExpertComment(item=item, **fields)
    point.full_clean()
    point.save()
    return point


@revision.writing()
def remove_point(*, point: ExpertComment) -> None:
    """Raises ValidationError where a coder finds it in a remark: their work is not undone by
    another's hand.
    """
    _require_unpublished(point.item.study)
    if used := point.codings.count():
        raise ValidationError(
            f"“{point.label or point}” is ticked in {used} codings: take the ticks away first.",
        )
    point.delete()


@revision.writing()
def summarise(*, item: Item, body: str, shown: str | None = None) -> None:
    """Keeps a summary, whose labels in braces stand for how many made a point. Raises
    ValidationError for a label that is none, and where the summary is no longer as it was
    `shown` to who changes it.
    """
    _require_unpublished(item.study)
    now = (
        CommentSummary.objects.filter(item=item)
        .values_list("body", flat=True)
        .first()
        or ""
    )
    if shown is not None and _with_plain_breaks(now) not in (
        _with_plain_breaks(shown),
        _with_plain_breaks(body),
    ):
        raise ValidationError(
            f"Somebody has changed the summary since you opened this page: “{now}”",
        )
    _check_labels(
        body,
        item.comments.exclude(label="").values_list("label", flat=True),
    )
    if body.strip():
        CommentSummary.objects.update_or_create(
            item=item,
            defaults={"body": body.strip()},
        )
    else:
        CommentSummary.objects.filter(item=item).delete()


def _with_plain_breaks(text: str) -> str:
    """Browsers send line breaks of their own."""
    return text.replace("\r\n", "\n").strip()


def _check_labels(body: str, labels: Iterable[str]) -> None:
    known_labels = set(labels)
    unknown = [
        name for name in PLACEHOLDER.findall(body) if name not in known_labels
    ]
    if unknown:
        known = ", ".join(sorted(known_labels)) or "none yet"
        raise ValidationError(
            f"No point has the label {', '.join(unknown)}. Labels of this measure: {known}.",
        )


# Where coding stands


@dataclass
class Progress:
    """How far the remarks on a measure are coded, as one coder may know it."""

    item: Item
    remarks: int = 0
    withheld: int = 0
    mine: int = 0
    others: int = 0
    twice: int = 0
    #: Neither coded nor withheld by anybody.
    open: int = 0
    points: int = 0
    has_summary: bool = False


def coding_progress(study: Study, coder) -> list[Progress]:
    """For each measure of a study, in four queries."""
    items = study.items.select_related(
        "mitigation",
        "summary",
    ).prefetch_related("comments")
    rows = {}
    for item in items:
        points = len(item.comments.all())
        has_summary = hasattr(item, "summary")
        rows[item.pk] = Progress(item, points=points, has_summary=has_summary)
    coders = defaultdict(set)
    codings = Coding.objects.filter(remark__item__study=study)
    for remark, who in codings.values_list("remark", "coder"):
        coders[remark].add(who)
    remarks = remarks_of(study).values_list("pk", "item", "is_withheld")
    for pk, item_key, is_withheld in remarks:
        row = rows[item_key]
        by = coders[pk]
        row.remarks += 1
        row.withheld += is_withheld
        row.mine += coder.pk in by
        row.others += bool(by - {coder.pk})
        row.twice += len(by) >= CODERS
        row.open += not by and not is_withheld
    return list(rows.values())


# Agreement


class AgreementOnRemarks(NamedTuple):
    """How two coders agree over every pair of a remark that both coded and a point of its
    measure (made, or not).
    """

    #: Krippendorff's. None where it says nothing.
    alpha: float | None
    #: Share of the pairs on which both say the same. None where there is no pair.
    share: float | None
    remarks: int


def remark_agreement(
    study: Study,
    item: Item | None = None,
) -> AgreementOnRemarks:
    """Over a study, or one of its measures."""
    points = defaultdict(list)
    for place, point in ExpertComment.objects.filter(
        item__study=study,
    ).values_list("item", "pk"):
        points[place].append(point)
    remarks = remarks_of(study)
    if item is not None:
        remarks = remarks.filter(item=item)
    units = []
    coded_twice = 0
    for remark in remarks.prefetch_related("codings__points"):
        choices = _points_by_coder(remark)
        if len(choices) != CODERS:
            continue
        coded_twice += 1
        first, second = choices
        for point in points[remark.item_id]:
            units.append([point in first, point in second])
    result = coder_agreement(units)
    return AgreementOnRemarks(result.alpha, result.share, coded_twice)


def _points_by_coder(remark: Remark) -> list[set[int]]:
    """The points that each coder finds in a remark."""
    choices = []
    for coding in remark.codings.all():
        choices.append({point.pk for point in coding.points.all()})
    return choices


def differs(remark: Remark) -> bool:
    """Whether two coders have coded a remark, and not alike."""
    choices = _points_by_coder(remark)
    return len(choices) == CODERS and choices[0] != choices[1]


# Counting


def counts_by_point(item: Item) -> dict[int, int]:
    """How many experts made each point on a measure, by the point's key."""
    return _count_experts(
        item.comments.all(),
        remarks_of(item.study).filter(item=item),
    )


def _count_experts(
    points: Iterable[ExpertComment],
    remarks: QuerySet[Remark],
) -> dict[int, int]:
    experts: dict[int, set[str]] = {point.pk: set() for point in points}
    counted = remarks.filter(is_withheld=False).select_related("response")
    for remark in counted.prefetch_related("codings__points"):
        choices = _points_by_coder(remark)
        for point in set.intersection(*choices) if choices else ():
            experts[point].add(remark.response.pseudonym)
    return {point: len(who) for point, who in experts.items()}


def summary_as_text(body: str, counts: Mapping[str, int]) -> str:
    """A summary with each label replaced by the word for its count: “several experts”."""
    text = PLACEHOLDER.sub(lambda found: _word(counts[found[1]]), body)
    # A sentence may begin with a label.
    return re.sub(
        r"(^|[.!?]\s+)([a-z])",
        lambda found: found[1] + found[2].upper(),
        text,
    )


def _word(count: int) -> str:
    return how_many(count).label if count else "nobody yet"


def preview(*, item: Item, body: str, coder) -> str:
    """A summary as its words stand now. Raises ValidationError for a label that is none, and
    where the words would tell a coder what another chose before they have coded the same
    remarks.
    """
    points = list(item.comments.all())
    _check_labels(body, [point.label for point in points if point.label])
    codings = Coding.objects.filter(remark=OuterRef("pk"))
    remarks = remarks_of(item.study).filter(item=item, is_withheld=False)
    by_me = Exists(codings.filter(coder=coder))
    by_others = Exists(codings.exclude(coder=coder))
    unseen = 0
    if remarks.filter(by_me).exists():
        unseen = remarks.filter(~by_me, by_others).count()
    if unseen:
        raise ValidationError(
            f"Another has coded {unseen} comments that you have not: the words would give their choice away. "
            "Code these first.",
        )
    counts = counts_by_point(item)
    return summary_as_text(
        body,
        {point.label: counts[point.pk] for point in points},
    )


# Settling


def comment_problems(study: Study) -> list[str]:
    """All that keeps the comments of a study from being published, in a fixed number of queries."""
    return _problems_of_comments(study, *_counted(study))


def _counted(study: Study) -> tuple[list[ExpertComment], dict[int, int]]:
    points = list(
        ExpertComment.objects.filter(item__study=study).select_related(
            "item__mitigation",
        ),
    )
    return points, _count_experts(points, remarks_of(study))


def _problems_of_comments(
    study: Study,
    points: list[ExpertComment],
    counts: Mapping[int, int],
) -> list[str]:
    found = []
    if left := open_remarks(study).count():
        found.append(f"{left} comments are neither coded nor withheld.")
    found += [
        f"{point.item.mitigation.accession}: nobody made the point “{point.label or point.body}”."
        for point in points
        if not counts[point.pk]
    ]
    labels = defaultdict(set)
    for point in points:
        labels[point.item_id].add(point.label)
    for summary in CommentSummary.objects.filter(
        item__study=study,
    ).select_related("item__mitigation"):
        try:
            _check_labels(summary.body, labels[summary.item_id] - {""})
        except ValidationError as unknown:
            found.append(
                f"{summary.item.mitigation.accession}, summary: {unknown.messages[0]}",
            )
    return found


@revision.writing()
def settle_comments(study: Study) -> list[str]:
    """Gives every point its count and word, and every summary its words. Returns what does not
    allow it; then nothing is changed.
    """
    points, counts = _counted(study)
    if found := _problems_of_comments(study, points, counts):
        return found
    by_label: dict[int, dict[str, int]] = defaultdict(Counter)
    for point in points:
        point.count = by_label[point.item_id][point.label] = counts[point.pk]
        point.how_many = how_many(point.count)
        point.save()
    for summary in CommentSummary.objects.filter(item__study=study):
        summary.body = summary_as_text(summary.body, by_label[summary.item_id])
        summary.save()
    return []
