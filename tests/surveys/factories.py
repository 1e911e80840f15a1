"""Studies: one that can be opened, with a five-point scale, one criterion and a few items; and
one that ran and has all.
"""

from typing import NamedTuple

from django.contrib.auth.models import Permission

from surveys.comments import comment_coding
from surveys.models import (
    Answer,
    Criterion,
    ExpertComment,
    ExpertiseArea,
    Figure,
    Item,
    Member,
    Remark,
    Response,
    Result,
    RiskArea,
    Scale,
    ScalePoint,
    Study,
)
from surveys.results.publishing import publish_study
from surveys.running import fielding, invitations, secrecy
from surveys.running.rounds import close_round, close_study, open_round
from surveys.shares import refresh_shares_agreeing
from tests.factories import MitigationFactory, UserFactory

POINTS = [
    ("sd", -2, -1),
    ("d", -1, -1),
    ("n", 0, 0),
    ("a", 1, 1),
    ("sa", 2, 1),
]


def make_study(items=3, expertise=(), **fields) -> Study:
    number = Study.objects.count() + 1
    study = Study.objects.create(
        slug=f"study-{number}",
        title=f"A study {number}",
        label=f"Study {number}",
        method="Experts were asked.",
        limits="It says what these experts think.",
        consent_text="Your answers are anonymous.",
        **fields,
    )
    scale = Scale.objects.create(slug=f"scale-{number}", name="Agreement")
    for position, (slug, value, side) in enumerate(POINTS):
        ScalePoint.objects.create(
            scale=scale,
            slug=slug,
            label=f"Point {slug}",
            position=position,
            value=value,
            side=side,
        )
    ScalePoint.objects.create(
        scale=scale,
        slug="dk",
        label="Don’t know",
        position=9,
        is_dont_know=True,
    )
    Criterion.objects.create(
        study=study,
        slug="do",
        name="Should be done",
        question="Should it be done?",
        scale=scale,
    )
    for position in range(items):
        Item.objects.create(
            study=study,
            mitigation=MitigationFactory(),
            position=position,
        )
    for slug in expertise:
        area, _ = ExpertiseArea.objects.get_or_create(
            slug=slug,
            defaults={"name": slug.title()},
        )
        study.expertise_areas.add(area)
    return study


def put_to_experts(*shares: str, items: int = 0, **fields) -> Study:
    """A study that publishes a share, such as “0.6” or “>0.6”, of its first measures."""
    study = make_study(
        items=items or len(shares),
        status="published",
        year=2026,
        **fields,
    )
    rows = study.items.all()
    for item, text in zip(rows, shares, strict=False):
        result = Result.objects.create(
            item=item,
            criterion=study.criteria.get(),
        )
        operator = text[0] if text[0] in "<>" else ""
        Figure.objects.create(
            result=result,
            statistic="share_agreeing",
            value=float(text.lstrip("<>")),
            decimals=2,
            operator=operator,
        )
    refresh_shares_agreeing(study)
    return study


def make_token(study) -> str:
    return make_tokens(study, 1)[0]


def make_tokens(study, count: int) -> list[str]:
    """Of as many experts, invited at once."""
    first = study.invitations.count() + 1
    pairs = invitations.invite(
        study=study,
        addresses=[
            f"expert{number}@example.org"
            for number in range(first, first + count)
        ],
    )
    return [token for _, token in pairs]


class Given(NamedTuple):
    """What one expert gives. `answers`: by item, the slug of a point by the name of the
    question, empty where it is skipped. `remarks`: by item. `expertise`: the slug of an area.
    """

    answers: dict[Item, dict[str, str]]
    remarks: dict[Item, str]
    combination: list[Item]
    expertise: str = ""


def answer_all(
    round_,
    token,
    slug="a",
    expertise="",
    remark="",
    combination=0,
):
    """An expert who gives the same answer to everything, would combine that many measures, and
    submits.
    """
    response = fielding.consent(
        round_=round_,
        token=token,
        expertise=expertise,
    )
    items = list(response.asked.order_by("position"))
    # Of what stood there from the round before nothing is left but a combination.
    response.answers.all().delete()
    response.remarks.all().delete()
    if combination:
        response.combination.clear()
    given = Given(
        answers={item: {"do": slug} for item in items},
        remarks=dict.fromkeys(items, remark),
        combination=items[:combination],
    )
    _write_answers(round_.study, {response: given})
    Response.objects.filter(pk=response.pk).update(is_submitted=True)
    return response


def respond(round_, given: dict[str, Given]) -> None:
    """Leaves the rows that `fielding.consent`, `save_item` and `submit` leave of experts by
    their tokens who are asked about all items, in a few queries for all of them.
    """
    areas = {area.slug: area for area in round_.study.expertise_areas.all()}
    responses = {
        Response(
            round=round_,
            pseudonym=secrecy.pseudonym(token),
            expertise_area=areas.get(one.expertise),
            is_submitted=True,
        ): one
        for token, one in given.items()
    }
    Response.objects.bulk_create(responses)
    items = list(round_.study.items.all())
    Asked = Response.asked.through
    Asked.objects.bulk_create(
        Asked(response=response, item=item)
        for response in responses
        for item in items
    )
    _write_answers(round_.study, responses)


def respond_alike(round_, said) -> None:
    """New experts, each of whom gives one answer (a slug) to everything and one comment, as
    `said` has it.
    """
    items = list(round_.study.items.all())
    tokens = make_tokens(round_.study, len(said))
    given = {
        token: Given(
            answers={item: {"do": slug} for item in items},
            remarks=dict.fromkeys(items, remark),
            combination=[],
        )
        for token, (slug, remark) in zip(tokens, said, strict=True)
    }
    respond(round_, given)


def _write_answers(study, given: dict[Response, Given]) -> None:
    points = {}
    for criterion, area in fielding.questions(study):
        name = fielding.question_name(criterion, area)
        for point in criterion.scale.points.all():
            points[name, point.slug] = criterion, area, point
    rows = []
    for response, one in given.items():
        for item, slugs in one.answers.items():
            for name, slug in slugs.items():
                if slug:
                    criterion, area, point = points[name, slug]
                    row = Answer(
                        response=response,
                        item=item,
                        criterion=criterion,
                        risk_area=area,
                        point=point,
                    )
                    rows.append(row)
    Answer.objects.bulk_create(rows)
    Remark.objects.bulk_create(
        Remark(response=response, item=item, body=body)
        for response, one in given.items()
        for item, body in one.remarks.items()
        if body
    )
    Combined = Response.combination.through
    Combined.objects.bulk_create(
        Combined(response=response, item=item)
        for response, one in given.items()
        for item in one.combination
    )


#: What the experts of a full study answer, in turn: mostly in favour, some against, some who do
#: not know, one who skips.
LEANINGS = ["sa", "a", "a", "n", "sa", "dk", "a", "d", "sa", "a", "", "sd"]


def make_full_study(items=2, experts=24, areas=4, rounds=2, **fields) -> Study:
    """A published study that ran here through the services, with all that a study can have:
    three criteria, two of them asked by risk area, groups of experts of which two are too
    small, combinations, comments, a consensus rule, rounds.
    """
    fields = {"consensus_percent": 60, "asks_combination": True, **fields}
    study = make_study(
        items=items,
        expertise=["law", "policy", "engineering", "ethics"],
        **fields,
    )
    scale = study.criteria.get().scale
    for number in range(areas):
        area, _ = RiskArea.objects.get_or_create(
            slug=f"area-{number}",
            defaults={
                "name": f"Risk area {number}",
                "definition": "Harm.",
                "position": number,
            },
        )
        study.risk_areas.add(area)
    for position, slug in enumerate(("effective", "feasible"), start=1):
        Criterion.objects.create(
            study=study,
            slug=slug,
            name=slug.title(),
            question=f"Is it {slug}?",
            scale=scale,
            by_risk_area=True,
            position=position,
            is_support=slug == "effective",
        )
    tokens = make_tokens(study, experts)
    for number in range(rounds):
        round_ = open_round(study=study)
        names = [
            fielding.question_name(*question)
            for question in fielding.questions(study)
        ]
        items_asked = list(study.items.select_related("mitigation"))
        respond(
            round_,
            {
                token: _given_in_full(items_asked, names, expert, number)
                for expert, token in enumerate(tokens)
            },
        )
        if number < rounds - 1:
            close_round(study=study)
    close_study(study=study)
    study.refresh_from_db()
    _code_remarks(study)
    publish_study(study)
    study.refresh_from_db()
    return study


def _given_in_full(items, names, expert, number) -> Given:
    group = (
        "law",
        "policy",
        "law",
        "policy",
        "law",
        "policy",
        "engineering",
        "ethics",
    )[expert % 8]
    answers, remarks = {}, {}
    for place, item in enumerate(items):
        turn = expert * 5 + place * 3
        answers[item] = {
            name: LEANINGS[(turn + index * (1 + number)) % len(LEANINGS)]
            for index, name in enumerate(names)
        }
        if number == 0 and expert % 3 == 0:
            remarks[item] = f"What {item} costs, as expert {expert} sees it."
    combination = [
        item for place, item in enumerate(items) if (expert + place) % 3 == 0
    ]
    return Given(answers, remarks, combination, group)


def _code_remarks(study):
    """For each item: a point that most make, one about a risk area, and a summary."""
    coder = UserFactory()
    area = study.risk_areas.first()
    for item in study.items.all():
        cost = ExpertComment.objects.create(
            item=item,
            label="cost",
            body="It costs little.",
            stance=1,
        )
        trust = ExpertComment.objects.create(
            item=item,
            label="trust",
            body="It may be trusted too much.",
            stance=3,
            risk_area=area,
        )
        for place, remark in enumerate(
            comment_coding.remarks_of(study)
            .filter(item=item)
            .order_by("body"),
        ):
            comment_coding.code_remark(
                remark=remark,
                coder=coder,
                points=[cost] if place % 2 else [cost, trust],
            )
        comment_coding.summarise(
            item=item,
            body="{cost} say that it costs little; {trust} fear that it is trusted too much.",
        )


def make_lead(*permissions, leads=None):
    """Somebody of the staff, with these permissions about surveys, who leads a study."""
    lead = UserFactory(is_staff=True)
    if leads:
        Member.objects.create(study=leads, user=lead, role="lead")
    lead.user_permissions.set(
        Permission.objects.filter(
            codename__in=permissions,
            content_type__app_label="surveys",
        ),
    )
    return lead


def make_closed_study(remarks=(), items=1, **fields) -> Study:
    """A study that as many experts answered as there are remarks, or five, and that is closed."""
    study = make_study(items=items, **fields)
    round_ = open_round(study=study)
    respond_alike(round_, [("a", remark) for remark in remarks or [""] * 5])
    close_study(study=study)
    study.refresh_from_db()
    return study


def make_answered_study(said, **fields) -> Study:
    """A closed study of two items: what each expert said of both, and whether they would
    combine them.
    """
    study = make_study(items=2, **fields)
    items = list(study.items.all())
    round_ = open_round(study=study)
    given = {}
    for token, (first, second) in zip(
        make_tokens(study, len(said)),
        said,
        strict=True,
    ):
        answers = {items[0]: {"do": first}, items[1]: {"do": second}}
        combination = [
            item
            for item, slug in zip(items, (first, second), strict=True)
            if slug in ("a", "sa")
        ]
        given[token] = Given(answers, {}, combination)
    respond(round_, given)
    close_study(study=study)
    study.refresh_from_db()
    return study


#: Fourteen agree with the first, six with the second, five of these with both.
SPLIT = [("a", "a")] * 5 + [("a", "d")] * 9 + [("d", "a")] + [("d", "d")] * 5
