"""Risk areas: studies reported on them, which covers nothing and leaves nothing out."""

import lxml.html
import pytest

from catalogue.models import Mitigation
from surveys.models import Lean, RiskArea
from tests.surveys.factories import put_to_experts

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine():
    """A comment on it leans against it for one area; of another nothing is published."""
    study = put_to_experts("0.5", items=2)
    areas = []
    for position, slug in enumerate(("cbrn", "bias")):
        area = RiskArea.objects.create(
            slug=slug,
            name=slug.upper(),
            definition="Harm.",
            position=position,
        )
        areas.append(area)
        study.risk_areas.add(area)
    item = study.items.first()
    Lean.objects.create(item=item, risk_area=areas[0], direction="-")
    return item.mitigation


def page_of(client, mitigation: Mitigation, query: str = ""):
    response = client.get(f"/shortlist/?m={mitigation.accession}&{query}")
    assert response.status_code == 200
    return lxml.html.fromstring(response.content)


def text_of(node) -> str:
    return " ".join(node.text_content().split())


def test_an_area_that_was_reported_on_is_not_called_covered(client, mine):
    page = page_of(client, mine)

    captions = [text_of(one) for one in page.xpath("//caption")]
    assert "Risk area with results or comments: 1 of 2 reported on" in captions


def test_an_area_that_was_not_reported_on_is_no_gap(client, mine):
    address = f"/api/v1/shortlist/?m={mine.accession}"

    answer = client.get(address).json()

    assert [(one["name"], one["here"]) for one in answer["reported_on"]] == [
        ("CBRN", 1),
        ("BIAS", 0),
    ]
    told = [*answer["gaps"], *answer["without_any"]]
    assert "risk_area" not in {one["parameter"] for one in told}
    labels = [one["label"] for one in answer["coverage"]]
    assert "Risk area with results or comments" not in labels


def test_the_brief_does_not_count_areas_among_what_is_covered(client, mine):
    address = f"/shortlist/brief.txt?m={mine.accession}&length=4"

    response = client.get(address)

    assert response.status_code == 200
    text = response.content.decode()
    assert "Covered" in text
    assert "with results or comments" not in text


def test_it_is_chosen_as_what_studies_reported_on(client, mine):
    page = page_of(client, mine)

    [option] = page.xpath(
        "//select[@id='for']//option[@value='risk_area:cbrn']",
    )
    assert option.text == "Results or comments on CBRN"


def test_what_no_study_reported_on_is_said_to_be_left_uncounted(client, mine):
    text = text_of(page_of(client, mine, "for=risk_area:cbrn"))

    assert (
        "Counted is only what bears on “CBRN” (only what a study published results or comments on there)."
        in text
    )
