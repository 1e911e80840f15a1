"""Studies: one that can be opened, with a five-point scale, one criterion and a few items; and
one that ran and has all.
"""

from django.contrib.auth.models import Permission

from surveys.comments import coding
from surveys.models import (
    Criterion,
    ExpertComment,
    ExpertiseArea,
    Item,
    Member,
    RiskArea,
    Scale,
    ScalePoint,
    Study,
)
from surveys.results.publishing import publish
from surveys.running import fielding
from tests.factories import MitigationFactory, UserFactory

POINTS = [("sd", -2, -1), ("d", -1, -1), ("n", 0, 0), ("a", 1, 1), ("sa", 2, 1)]


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
        scale=scale, slug="dk", label="Don’t know", position=9, is_dont_know=True
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
            study=study, mitigation=MitigationFactory(), position=position
        )
    for slug in expertise:
        area, _ = ExpertiseArea.objects.get_or_create(
            slug=slug, defaults={"name": slug.title()}
        )
        study.expertise_areas.add(area)
    return study


def make_token(study) -> str:
    number = study.invitations.count() + 1
    return fielding.invite(study=study, addresses=[f"expert{number}@example.org"])[0][1]


def answer_all(round_, token, slug="a", expertise="", remark="", combination=0):
    """An expert who gives the same answer to everything, would combine that many measures, and
    submits.
    """
    response = fielding.consent(round_=round_, token=token, expertise=expertise)
    for item in response.asked.all():
        fielding.save_item(
            response=response, item=item, given={"do": slug}, remark=remark
        )
    chosen = [
        item.mitigation.accession
        for item in response.asked.order_by("position")[:combination]
    ]
    fielding.submit(response=response, combination=chosen if combination else None)
    return response


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
        items=items, expertise=["law", "policy", "engineering", "ethics"], **fields
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
        round_ = fielding.open_round(study=study)
        for expert, token in enumerate(tokens):
            _answer_in_full(round_, token, expert, number)
        if number < rounds - 1:
            fielding.close_round(study=study)
    fielding.close_study(study=study)
    study.refresh_from_db()
    _code_remarks(study)
    publish(study)
    study.refresh_from_db()
    return study


def _answer_in_full(round_, token, expert, number):
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
    names = [
        fielding.question_name(*question)
        for question in fielding.questions(round_.study)
    ]
    for place, item in enumerate(items):
        given = {
            name: LEANINGS[
                (expert * 5 + place * 3 + index * (1 + number)) % len(LEANINGS)
            ]
            for index, name in enumerate(names)
        }
        remark = (
            f"What {item} costs, as expert {expert} sees it."
            if number == 0 and expert % 3 == 0
            else ""
        )
        fielding.save_item(response=response, item=item, given=given, remark=remark)
    chosen = [
        item.mitigation.accession
        for place, item in enumerate(items)
        if (expert + place) % 3 == 0
    ]
    fielding.submit(response=response, combination=chosen)


def _code_remarks(study):
    """For each item: a point that most make, one about a risk area, and a summary."""
    coder = UserFactory()
    area = study.risk_areas.first()
    for item in study.items.all():
        cost = ExpertComment.objects.create(
            item=item, label="cost", body="It costs little.", stance=1
        )
        trust = ExpertComment.objects.create(
            item=item,
            label="trust",
            body="It may be trusted too much.",
            stance=3,
            risk_area=area,
        )
        for place, remark in enumerate(
            coding.remarks_of(study).filter(item=item).order_by("body")
        ):
            coding.code(
                remark=remark,
                coder=coder,
                points=[cost] if place % 2 else [cost, trust],
            )
        coding.summarise(
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
            codename__in=permissions, content_type__app_label="surveys"
        )
    )
    return lead


def make_closed_study(remarks=(), items=1, **fields) -> Study:
    """A study that as many experts answered as there are remarks, or five, and that is closed."""
    study = make_study(items=items, **fields)
    round_ = fielding.open_round(study=study)
    for remark in remarks or [""] * 5:
        answer_all(round_, make_token(study), remark=remark)
    fielding.close_study(study=study)
    study.refresh_from_db()
    return study
