"""Long lists on pages about something else: the first entries stand open, the rest folded away."""

import pytest

from catalogue.models import Mitigation
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = pytest.mark.django_db


def body_of(client, record) -> str:
    return client.get(record.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("count", "is_folded"), [(30, False), (31, True)])
def test_a_source_shows_its_first_measures_and_folds_a_long_rest_away(
    client,
    count,
    is_folded,
):
    document = DocumentFactory()
    MitigationFactory.create_batch(count, document=document)

    body = body_of(client, document)

    assert body.count('class="entry"') == count
    assert ("Show the next 6" in body) == is_folded


def test_a_category_with_many_folds_those_with_another_main_category(client):
    category = CategoryFactory()
    for mitigation in MitigationFactory.create_batch(26):
        ClassificationFactory(
            mitigation=mitigation,
            category=category,
            is_primary=False,
        )

    body = body_of(client, category)

    assert body.count('class="entry"') == 26
    assert "26 also classified here" in " ".join(body.split())


def measure_placed(risk, code, *, is_main=True) -> Mitigation:
    """A mitigation that addresses a risk, with a code in the main taxonomy."""
    mitigation = MitigationFactory()
    ClassificationFactory(
        mitigation=mitigation,
        category=risk,
        is_primary=is_main,
    )
    ClassificationFactory(mitigation=mitigation, category=code)
    return mitigation


def test_a_risk_has_its_measures_in_the_order_of_the_codes_that_they_show(
    client,
):
    risk = CategoryFactory(taxonomy__kind="risks")
    main = TaxonomyFactory(is_default=True)
    second = CategoryFactory(taxonomy=main, code="2")
    first = CategoryFactory(taxonomy=main, code="1")
    late = measure_placed(risk, second)
    early = measure_placed(risk, first)
    measure_placed(risk, first, is_main=False)

    body = " ".join(body_of(client, risk).split())

    assert body.index(early.name) < body.index(late.name)
    assert (
        "2 with this as their main risk, 1 more that address it too." in body
    )


def test_a_neighbour_is_told_of_in_whole_words(client):
    document = DocumentFactory()
    first = MitigationFactory(document=document)
    words = " ".join(f"word{number}" for number in range(40))
    MitigationFactory(document=document, description=f"{words}.")

    assert "word16 word17 …</p>" in body_of(client, first)


def test_a_measure_has_the_list_of_what_is_on_its_page_at_the_top_too(client):
    mitigation = MitigationFactory()

    body = body_of(client, mitigation)

    links = ["#evidence", "#stands", "#risks", "#asked-for", "#cite"]
    assert [body.count(f'<li><a href="{one}"') for one in links] == [2] * 5
    assert body.index("on-this-page-above") < body.index('id="evidence"')
