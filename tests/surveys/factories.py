"""A study that can be opened: a five-point scale with don't know, one criterion, and a few items."""

from django.contrib.auth.models import Permission

from surveys import fielding
from surveys.models import Criterion, ExpertiseArea, Item, Scale, ScalePoint, Study
from tests.factories import MitigationFactory, UserFactory

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


def make_lead(*permissions):
    """Somebody of the staff, with these permissions about surveys."""
    lead = UserFactory(is_staff=True)
    lead.user_permissions.set(Permission.objects.filter(codename__in=permissions, content_type__app_label="surveys"))
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
