"""All that the address of a shortlist holds goes along wherever a reader goes on from it."""

from urllib.parse import parse_qs, urlencode

import lxml.html
import pytest

from tests.factories import LifecyclePhaseFactory, MitigationFactory

pytestmark = pytest.mark.django_db
TITLE = "My plan"


@pytest.fixture
def plan():
    """(what stands beside the measures, two that are chosen and one that is not)."""
    phase = LifecyclePhaseFactory(slug="deploy")
    *chosen, left_out, other = [
        MitigationFactory(phases=[phase]) for _ in range(4)
    ]
    beside = [
        ("x", f"{left_out.accession}:too costly"),
        ("for", "phase:deploy"),
        ("title", TITLE),
        ("sort", "number"),
        ("risk_level", "2"),
        ("as_of", "2026-10-02"),
    ]
    return beside, chosen, other


def address_of(beside, chosen, path="/shortlist/", name="m") -> str:
    pairs = [(name, one.accession) for one in chosen]
    return f"{path}?{urlencode([*pairs, *beside])}"


def opened(client, url: str):
    response = client.get(url)
    assert response.status_code == 200, url
    return lxml.html.fromstring(response.content)


def link_to(page, text: str) -> str:
    [href] = page.xpath(f"//a[normalize-space()='{text}']/@href")
    return href


def held_in(url: str) -> dict[str, list[str]]:
    return parse_qs(url.partition("?")[2])


def test_whoever_goes_on_choosing_in_the_list_comes_back_to_all_of_it(
    client,
    plan,
):
    beside, chosen, other = plan
    page = opened(client, address_of(beside, chosen))
    way = link_to(page, "Go on choosing in the list of mitigations")
    page = opened(client, way)
    [adding] = page.xpath(
        f"//a[@data-act='shortlist'][@data-of='{other.accession}']/@href",
    )
    page = opened(client, f"/mitigations/{adding}")

    found = held_in(link_to(page, "Open it"))

    assert found == held_in(address_of(beside, [*chosen, other]))


def test_a_whole_list_is_added_to_all_of_it(client, plan):
    beside, chosen, _ = plan
    address = address_of([("phase", "deploy")], chosen, "/mitigations/", "s")
    address += "&" + urlencode({"s_beside": urlencode(beside)})
    page = opened(client, address)
    way = link_to(page, "Add all 4 of this list")

    found = held_in(client.get(way).url)

    assert len(found.pop("m")) == 4
    assert found == held_in("?" + urlencode(beside))


def test_with_nothing_chosen_what_stands_beside_can_be_opened_or_forgotten(
    client,
    plan,
):
    beside, *_ = plan
    query = urlencode({"s_beside": urlencode(beside)})
    page = opened(client, f"/mitigations/?{query}")

    assert held_in(link_to(page, "Open it")) == held_in(
        f"?{urlencode(beside)}",
    )
    assert held_in(link_to(page, "Forget it")) == {}


def test_beginning_keeps_it(client, plan):
    beside, *_ = plan
    page = opened(client, address_of(beside, []))
    [form] = page.xpath("//form[@aria-label='Begin with']")
    sent = [(one.name, one.value) for one in form.inputs if one.name]
    sent = [(name, value) for name, value in sent if name != "begin"]

    answer = client.get(
        "/shortlist/?" + urlencode([*sent, ("begin", "phase:deploy")]),
    )

    found = held_in(answer.url)
    assert found.pop("m")
    assert found == held_in(f"?{urlencode(beside)}")


def test_the_copy_on_a_device_is_all_of_it(client, plan):
    beside, chosen, _ = plan
    page = opened(client, address_of(beside, chosen))

    [query] = page.xpath("//*[@id='shortlist-device']/@data-query")

    assert held_in(f"?{query}") == held_in(address_of(beside, chosen))


def test_it_comes_to_the_brief_and_back(client, plan):
    beside, chosen, _ = plan
    page = opened(client, address_of(beside, chosen))
    way = link_to(page, "Brief of these, to be taken away")
    page = opened(client, way)

    assert page.findtext(".//h1") == TITLE
    back = link_to(page, "Back to the shortlist")
    assert held_in(back) == held_in(address_of(beside, chosen))


def test_a_brief_is_in_the_order_of_its_shortlist(client, plan):
    _, chosen, _ = plan
    first, second = chosen
    address = address_of([("sort", "number")], [second, first])
    text = client.get(address.replace("/?", "/brief.txt?")).content.decode()

    assert text.index(first.name) < text.index(second.name)
    assert "By number." in text


def test_a_brief_is_cited_without_its_readers_words(client, plan):
    beside, chosen, _ = plan
    address = address_of(beside, chosen, "/shortlist/brief.txt")
    text = client.get(address).content.decode()

    assert text.count(TITLE) == 1
    assert "title=" not in text


@pytest.mark.parametrize(
    "beside",
    ["m=M0001", "sort=size", "title=a%00b", "risk_level=3", "link=0"],
)
def test_a_list_carries_nothing_that_no_shortlist_holds(client, beside):
    query = urlencode({"s_beside": beside})

    assert client.get(f"/mitigations/?{query}").status_code == 400


def test_a_list_with_a_readers_words_is_kept_for_nobody_else(client):
    query = urlencode({"s_beside": "title=Mine"})
    answer = client.get(f"/mitigations/?{query}")

    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/shortlist/", "/shortlist/brief/"])
def test_an_order_that_there_is_not_is_refused(client, path):
    one = MitigationFactory()
    answer = client.get(f"{path}?m={one.accession}&sort=size")

    assert answer.status_code == 400
