"""A study that can be opened: a five-point scale with don't know, one criterion, and a few items."""

from surveys import fielding
from surveys.models import Criterion, ExpertiseArea, Item, Scale, ScalePoint, Study
from tests.factories import MitigationFactory

POINTS = [("sd", -2, -1), ("d", -1, -1), ("n", 0, 0), ("a", 1, 1), ("sa", 2, 1)]


def make_study(items=3, expertise=(), **fields) -> Study:
    number = Study.objects.count() + 1
    study = Study.objects.create(
        slug=f"study-{number}", title=f"A study {number}", label=f"Study {number}", method="Experts were asked.",
        limits="It says what these experts think.", consent_text="Your answers are anonymous.", **fields,
    )  # fmt: skip
    scale = Scale.objects.create(slug=f"scale-{number}", name="Agreement")
    for position, (slug, value, side) in enumerate(POINTS):
        ScalePoint.objects.create(
            scale=scale, slug=slug, label=f"Point {slug}", position=position, value=value, side=side
        )
    ScalePoint.objects.create(scale=scale, slug="dk", label="Don’t know", position=9, is_dont_know=True)
    Criterion.objects.create(study=study, slug="do", name="Should be done", question="Should it be done?", scale=scale)
    for position in range(items):
        Item.objects.create(study=study, mitigation=MitigationFactory(), position=position)
    for slug in expertise:
        area, _ = ExpertiseArea.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
        study.expertise_areas.add(area)
    return study


def make_token(study) -> str:
    number = study.invitations.count() + 1
    return fielding.invite(study=study, addresses=[f"expert{number}@example.org"])[0][1]


def answer_all(round_, token, slug="a", expertise="", remark=""):
    """An expert who gives the same answer to everything, and submits."""
    response = fielding.consent(round_=round_, token=token, expertise=expertise)
    for item in response.asked.all():
        fielding.save_item(response=response, item=item, given={"do": slug}, remark=remark)
    fielding.submit(response=response)
    return response
