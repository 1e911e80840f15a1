"""Long lists on pages about something else: the first entries stand open, the rest folded away."""

import pytest

from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    MitigationFactory,
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
