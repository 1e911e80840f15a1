"""No axis mixes studies: walked in the HTML of shipped measures."""

import lxml.html
import pytest

from catalogue.models import Mitigation
from surveys.models import Item

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("shipped_catalogue"),
]
LARGEST = 80_000


@pytest.fixture
def of_two_studies():
    """Two measures of each published study, and one that no study asked about."""
    names: list[str] = []
    for slug in ("schuett-2023", "uuk-2024"):
        items = Item.objects.filter(study__slug=slug).order_by("position")
        names += items.values_list("mitigation__accession", flat=True)[:2]
    never = Mitigation.objects.published().filter(items=None)
    names.append(never.values_list("accession", flat=True)[0])
    return names


def page_of(client, names):
    return client.get(f"/compare/?{'&'.join(f'm={name}' for name in names)}")


def test_what_has_bars_is_of_one_question_of_one_study(
    client,
    of_two_studies,
):
    page = lxml.html.fromstring(page_of(client, of_two_studies).content)

    with_bars = page.xpath("//main//section[.//svg]")
    assert with_bars
    for section in with_bars:
        studies = set(
            section.xpath(".//a[starts-with(@href,'/studies/')]/@href"),
        )
        questions = section.xpath(".//*[@class='asked-in-full']")
        assert len(studies) == 1
        assert len(questions) == 1


def test_no_verdict_is_made_of_two_studies(client, of_two_studies):
    page = lxml.html.fromstring(page_of(client, of_two_studies).content)
    study_of = dict(
        Item.objects.values_list("mitigation__name", "study__slug"),
    )

    said = [one.text_content() for one in page.xpath("//*[@class='verdict']")]
    rated = [one for one in said if "rated higher" in one or "No clear" in one]
    assert rated
    for sentence in rated:
        names = [name for name in study_of if f"“{name}”" in sentence]
        assert len({study_of[name] for name in names}) == 1


def test_no_cell_is_empty(client, of_two_studies):
    page = lxml.html.fromstring(page_of(client, of_two_studies).content)

    cells = page.xpath("//table//tbody//td")
    assert cells
    assert all(cell.text_content().strip() for cell in cells)


def test_five_are_a_page_of_moderate_size(client, of_two_studies):
    assert len(page_of(client, of_two_studies).content) < LARGEST
