"""Studies: one that can be opened, with a five-point scale, one criterion and a few items; and
one that ran and has all.
"""

from django.contrib.auth.models import Permission

from surveys.comments import comment_coding
from surveys.models import (
    Answer,
    Criterion,
    ExpertComment,
    ExpertiseArea,
    Item,
    Member,
    Remark,
    Response,
    RiskArea,
    Scale,
    ScalePoint,
    Study,
)
from surveys.results.publishing import publish_study
from surveys.running import fielding, invitations
from surveys.running.rounds import close_round, close_study, open_round
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


def make_token(study) -> str:
    number = study.invitations.count() + 1
    return invitations.invite(
        study=study,
        addresses=[f"expert{number}@example.org"],
    )[0][1]


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
    write_answers(
        response,
        answers={item: {"do": slug} for item in items},
        remarks=dict.fromkeys(items, remark),
        combination=items[:combination] or None,
    )
    return response


def write_answers(
    response,
    *,
    answers,
    remarks,
    combination=None,
    questions=None,
):
    """Leaves the rows that `fielding.save_item` and `fielding.submit` leave, in a few
    queries. `answers`: by item, the slug of a point by the name of the question, empty where it is
    skipped. `remarks`: by item. `combination`: items; None leaves it as it is. `questions`:
    those of the study, where they are at hand.
    """
    asked = {
        fielding.question_name(*question): question
        for question in questions or fielding.questions(response.round.study)
    }
    rows = []
    for item, given in answers.items():
        for name, slug in given.items():
            if slug:
                criterion, area = asked[name]
                [point] = [
                    point
                    for point in criterion.scale.points.all()
                    if point.slug == slug
                ]
                rows.append(
                    Answer(
                        response=response,
                        item=item,
                        criterion=criterion,
                        risk_area=area,
                        point=point,
                    ),
                )
    # Of what stood there from the round before nothing is left but a combination.
    response.answers.all().delete()
    response.remarks.all().delete()
    Answer.objects.bulk_create(rows)
    Remark.objects.bulk_create(
        Remark(response=response, item=item, body=body)
        for item, body in remarks.items()
        if body
    )
    if combination is not None:
        response.combination.set(combination)
    Response.objects.filter(pk=response.pk).update(is_submitted=True)


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
    tokens = [make_token(study) for _ in range(experts)]
    for number in range(rounds):
        round_ = open_round(study=study)
        questions = fielding.questions(study)
        for expert, token in enumerate(tokens):
            _answer_in_full(round_, token, expert, number, questions)
        if number < rounds - 1:
            close_round(study=study)
    close_study(study=study)
    study.refresh_from_db()
    _code_remarks(study)
    publish_study(study)
    study.refresh_from_db()
    return study


def _answer_in_full(round_, token, expert, number, questions):
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
    response = fielding.consent(round_=round_, token=token, expertise=group)
    items = list(response.asked.select_related("mitigation"))
    names = [fielding.question_name(*question) for question in questions]
    answers, remarks = {}, {}
    for place, item in enumerate(items):
        turn = expert * 5 + place * 3
        answers[item] = {
            name: LEANINGS[(turn + index * (1 + number)) % len(LEANINGS)]
            for index, name in enumerate(names)
        }
        if number == 0 and expert % 3 == 0:
            remarks[item] = f"What {item} costs, as expert {expert} sees it."
    write_answers(
        response,
        answers=answers,
        remarks=remarks,
        combination=[
            item
            for place, item in enumerate(items)
            if (expert + place) % 3 == 0
        ],
        questions=questions,
    )


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
    for remark in remarks or [""] * 5:
        answer_all(round_, make_token(study), remark=remark)
    close_study(study=study)
    study.refresh_from_db()
    return study
