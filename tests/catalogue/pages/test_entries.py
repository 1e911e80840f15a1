"""Entries of a list are drawn once for everybody."""

import pytest
from django.http import QueryDict
from django.template import Context, Engine

from catalogue.listing.filters import MitigationFilter
from catalogue.models import Mitigation
from tests.factories import MitigationFactory


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
    page = engine.from_string("{% load catalogue %}{% entries run filter %}")

    context = {"run": filters.qs[:1], "filter": filters, "user": "ada"}
    request = {"request": rf.get("/mine/"), "csrf_token": "secret"}
    drawn = page.render(Context({**context, **request}))

    assert drawn == f"{mitigation.accession}[]"
