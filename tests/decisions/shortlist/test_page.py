"""The page of a shortlist: all of it is in the address."""

import lxml.html
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Mapping, Mitigation
from surveys.models import Study
from tests.factories import (
    ActorFactory,
    ClassificationFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
)
from tests.surveys.factories import make_study

pytestmark = pytest.mark.django_db


def address(*mitigations) -> str:
    return "/shortlist/?" + "&".join(
        f"m={one.accession}" for one in mitigations
    )


def page_of(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return lxml.html.fromstring(response.content)


def text_of(page) -> str:
    return " ".join(page.find(".//main").text_content().split())


def names_on(page) -> list[str]:
    return page.xpath("//ol[@class='shortlist']//h2/a/text()")


def link(page, text: str) -> str:
    return page.xpath(f"//a[text()='{text}']/@href")[0]


@pytest.fixture
def three():
    return [MitigationFactory() for _ in range(3)]


def test_they_stand_in_the_order_of_the_address(client, three):
    page = page_of(client, address(*reversed(three)))

    assert names_on(page) == [one.name for one in reversed(three)]


def test_without_any_it_says_how_to_begin(client):
    assert "Or begin with a list" in text_of(page_of(client, "/shortlist/"))


def test_one_is_moved_and_taken_out_by_links(client, three):
    first, second, third = three
    page = page_of(client, address(*three))

    moved = address(second, first, third)
    assert link(page, "Down") == f"{moved}#down-{first.accession}"
    assert link(page, "Up") == f"{moved}#down-{second.accession}"
    without = f"{address(second, third)}&undo=1.{first.accession}#undo"
    assert link(page, "Take out") == without


def test_who_moves_one_comes_to_a_link_that_moves_it_on(client, three):
    start = page_of(client, address(*three))
    ways = start.xpath("//a[.='Up' or .='Down']/@href")

    for way in ways:
        url, _, fragment = way.partition("#")
        assert page_of(client, url).xpath(f"//a[@id='{fragment}']")


def test_what_was_taken_out_comes_back_to_its_place(client, three):
    first, second, third = three
    page = page_of(
        client,
        f"{address(first, third)}&undo=2.{second.accession}",
    )

    assert f"“{second.name}” is taken out." in text_of(page)
    assert link(page, "Undo") == address(*three)


def test_nothing_is_undone_twice(client, three):
    page = page_of(
        client,
        f"{address(*three)}&undo=2.{three[1].accession}",
    )

    assert "Undo" not in text_of(page)


@pytest.mark.parametrize("text", ["M0001", "0.M0001", "2.m", "2.M0001.1"])
def test_an_undo_that_cannot_be_read_is_refused(client, three, text):
    response = client.get(f"{address(*three)}&undo={text}")

    assert response.status_code == 400


def test_how_it_is_looked_at_is_no_part_of_its_permanent_address(
    client,
    three,
):
    first, second, _ = three
    page = page_of(
        client,
        f"{address(first)}&undo=1.{second.accession}&sort=number",
    )

    canonical = page.xpath("//link[@rel='canonical']/@href")[0]
    assert canonical.endswith(address(first))
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_those_ticked_are_compared(client, three):
    page = page_of(client, address(*three))

    ticks = page.xpath("//input[@form='compare-these']/@value")
    assert ticks == [one.accession for one in three]
    [form] = page.xpath("//form[@id='compare-these']")
    assert form.get("action") == "/compare/"


def test_a_pasted_column_is_added_and_what_there_is_not_is_named(
    client,
    three,
):
    first, second, third = three
    pasted = f"{second.accession}%0A{third.accession.lower()}"
    response = client.get(f"{address(first)}&add={pasted}")

    assert response["Location"] == address(*three)


def test_of_a_pasted_column_what_there_is_not_stays_to_be_named(client, three):
    first, second, _ = three
    response = client.get(
        f"{address(first)}&add={second.accession},M9999",
        follow=True,
    )

    assert "There is no mitigation “M9999”" in response.content.decode()


def test_what_there_is_not_is_named(client, three):
    text = text_of(page_of(client, f"{address(three[0])}&m=M9999"))

    assert "There is no mitigation “M9999”" in text


def test_more_than_sixty_are_refused_with_a_remedy(client):
    many = [MitigationFactory() for _ in range(61)]
    response = client.get(address(*many))

    assert response.status_code == 400
    assert "split it" in response.content.decode()


@pytest.fixture
def sixty():
    phase = LifecyclePhaseFactory()
    MitigationFactory(phases=[phase])
    return MitigationFactory.create_batch(60)


def test_of_sixty_no_link_leads_to_more(client, sixty):
    more = f"&x={MitigationFactory().accession}"
    page = page_of(client, address(*sixty) + more)

    links = page.xpath("//main//a/@href")
    assert [one for one in links if one.count("m=M") > 60] == []
    assert "The shortlist is full" in text_of(page)


def test_a_list_adds_nothing_to_sixty(client, sixty):
    chosen = "&".join(f"s={one.accession}" for one in sixty)
    page = page_of(client, f"/mitigations/?{chosen}")

    links = page.xpath("//a[@data-act='shortlist']/@href")
    assert links
    assert [one for one in links if one.count("s=M") > 60] == []


@pytest.mark.parametrize(("count", "is_offered"), [(59, True), (60, False)])
def test_a_list_is_offered_whole_where_there_is_room_for_it(
    client,
    sixty,
    count,
    is_offered,
):
    phase = LifecyclePhaseFactory(slug="deploy")
    MitigationFactory(phases=[phase])
    sixty[0].phases.add(phase)
    chosen = "&".join(f"s={one.accession}" for one in sixty[:count])
    page = page_of(client, f"/mitigations/?phase=deploy&{chosen}")

    links = page.xpath("//a[contains(@href, '/shortlist/of-list')]")
    assert bool(links) is is_offered


def test_what_was_withdrawn_takes_no_place_of_the_sixty(client, sixty):
    gone = MitigationFactory(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was the same.",
    )

    assert "It was the same." in text_of(
        page_of(client, address(gone, *sixty)),
    )


def test_two_wordings_of_one_measure_are_said(client, three):
    MappingFactory(
        source=three[0],
        target=three[1],
        relation=Mapping.Relation.EXACT,
    )

    assert "are the same measure" in text_of(page_of(client, address(*three)))


def test_what_was_withdrawn_is_said_and_stands_in_no_figure(client, three):
    gone = MitigationFactory(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was the same.",
    )
    page = page_of(client, address(three[0], gone))

    assert "It was the same." in text_of(page)
    assert names_on(page) == [three[0].name]


@pytest.mark.parametrize("target", ["zz:1", "phase:nothing", "phase"])
def test_an_unknown_responsibility_is_refused(client, three, target):
    response = client.get(f"{address(three[0])}&for={target}")

    assert response.status_code == 400


def test_it_is_not_to_be_found_by_searching(client, three):
    assert client.get(address(*three))["X-Robots-Tag"] == "noindex"


def test_a_list_of_up_to_sixty_leads_to_its_shortlist(client):
    phase = LifecyclePhaseFactory(slug="deploy")
    one = MitigationFactory(phases=[phase])
    page = page_of(client, "/mitigations/?phase=deploy")

    made = client.get(link(page, "Shortlist"))

    assert made["Location"] == address(one)


def test_a_list_of_more_leads_to_none(client):
    for _ in range(61):
        MitigationFactory()
    page = client.get("/mitigations/").content.decode()

    assert "Shortlist" not in page
    assert client.get("/shortlist/of-list").status_code == 400


@pytest.mark.parametrize("count", [3, 12])
def test_queries_do_not_grow_with_mitigations(
    client,
    count,
    django_assert_max_num_queries,
):
    mitigations = [MitigationFactory() for _ in range(count)]
    for one in mitigations:
        ClassificationFactory(mitigation=one)
    with django_assert_max_num_queries(50):
        page_of(client, address(*mitigations))


def test_who_and_when_stand_with_each(client):
    one = MitigationFactory(
        phases=[LifecyclePhaseFactory(name="Deploy")],
        actors=[ActorFactory(name="Developer")],
    )

    text = text_of(page_of(client, address(one)))

    assert "Actor: Developer · Lifecycle phase: Deploy" in text


def test_the_address_with_its_day_tells_later_what_changed(client, three):
    page = page_of(client, address(*three))
    dated = page.xpath("//a[starts-with(., 'the address with its')]/@href")[0]

    assert dated.startswith(f"{address(*three)}&as_of=20")
    assert "Nothing here changed on or since" in text_of(
        page_of(client, dated),
    )


def test_what_experts_said_is_read_once_and_anew_when_it_changes(client):
    study = make_study(items=1, status=Study.Status.PUBLISHED)
    one = study.items.get().mitigation
    before = text_of(page_of(client, address(one)))

    with CaptureQueriesContext(connection) as queries:
        page_of(client, f"{address(one)}&sort=number")
    study.items.all().delete()
    after = text_of(page_of(client, address(one)))

    assert not [one for one in queries if "surveys_tally" in one["sql"]]
    assert "No study here has asked experts about this measure." not in before
    assert "No study here has asked experts about this measure." in after
