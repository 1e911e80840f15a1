"""What the site says that the catalogue does not cover."""

import pytest

from catalogue.pages.coverage import coverage
from tests.factories import (
    ActorFactory,
    CategoryFactory,
    ClassificationFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]


def taxonomy_of(codes, **values):
    taxonomy = TaxonomyFactory(**values)
    by_code = {}
    for code in codes:
        by_code[code] = CategoryFactory(
            taxonomy=taxonomy,
            code=code,
            parent=by_code.get(code.rpartition(".")[0]),
        )
    return by_code


def test_an_actor_is_counted_and_what_is_for_it_alone():
    developer, deployer = ActorFactory(), ActorFactory()
    MitigationFactory(actors=[developer])
    MitigationFactory(actors=[developer, deployer])
    MitigationFactory(actors=[developer, deployer], status="draft")

    found = coverage()

    assert [(one.actor, one.count, one.alone) for one in found.actors] == [
        (developer, 2, 1),
        (deployer, 1, 0),
    ]
    assert found.second_never_alone == deployer


def test_an_empty_branch_is_named_once_and_a_place_for_the_rest_never():
    codes = taxonomy_of(
        ["1", "1.1", "1.2", "2", "2.1", "99"],
        is_default=True,
    )
    ClassificationFactory(category=codes["1.1"])

    assert [one.code for one in coverage().empty] == ["1.2", "2"]


def test_a_risk_that_few_address_is_named_with_how_many():
    codes = taxonomy_of(["1", "2", "2.1"], kind="risks")
    for _ in range(2):
        ClassificationFactory(category=codes["1"])
    ClassificationFactory(category=codes["2"])

    found = coverage()

    assert [(one.category.code, one.count) for one in found.thin] == [
        ("2", 1),
    ]
    assert [one.code for one in found.unaddressed] == ["2.1"]


def test_nothing_is_said_of_a_catalogue_that_is_empty(client):
    assert client.get("/about/").status_code == 200
    assert coverage().mitigation_count == 0


def test_an_empty_category_is_a_gap_in_words(client):
    codes = taxonomy_of(["1", "2"], slug="measures", is_default=True)
    ClassificationFactory(category=codes["1"])

    page = client.get("/taxonomies/measures/2/").content.decode()

    assert (
        "The source of this catalogue names no mitigation of this category."
        in " ".join(page.split())
    )
    assert 'href="/about/#coverage"' in page
