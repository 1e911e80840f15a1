"""One declaration of the filters: the same rows and counts on the page and in the API."""

import html
import re
from functools import partial

import pytest
from django.db.models import Value
from django.http import QueryDict

from catalogue.listing.facet_filter import FacetFilter
from catalogue.listing.facet_values import FacetValue
from catalogue.listing.facets import DocumentFacet
from catalogue.listing.filters import MitigationFilter
from catalogue.listing.sources import FacetSource, pairs
from catalogue.models import Mitigation
from catalogue.pages import browsing
from tests.factories import (
    CategoryFactory,
    ClassificationFactory,
    DocumentFactory,
    LifecyclePhaseFactory,
    MitigationFactory,
    TaxonomyFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unrecorded")]


def filters(query: str = "", **options) -> MitigationFilter:
    return MitigationFilter(
        QueryDict(query),
        Mitigation.objects.published(),
        **options,
    )


def results(query: str) -> list[str]:
    chosen = filters(query.removeprefix("?"))
    assert chosen.problems == []
    return [mitigation.accession for mitigation in chosen.qs]


def test_counts_hold_along_the_tree_for_records_filed_at_any_level():
    leaf = ClassificationFactory(
        category__code="2.3.1",
        category__taxonomy__is_default=True,
    ).category
    for category in (leaf.parent, leaf.parent.parent, leaf):
        ClassificationFactory(category=category)
    ClassificationFactory(
        category=leaf.parent,
        mitigation=leaf.classifications.first().mitigation,
        is_primary=False,
    )

    tree = {
        value.value: value.count for value in filters().facet("category").flat
    }

    assert tree == {"2": 4, "2.3": 3, "2.3.1": 2}
    assert all(
        len(results(f"category={code}")) == count
        for code, count in tree.items()
    )


@pytest.mark.parametrize(
    ("query", "choice", "expected"),
    [
        ("category=2", "2.3", "?category=2.3"),
        ("category=2", "2.3.1", "?category=2.3.1"),
        ("category=2.3.1", "2", "?category=2"),
        ("category=2.3&category=2.10", "2", "?category=2"),
        ("category=2.3", "2.10", "?category=2.3&category=2.10"),
        ("category=2.1", "2.10", "?category=2.1&category=2.10"),
        ("category=2&category=2.3.1", "2.3.1", "?category=2"),
        ("category=2&category=2.3.1", "2", "?category=2.3.1"),
        (
            "category=2&phase=deploy&category=2.1",
            "2.3",
            "?phase=deploy&category=2.1&category=2.3",
        ),
    ],
)
def test_in_a_tree_a_choice_takes_the_place_of_what_it_lies_in_and_of_what_lies_in_it(
    query,
    choice,
    expected,
):
    taxonomy = TaxonomyFactory(is_default=True)
    LifecyclePhaseFactory(slug="deploy")
    for code in ("2.1", "2.3.1", "2.10"):
        ClassificationFactory(category__code=code, category__taxonomy=taxonomy)

    values = {
        value.value: value.url
        for value in filters(query).facet("category").flat
    }

    assert values[choice] == expected


def test_a_misspelt_parameter_is_refused_with_the_nearest():
    [problem] = filters("phse=deploy").problems

    assert (problem.parameter, problem.suggestion) == ("phse", "phase")
    assert "category" in problem.allowed


class NumberedFacet(FacetFilter):
    """Its choices are text, and its source has numbers."""

    def choices(self):
        return [FacetValue("0", "None"), FacetValue("1", "One")]

    def source(self):
        return NUMBERED


NUMBERED = FacetSource(
    "numbered",
    partial(pairs, Mitigation.objects.annotate(one=Value(1)), "pk", "one"),
)


def test_a_facet_whose_source_has_values_of_another_type_is_refused():
    MitigationFactory()
    chosen = filters()
    facet = NumberedFacet(field_name="numbered")
    facet.parent = chosen

    with pytest.raises(TypeError, match="“numbered” has the value 1"):
        facet.facet(chosen.index, chosen.index.published, [], str)


def test_codes_order_as_numbers():
    ten = ClassificationFactory(
        category__code="2.10",
        category__taxonomy__is_default=True,
    )
    nine = ClassificationFactory(
        category__code="2.9",
        category__taxonomy=ten.taxonomy,
    )
    nowhere = MitigationFactory()

    accessions = [c.mitigation.accession for c in (nine, ten)] + [
        nowhere.accession,
    ]
    assert results("ordering=code") == accessions


def test_drafts_are_in_no_list():
    MitigationFactory(status="draft")

    assert results("") == []


def test_of_many_documents_those_with_the_most_results_are_shown_and_the_others_counted(
    client,
):
    chosen = MitigationFactory()
    for _ in range(25):
        MitigationFactory.create_batch(2, document=DocumentFactory())

    facet = filters(f"document={chosen.document.slug}").facet("document")
    page = client.get("/mitigations/").content.decode()

    assert (len(facet.flat), facet.more) == (20, 6)
    assert chosen.document.slug in {value.value for value in facet.flat}
    assert "These have the most results; " in page
    assert "6 more have some: show all</a>." in page


@pytest.mark.parametrize("field", ["created_at", "updated_at", "name"])
def test_a_minus_sign_means_descending(client, field):
    for name in ("b", "a", "c"):
        MitigationFactory(name=name)

    def listed(ordering):
        return [
            row[field]
            for row in client.get(
                "/api/v1/mitigations/",
                {"ordering": ordering},
            ).json()["results"]
        ]

    assert listed(field) == sorted(listed(field))
    assert listed(f"-{field}") == sorted(listed(field), reverse=True)


@pytest.mark.parametrize(
    ("word", "columns"),
    {
        "newest": ["-created_at", "-pk"],
        "-newest": ["created_at", "pk"],
        "updated": ["-updated_at", "-pk"],
        "-updated": ["updated_at", "pk"],
        "agreement": ["question", "-support", "pk"],
        "relevance": ["-score", "name_length", "pk"],
    }.items(),
)
def test_a_former_word_for_an_order_means_what_it_meant(word, columns):
    former = filters(f"ordering={word}&q=audit")

    assert not former.problems
    assert former.order_columns == columns


# Documents, of which there may be many


@pytest.fixture
def three_documents(monkeypatch):
    """Two of one label, of which the second has two mitigations; the list shows one value
    unless all are asked for.
    """
    monkeypatch.setattr(DocumentFacet, "most_shown", 1)
    first, second, third = (
        DocumentFactory(slug=slug, label=label, title=title)
        for slug, label, title in (
            ("a", "Smith et al. 2026", "On audits"),
            ("b", "Smith et al. 2026", "On weights"),
            ("c", "Roe 2025", "On laws"),
        )
    )
    for document in (first, second, second, third):
        MitigationFactory(document=document)


def test_documents_of_one_label_are_told_apart_by_their_titles(
    three_documents,
):
    labels = {
        value.value: value.label
        for value in filters().facet_filters["document"].choices()
    }

    assert labels == {
        "a": "Smith et al. 2026: On audits",
        "b": "Smith et al. 2026: On weights",
        "c": "Roe 2025",
    }


def test_a_facet_with_many_values_leads_to_all_of_them_and_files_stay_as_they_were(
    client,
    three_documents,
):
    page = client.get("/mitigations/?preliminary=false").content.decode()
    assert "On weights" in page
    assert "On audits</" not in page
    [address] = re.findall(
        r'href="([^"]*)" rel="nofollow">2 more have some: show all',
        page,
    )

    whole = client.get(
        f"/mitigations/{html.unescape(address)}",
    ).content.decode()

    assert "show all" not in whole
    assert re.search(
        r'href="\?preliminary=false&amp;all=document&amp;document=a"',
        whole,
    )
    assert 'cite.bib?preliminary=false"' in whole


def test_a_facet_that_does_not_exist_is_not_shown_whole(client):
    answer = client.get("/mitigations/?all=documents")

    assert answer.status_code == 400
    assert "Did you mean" in answer.content.decode()


def test_a_list_that_is_read_in_another_taxonomy_shows_its_codes(client):
    other = TaxonomyFactory(slug="first", is_default=False)
    mitigation = MitigationFactory()
    for category in (
        CategoryFactory(code="2.1", taxonomy__is_default=True),
        CategoryFactory(taxonomy=other, code="7.3"),
    ):
        ClassificationFactory(mitigation=mitigation, category=category)

    def codes(query, view):
        page = client.get(f"/mitigations/{query}{view}").content.decode()
        return re.findall(
            r'href="/taxonomies/[^"]*/([0-9.]+)/" aria-label',
            page,
        )

    for view in ("view=cards", "view=table"):
        assert codes("?", view) == ["2.1"]
        assert codes("?taxonomy=first&", view) == ["7.3"]


def test_the_home_page_names_the_documents_with_most_and_leads_to_all(
    client,
    monkeypatch,
):
    monkeypatch.setattr(browsing, "DOCUMENTS_AT_HOME", 1)
    few, many = (
        DocumentFactory(label="Few 2026"),
        DocumentFactory(label="Many 2020"),
    )
    for document in (few, many, many):
        MitigationFactory(document=document)

    page = client.get("/").content.decode()
    ways = page[page.index("By source") :]
    ways = ways[: ways.index("</ul>")]

    assert "Many 2020" in ways
    assert "Few 2026" not in ways
    assert "All 2 sources" in ways


def in_order():
    return [mitigation.name for mitigation in filters("ordering=name").qs]


@pytest.mark.engine
def test_names_are_sorted_as_people_look_them_up():
    for name in (
        "Zebra",
        "Łukasz’s test",
        "eb",
        "Éa",
        "API access",
        "Advanced audits",
        "advance notice",
    ):
        MitigationFactory(name=name)
    ordered = [
        "advance notice",
        "Advanced audits",
        "API access",
        "Éa",
        "eb",
        "Łukasz’s test",
        "Zebra",
    ]
    assert in_order() == ordered

    zebra = Mitigation.objects.get(name="Zebra")
    zebra.name = "aardvark"
    zebra.save()

    assert in_order() == ["aardvark", *ordered[:-1]]


@pytest.mark.parametrize(
    "query",
    ["", "phase=deploy", "q=alpha&phase=deploy", "ordering=-name"],
)
def test_a_query_set_is_narrowed_as_the_list_is(query):
    phase = LifecyclePhaseFactory(slug="deploy")
    MitigationFactory(name="Alpha", phases=[phase])
    MitigationFactory(name="Beta", phases=[phase])
    MitigationFactory(name="Alpha alone")
    MitigationFactory(
        name="Alpha unseen",
        phases=[phase],
        status=Mitigation.Status.DRAFT,
    )

    chosen = filters(query)
    by_filters = Mitigation.objects.all()
    assert chosen.form.is_valid()
    for name, value in chosen.form.cleaned_data.items():
        if name in chosen.filters:
            by_filters = chosen.filters[name].filter(by_filters, value)

    listed = {mitigation.pk for mitigation in chosen.qs}
    assert {
        one.pk for one in chosen.filter_queryset(Mitigation.objects.all())
    } == listed
    assert {one.pk for one in by_filters.published()} == listed


def test_the_form_judges_as_the_list_does_and_renders():
    LifecyclePhaseFactory(slug="deploy", name="Deployment")

    good, bad = (
        filters("phase=deploy&ordering=name"),
        filters("phase=depoly&ordering=nam"),
    )

    assert good.form.is_valid()
    assert (
        '<option value="deploy" selected>Deployment</option>'
        in good.form.as_p()
    )
    assert not bad.form.is_valid()
    assert set(bad.form.errors) == {
        problem.parameter for problem in bad.problems
    }


def test_none_lists_what_has_no_value_of_a_filter():
    phase = LifecyclePhaseFactory(slug="deploy")
    MitigationFactory(phases=[phase])
    without = MitigationFactory()

    assert results("phase=none") == [without.accession]
    assert len(results("phase=none&phase=deploy")) == 2
    assert filters("phase=none").chips[0].label == (
        "Lifecycle phase: Not given"
    )


def test_none_lists_what_stands_in_no_category():
    taxonomy = TaxonomyFactory(is_default=True)
    ClassificationFactory(category__taxonomy=taxonomy)
    without = MitigationFactory()

    assert results("category=none") == [without.accession]


def test_none_is_refused_where_each_has_a_value():
    [problem] = filters("document=none").problems

    assert problem.value == "none"


def test_chosen_mitigations_are_listed_and_told_by_their_number():
    first, second, _ = [MitigationFactory().accession for _ in range(3)]
    query = f"m={second}&m={first}"

    assert results(query) == [first, second]
    assert filters(query).chips[0].label == "2 chosen"


def test_chosen_mitigations_may_be_spelt_as_people_do():
    one = MitigationFactory(accession="M0001")
    MitigationFactory()
    chosen = filters("m=m1&m=M-0001")

    assert chosen.problems == []
    assert list(chosen.qs) == [one]
    assert chosen.chips[0].label == "1 chosen"


def test_of_a_chosen_mitigation_that_was_withdrawn_that_is_said():
    successor = MitigationFactory()
    gone = MitigationFactory(
        status="withdrawn",
        withdrawal_note="It was the same.",
        replaced_by=successor,
    )
    [problem] = filters(f"m={gone.accession}").problems

    assert "it was withdrawn" in problem.message
    assert "It was the same; " in problem.message
    assert f"“{successor.name}” stands in its place" in problem.message
    assert problem.suggestion == successor.accession


def test_a_chosen_mitigation_that_there_is_not_is_refused_by_name():
    [problem] = filters("m=M9999").problems

    assert problem.value == "M9999"
    assert "no published mitigation" in problem.message
