"""What is chosen to compare is carried along in the address of a list, and decides nothing of it."""

import lxml.html
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Mitigation
from decisions.compare.chosen import made_field
from tests.factories import MitigationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def names():
    return [MitigationFactory().accession for _ in range(30)]


def list_page(client, query):
    response = client.get(f"/mitigations/?{query}")
    assert response.status_code == 200
    return lxml.html.fromstring(response.content)


def test_a_bar_says_how_many_are_chosen_and_leads_to_them(client, names):
    page = list_page(client, f"compare={names[0]},{names[3]}")

    [bar] = page.xpath("//nav[@class='to-compare']")
    assert "Compare (2)" in bar.text_content()
    opened, cleared = bar.xpath(".//a/@href")
    assert opened == f"/compare/?m={names[0]}&m={names[3]}"
    assert cleared == "?"


def test_without_a_choice_there_is_no_bar(client, names):
    assert not list_page(client, "").xpath("//nav[@class='to-compare']")


def test_pages_and_orders_carry_it_along(client, names):
    page = list_page(client, f"compare={names[0]}")

    for link in page.xpath(
        "//nav[@aria-label='Pages']//a/@href | //div[@class='sorting']//a[starts-with(@href,'?')]/@href",
    ):
        assert f"compare={names[0]}" in link
    hidden = page.xpath(
        "//form[@role='search']//input[@name='compare']/@value",
    )
    assert hidden == [names[0]]


def test_who_clears_it_stays_on_the_page(client, names):
    page = list_page(client, f"page=2&compare={names[0]}")

    assert page.xpath("//nav[@class='to-compare']//a/@href")[1] == "?page=2"


def test_it_decides_nothing_of_the_list(client, names):
    plain = list_page(client, "ordering=name")
    carried = list_page(client, f"ordering=name&compare={names[7]}")

    for path in ("//ol[@class='entries']", "//div[@class='bar']"):
        [before], [after] = plain.xpath(path), carried.xpath(path)
        assert before.text_content() == after.text_content()
    assert plain.xpath("//title/text()") == carried.xpath("//title/text()")


def test_it_stands_in_no_file_feed_citation_or_canonical_address(
    client,
    names,
):
    page = list_page(client, f"compare={names[0]}")

    links = page.xpath("//section[@class='along']//a/@href")
    links += page.xpath("//link[@rel='canonical']/@href")
    links += page.xpath("//a[@hx-boost='false'][text()='Matrix']/@href")
    assert len(links) > 5
    assert [link for link in links if "compare=" in link] == []
    [cited] = page.xpath("//details[@data-keep='cite']")
    assert "compare=" not in cited.text_content()


@pytest.mark.parametrize("value", ["M9999", "x,y"])
def test_what_there_is_not_is_refused(client, names, value):
    response = client.get(f"/mitigations/?compare={value}&ordering=name")

    assert response.status_code == 400
    assert b"compare" in response.content
    assert b'href="/mitigations/?ordering=name"' in response.content


def test_accessions_may_be_spelt_as_people_do(client, names):
    page = list_page(client, f"compare={names[0].lower()},{names[1].lower()}")

    assert page.xpath(f"//a[@href='/compare/?m={names[0]}&m={names[1]}']")


def test_a_withdrawn_one_stays_chosen_for_the_comparison_tells_of_it(
    client,
    names,
):
    Mitigation.objects.filter(accession=names[0]).update(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was none.",
    )

    page = list_page(client, f"compare={names[0]}")
    opened = page.xpath("//nav[@class='to-compare']//a/@href")[0]

    assert opened == f"/compare/?m={names[0]}"
    assert b"withdrawn" in client.get(opened).content


def test_a_withdrawn_one_takes_no_other_ones_place(client, names):
    Mitigation.objects.filter(accession=names[0]).update(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was none.",
    )

    page = list_page(client, f"compare={','.join(names[:6])}")
    [bar] = page.xpath("//nav[@class='to-compare']")

    text = " ".join(bar.text_content().split())
    assert "Compare (5)" in text
    assert f"{names[0]} was withdrawn: not counted." in text
    assert bar.get("data-most") == "6"


def test_more_than_five_are_refused(client, names):
    response = client.get(f"/mitigations/?compare={','.join(names[:6])}")

    assert response.status_code == 400
    assert b"Five can be compared at once" in response.content


def test_the_api_takes_no_choice(client, names):
    response = client.get(f"/api/v1/mitigations/?compare={names[0]}")

    assert response.status_code == 400


def test_clearing_filters_keeps_it(client, names):
    page = list_page(client, f"q=mitigation&compare={names[0]}")

    [link] = page.xpath("//a[@class='chip clear']/@href")
    assert link == f"?compare={names[0]}"


def test_a_list_on_which_none_is_chosen_looks_none_up(names):
    with CaptureQueriesContext(connection) as captured:
        assert made_field().clean([]) == []
    assert not captured.captured_queries
