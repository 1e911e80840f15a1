"""Choosing within a list: what is chosen stands in its address, and goes along."""

from urllib.parse import parse_qs

import lxml.html
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Mitigation
from decisions.shortlist.places import MOST
from tests.factories import LifecyclePhaseFactory, MitigationFactory

pytestmark = pytest.mark.django_db
ACTS = "//a[@data-act='shortlist']"
OWN = ".//a[not(@data-act or ancestor::aside[@class='chosen'])]/@href"


def page_of(client, url: str):
    response = client.get(url)
    assert response.status_code == 200
    return lxml.html.fromstring(response.content)


def chosen_behind(url: str) -> list[str]:
    query = url.partition("?")[2].partition("#")[0]
    return parse_qs(query).get("s", [])


@pytest.fixture
def three():
    phase = LifecyclePhaseFactory(slug="deploy")
    return [MitigationFactory(phases=[phase]) for _ in range(3)]


@pytest.mark.parametrize("address", ["/mitigations/", "/mitigations/{}/"])
def test_without_a_choice_adding_leads_to_a_shortlist_of_one(
    client,
    address,
):
    one = MitigationFactory()

    [link] = page_of(client, address.format(one.accession)).xpath(ACTS)

    assert link.get("href") == f"/shortlist/?m={one.accession}"
    assert link.get("aria-label").startswith(f"Begin a shortlist: {one.name}")


@pytest.mark.parametrize("view", ["cards", "table"])
def test_with_a_choice_adding_leads_to_the_same_list_with_one_more(
    client,
    three,
    view,
):
    first, second, _ = [one.accession for one in three]
    page = page_of(
        client,
        f"/mitigations/?phase=deploy&view={view}&s={first}",
    )

    texts = {link.get("data-of"): link.text for link in page.xpath(ACTS)}
    assert texts[first] == "Take out of shortlist"
    assert texts[second] == "Add to shortlist"
    [link] = page.xpath(f"{ACTS}[@data-of='{second}']")
    assert chosen_behind(link.get("href")) == [first, second]
    assert "phase=deploy" in link.get("href")
    assert f"view={view}" in link.get("href")
    assert page.xpath(f"//*[@id='{link.get('href').partition('#')[2]}']")


def test_one_chosen_is_chosen_no_more(client, three):
    first, second, _ = [one.accession for one in three]
    page = page_of(client, f"/mitigations/?s={first}&s={second}")

    [link] = page.xpath(f"{ACTS}[@data-of='{first}']")

    assert chosen_behind(link.get("href")) == [second]


def test_every_link_of_the_list_carries_the_choice_but_files_and_citations(
    client,
    three,
):
    first = three[0].accession
    page = page_of(client, f"/mitigations/?phase=deploy&s={first}")

    [results] = page.xpath("//*[@id='results-page']")
    own = [link for link in results.xpath(OWN) if link.startswith("?")]
    assert own
    for link in own:
        assert chosen_behind(link) == [first], link
    for link in page.xpath("//a/@href"):
        if link.startswith("/api/") or "/cite." in link:
            assert chosen_behind(link) == [], link
    hidden = page.xpath("//form[@role='search']//input[@name='s']/@value")
    assert hidden == [first]


def test_it_says_how_many_are_chosen_and_leads_to_them(client, three):
    first, second, third = [one.accession for one in three]
    page = page_of(client, f"/mitigations/?phase=deploy&s={third}&s={first}")

    [bar] = page.xpath("//aside[@class='chosen']")
    links = {link.text: link.get("href") for link in bar.xpath(".//a")}
    assert "2 in your shortlist" in bar.text_content()
    assert links["Open it"] == f"/shortlist/?m={third}&m={first}"
    assert chosen_behind(links["Forget it"]) == []
    made = client.get(links["Add all 3 of this list"])
    assert made["Location"] == (f"/shortlist/?m={third}&m={first}&m={second}")


def test_the_list_stays_the_same(client, three):
    plain = page_of(client, "/mitigations/")
    carrying = page_of(client, f"/mitigations/?s={three[0].accession}")

    names = "//ol[@class='entries']//h2/a/text()"
    canonical = "//link[@rel='canonical']/@href"
    assert carrying.xpath(names) == plain.xpath(names)
    assert carrying.xpath(canonical) == plain.xpath(canonical)


@pytest.mark.parametrize("value", ["m1", "nothing", "M1"])
def test_what_is_no_number_is_refused(client, value):
    response = client.get(f"/mitigations/?s={value}")

    assert response.status_code == 400
    assert "such as M0014" in response.content.decode()


def test_more_than_a_shortlist_holds_are_refused(client):
    LifecyclePhaseFactory(slug="deploy")
    many = MitigationFactory.create_batch(MOST + 1)

    response = client.get(list_behind(many))

    assert response.status_code == 400
    assert f"{MOST + 1} are named" in response.content.decode()


@pytest.fixture
def with_withdrawn():
    """As many as a shortlist holds but one, and one that was withdrawn."""
    mitigations = MitigationFactory.create_batch(MOST)
    Mitigation.objects.filter(pk=mitigations[0].pk).update(
        status="withdrawn",
        withdrawal_note="It was none.",
    )
    return mitigations


def list_behind(mitigations: list[Mitigation]) -> str:
    chosen = "&".join(f"s={one.accession}" for one in mitigations)
    return f"/mitigations/?phase=deploy&{chosen}"


def test_one_that_was_withdrawn_takes_no_place_in_a_list(
    client,
    with_withdrawn,
):
    phase = LifecyclePhaseFactory(slug="deploy")
    one = MitigationFactory(phases=[phase])
    page = page_of(client, list_behind(with_withdrawn))

    [link] = page.xpath(f"{ACTS}[@data-of='{one.accession}']")

    assert link.text == "Add to shortlist"
    address = link.get("href")
    assert len(chosen_behind(address)) == MOST + 1
    page_of(client, f"/mitigations/{address}")


def test_the_bar_tells_its_script_what_takes_no_place(client, with_withdrawn):
    LifecyclePhaseFactory(slug="deploy")
    page = page_of(client, list_behind(with_withdrawn))

    told = page.xpath("//aside[@class='chosen']//@data-placeless")
    assert told == [with_withdrawn[0].accession]


def test_a_list_is_offered_whole_beside_one_that_was_withdrawn(
    client,
    with_withdrawn,
):
    phase = LifecyclePhaseFactory(slug="deploy")
    one = MitigationFactory(phases=[phase])
    page = page_of(client, list_behind(with_withdrawn))

    [link] = page.xpath("//a[starts-with(text(), 'Add all')]/@href")

    made = client.get(link)["Location"]
    assert made.endswith(f"&m={one.accession}")
    page_of(client, made)


def test_of_a_full_shortlist_queries_do_not_grow_with_the_list(client):
    chosen = MitigationFactory.create_batch(MOST)
    phase = LifecyclePhaseFactory(slug="deploy")
    counts = []
    for _ in range(2):
        MitigationFactory.create_batch(2, phases=[phase])
        with CaptureQueriesContext(connection) as queries:
            page_of(client, list_behind(chosen))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_files_and_api_know_nothing_of_it(client, three):
    response = client.get(f"/api/v1/mitigations/?s={three[0].accession}")

    assert response.status_code == 400


def test_one_reader_s_choice_is_not_drawn_for_another(client, three):
    client.get(f"/mitigations/?s={three[0].accession}")

    page = page_of(client, "/mitigations/")

    assert {link.text for link in page.xpath(ACTS)} == {"Begin a shortlist"}


def test_the_shortlist_leads_back_to_choosing(client, three):
    first, second, _ = [one.accession for one in three]
    page = page_of(client, f"/shortlist/?m={second}&m={first}")

    [link] = page.xpath("//a[starts-with(text(), 'Go on choosing')]/@href")

    assert link == f"/mitigations/?s={second}&s={first}"
    page_of(client, link)
