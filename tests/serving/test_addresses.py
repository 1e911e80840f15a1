"""serving.addresses: addresses of records, each worked out once."""

from django.urls import reverse

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
