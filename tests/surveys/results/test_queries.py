"""No page or file takes more queries with more studies, items, criteria, risk areas or groups
of experts.
"""

import pytest
from django.urls import reverse

from surveys.models import Item
from tests.factories import MitigationFactory
from tests.files import sent
from tests.surveys.factories import make_full_study

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def queries_for(
    client,
    count,
    address_of,
    django_assert_max_num_queries,
) -> int:
    with django_assert_max_num_queries(60) as captured:
        assert sent(client.get(address_of(count)))
    return len(captured)


def test_the_page_of_a_mitigation_takes_the_same_queries_for_any_number_of_studies(
    client,
    django_assert_max_num_queries,
):
    other = MitigationFactory()
    mitigations = {}
    for count in (1, 3):
        mitigation = MitigationFactory()
        for _ in range(count):
            study = make_full_study(items=1, experts=10, areas=2)
            Item.objects.filter(study=study).update(mitigation=mitigation)
        mitigations[count] = mitigation
    # What is read once and kept is not counted.
    client.get("/")
    client.get(other.get_absolute_url())

    def address(count):
        return mitigations[count].get_absolute_url()

    few, many = (
        queries_for(client, count, address, django_assert_max_num_queries)
        for count in (1, 3)
    )
    assert few == many


def test_the_page_and_the_files_of_a_study_take_the_same_queries_for_any_number_of_items(
    client,
    django_assert_max_num_queries,
):
    studies = {
        count: make_full_study(items=count, experts=10, areas=2 * count)
        for count in (1, 3)
    }
    addresses = {
        **{
            query: lambda count, query=query: (
                studies[count].get_absolute_url() + query
            )
            for query in (
                "",
                "?criterion=effective",
                "?criterion=effective&risk_area=area-1",
            )
        },
        **{
            form: lambda count, form=form: reverse(
                "study-data",
                args=[studies[count].slug, form],
            )
            for form in ("csv", "json")
        },
    }

    few, many = (
        {
            name: queries_for(
                client,
                count,
                address,
                django_assert_max_num_queries,
            )
            for name, address in addresses.items()
        }
        for count in (1, 3)
    )
    assert few == many


def test_pages_with_many_studies_take_the_same_queries_for_any_number(
    client,
    django_assert_max_num_queries,
):
    names, counts = ["home", "study-list", "mitigation-list"], []
    for studies in (1, 2):
        for _ in range(studies):
            make_full_study(items=2, experts=10, areas=2)
        counts.append(
            {
                name: queries_for(
                    client,
                    studies,
                    lambda _, name=name: reverse(name),
                    django_assert_max_num_queries,
                )
                for name in names
            },
        )

    assert counts[0] == counts[1]
