"""Entries of a list are drawn once for everybody."""

import re

import pytest
from django.http import QueryDict
from django.template import Context, Engine

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    MitigationFactory,
    TaxonomyFactory,
)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "q=measure"])
def test_an_entry_is_given_nothing_of_the_request(rf, query):
    mitigation = MitigationFactory(name="A measure")
    entry = "{{ mitigation.accession }}[{{ request.path }}{{ user }}{{ csrf_token }}]"
    templates = {"catalogue/_entry.html": entry}
    engine = Engine(
        loaders=[("django.template.loaders.locmem.Loader", templates)],
        libraries={"catalogue": "catalogue.templatetags.catalogue"},
    )
    filters = MitigationFilter(QueryDict(query), Mitigation.objects.for_list())
    page = engine.from_string(
        "{% load catalogue %}{% entries run filter level=3 %}",
    )

    context = {"run": filters.qs[:1], "filter": filters, "user": "ada"}
    request = {"request": rf.get("/mine/"), "csrf_token": "secret"}
    drawn = page.render(Context({**context, **request}))

    assert drawn == f"{mitigation.accession}[]"


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["cards", "table"])
def test_a_list_by_code_has_the_name_of_each_category_above_its_measures(
    client,
    view,
):
    main = TaxonomyFactory(is_default=True)
    first = CategoryFactory(taxonomy=main, code="1", name="First kind")
    second = CategoryFactory(taxonomy=main, code="2", name="Second kind")
    for category in (first, first, second):
        ClassificationFactory(category=category)
    MitigationFactory()

    page = client.get(f"/mitigations/?view={view}").content.decode()

    headings = re.findall(r'class="group"><(?:h2|th[^>]*)>([^<]*)<', page)
    assert headings == ["1 First kind", "2 Second kind", "Not classified"]


@pytest.mark.django_db
def test_a_table_calls_vocabularies_as_cards_do(client):
    MitigationFactory()

    table = client.get("/mitigations/?view=table").content.decode()
    cards = client.get("/mitigations/").content.decode()

    for name in ("Actor", "Lifecycle phase"):
        assert f'scope="col">{name}</th>' in table
        assert f"<dt>{name}" in cards
