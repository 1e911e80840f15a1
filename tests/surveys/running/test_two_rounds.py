"""Fifty experts answer a study in two rounds, as people do: in tabs and on devices, over a
network that fails, standing by what they said, breaking off halfway. What each last saw as
saved is what the results hold.
"""

import html
import random
import re
from collections import Counter
from contextlib import suppress
from itertools import groupby

import pytest
from django.test import Client
from django.urls import reverse

from surveys.files.longform import long_rows
from surveys.models import Criterion, Response, Round, Tally
from surveys.running import fielding, rounds
from tests.surveys.factories import make_study, make_token

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]

EXPERTS = 50
SEED = 13
SCRIPT = {"HX-Request": "true"}
HIDDEN = re.compile(
    r'<input type="hidden" name="(was|tried|stands)-([\w-]+)" value="([^"]*)"',
)
RADIO = re.compile(
    r'<input type="radio" name="([\w-]+)" value="(\w+)"( checked)?',
)
TEXT = re.compile(r"<textarea[^>]*>\n(.*?)</textarea>", re.DOTALL)
TICKED = re.compile(r'name="combination" value="(\w+)" checked')
#: What becomes of what is sent: mostly it arrives, and so does the answer.
FATES = ["arrives"] * 6 + ["lost on the way", "answer lost"]


class Page:
    """A page as a browser with JavaScript holds it: what it shows, and what it knows of that."""

    def __init__(self, expert: "Expert", path: str):
        self.expert, self.path = expert, path
        self.is_unsure = False
        self.known: dict[str, dict[str, list[str]]] = {
            "was": {},
            "tried": {},
            "stands": {},
        }

    def take_known(self, text: str) -> None:
        self.known = {"was": {}, "tried": {}, "stands": {}}
        for kind, name, value in HIDDEN.findall(text):
            self.known[kind].setdefault(name, []).append(html.unescape(value))

    def post(self, fields: dict, fate: str, **more: str):
        """Sends the form, and returns the answer; None where it was lost."""
        hidden = {
            f"{kind}-{name}": values
            for kind, named in self.known.items()
            for name, values in named.items()
        }
        for name, value in fields.items():
            tried = self.known["tried"].setdefault(name, [])
            tried += value if isinstance(value, list) else [value]
        self.is_unsure = fate != "arrives"
        if fate == "lost on the way":
            return None
        answer = self.expert.client.post(
            self.path,
            {**hidden, **fields, **more},
            headers=SCRIPT,
        )
        return None if self.is_unsure else answer


class ItemPage(Page):
    def __init__(self, expert: "Expert", number: int):
        super().__init__(
            expert,
            reverse("answer-item", args=[expert.token, number]),
        )
        self.number = number
        text = expert.client.get(self.path).content.decode()
        self.take_known(text)
        self.values = {name: "" for name, *_ in RADIO.findall(text)}
        self.take_values(text)
        expert.saw(number, self.values)

    def take_values(self, text: str) -> None:
        shown = {name for name, *_ in RADIO.findall(text)}
        self.values |= dict.fromkeys(shown, "")
        self.values |= {
            name: value
            for name, value, is_checked in RADIO.findall(text)
            if is_checked
        }
        for written in TEXT.findall(text):
            self.values["remark"] = html.unescape(written)

    def change(self) -> None:
        """One field: another answer, none, or other words."""
        chance = self.expert.chance
        name = chance.choice(sorted(self.values))
        if name == "remark":
            self.values[name] = chance.choice(
                [
                    "",
                    f"It depends <on> “{chance.randrange(1000)}” & more.\nReally.",
                ],
            )
        else:
            self.values[name] = chance.choice(
                ["sd", "d", "n", "a", "sa", "dk", ""],
            )

    def send(self, fate: str, **more: str) -> None:
        answer = self.post(self.values, fate, **more)
        if answer is None:
            return
        text = answer.content.decode()
        self.take_known(text)
        self.take_values(text)
        disputed = self.known["stands"]
        assert bool(disputed) == (answer.status_code == 409), text
        saved = {
            name: value
            for name, value in self.values.items()
            if name not in disputed
        }
        self.expert.saw(self.number, saved)
        if disputed and self.expert.chance.random() < 0.5:
            self.send("arrives", go="over")
        elif disputed:
            self.__init__(self.expert, self.number)  # type: ignore[misc] - loads the page anew


class Overview(Page):
    def __init__(self, expert: "Expert"):
        super().__init__(expert, reverse("answer-review", args=[expert.token]))
        text = expert.client.get(self.path).content.decode()
        self.take_known(text)
        self.ticked = set(TICKED.findall(text))
        expert.combined = set(self.ticked)

    def tick(self, fate: str) -> None:
        self.ticked ^= {self.expert.chance.choice(self.expert.codes)}
        answer = self.post({"combination": sorted(self.ticked)}, fate)
        if answer is not None:
            self.take_known(answer.content.decode())
            # From another page too: of those, this one says nothing.
            self.expert.combined = set(
                self.known["was"].get("combination", []),
            )


class Expert:
    """What they last saw as saved, by measure."""

    def __init__(self, token: str, codes: list[str], number: int):
        self.token, self.codes = token, codes
        self.chance = random.Random(SEED * 1000 + number)
        self.client = Client()
        # Nothing stands on a measure before it is answered.
        self.seen = {
            number: {"do": "", "works": "", "remark": ""}
            for number in range(1, len(codes) + 1)
        }
        self.combined: set[str] = set()

    def saw(self, number: int, values: dict[str, str]) -> None:
        self.seen[number] |= values

    def begin(self, round_: Round) -> None:
        self.response = fielding.consent(round_=round_, token=self.token)

    def answer(self, steps: int) -> None:
        """On up to three pages of measures, open at the same time, and one or two overviews."""
        pages: list[ItemPage] = []
        overviews: list[Overview] = []
        for _ in range(steps):
            if len(pages) < 3 and (not pages or self.chance.random() < 0.4):
                pages.append(
                    ItemPage(self, self.chance.randint(1, len(self.codes))),
                )
            page = self.chance.choice(pages)
            page.change()
            page.send(self.chance.choice(FATES))
            if self.chance.random() < 0.2:
                if len(overviews) < 2:
                    overviews.append(Overview(self))
                self.chance.choice(overviews).tick(self.chance.choice(FATES))
        for page in pages:
            # The page sends again until it is told; or it is closed, and the expert looks what
            # stands.
            if page.is_unsure and self.chance.random() < 0.5:
                page.send("arrives")
            elif page.is_unsure:
                ItemPage(self, page.number)

    def submit(self) -> None:
        """Having looked at what stands combined. Who answered nothing is told so, and is none
        of the respondents.
        """
        self.combined = set(fielding.combination_of(self.response))
        with suppress(fielding.Correctable):
            fielding.submit(response=self.response)

    @property
    def has_answered(self) -> bool:
        return any(
            value for values in self.seen.values() for value in values.values()
        ) or bool(self.combined)

    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """(measure, criterion, answer) as the long format has it."""
        found = []
        for number, values in self.seen.items():
            code = self.codes[number - 1]
            found += [
                (code, name, value)
                for name, value in values.items()
                if name != "remark"
            ]
            found.append(
                (
                    code,
                    "combination",
                    "yes" if code in self.combined else "no",
                ),
            )
            if values["remark"]:
                found.append((code, "comment", values["remark"]))
        return tuple(sorted(found))


@pytest.fixture
def study():
    study = make_study(items=2, asks_combination=True, min_cell_size=1)
    scale = study.criteria.get().scale
    Criterion.objects.create(
        study=study,
        slug="works",
        name="Works",
        question="Does it work?",
        scale=scale,
        position=1,
    )
    return study


def test_what_each_of_fifty_experts_last_saw_as_saved_is_what_the_results_hold(
    study,
):
    codes = list(
        study.items.order_by("position").values_list(
            "mitigation__accession",
            flat=True,
        ),
    )
    experts = [
        Expert(make_token(study), codes, number) for number in range(EXPERTS)
    ]
    seen: Counter = Counter()
    last: list[Expert] = []

    round_ = rounds.open_round(study=study)
    for expert in experts:
        expert.begin(round_)
        expert.answer(steps=expert.chance.randint(1, 2))
        if expert.chance.random() < 0.8:
            expert.submit()
            seen["1", expert.rows()] += expert.has_answered
    rounds.close_round(study=study)
    round_ = rounds.open_round(study=study)
    for expert in experts:
        came, stands_by, submits = (expert.chance.random() for _ in range(3))
        if came < 0.9:
            expert.begin(round_)
            expert.answer(
                steps=0 if stands_by < 0.4 else expert.chance.randint(1, 2),
            )
            if submits < 0.9:
                expert.submit()
                seen["2", expert.rows()] += expert.has_answered
                last += [expert] if expert.has_answered else []
    rounds.close_study(study=study)

    stored: Counter = Counter()
    for (_, round_), own in groupby(
        long_rows(study),
        key=lambda row: (row[0], row[1]),
    ):
        stored[
            round_,
            tuple(
                sorted(
                    (item, kind, answer) for *_, item, kind, _, answer in own
                ),
            ),
        ] += 1
    assert stored == +seen

    study.refresh_from_db()
    counted = Counter(
        row
        for expert in last
        for row in expert.rows()
        if row[2] and row[1] in ("do", "works")
    )
    tallies = Tally.objects.filter(result__item__study=study, count__gt=0)
    keys = (
        "result__item__mitigation__accession",
        "result__criterion__slug",
        "point__slug",
    )
    assert {
        tuple(row[:3]): row[3] for row in tallies.values_list(*keys, "count")
    } == dict(counted)
    assert study.responded == len(last)
    assert Response.objects.filter(
        is_submitted=False,
    ).exists()  # some broke off, and do not count
