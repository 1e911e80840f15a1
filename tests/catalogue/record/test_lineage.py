"""The categories above a category."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Category
from tests.factories import CategoryFactory

pytestmark = pytest.mark.django_db


def test_a_category_gives_those_above_it_its_taxonomy():
    CategoryFactory(code="2.3.1")
    category = Category.objects.with_parents().get(code="2.3.1")
    with CaptureQueriesContext(connection) as captured:
        addresses = [one.get_absolute_url() for one in category.lineage]
    slug = category.taxonomy.slug
    assert addresses == [
        f"/taxonomies/{slug}/{code}/" for code in ("2", "2.3", "2.3.1")
    ]
    assert not captured.captured_queries
