"""serving.addresses: addresses of records, each worked out once."""

import pytest
from django.template import Context, Template
from django.urls import NoReverseMatch, reverse

from serving.addresses import address_of, beginning_with

VIEW = "mitigation-detail"


def test_an_address_is_the_one_that_django_makes():
    assert address_of(VIEW, "M0001") == reverse(VIEW, args=["M0001"])


def test_an_address_begins_with_the_prefix_it_is_made_under():
    today = address_of(VIEW, "M0002")
    with beginning_with("/releases/2026.11/"):
        frozen = address_of(VIEW, "M0002")
    assert frozen == f"/releases/2026.11{today}"
    assert address_of(VIEW, "M0002") == today


def test_an_inner_prefix_gives_way_to_the_outer_one():
    with beginning_with("/releases/2026.11/"):
        with beginning_with("/"):
            inner = address_of(VIEW, "M0003")
        outer = address_of(VIEW, "M0003")
    assert inner == "/mitigations/M0003/"
    assert outer == "/releases/2026.11/mitigations/M0003/"


def rendered(template: str, **context) -> str:
    return Template(template).render(Context(context))


def test_the_tag_of_templates_gives_the_same_address():
    address = rendered("{% url view name %}", view=VIEW, name="M0001")
    assert address == "/mitigations/M0001/"


def test_the_tag_begins_with_the_prefix_it_is_rendered_under():
    with beginning_with("/releases/2026.11/"):
        assert rendered("{% url 'home' %}") == "/releases/2026.11/"


def test_the_tag_takes_parts_of_an_address_by_name():
    address = rendered("{% url 'mitigation-detail' accession='M0001' %}")
    assert address == "/mitigations/M0001/"


def test_the_tag_refuses_a_view_that_is_not_there():
    with pytest.raises(NoReverseMatch, match="nowhere"):
        rendered("{% url 'nowhere' %}")


def test_an_address_that_is_not_there_is_empty_under_a_name():
    assert rendered("{% url 'nowhere' as it %}({{ it }})") == "()"
    assert rendered("{% url 'home' as it %}({{ it }})") == "(/)"


def test_the_tag_escapes_an_address():
    address = rendered("{% url view name %}", view=VIEW, name="M&1")
    assert address == "/mitigations/M&amp;1/"
