"""What experts gave as reasons, the strongest on either side."""

from collections.abc import Iterable
from dataclasses import dataclass

from ...models import ExpertComment, RiskArea
from ..evidence import ItemEvidence

SIDES = (
    (ExpertComment.Stance.SUPPORTS, "For"),
    (ExpertComment.Stance.DOUBTS, "Against"),
)


@dataclass(frozen=True)
class Reason:
    """A comment; `side` says what for. `url` leads to it, among the `others` of its side."""

    side: str
    comment: ExpertComment
    others: int

    @property
    def url(self) -> str:
        page = self.comment.item.mitigation.get_absolute_url()
        return f"{page}#comment-{self.comment.pk}"


def strongest_reasons(
    item: ItemEvidence,
    area: RiskArea | None = None,
) -> list[Reason]:
    """At most one for and one against: the one that most experts gave. In a risk area those
    about it alone count, otherwise all. Takes no query after `with_results`.
    """
    comments = list(item.item.comments.all())
    if area is not None:
        comments = [one for one in comments if one.risk_area_id == area.pk]
    reasons = []
    for stance, side in SIDES:
        of_side = _most_first(one for one in comments if one.stance == stance)
        if of_side:
            of_side[0].item = item.item
            reasons.append(Reason(side, of_side[0], len(of_side) - 1))
    return reasons


def _most_first(comments: Iterable[ExpertComment]) -> list[ExpertComment]:
    return sorted(
        comments,
        key=lambda one: (one.how_many, -(one.count or 0), one.pk),
    )
