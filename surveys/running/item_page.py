"""The page on which an expert answers about one measure."""

from collections import Counter
from collections.abc import Callable
from functools import cached_property

from django.http import QueryDict
from django.urls import reverse

from ..models import Item, Response, Round
from . import fielding
from .merging import Merged
from .tabulation import Question, distribution


def item_address(token: str, number: int, count: int) -> str:
    """Of an item; of the overview, after the last."""
    if number > count:
        return reverse("answer-review", args=[token])
    return reverse("answer-item", args=[token, number])


#: Where the buttons of an item lead, once it is saved.
STEPS: dict[str, Callable[[str, int, int], str]] = {
    "on": lambda token, number, count: item_address(token, number + 1, count),
    "back": lambda token, number, count: item_address(
        token,
        max(1, number - 1),
        count,
    ),
    "review": lambda token, number, count: item_address(
        token,
        count + 1,
        count,
    ),
}


class ItemPage:
    """The form of one item: what stands, what was sent, and what the form knows of its fields
    (see `merging`).
    """

    def __init__(self, response: Response, item: Item):
        self.response = response
        self.item = item
        self.of_study = fielding.questions(item.study)
        self.names = [
            fielding.question_name(*question) for question in self.of_study
        ]
        self.sent: dict[str, str] = {}
        self.known: dict[str, list[str]] = {}
        self.merged = Merged()

    @cached_property
    def before(self) -> Round | None:
        return self.response.round.before

    def read(self, data: QueryDict) -> None:
        names = [*self.names, fielding.REMARK]
        # A browser sends nothing of a question without a choice: the page showed none, and has
        # none.
        self.sent = {
            name: data.get(name, "")
            for name in names
            if name in data or data.get(f"was-{name}") == ""
        }
        # An expert who was told what was saved meanwhile, and saves this page over it, knows
        # that too.
        is_over = data.get("go") == "over"
        for name in names:
            prefixes = (
                ("was", "tried", "stands") if is_over else ("was", "tried")
            )
            known: list[str] = []
            for prefix in prefixes:
                known += data.getlist(f"{prefix}-{name}")
            self.known[name] = [value.replace("\r\n", "\n") for value in known]

    def save(self, data: QueryDict) -> None:
        self.read(data)
        given = dict(self.sent)
        remark = given.pop(fielding.REMARK, None)
        self.merged = fielding.save_item(
            response=self.response,
            item=self.item,
            known=self.known,
            remark=remark,
            given=given,
            of_study=self.of_study,
        )

    def _answers_before(self) -> dict[str, str]:
        """Of the same expert in the round before, by question."""
        if self.response.round.number == 1:
            return {}
        earlier = fielding.earlier_response(self.response)
        if earlier is None:
            return {}
        return fielding.answers_of_item(earlier, self.item, self.of_study)

    def context(self) -> dict:
        then = self._answers_before()
        stored = fielding.answers_of_item(
            self.response,
            self.item,
            self.of_study,
        )
        unsaved = self.merged.disputed | self.merged.refused
        values = {
            name: self.sent[name] if name in unsaved else value
            for name, value in stored.items()
        }
        known = {
            name: (self.known.get(name) or [""])
            if name in unsaved
            else [stored[name]]
            for name in stored
        }
        questions = self._questions(values, then)
        labels = {
            question["name"]: question["label"] for question in questions
        } | {fielding.REMARK: "Comment"}
        said = {
            (question["name"], point.slug): point.label
            for question in questions
            for point, *_ in question["points"]
        }

        def words(name: str, value: str) -> str:
            return said.get((name, value), value) or "nothing"

        return {
            "item": self.item,
            "before": self.before,
            "questions": questions,
            "remark": values[fielding.REMARK],
            "merged": self.merged,
            "known": [
                (name, first, tried) for name, (first, *tried) in known.items()
            ],
            "elsewhere": [
                (labels[name], words(name, value))
                for name, value in self.merged.elsewhere.items()
            ],
            "disputed": [
                (
                    name,
                    labels[name],
                    value,
                    words(name, value),
                    words(name, self.sent[name]),
                )
                for name, value in self.merged.disputed.items()
            ],
            "refused": list(self.merged.refused.values()),
            "changed": list(self.merged.elsewhere),
            "earlier_remark": then.get(fielding.REMARK, ""),
        }

    def _questions(
        self,
        values: dict[str, str],
        then: dict[str, str],
    ) -> list[dict]:
        """Each question with its points, what is marked, and, in a later round, what was
        answered before (`then`).
        """
        counts = distribution(self.before, [self.item]) if self.before else {}
        questions = []
        for criterion, area in self.of_study:
            name = fielding.question_name(criterion, area)
            counted = counts.get(
                Question(
                    self.item.pk,
                    criterion.pk,
                    area.pk if area else None,
                ),
                Counter(),
            )
            points = [
                (
                    point,
                    values[name] == point.slug,
                    then.get(name) == point.slug,
                    counted[point.pk],
                )
                for point in criterion.scale.points.all()  # type: ignore[union-attr]
            ]
            questions.append(
                {
                    "criterion": criterion,
                    "area": area,
                    "name": name,
                    "points": points,
                    "n": counted.total(),
                    "label": criterion.worded(area),
                },
            )
        return questions
