"""Two to five mitigations side by side."""

import datetime
from html import unescape

import lxml.html
import pytest

from catalogue.models import Instrument, Mapping, Mitigation
from decisions.compare.comparison import ComparedMitigations
from decisions.compare.state import GROUPS
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    ExternalIdentifierFactory,
    InstrumentFactory,
    LifecyclePhaseFactory,
    MappingFactory,
    MitigationFactory,
    ProvisionFactory,
    ProvisionMappingFactory,
    TaxonomyFactory,
)
from tests.surveys.factories import make_full_study, make_study

pytestmark = pytest.mark.django_db


def address(*mitigations, further=""):
    query = "&".join(f"m={one.accession}" for one in mitigations)
    return f"/compare/?{query}{further}"


def page_of(client, *mitigations, further=""):
    response = client.get(address(*mitigations, further=further))
    assert response.status_code == 200
    return lxml.html.fromstring(response.content)


def text_of(page) -> str:
    return " ".join(page.find(".//main").text_content().split())


@pytest.fixture
def two():
    return [MitigationFactory() for _ in range(2)]


def test_the_order_of_the_address_is_that_of_the_columns(client, two):
    first, second = two
    heads = page_of(client, second, first).xpath("//section[1]//thead//th")

    assert [one.text for one in heads] == [second.name, first.name]


def test_one_alone_asks_for_another(client, two):
    text = text_of(page_of(client, two[0]))

    assert "One is chosen: add another." in text


def test_without_any_the_first_is_asked_for(client):
    assert "Add the first." in text_of(page_of(client))


def test_more_than_five_are_refused_with_a_way_to_the_first_five(client):
    six = [MitigationFactory() for _ in range(6)]
    response = client.get(address(*six))

    assert response.status_code == 400
    assert address(*six[:5]) in unescape(response.content.decode())


def test_one_named_twice_stands_once_and_is_said(client, two):
    text = text_of(page_of(client, two[0], two[0], two[1]))

    assert "is named more than once, and stands here once" in text


def test_what_there_is_not_is_named_beside_what_there_is(client, two):
    text = text_of(page_of(client, *two, further="&m=M9999"))

    assert "There is no mitigation “M9999”" in text


def test_nothing_but_what_there_is_not_is_not_found(client):
    assert client.get("/compare/?m=M9999").status_code == 404


def test_another_spelling_leads_to_the_address_with_accessions(client, two):
    ExternalIdentifierFactory(
        mitigation=two[1],
        scheme="mitre-atlas",
        value="AML.M0004",
    )
    response = client.get(
        f"/compare/?m={two[0].accession.lower()}&m=aml.m0004",
    )

    assert response.status_code == 302
    assert response["Location"] == address(*two)


def test_what_was_withdrawn_says_why_and_what_replaces_it(client, two):
    gone = MitigationFactory(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was the same.",
        replaced_by=two[0],
    )
    text = text_of(page_of(client, two[1], gone))

    assert "It was the same." in text
    assert f"Use “{two[0].name}” instead" in text


def test_what_was_withdrawn_can_be_replaced_in_its_place(client, two):
    gone = MitigationFactory(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was the same.",
        replaced_by=two[0],
    )
    page = page_of(client, gone, two[1])

    [column, _] = page.xpath("//ol[@class='compared']/li")
    assert column.get("class") == "withdrawn"
    [link] = column.xpath(".//a[contains(., 'instead')]/@href")
    assert link == address(two[0], two[1])


def moves_of(page, name):
    links = page.xpath("//ol[@class='compared']/li//a[@aria-label]")
    return {
        one.text: one.get("href")
        for one in links
        if name in one.get("aria-label")
    }


def test_columns_are_moved_and_taken_out_by_links(client):
    three = [MitigationFactory() for _ in range(3)]
    first, second, third = three
    page = page_of(client, *three)

    assert moves_of(page, third.name) == {
        "Put first": address(third, first, second),
        "Earlier": address(first, third, second),
        "Take out": address(first, second),
    }
    assert moves_of(page, first.name) == {
        "Later": address(second, first, third),
        "Take out": address(second, third),
    }


def test_the_title_names_all_of_them(client):
    three = [MitigationFactory(name=name) for name in "ABC"]
    page = page_of(client, *three)

    assert page.findtext(".//h1") == "Compare: A, B and C"
    assert page.findtext(".//title").startswith("Compare: A, B and C · ")


def offered(client, *mitigations):
    page = page_of(client, *mitigations)
    found = {}
    for item in page.xpath("//ul[@class='offered']/li"):
        found[item.findtext("a")] = item.findtext("span")
    return found


def test_the_same_measure_the_same_category_and_the_same_risk_are_offered(
    client,
):
    one = MitigationFactory()
    twin, sibling, of_risk, other = [MitigationFactory() for _ in range(4)]
    MappingFactory(
        source=one,
        target=twin,
        relation=Mapping.Relation.EXACT,
    )
    place = ClassificationFactory(mitigation=one)
    ClassificationFactory(mitigation=sibling, category=place.category)
    risks = TaxonomyFactory(kind="risks")
    risk = CategoryFactory(taxonomy=risks)
    for mitigation in (one, of_risk):
        ClassificationFactory(mitigation=mitigation, category=risk)

    reasons = offered(client, one)

    assert reasons[twin.name].endswith("the same measure")
    assert place.category.name in reasons[sibling.name]
    assert f"addresses {risk.code}" in reasons[of_risk.name]
    assert other.name not in reasons


def test_at_most_five_are_offered(client):
    one = MitigationFactory()
    place = ClassificationFactory(mitigation=one)
    for _ in range(7):
        ClassificationFactory(category=place.category)

    assert 0 < len(offered(client, one)) <= 5


def test_the_outside_frameworks_are_named_with_their_entries(client, two):
    Mapping.objects.create(
        source=two[0],
        relation=Mapping.Relation.CLOSE,
        framework="AI RMF",
        framework_version="1.0",
        entry="MAP 1.1",
        entry_name="Intended purposes",
        asserted_by="The editors",
    )
    page = page_of(client, *two, further="&rows=elsewhere")

    [row] = page.xpath("//tr[th[starts-with(., 'AI RMF 1.0')]]")
    said = [" ".join(td.text_content().split()) for td in row.xpath("td")]
    assert said == [
        "MAP 1.1 Intended purposes (nearly the same measure)",
        "none recorded",
    ]


def test_what_a_law_asks_stands_with_its_force_whom_it_is_of_and_since_when(
    client,
    two,
):
    law = InstrumentFactory(
        kind=Instrument.Kind.LAW,
        short_title="A law",
        in_force_on=datetime.date(2025, 8, 2),
    )
    provision = ProvisionFactory(
        instrument=law,
        code="Article 5",
        applies_to="large developers",
    )
    ProvisionMappingFactory(
        source=two[0],
        provision=provision,
        relation=Mapping.Relation.CLOSE,
        force=Mapping.Force.REQUIRES,
    )
    page = page_of(client, *two, further="&rows=asked")

    [row] = page.xpath("//tr[th[starts-with(., 'A law')]]")
    said = [" ".join(td.text_content().split()) for td in row.xpath("td")]
    assert said == [
        "Article 5 requires nearly this measure. Applies to large developers, from 2 August 2025.",
        "not yet looked at",
    ]
    assert "no legal advice" in text_of(page)


def test_whom_several_provisions_bind_alike_is_said_once(client, two):
    law = InstrumentFactory(kind=Instrument.Kind.LAW, short_title="A law")
    for code, whom in (("1", "users"), ("2", "users"), ("3", "sellers")):
        provision = ProvisionFactory(
            instrument=law,
            code=code,
            applies_to=whom,
        )
        ProvisionMappingFactory(
            source=two[0],
            provision=provision,
            relation=Mapping.Relation.CLOSE,
            force=Mapping.Force.REQUIRES,
        )
    page = page_of(client, *two, further="&rows=asked")

    [row] = page.xpath("//tr[th[starts-with(., 'A law')]]")
    said = " ".join(row.xpath("td")[0].text_content().split())
    asks = "requires nearly this measure."
    assert said == (
        f"1 {asks} 2 {asks} Both apply to users. 3 {asks} Applies to sellers."
    )


def test_a_law_of_which_sections_are_compared_names_their_code(client, two):
    law = InstrumentFactory(
        kind=Instrument.Kind.LAW,
        short_title="A law",
        sections_of="Some Code",
    )
    provision = ProvisionFactory(instrument=law, code="22.1(a)")
    ProvisionMappingFactory(source=two[0], provision=provision)

    text = text_of(page_of(client, *two, further="&rows=asked"))
    assert "A law (binding law, in the Some Code)" in text


def test_the_study_that_is_asked_for_comes_first(client):
    study = make_full_study(items=2)
    items = [item.mitigation for item in study.items.all()]
    titles = page_of(
        client,
        *items,
        further=f"&study={study.slug}&question=effective",
    ).xpath("//section/h2/text()")

    assert titles[0].strip() == study.label
    assert titles[1].strip() == GROUPS["summary"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("&study=none-such", "study"),
        ("&question=do", "Name the study whose question it is"),
        ("&by=person", "by"),
    ],
)
def test_what_cannot_come_first_is_refused(client, two, query, said):
    response = client.get(address(*two, further=query))

    assert response.status_code == 400
    assert said in response.content.decode()


def test_by_measure_each_has_its_values_below_it(client, two):
    page = page_of(client, *two, further="&by=measure")

    assert not page.xpath("//table")
    for one in two:
        [section] = page.xpath(f"//section[h2/a[.='{one.name}']]")
        assert one.description in section.text_content()
    [back] = page.xpath("//a[.='By question']/@href")
    assert back == f"{address(*two)}#rows"


def test_two_wordings_of_one_measure_are_said_to_be_one(client, two):
    MappingFactory(
        source=two[0],
        target=two[1],
        relation=Mapping.Relation.EXACT,
    )

    assert "are the same measure" in text_of(page_of(client, *two))


def test_what_is_typed_is_added_or_offered(client, two):
    first, second = two
    by_number = client.get(
        f"{address(first)}&add={second.accession.lower()}",
    )
    by_name = client.get(f"{address(first)}&add={second.name}")

    assert by_number["Location"] == address(first, second)
    assert f"m={second.accession}" in by_name.content.decode()


def test_rows_that_are_the_same_go_on_request(client, two):
    phase = LifecyclePhaseFactory(name="Deploy")
    for one in two:
        one.phases.add(phase)
    all_rows = text_of(page_of(client, *two))
    differing = text_of(page_of(client, *two, further="&only=differences"))

    assert "phase: Deploy" in all_rows.replace("Phase", "phase")
    assert "Deploy" not in differing


def test_groups_are_chosen_in_the_address(client, two):
    titles = page_of(client, *two, further="&rows=who").xpath(
        "//section/h2/text()",
    )

    assert GROUPS["summary"] not in titles


def test_swapping_columns_changes_nothing_but_the_order():
    study = make_study(items=2)
    items = [item.mitigation for item in study.items.all()]
    ahead = ComparedMitigations(items, GROUPS).rows
    turned = ComparedMitigations(items[::-1], GROUPS).rows

    assert [(row.label, row.values[::-1]) for row in turned] == [
        (row.label, row.values) for row in ahead
    ]


@pytest.fixture
def five_and_one_withdrawn():
    five = [MitigationFactory() for _ in range(5)]
    gone = MitigationFactory(
        status=Mitigation.Status.WITHDRAWN,
        withdrawal_note="It was none.",
    )
    return five, gone


def test_a_withdrawn_sixth_pushes_no_living_one_out(
    client,
    five_and_one_withdrawn,
):
    five, gone = five_and_one_withdrawn
    page = page_of(client, gone, *five)

    heads = page.xpath("//section[1]//thead//th")
    assert [one.text for one in heads] == [one.name for one in five]
    [item] = page.xpath("//li[@class='withdrawn']")
    assert "It was none." in item.text_content()


def test_a_withdrawn_one_gives_way_where_there_is_room_for_its_successor(
    client,
    five_and_one_withdrawn,
):
    five, gone = five_and_one_withdrawn
    successor = MitigationFactory()
    Mitigation.objects.filter(pk=gone.pk).update(replaced_by=successor)

    full = text_of(page_of(client, gone, *five))
    roomy = text_of(page_of(client, gone, *five[1:]))

    assert "Take one out before you add it." in full
    assert f"Use “{successor.name}” instead" not in full
    assert f"Use “{successor.name}” instead" in roomy


def test_a_sixth_that_is_there_is_refused_with_the_first_five(
    client,
    five_and_one_withdrawn,
):
    five, gone = five_and_one_withdrawn
    response = client.get(address(gone, *five, MitigationFactory()))

    assert response.status_code == 400
    rest = address(*five).replace("&", "&amp;")
    assert f'href="{rest}"' in response.content.decode()


@pytest.mark.parametrize("count", [2, 5])
def test_queries_do_not_grow_with_columns(
    client,
    count,
    django_assert_max_num_queries,
):
    mitigations = [MitigationFactory() for _ in range(count)]
    for one in mitigations:
        ClassificationFactory(mitigation=one)
    with django_assert_max_num_queries(45):
        page_of(client, *mitigations)
